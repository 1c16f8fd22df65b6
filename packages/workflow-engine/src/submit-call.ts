import type { Operation, Principal, WorkflowInstance } from "@mcp-flowgate/core";
import { mayAct } from "./access.ts";
import { dueDeadline } from "./advance.ts";
import { rejection } from "./answer.ts";
import { draining, MAX_CALL_RACES, proposalOf, rateLimited, unknownWorkflow, type Desk } from "./desk.ts";
import { isOver } from "./driver.ts";
import type { Opened } from "./library.ts";
import type { SubmitRequest } from "./engine-requests.ts";
import { findEqual, ownSteps } from "./equal-call.ts";
import { settled } from "./join.ts";
import { mayPreempt } from "./preempt.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { relayed } from "./relayed.ts";
import { refusedWithout, type Snapshot } from "./snapshot.ts";
import { transition } from "./transition.ts";
import type { Work } from "./work.ts";

/**
 * Takes a transition. The order of checks is fixed: an equal call that came before is answered as it was; then a
 * deadline that has passed, the version, the transition, the actor, the schema, the guards, the templates; then the
 * claim, and only then the executor.
 *
 * An instance that this process left at rest is not read again to go on with it: nearly always it stands as it was left, and
 * where it does not, the claim is not taken. Nothing else is said of what may be old.
 */
export async function submitCall(desk: Desk, given: SubmitRequest): Promise<Snapshot> {
  const { workflowId, principal } = given;
  const left = desk.shown(desk.driver.recall(workflowId), principal);
  const quick = left && (await attempt(desk, left, given, "left"));
  if (quick !== undefined) return quick;
  for (let race = 0; race < MAX_CALL_RACES; race += 1) {
    const opened = desk.shown(await desk.driver.open(workflowId), principal);
    if (opened === undefined) return unknownWorkflow();
    const answered = await attempt(desk, opened, given, "read");
    if (answered !== undefined) return answered;
  }
  return tooMany();
}

/** `undefined`: another was quicker, or the instance has to be read first. Then everything is looked at again. */
async function attempt(
  desk: Desk,
  opened: Opened,
  given: SubmitRequest,
  as: "left" | "read",
): Promise<Snapshot | undefined> {
  const { principal, correlationId } = given;
  const { definition, aggregate } = opened;
  const { instance } = aggregate;
  const request = relayed(definition.ir, instance, given);
  const reject = async (error: Refusal): Promise<Snapshot | undefined> =>
    as === "left" ? undefined : await desk.reject(opened, principal, error, correlationId, request.arguments);
  if (!mayAct(instance, definition.ir, principal))
    return await reject(refusal("FORBIDDEN", "only its owner can go on with this workflow"));
  if (desk.closing) return await reject(draining());
  const free =
    instance.version === request.expectedVersion &&
    instance.operationId === undefined &&
    instance.status !== "terminal";
  if (!free && as === "left") return undefined;
  // Which version a relayed step was meant for stands in its arguments.
  const anyVersion = request !== given;
  const before = free && !anyVersion ? undefined : await equalBefore(desk, opened, request, anyVersion);
  if (before !== undefined) return before;
  const drafted = desk.driver.work(opened, principal);
  const work = drafted instanceof Promise ? await drafted : drafted;
  if (dueDeadline(work) !== undefined) {
    if (as === "left") return undefined;
    const late = await fireDue(desk, work, request);
    if (late !== undefined) return late;
  }
  if (!free) return await reject(whyNotNow(instance, request));
  const proposal = proposalOf(request, request, request.admin === true ? "admin" : "caller");
  const admitted = transition(work, { kind: "submitted", proposal });
  if (!admitted.ok) return await reject(admitted.error);
  const begun = work.operation ?? work.ended[0];
  const driven = await desk.drive(work, request);
  if (driven.status === "conflict") return undefined;
  if (driven.status !== "rest") return await reject(rateLimited());
  // What another has brought to an end is in the journal alone.
  if (isOver(driven) && begun !== undefined) return await answerEqual(desk, driven.opened, principal, begun);
  return await desk.answerOf("submit", driven.opened, principal, ownSteps(driven.ended));
}

function tooMany(): Snapshot {
  const message = "too many calls at once; get the workflow and try again";
  return refusedWithout(refusal("TRANSITION_IN_PROGRESS", message));
}

/** A deadline that has passed comes before the submit, which then comes too late. */
async function fireDue(desk: Desk, view: Work, request: SubmitRequest): Promise<Snapshot | undefined> {
  if (!mayPreempt(view)) return undefined;
  const driven = await desk.driver.happen(view.instance.id, (work) => {
    const timer = dueDeadline(work);
    return timer === undefined ? undefined : { kind: "timer", timer, correlationId: request.correlationId };
  });
  if (driven?.status !== "rest") return undefined;
  const message = "a deadline had passed before this call; nothing of it ran";
  const snapshot = await desk.answerOf("submit", driven.opened, request.principal, driven.ended);
  const stale = refusal("STALE_WORKFLOW_VERSION", message, { attemptedTransition: request.transition });
  return { ...snapshot, status: "timed_out", message, error: stale };
}

/** The answer of an equal call that came before, if there was one. */
async function equalBefore(
  desk: Desk,
  opened: Opened,
  request: SubmitRequest,
  anyVersion: boolean,
): Promise<Snapshot | undefined> {
  const { definition, aggregate } = opened;
  const { principal } = request;
  const version = anyVersion ? undefined : request.expectedVersion;
  const journal = await desk.options.store.journal(aggregate.instance.id, version);
  const call = { ...request, version };
  const equal = findEqual(journal, call, definition, desk.driver.env());
  return equal === undefined ? undefined : await answerEqual(desk, opened, principal, equal);
}

/** The version or the moment is not right. */
function whyNotNow(
  instance: WorkflowInstance,
  { transition: attempted, expectedVersion }: SubmitRequest,
): Refusal {
  const about = { attemptedTransition: attempted };
  const { version, status } = instance;
  if (status === "terminal") return refusal("WORKFLOW_TERMINAL", "this workflow has ended", about);
  if (version !== expectedVersion) {
    const message = `the workflow is at version ${version}, not ${expectedVersion}; use one of its current links`;
    return refusal("STALE_WORKFLOW_VERSION", message, about);
  }
  const unknown = status === "outcome_unknown";
  const message = unknown
    ? "an earlier operation may or may not have taken effect; a person has to resolve it first"
    : "another operation of this workflow is not over yet";
  return refusal(unknown ? "OUTCOME_UNKNOWN" : "TRANSITION_IN_PROGRESS", message, about);
}

/** Waits for the equal call if it is still running, and answers as it was answered. */
async function answerEqual(
  desk: Desk,
  opened: Opened,
  principal: Principal,
  operation: Operation,
): Promise<Snapshot> {
  if (!(await settled(desk, operation))) {
    const message = "an equal call is still running; get the workflow to see its end";
    const error = refusal("TRANSITION_IN_PROGRESS", message, { attemptedTransition: operation.transition });
    return rejection(await desk.driver.view(opened, principal), principal, error);
  }
  const { id } = opened.aggregate.instance;
  for (let race = 0; race < MAX_CALL_RACES; race += 1) {
    const after = await desk.driver.open(id);
    if (after === undefined) return unknownWorkflow();
    const journal = await desk.options.store.journal(id, operation.fromVersion);
    // Steps and instance have to be of one moment: the end of a step must not be told without what it brought (W9).
    const still = await desk.driver.open(id);
    if (still?.aggregate.instance.fence !== after.aggregate.instance.fence) continue;
    return await desk.answerAgain("submit", after, principal, operation, journal);
  }
  return tooMany();
}
