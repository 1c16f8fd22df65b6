import {
  canonicalJson,
  type Approval,
  type ApprovalDraft,
  type Json,
  type Operation,
  type ResolvedCall,
  type StateIr,
} from "@mcp-flowgate/core";
import { toJson } from "./claim.ts";
import { offersOf } from "./offers.ts";
import type { Work } from "./work.ts";

/** How long people have, unless the author says otherwise. */
export const APPROVAL_EXPIRY_MS: number = 7 * 86_400_000;

/** What an approval covers: what was seen is what runs, once (W12). */
export interface ApprovalSubject {
  readonly version: number;
  readonly transitions: readonly string[];
  readonly arguments: Json;
  readonly call: ResolvedCall | undefined;
}

export function subjectHash(work: Work, subject: ApprovalSubject): string {
  return work.env.digest.sha256(
    canonicalJson([
      work.definition.hash,
      work.instance.id,
      subject.version,
      subject.transitions,
      subject.arguments,
      toJson(subject.call),
    ]),
  );
}

/** Asks people whether a waiting operation may go on. */
export function openGate(work: Work, operation: Operation, draft: ApprovalDraft): Approval {
  const { instance } = work;
  const subject = {
    version: operation.fromVersion,
    transitions: [operation.transition],
    arguments: operation.arguments,
    call: operation.call,
  };
  return open(work, draft, operation, {
    operationId: operation.id,
    kind: "gate",
    transitions: subject.transitions,
    state: instance.state,
    version: subject.version,
    subjectHash: subjectHash(work, subject),
    requestedBy: operation.actor,
  });
}

/** Asks people which of the state's human transitions is to be taken. `draft` is what a human executor said about it. */
export function openChoice(
  work: Work,
  state: StateIr,
  draft: ApprovalDraft = plainDraft(work, state),
): Approval {
  const { instance } = work;
  const transitions = offersOf(state).human;
  const subject = { version: instance.version, transitions, arguments: {}, call: undefined };
  return open(work, draft, work.operation, {
    kind: "choice",
    transitions,
    state: instance.state,
    version: instance.version,
    subjectHash: subjectHash(work, subject),
    requestedBy: work.operation?.actor ?? instance.startedBy,
  });
}

/** A choice stands for the state as it is: what an onEnter changed is part of what people see. */
export function renewChoice(work: Work, choice: Approval): void {
  const { version } = work.instance;
  if (choice.version === version) return;
  const subject = { version, transitions: choice.transitions, arguments: {}, call: undefined };
  const hash = subjectHash(work, subject);
  work.putApproval({ ...choice, version, subjectHash: hash, decisions: [], revision: choice.revision + 1 });
}

/** Ends what people were asked and nobody needs answered any more. */
export function withdraw(work: Work, approval: Approval): void {
  if (approval.status !== "pending") return;
  work.disarm(expiryTimerId(approval));
  work.putApproval({
    ...approval,
    status: "withdrawn",
    revision: approval.revision + 1,
    settledAt: work.env.now,
  });
}

export function withdrawAll(work: Work): void {
  for (const approval of work.approvals()) withdraw(work, approval);
}

export function expiryTimerId(approval: Pick<Approval, "id">): string {
  return `${approval.id}:expiry`;
}

type Kind = Pick<
  Approval,
  "operationId" | "kind" | "transitions" | "state" | "version" | "subjectHash" | "requestedBy"
>;

function open(work: Work, draft: ApprovalDraft, operation: Operation | undefined, kind: Kind): Approval {
  const { env, instance } = work;
  const approval: Approval = {
    ...kind,
    id: env.ids.next("ap"),
    workflowId: instance.id,
    tenant: instance.tenant,
    queue: draft.queue,
    title: draft.title,
    ...(draft.message === undefined ? {} : { message: draft.message }),
    ...(draft.form === undefined ? {} : { form: draft.form }),
    rule: { assignees: draft.assignees, quorum: draft.quorum, allowRequester: draft.allowRequester },
    status: "pending",
    revision: 1,
    decisions: [],
    requestedAt: env.now,
    expiresAt: env.now + (draft.expiresMs ?? APPROVAL_EXPIRY_MS),
  };
  work.putApproval(approval);
  work.arm({
    id: expiryTimerId(approval),
    workflowId: instance.id,
    kind: "approval",
    dueAt: approval.expiresAt,
    armedVersion: instance.version,
    approvalId: approval.id,
  });
  work.audit(
    "human.approval.requested",
    {
      approvalId: approval.id,
      kind: approval.kind,
      queue: approval.queue,
      title: approval.title,
      transitions: approval.transitions,
      subjectHash: approval.subjectHash,
      quorum: approval.rule.quorum,
      expiresAt: approval.expiresAt,
    },
    operation === undefined ? { principal: approval.requestedBy } : { operation },
  );
  return approval;
}

/** A state with human transitions has a queue even where no executor describes one: any person but the requester. */
function plainDraft(work: Work, state: StateIr): ApprovalDraft {
  const { definitionId, state: name } = work.instance;
  return {
    queue: definitionId,
    title: state.goal ?? state.description ?? `${work.definition.ir.title ?? definitionId}: ${name}`,
    assignees: { roles: [], permissions: [] },
    quorum: 1,
    allowRequester: false,
  };
}
