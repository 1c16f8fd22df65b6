import type {
  EffectClass,
  ExecutorIr,
  ProbeIr,
  ReliabilityIr,
  StateIr,
  TransitionIr,
  WorkflowIr,
} from "@mcp-flowgate/core";
import * as fc from "fast-check";
import {
  buildChild,
  buildEnd,
  buildHuman,
  buildMcp,
  buildNoop,
  buildState,
  buildTransition,
  buildWorkflow,
} from "./build-ir.ts";

/** The child that arbitrary workflows start. */
export const CHILD_ID = "child";

const CLASSES: readonly EffectClass[] = ["read", "idempotent", "once", "reconcile"];

/** The tool that tells what became of a `reconcile` call. */
export const PROBE_TOOL = "find";

/** A tool whose name tells its effect class, so that the world can judge calls without the definition. */
function tool(effect: EffectClass): ExecutorIr {
  return buildMcp(effect, { effect, map: { n: 1 }, ...(effect === "reconcile" ? { probe } : {}) });
}

const probe: ProbeIr = {
  executor: buildMcp(PROBE_TOOL, { effect: "read", map: { key: "$.arguments.idempotencyKey" } }),
  attempts: 3,
  delayMs: 500,
};

const executor: fc.Arbitrary<ExecutorIr | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 6, arbitrary: fc.constantFrom(...CLASSES).map(tool) },
  { weight: 1, arbitrary: fc.constant(buildNoop()) },
  { weight: 1, arbitrary: fc.constant(buildChild(CHILD_ID)) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        quorum: fc.constantFrom(1, 2),
        approves: fc.constantFrom(undefined, ...CLASSES),
        expiresMs: fc.constantFrom(undefined, 3000),
        rejects: fc.boolean(),
      })
      .map(({ quorum, approves, expiresMs, rejects }) =>
        buildHuman({
          quorum,
          ...(approves === undefined ? {} : { onApprove: tool(approves) }),
          ...(expiresMs === undefined ? {} : { expiresMs }),
          ...(rejects ? { onReject: { target: "bad" } } : {}),
        }),
      ),
  },
);

const reliability: fc.Arbitrary<ReliabilityIr> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc
      .record({ initialDelayMs: fc.constantFrom(0, 50, 5000), maxAttempts: fc.constantFrom(2, 3) })
      .map((retry) => ({
        retry: {
          ...retry,
          backoff: "fixed" as const,
          jitter: false,
          retryOn: ["timeout", "transient_error", "connection_error"] as const,
        },
      })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...CLASSES).map((effect) => ({
      fallback: { strategy: "first_success" as const, executors: [tool(effect)] },
    })),
  },
);

function transitionTo(states: readonly string[]): fc.Arbitrary<TransitionIr> {
  return fc
    .record({
      target: fc.constantFrom(...states),
      actor: fc.oneof(
        { weight: 6, arbitrary: fc.constant("agent" as const) },
        { weight: 2, arbitrary: fc.constant("deterministic" as const) },
        { weight: 1, arbitrary: fc.constant("human" as const) },
      ),
      executor,
      reliability,
      branch: fc.option(fc.constantFrom(...states), { nil: undefined, freq: 4 }),
      compensates: fc.boolean(),
      onUnknown: fc.option(fc.constant("bad"), { nil: undefined, freq: 6 }),
    })
    .map(({ executor: performed, branch, compensates, onUnknown, ...rest }) =>
      buildTransition(rest.target, {
        actor: rest.actor,
        reliability: rest.reliability,
        ...(performed === undefined ? {} : { executor: performed, output: { v: "$.output" } }),
        branches:
          branch === undefined
            ? []
            : [{ when: { kind: "expr", expr: "$.context.v != null" }, target: branch }],
        ...(compensates && performed?.kind === "mcp" ? { compensate: { executor: tool("once") } } : {}),
        ...(onUnknown === undefined ? {} : { onUnknown: { target: onUnknown } }),
      }),
    );
}

function stateAmong(states: readonly string[]): fc.Arbitrary<StateIr> {
  return fc
    .record({
      transitions: fc.array(transitionTo(states), { minLength: 1, maxLength: 3 }),
      enters: fc.option(fc.constantFrom(...CLASSES), { nil: undefined, freq: 4 }),
      fails: fc.boolean(),
      timeoutMs: fc.option(fc.constantFrom(1000, 4000), { nil: undefined, freq: 3 }),
      late: fc.constantFrom(...states),
    })
    .map(({ transitions, enters, fails, timeoutMs, late }) =>
      buildState({
        transitions: Object.fromEntries(transitions.map((transition, index) => [`t${index}`, transition])),
        ...(enters === undefined
          ? {}
          : {
              onEnter: {
                executor: tool(enters),
                output: { e: "$.output" },
                reliability: {},
                ...(fails ? { onFailure: { target: "bad" } } : {}),
              },
            }),
        ...(timeoutMs === undefined ? {} : { timeoutMs, onTimeout: { target: late } }),
      }),
    );
}

/** Any workflow of up to four states with every kind of step, and a success and a failure to end in. */
export const arbitraryWorkflow: fc.Arbitrary<WorkflowIr> = fc.integer({ min: 1, max: 4 }).chain((count) => {
  const open = Array.from({ length: count }, (_, index) => `s${index}`);
  const all = [...open, "end", "bad"];
  return fc
    .record({
      states: fc.tuple(...open.map(() => stateAmong(all))),
      timeoutMs: fc.option(fc.constantFrom(5000, 400_000), { nil: undefined, freq: 3 }),
      hard: fc.boolean(),
    })
    .map(({ states, timeoutMs, hard }) =>
      buildWorkflow(
        {
          ...Object.fromEntries(states.map((state, index) => [`s${index}`, state])),
          end: buildEnd(),
          bad: buildEnd("failure"),
        },
        {
          maxChainDepth: 4,
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(timeoutMs === undefined || hard ? {} : { onTimeout: { target: "bad" } }),
        },
      ),
    );
});

/** The same workflow as it was written anew: another of the same name, that an instance may be moved to. */
export const arbitraryPair: fc.Arbitrary<readonly [WorkflowIr, WorkflowIr]> = fc
  .tuple(arbitraryWorkflow, arbitraryWorkflow)
  .map(([one, other]) => [one, { ...other, version: "2.0.0", initialContext: { since: 2 } }]);

/** The child of arbitrary workflows: one effect, then it waits for its caller. */
export const childWorkflow: WorkflowIr = buildWorkflow(
  {
    c0: {
      transitions: {
        work: buildTransition("c1", {
          actor: "deterministic",
          executor: tool("idempotent"),
          output: { v: "$.output" },
        }),
      },
    },
    c1: { transitions: { done: buildTransition("end"), fail: buildTransition("bad") } },
    end: buildEnd(),
    bad: buildEnd("failure"),
  },
  { id: CHILD_ID },
);
