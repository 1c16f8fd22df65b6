import type { Definition } from "@mcp-flowgate/core";
import {
  buildChild,
  buildDefinition,
  buildEnd,
  buildHuman,
  buildMcp,
  buildNoop,
  buildTransition,
  buildWorkflow,
} from "@mcp-flowgate/testkit";

/** Calls of the sink: the tool names the effect class that it is declared with. */
const effectOf = (effect: "read" | "idempotent" | "once") => buildMcp(effect, { effect });
const kept = { output: { last: "$.output" } };

/**
 * Every way of an effect into the world: submitted, in a chain, on entering a state, at a deadline, after an approval,
 * in a child, as an undo. All ways lead back to `ready`, so that an instance lives until it is finished or cancelled.
 */
const flow = buildWorkflow(
  {
    ready: {
      transitions: {
        look: buildTransition("ready", { executor: effectOf("read"), ...kept }),
        charge: buildTransition("ready", {
          executor: effectOf("idempotent"),
          ...kept,
          evidence: ["charged"],
          compensate: { executor: effectOf("idempotent") },
        }),
        pay: buildTransition("ready", { executor: effectOf("once"), ...kept }),
        chain: buildTransition("entered", { executor: buildNoop() }),
        ask: buildTransition("ready", {
          executor: buildHuman({ onApprove: effectOf("idempotent") }),
          ...kept,
        }),
        wait: buildTransition("waits"),
        spawn: buildTransition("ready", { executor: buildChild("child"), ...kept }),
        retry: buildTransition("ready", {
          executor: effectOf("idempotent"),
          ...kept,
          reliability: {
            timeoutMs: 2000,
            retry: {
              maxAttempts: 5,
              backoff: "fixed",
              // Longer than what a process holds by itself: each next attempt is a row.
              initialDelayMs: 1100,
              jitter: false,
              retryOn: ["timeout", "connection_error", "transient_error"],
            },
          },
        }),
        finish: buildTransition("done"),
      },
    },
    entered: {
      onEnter: { executor: effectOf("idempotent"), output: {}, reliability: {} },
      transitions: {
        second: buildTransition("paid", {
          actor: "deterministic",
          executor: effectOf("idempotent"),
          ...kept,
        }),
      },
    },
    paid: {
      transitions: {
        third: buildTransition("ready", { actor: "deterministic", executor: effectOf("once"), ...kept }),
      },
    },
    waits: {
      timeoutMs: 150,
      onTimeout: { target: "ready", executor: effectOf("idempotent") },
      transitions: { hurry: buildTransition("ready") },
    },
    done: buildEnd(),
  },
  { id: "flow", visibility: "tenant" },
);

const child = buildWorkflow(
  {
    begin: {
      onEnter: { executor: effectOf("idempotent"), output: { made: "$.output" }, reliability: {} },
      transitions: { end: buildTransition("end", { actor: "deterministic" }) },
    },
    end: buildEnd(),
  },
  { id: "child", visibility: "tenant" },
);

export const DEFINITIONS: readonly Definition[] = [flow, child].map((ir) => buildDefinition(ir));
export const FLOW: Definition = DEFINITIONS[0]!;

/** The same with `once` declared as harmless: what recovery then does is the bug that the oracle must find. */
export function declareOnceHarmless(definitions: readonly Definition[]): readonly Definition[] {
  return definitions.map(({ hash, ir }) => ({
    hash,
    ir: JSON.parse(
      JSON.stringify(ir).replaceAll('"tool":"once","effect":"once"', '"tool":"once","effect":"idempotent"'),
    ) as Definition["ir"],
  }));
}
