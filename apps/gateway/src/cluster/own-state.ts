import { hostname } from "node:os";
import type { Clock, Decision, JsonObject, SharedState } from "@mcp-flowgate/core";

/** What replicas share, for a gateway whose store no other process can open: it agrees with itself. */
export function createOwnState(clock: Clock): SharedState {
  const decisions = new Map<string, Decision>();
  const startedAt = clock.now();
  let about: JsonObject | undefined;
  return {
    async report(next) {
      about = next;
    },
    async decide(subject, body) {
      const n = (decisions.get(subject)?.n ?? 0) + 1;
      const decision = { subject, n, body, decidedAt: clock.now() };
      decisions.set(subject, decision);
      return decision;
    },
    look: async () => ({
      decisions: [...decisions.values()],
      replicas: [
        {
          replica: `${hostname()}-${process.pid}`,
          epoch: 1,
          startedAt,
          isSelf: true,
          ...(about === undefined ? {} : { about }),
        },
      ],
    }),
  };
}
