import type { Definition, WorkflowIr } from "@mcp-flowgate/core";
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
/** The sink can be asked what became of it. */
const reconciled = buildMcp("reconcile", {
  effect: "reconcile",
  probe: {
    executor: buildMcp("find", { effect: "read", map: { key: "$.arguments.idempotencyKey" } }),
    attempts: 8,
    delayMs: 60,
  },
});
const kept = { output: { last: "$.output" } };

/**
 * Every way of an effect into the world: submitted, in a chain, on entering a state, at a deadline, after an approval,
 * in a child, as an undo. All ways lead back to `ready`, so that an instance lives until it is finished or cancelled.
 * Its two versions name the state with a deadline differently.
 */
const buildFlow = (waits: "waits" | "holds", more: Partial<WorkflowIr>): WorkflowIr =>
  buildWorkflow(
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
          settle: buildTransition("ready", { executor: reconciled, ...kept }),
          wait: buildTransition(waits),
          spawn: buildTransition("ready", { executor: buildChild("child"), ...kept }),
          retry: buildTransition("ready", {
            // Turned away more often than others.
            executor: buildMcp("flaky", { effect: "idempotent" }),
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
      [waits]: {
        timeoutMs: 150,
        onTimeout: { target: "ready", executor: effectOf("idempotent") },
        transitions: { hurry: buildTransition("ready") },
      },
      done: buildEnd(),
    },
    { id: "flow", visibility: "tenant", ...more },
  );

const flows = [
  buildFlow("waits", {}),
  buildFlow("holds", { version: "2.0.0", initialContext: { since: 2 } }),
];

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

export const DEFINITIONS: readonly Definition[] = [...flows, child].map((ir) => buildDefinition(ir));
/** Instances start on the first; an operator moves them from either to the other. */
export const [FLOW, NEXT_FLOW] = DEFINITIONS as [Definition, Definition, Definition];

/** What the states of the one are in the other. */
export const STATES_OF_BOTH = { waits: "holds", holds: "waits" } as const;

/** The same with an effect declared as harmless: what recovery then does is the bug that the oracle must find. */
export function declareHarmless(
  effect: "once" | "reconcile",
  definitions: readonly Definition[],
): readonly Definition[] {
  const declared = `"tool":"${effect}","effect":"${effect}"`;
  return definitions.map(({ hash, ir }) => ({
    hash,
    ir: JSON.parse(
      JSON.stringify(ir).replaceAll(declared, `"tool":"${effect}","effect":"idempotent"`),
    ) as Definition["ir"],
  }));
}
