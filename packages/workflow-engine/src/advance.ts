import {
  createRecord,
  getOwn,
  isJsonObject,
  type ApprovalDraft,
  type Json,
  type JsonObject,
  type Operation,
  type OperationSlot,
  type Principal,
  type StateIr,
  type Timer,
  type TransitionIr,
} from "@mcp-flowgate/core";
import { openChoice, renewChoice, withdraw } from "./approval-queue.ts";
import { claim } from "./claim.ts";
import { finish } from "./finish.ts";
import { AT_REST } from "./instance-row.ts";
import { allPass, judgeAll, scopeOf } from "./judge.ts";
import { offersOf } from "./offers.ts";
import type { Refusal } from "./refusal.ts";
import type { View, Work } from "./work.ts";

/** Who asked for what is going on, so that every step of a chain can be traced to it. */
export interface Trace {
  readonly correlationId: string;
  readonly traceparent?: string;
}

/**
 * Enters the instance's state: its deadline, its onEnter, its queue. The caller has set `state` and `version`.
 * `notice` is what a human executor said about the queue of the state that it led to.
 */
export function enter(work: Work, trace: Trace, notice?: ApprovalDraft): void {
  const { env, instance } = work;
  for (const approval of work.approvals()) withdraw(work, approval);
  work.disarm(stateTimerId(instance.id));
  const state = stateOf(work);
  if (state.timeoutMs !== undefined && !state.terminal) {
    work.arm(deadline(work, "state", env.now + state.timeoutMs));
  }
  if (notice !== undefined) openChoice(work, state, notice);
  if (state.onEnter === undefined) {
    proceed(work, trace);
    return;
  }
  const actor = instance.startedBy;
  const begun = claim(work, { slot: "onEnter", transition: "onEnter", actor, arguments: {}, ...trace });
  if (!begun.ok) owe(work, "onEnter", "onEnter", begun.error);
}

/**
 * Goes on from a state that was entered: to its end, by the first deterministic transition whose guards pass, or to
 * rest. A deadline that has passed and a cancellation stop a chain here; whoever goes on with the draft does them first.
 */
export function proceed(work: Work, trace: Trace): void {
  const state = stateOf(work);
  if (state.terminal) {
    finish(work, work.operation?.slot === "timeout" ? "timed_out" : state.outcome);
    return;
  }
  if (dueDeadline(work) !== undefined || work.signals().some(({ kind }) => kind === "cancel")) {
    work.set({ status: "idle" });
    return;
  }
  const chosen = chooseDeterministic(work, state);
  if (chosen === undefined) {
    endChain(work);
    rest(work);
    return;
  }
  const limit = work.definition.ir.maxChainDepth;
  if (work.instance.chainDepth >= limit) {
    const reason = `the chain stopped at its limit of ${limit} steps`;
    park(work, reason, { slot: "chain", transition: chosen.name });
    work.audit("chain.failed", { transition: chosen.name, reason });
    return;
  }
  const request = {
    slot: "chain" as const,
    transition: chosen.name,
    actor: work.instance.startedBy,
    ...trace,
  };
  const begun = claim(work, { ...request, arguments: chosen.arguments });
  if (!begun.ok) owe(work, "chain", chosen.name, begun.error);
}

/** Leaves the instance waiting for whom its state says: callers, people, or nobody but an operator (W19). */
export function rest(work: Work): void {
  const state = stateOf(work);
  const { agent, human, system, first } = offersOf(state);
  if (human.length > 0) {
    const choice = work.approvals().find(({ kind, status }) => kind === "choice" && status === "pending");
    if (choice === undefined) openChoice(work, state);
    else renewChoice(work, choice);
  }
  const { recovery } = work.instance;
  if (recovery !== undefined || agent.length > 0) work.set({ ...AT_REST, status: "idle" });
  else if (human.length > 0 || system) work.set({ ...AT_REST, status: "waiting" });
  else {
    const reason = `no transition of state \`${work.instance.state}\` can be taken now`;
    park(work, reason, first === undefined ? undefined : { slot: "chain", transition: first });
  }
}

/** The engine could not do a step of its own: it stays owed, with a link to run it again. */
export function owe(work: Work, slot: OperationSlot, transition: string, why: Refusal): void {
  work.set({ recovery: { slot, transition } });
  work.audit("chain.failed", { slot, transition, code: why.code, message: why.message });
  rest(work);
}

/** Stops the instance until somebody does what `recovery` names, or an operator decides. */
export function park(
  work: Work,
  reason: string,
  recovery?: { readonly slot: OperationSlot; readonly transition: string },
): void {
  work.set({
    ...AT_REST,
    status: "parked",
    parkedReason: reason,
    ...(recovery === undefined ? {} : { recovery }),
  });
  work.audit("workflow.parked", { state: work.instance.state, version: work.instance.version, reason });
}

/** The first deterministic transition whose guards all pass; a single one is judged like any other (F38). */
export function chooseDeterministic(
  work: Work,
  state: StateIr,
): { readonly name: string; readonly arguments: JsonObject } | undefined {
  const { startedBy } = work.instance;
  for (const [name, transition] of offersOf(state).deterministic) {
    const args = chainArguments(work, transition, startedBy);
    if (args === undefined) continue;
    const judged = judgeAll(
      benchOf(work),
      transition.guards,
      scopeOf(work.instance, startedBy, { arguments: args }),
    );
    if (allPass(judged)) return { name, arguments: args };
  }
  return undefined;
}

export function benchOf(work: View): Parameters<typeof judgeAll>[0] {
  return { instance: work.instance, evidence: work.evidence, facts: work.facts, env: work.env };
}

/** What a transition's prefill gives now; names without a value are left out. */
export function prefillOf(
  work: Pick<View, "env" | "instance">,
  transition: TransitionIr,
  principal: Principal,
): JsonObject {
  const templates = Object.entries(transition.prefill);
  if (templates.length === 0) return {};
  const scope = scopeOf(work.instance, principal);
  const entries: (readonly [string, Json])[] = [];
  for (const [name, template] of templates) {
    const value = work.env.programs.resolve(template, scope);
    if (value.ok) entries.push([name, value.value]);
  }
  return createRecord(entries);
}

export function stateOf(work: Pick<View, "definition" | "instance">): StateIr {
  const state = getOwn(work.definition.ir.states, work.instance.state);
  return state ?? LOST_STATE;
}

/** The workflow's or the state's deadline, if it has passed and was not fired yet. */
export function dueDeadline(work: Pick<Work, "timers" | "env">): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of work.timers()) {
    const isDue = (timer.kind === "workflow" || timer.kind === "state") && timer.dueAt <= work.env.now;
    if (isDue && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
  }
  return first;
}

export function deadline(work: Work, kind: "workflow" | "state", dueAt: number): Timer {
  const { id, version } = work.instance;
  return { id: `${id}:${kind}`, workflowId: id, kind, dueAt, armedVersion: version };
}

export function traceOf(operation: Pick<Operation, "correlationId" | "traceparent">): Trace {
  const { correlationId, traceparent } = operation;
  return traceparent === undefined ? { correlationId } : { correlationId, traceparent };
}

/** A pinned definition cannot lose a state; should a row name none that exists, an operator sees it parked. */
const LOST_STATE: StateIr = Object.freeze({ terminal: false, outcome: "failure", transitions: {} });

function chainArguments(work: Work, transition: TransitionIr, principal: Principal): JsonObject | undefined {
  const prefilled = prefillOf(work, transition, principal);
  if (transition.inputSchema === undefined) return prefilled;
  const valid = work.env.programs.validate(transition.inputSchema, prefilled);
  return valid.ok && isJsonObject(valid.value) ? valid.value : undefined;
}

function endChain(work: Work): void {
  const { chainDepth, state, version } = work.instance;
  if (chainDepth > 0) work.audit("chain.completed", { state, version, steps: chainDepth });
}

function stateTimerId(workflowId: string): string {
  return `${workflowId}:state`;
}
