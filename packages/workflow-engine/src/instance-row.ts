import type { WorkflowInstance } from "@mcp-flowgate/core";

/** The fields that an instance may be without. */
type OptionalField = {
  [Key in keyof WorkflowInstance]-?: Partial<Pick<WorkflowInstance, Key>> extends Pick<WorkflowInstance, Key>
    ? Key
    : never;
}[keyof WorkflowInstance];

/** What a step makes of an instance. A field that is `undefined` is taken away, where an instance may be without it. */
export type InstanceChanges = Partial<Omit<WorkflowInstance, OptionalField>> & {
  readonly [Key in OptionalField]?: WorkflowInstance[Key] | undefined;
};

/** Of an instance that has no live operation any more. */
export const AT_REST: InstanceChanges = Object.freeze({ operationId: undefined, claim: undefined });

/**
 * The instance with some fields changed. Written out, as {@link toInstanceRow} is: every step changes a row several
 * times, and a copy that knows its fields takes a tenth of one that looks for them.
 */
export function changed(instance: WorkflowInstance, changes: InstanceChanges): WorkflowInstance {
  const next: { -readonly [Key in keyof WorkflowInstance]: WorkflowInstance[Key] | undefined } = {
    id: instance.id,
    tenant: instance.tenant,
    owner: instance.owner,
    definitionId: instance.definitionId,
    definitionVersion: instance.definitionVersion,
    definitionHash: instance.definitionHash,
    state: instance.state,
    stateEnteredAt: instance.stateEnteredAt,
    version: instance.version,
    status: instance.status,
    context: instance.context,
    input: instance.input,
    output: instance.output,
    startedBy: instance.startedBy,
    fence: instance.fence,
    chainDepth: instance.chainDepth,
    createdAt: instance.createdAt,
    updatedAt: instance.updatedAt,
    outcome: instance.outcome,
    parkedReason: instance.parkedReason,
    recovery: instance.recovery,
    cancelling: instance.cancelling,
    parent: instance.parent,
    operationId: instance.operationId,
    claim: instance.claim,
    terminalAt: instance.terminalAt,
    purgeAfter: instance.purgeAfter,
  };
  // Fields that were taken away are there as `undefined` while the draft is worked on; its row has none.
  return Object.assign(next, changes) as WorkflowInstance;
}

const OPTIONAL: Readonly<Record<OptionalField, true>> = {
  outcome: true,
  parkedReason: true,
  recovery: true,
  cancelling: true,
  parent: true,
  operationId: true,
  claim: true,
  terminalAt: true,
  purgeAfter: true,
};
const OPTIONAL_FIELDS = Object.keys(OPTIONAL) as readonly OptionalField[];

/**
 * The instance as a row, without the fields that were taken away. Written out, so that all rows have few shapes: an
 * object that is put together field by field is slow to copy ever after, and a row is copied at every step.
 */
export function toInstanceRow(instance: WorkflowInstance): WorkflowInstance {
  const row: Omit<WorkflowInstance, OptionalField> = {
    id: instance.id,
    tenant: instance.tenant,
    owner: instance.owner,
    definitionId: instance.definitionId,
    definitionVersion: instance.definitionVersion,
    definitionHash: instance.definitionHash,
    state: instance.state,
    stateEnteredAt: instance.stateEnteredAt,
    version: instance.version,
    status: instance.status,
    context: instance.context,
    input: instance.input,
    output: instance.output,
    startedBy: instance.startedBy,
    fence: instance.fence,
    chainDepth: instance.chainDepth,
    createdAt: instance.createdAt,
    updatedAt: instance.updatedAt,
  };
  const present = row as { -readonly [Key in OptionalField]?: unknown };
  for (const field of OPTIONAL_FIELDS) if (instance[field] !== undefined) present[field] = instance[field];
  return row;
}
