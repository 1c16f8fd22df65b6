import type {
  Definition,
  ErrorClass,
  ErrorCode,
  Evidence,
  JsonObject,
  Operation,
  Principal,
} from "@mcp-flowgate/core";
import { ERROR_CODES, getOwn, isJsonObject } from "@mcp-flowgate/core";
import { stateOf } from "./advance.ts";
import { followsFrom, isOfChain } from "./equal-call.ts";
import { linksOf } from "./links.ts";
import { offersOf } from "./offers.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { instanceThere } from "./relay-definition.ts";
import { isProbing } from "./probe.ts";
import { FOLLOWING } from "./again.ts";
import type { ApprovalRef, ChainStep, Snapshot, SnapshotStatus } from "./snapshot.ts";
import type { View } from "./work.ts";

/** The call that is answered. */
export type Asked = "start" | "get" | "submit" | "decide";

/**
 * The answer to a call. `view` is the instance as it stands; `steps` are the operations that the call brought to an
 * end, or that an equal call before it did: the same steps give the same answer (W9). `then` is the definition that they
 * were of, where the instance has been moved to another since.
 */
export function answer(
  asked: Asked,
  view: View,
  principal: Principal,
  steps: readonly Operation[],
  then: Definition = view.definition,
): Snapshot {
  const { instance } = view;
  const last = steps.at(-1);
  const over = last !== undefined && hasGoneOn(asked, last, view) ? last : undefined;
  const failure = over === undefined ? failureOf(asked, view, last) : undefined;
  const status = over === undefined ? statusOf(asked, view, last) : statusAfter(over, asked, then);
  const ran = steps.findLast((step) => step.status === "committed" && step.result !== undefined);
  const output = asked === "get" ? instance.output : ran?.result;
  const content = (asked === "get" ? view.operation : ran)?.content;
  const state = stateOf(view);
  const there = instanceThere(view.definition.ir, instance.context);
  return {
    instance,
    status,
    message: failure?.message ?? messageOf(status, view),
    ...(output === undefined || output === null ? {} : { output }),
    ...(content === undefined ? {} : { content }),
    context: instance.context,
    ...(instance.status === "terminal" ? {} : guidanceOf(state)),
    links: linksOf(view, principal),
    chain: steps.flatMap(chainStepOf),
    evidence: asked === "get" ? view.evidence : evidenceOf(steps, view.evidence),
    approvals: view
      .approvals()
      .flatMap((approval) => (approval.status === "pending" ? [refOf(approval)] : [])),
    elsewhere: elsewhereOf(view),
    ...(there === undefined ? {} : { there }),
    ...(failure === undefined ? {} : { error: failure }),
  };
}

/** The answer to a call that was refused: the instance stays, with its links. */
export function rejection(view: View, principal: Principal, error: Refusal): Snapshot {
  return {
    ...answer("get", view, principal, []),
    status: "rejected",
    message: error.message,
    evidence: [],
    error,
  };
}

/** Evidence is in the order of versions, so that of the last steps is at its end. */
function evidenceOf(steps: readonly Operation[], all: readonly Evidence[]): readonly Evidence[] {
  const [first] = steps;
  if (first === undefined) return [];
  let from = all.length;
  while (from > 0 && all[from - 1]!.version > first.fromVersion) from -= 1;
  return all.slice(from).filter(({ operationId }) => steps.some(({ id }) => id === operationId));
}

export function refOf(approval: ApprovalRef): ApprovalRef {
  const { id, kind, queue, title, transitions, status, requestedAt, expiresAt } = approval;
  return { id, kind, queue, title, transitions, status, requestedAt, expiresAt };
}

/** What people decide where the operation goes on. */
function elsewhereOf({ operation }: View): readonly JsonObject[] {
  const detail = operation?.error?.code === FOLLOWING ? operation.error.detail : undefined;
  const approvals = isJsonObject(detail) ? detail["approvals"] : undefined;
  return Array.isArray(approvals) ? approvals.filter(isJsonObject) : [];
}

function statusOf(asked: Asked, view: View, last: Operation | undefined): SnapshotStatus {
  const { instance } = view;
  if (instance.status === "outcome_unknown") return "outcome_unknown";
  if (asked !== "get" && last?.status === "failed") return "failed";
  if (instance.status === "terminal") {
    if (instance.outcome === "timed_out" || instance.outcome === "cancelled") return instance.outcome;
    return "completed";
  }
  if (asked !== "get" && isParkedBy(last, view)) return "failed";
  if (instance.status !== "idle") return "pending";
  if (last?.slot === "timeout") return "timed_out";
  if (asked === "start") return "started";
  return asked === "get" ? "waiting_for_action" : "executed";
}

/**
 * Whether something else than what the call brought about has happened to the instance since: another call, a deadline,
 * an operator. How it stands by that is told by its links, and is no part of the answer (W9).
 */
function hasGoneOn(asked: Asked, last: Operation, view: View): boolean {
  const { instance, operation } = view;
  if ((asked !== "submit" && asked !== "start") || last.status !== "committed") return false;
  if (instance.version !== last.fromVersion + 1) return instance.version > last.fromVersion;
  if (instance.status === "parked" && !isParkedBy(last, view)) return true;
  const isLive = operation !== undefined && operation.id === instance.operationId;
  return isLive && !followsFrom(operation, last);
}

/** The status right after a step: callers could go on where it led to, or only people or a clock. */
function statusAfter({ toState = "" }: Operation, asked: Asked, { ir }: Definition): SnapshotStatus {
  const state = getOwn(ir.states, toState);
  if (state !== undefined && offersOf(state).agent.length === 0) return "pending";
  return asked === "start" ? "started" : "executed";
}

/** Whether the instance is parked by what the call brought about, and not by what came long after an equal one (W9). */
function isParkedBy(last: Operation | undefined, { instance, operation }: View): boolean {
  if (instance.status !== "parked" || last === undefined) return instance.status === "parked";
  const owed = instance.recovery?.slot ?? last.slot;
  const isOwn = isOfChain(owed) || owed === last.slot;
  return isOwn && last.id === (operation?.id ?? last.id);
}

/** What went wrong in this call; of a get, what went wrong last and is still so. */
function failureOf(asked: Asked, view: View, last: Operation | undefined): Refusal | undefined {
  const { instance } = view;
  const operation = last ?? view.operation;
  if (instance.status === "outcome_unknown") {
    const since =
      view.operation === undefined ? "" : ` since ${new Date(view.operation.startedAt).toISOString()}`;
    const message = `\`${view.operation?.transition ?? "the operation"}\` may or may not have taken effect${since}; a person has to find out and resolve it`;
    return refusal("OUTCOME_UNKNOWN", message, attempted(view.operation));
  }
  if (instance.status === "terminal") return undefined;
  if (isParkedBy(last, view) && operation?.status !== "failed") {
    const code = operation?.error === undefined ? "CHAIN_FAILED" : codeOf(operation.error.code);
    return refusal(code, instance.parkedReason ?? "the workflow is parked", attempted(operation));
  }
  if (operation === undefined || operation.fromVersion !== instance.version) return undefined;
  if (operation.status !== "failed" && operation.status !== "not_executed") return undefined;
  if (asked === "get" && instance.operationId !== undefined) return undefined;
  const chained = isOfChain(operation.slot);
  const said = operation.error?.message ?? "the executor failed";
  const message = chained ? `\`${operation.transition}\` of the chain failed: ${said}` : said;
  const { errorClass, detail } = operation.error ?? {};
  return refusal(chained ? "CHAIN_FAILED" : codeOf(operation.error?.code), message, {
    ...attempted(operation),
    ...classOf(errorClass),
    ...(detail === undefined ? {} : { details: Array.isArray(detail) ? detail : [detail] }),
  });
}

function codeOf(code: string | undefined): ErrorCode {
  return ERROR_CODES.find((known) => known === code) ?? "EXECUTOR_FAILED";
}

function classOf(errorClass: ErrorClass | undefined): { readonly errorClass?: ErrorClass } {
  return errorClass === undefined ? {} : { errorClass };
}

function attempted(operation: Operation | undefined): { readonly attemptedTransition?: string } {
  return operation === undefined ? {} : { attemptedTransition: operation.transition };
}

function messageOf(status: SnapshotStatus, view: View): string {
  const { instance, operation } = view;
  const state = `\`${instance.state}\``;
  switch (status) {
    case "started":
      return `Started; it waits in ${state}.`;
    case "waiting_for_action":
      return `It waits in ${state}.`;
    case "executed":
      return `Done; now in ${state}.`;
    case "completed":
      return instance.outcome === "failure"
        ? `Ended in ${state}, without success.`
        : `Completed in ${state}.`;
    case "timed_out":
      return `A deadline has passed; now in ${state}.`;
    case "cancelled":
      return `Cancelled in ${state}.`;
    case "pending":
      return whatFor(view, operation);
    case "rejected":
    case "failed":
    case "outcome_unknown":
      return instance.parkedReason ?? `It stands in ${state}.`;
    default:
      return status satisfies never;
  }
}

function whatFor(view: View, operation: Operation | undefined): string {
  const { instance } = view;
  const approval = view.approvals().find(({ status }) => status === "pending");
  if (instance.status === "parked") return instance.parkedReason ?? "It is parked.";
  if (operation?.id === instance.operationId && operation !== undefined) {
    if (operation.childId !== undefined) return `Waiting for sub-workflow ${operation.childId}.`;
    if (operation.error?.code === FOLLOWING) return operation.error.message;
    if (isProbing(operation)) return `\`${operation.transition}\`: ${operation.error?.message ?? ""}.`;
    if (operation.nextAttemptAt !== undefined) {
      return `\`${operation.transition}\` failed for now; next attempt at ${new Date(operation.nextAttemptAt).toISOString()}.`;
    }
    if (instance.status === "running") return `\`${operation.transition}\` is running.`;
  }
  if (approval !== undefined)
    return `Waiting for a person to decide: ${approval.title} (queue ${approval.queue}).`;
  return `It waits in \`${instance.state}\`.`;
}

function guidanceOf(state: ReturnType<typeof stateOf>): Pick<Snapshot, "guidance"> {
  const { goal, guidance } = state;
  if (goal === undefined && guidance === undefined) return {};
  return {
    guidance: {
      ...(goal === undefined ? {} : { goal }),
      ...(guidance === undefined ? {} : { instructions: guidance }),
    },
  };
}

function chainStepOf(step: Operation): readonly ChainStep[] {
  if (step.status !== "committed" || !isOfChain(step.slot)) return [];
  const { fromState, transition, fromVersion } = step;
  return [{ fromState, transition, toState: step.toState ?? fromState, version: fromVersion + 1 }];
}
