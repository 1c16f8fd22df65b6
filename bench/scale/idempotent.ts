import type { Definition } from "@mcp-flowgate/core";
import { definition } from "../engine/engine.ts";

const open = definition.ir.states["open"]!;
const effect = open.transitions["effect"]!;

/** The bench's definition with an effect that another process takes over and repeats. */
export const idempotent: Definition = {
  hash: `${definition.hash.slice(0, -1)}i`,
  ir: {
    ...definition.ir,
    id: "idempotent",
    states: {
      open: {
        ...open,
        transitions: {
          effect: { ...effect, executor: { ...effect.executor!, effect: "idempotent" } },
        },
      },
    },
  },
};
