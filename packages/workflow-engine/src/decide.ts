import {
  err,
  getOwn,
  isJsonObject,
  ok,
  type Approval,
  type ApprovalDecision,
  type JsonObject,
  type Principal,
  type Result,
} from "@mcp-flowgate/core";
import { grants } from "@mcp-flowgate/guards-expr";
import { checkArguments } from "./admit.ts";
import { benchOf, stateOf } from "./advance.ts";
import { allPass, judgeAll, scopeOf, toDetail } from "./judge.ts";
import { refusal, type Refusal } from "./refusal.ts";
import type { Work } from "./work.ts";

/** What a person says about an approval. */
export interface DecisionRequest {
  readonly decision: "approve" | "reject";
  /** Of a choice: the transition that is picked. May be left out where only one can be meant. */
  readonly transition?: string;
  readonly reason?: string;
  readonly input?: JsonObject;
  /** The instance's version that the person saw. Left out, the one that the approval shows. */
  readonly seenVersion?: number;
  readonly principal: Principal;
}

/** An approved gate must be taken up within this time. */
const USE_WITHIN_MS = 86_400_000;

/** Why this principal may not decide, or `undefined` where it may. */
export function whyMayNotDecide(approval: Approval, principal: Principal): string | undefined {
  if (principal.kind !== "human") return "only an authenticated person can decide";
  if (approval.requestedBy.subject === principal.subject && !approval.rule.allowRequester) {
    return "whoever asked cannot decide";
  }
  const { roles, permissions } = approval.rule.assignees;
  if (roles.length === 0 && permissions.length === 0) return undefined;
  const assigned =
    roles.some((role) => principal.roles.includes(role)) ||
    permissions.some((permission) => grants(principal.permissions, permission));
  if (assigned) return undefined;
  const holders = [
    ...roles.map((role) => `role ${role}`),
    ...permissions.map((permission) => `permission ${permission}`),
  ];
  return `this approval is for holders of ${holders.join(" or ")}`;
}

/**
 * The approval with one more decision (W12): by an authenticated person of the same tenant, once each, assigned, not
 * the requester, in time, about what they saw. One rejection settles a gate as denied, so a denial wins every tie;
 * approvals settle it when as many different people as the quorum have given one. A choice is settled by the first
 * transition that a quorum of people picks.
 */
export function decide(work: Work, approval: Approval, request: DecisionRequest): Result<Approval, Refusal> {
  const { principal } = request;
  const { now } = work.env;
  const forbidden = whyMayNotDecide(approval, principal);
  if (forbidden !== undefined) return err(refusal("FORBIDDEN", forbidden));
  if (approval.status !== "pending" || approval.expiresAt <= now) {
    const status = approval.status === "pending" ? "expired" : approval.status;
    return err(refusal("INVALID_TRANSITION", `the approval is ${status} already`));
  }
  if (request.seenVersion !== undefined && request.seenVersion !== approval.version) {
    const message = `the workflow has changed since: version ${approval.version} is asked about, not ${request.seenVersion}`;
    return err(refusal("STALE_WORKFLOW_VERSION", message));
  }
  if (approval.decisions.some(({ approver }) => approver.subject === principal.subject)) {
    return err(refusal("INVALID_TRANSITION", "you have decided already"));
  }
  const picked = approval.kind === "choice" ? pick(approval, request) : ok(undefined);
  if (!picked.ok) return picked;
  const input = checkInput(work, approval, request, picked.value);
  if (!input.ok) return input;
  const decision: ApprovalDecision = {
    approver: principal,
    decision: picked.value === undefined ? request.decision : "approve",
    ...(picked.value === undefined ? {} : { transition: picked.value }),
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    input: input.value,
    seenVersion: request.seenVersion ?? approval.version,
    decidedAt: now,
  };
  return ok(
    tally(
      { ...approval, decisions: [...approval.decisions, decision], revision: approval.revision + 1 },
      now,
    ),
  );
}

function tally(approval: Approval, now: number): Approval {
  const { decisions, rule } = approval;
  const last = decisions.at(-1);
  const agreeing = decisions.filter(
    ({ decision, transition }) => decision === "approve" && transition === last?.transition,
  ).length;
  if (decisions.some(({ decision }) => decision === "reject"))
    return { ...approval, status: "denied", settledAt: now };
  if (agreeing < rule.quorum) return approval;
  return { ...approval, status: "approved", settledAt: now, useBefore: now + USE_WITHIN_MS };
}

/** The transition of a choice that is meant. */
function pick(approval: Approval, { transition, decision }: DecisionRequest): Result<string, Refusal> {
  const { transitions } = approval;
  const options = transitions.join(", ");
  if (transition !== undefined) {
    if (transitions.includes(transition)) return ok(transition);
    return err(refusal("INVALID_ARGUMENTS", `\`${transition}\` is not among the choices: ${options}`));
  }
  const [only] = transitions;
  if (transitions.includes(decision)) return ok(decision);
  if (decision === "approve" && transitions.length === 1 && only !== undefined) return ok(only);
  return err(refusal("INVALID_ARGUMENTS", `name the transition that you choose: ${options}`));
}

function checkInput(
  work: Work,
  approval: Approval,
  request: DecisionRequest,
  picked: string | undefined,
): Result<JsonObject, Refusal> {
  const given = request.input ?? {};
  if (picked === undefined && request.decision === "reject") return ok(given);
  const formed = checkArguments(work, approval.form, given, {});
  if (!formed.ok || picked === undefined) return formed;
  const transition = getOwn(stateOf(work).transitions, picked);
  if (transition === undefined)
    return err(refusal("INVALID_TRANSITION", `\`${picked}\` is not possible any more`));
  const args = checkArguments(work, transition.inputSchema, formed.value, { attemptedTransition: picked });
  if (!args.ok) return args;
  const scope = scopeOf(work.instance, request.principal, { arguments: args.value });
  const judged = judgeAll(benchOf(work), transition.guards, scope, "failed");
  if (allPass(judged)) return ok(isJsonObject(args.value) ? args.value : given);
  const failed = judged.filter(({ result }) => result.verdict !== "pass");
  const message = `\`${picked}\` is not allowed: ${failed[0]?.result.text ?? "a guard does not pass"}`;
  return err(
    refusal("GUARD_REJECTED", message, { attemptedTransition: picked, details: failed.map(toDetail) }),
  );
}
