import {
  NOBODY,
  RATE_MEMORY_MS,
  toTime,
  type BatchRows,
  type InstanceRow,
  type StandingInstance,
} from "@mcp-flowgate/store-sql";
import type { OpenedDatabase } from "./database.ts";
import { createWriteStatements, type WriteStatements } from "./write-statements.ts";

/** Who writes, and the number of the transaction: others look for rows with later ones. */
export interface ChangeMark {
  readonly changed: number;
  readonly changedBy: number;
}

/** Writes the rows of a batch whose conditions hold. Only inside a transaction (S1). */
export interface Writer {
  /** An instance as it stands, by the key of its id. */
  standing(workflowId: string): StandingInstance | undefined;
  /** `present` is the instance of the batch as it stands. @returns the keys of the instances that changed. */
  write(
    batch: BatchRows,
    present: StandingInstance | undefined,
    now: number,
    mark: () => ChangeMark,
  ): readonly string[];
}

export function createWriter(opened: OpenedDatabase): Writer {
  const statements = createWriteStatements(opened);
  return {
    standing: (id) => statements.selectInstance.get({ id }),
    write(batch, present, now, mark) {
      const touched = new Set<string>();
      const { instance, workflowId } = batch;
      if (instance !== undefined) writeInstance(statements, batch, instance, present, mark());
      const own = instance ?? present;
      if (own !== undefined && workflowId !== undefined) {
        touched.add(workflowId);
        writeOperations(statements, batch.operations, present, own.claimant ?? NOBODY);
        writeChildren(statements, batch, workflowId);
      }
      for (const row of batch.lateResults) {
        const operation = statements.setLateResult.get(row);
        if (operation !== undefined) touched.add(operation.workflowId);
      }
      for (const { workflowId: owner, sha256, body } of batch.blobs) {
        if (!touched.has(owner) && statements.selectInstance.get({ id: owner }) === undefined) continue;
        statements.insertBlob.run({ sha256, body });
        statements.insertBlobOwner.run({ workflowId: owner, sha256 });
      }
      for (const row of batch.signals) {
        if (
          !touched.has(row.workflowId) &&
          statements.selectInstance.get({ id: row.workflowId }) === undefined
        )
          continue;
        statements.upsertSignal.run(row);
        touched.add(row.workflowId);
      }
      for (const id of touched) if (id !== instance?.id) statements.markInstance.run({ id, ...mark() });
      if (batch.request !== undefined) statements.upsertRequest.run(batch.request);
      for (const key of batch.countRates) {
        statements.deleteRates.run({ key, before: toTime(now - RATE_MEMORY_MS) });
        statements.insertRate.run({ key, at: toTime(now) });
      }
      return [...touched];
    },
  };
}

function writeInstance(
  statements: WriteStatements,
  { definition, operations }: BatchRows,
  instance: InstanceRow,
  present: StandingInstance | undefined,
  mark: ChangeMark,
): void {
  if (definition !== undefined && statements.selectDefinition.get({ hash: definition.hash }) === undefined) {
    statements.insertDefinition.run({ ...definition, body: definition.body() });
  }
  const row = { ...instance, ...mark };
  if (present === undefined) {
    statements.insertInstance.run(row);
    return;
  }
  (isSameKind(present, instance) ? statements.moveInstance : statements.replaceInstance).run(row);
  // A takeover moves the operation that runs, even where the batch does not write it.
  const running = present.operationId;
  if (running === null || present.claimant === instance.claimant) return;
  if (operations.some((operation) => operation.id === running)) return;
  statements.reclaimOperation.run({ id: running, claimant: instance.claimant ?? NOBODY });
}

function isSameKind(present: StandingInstance, instance: InstanceRow): boolean {
  return (
    present.tenant === instance.tenant &&
    present.owner === instance.owner &&
    present.definitionId === instance.definitionId &&
    present.definitionHash === instance.definitionHash &&
    present.createdAt === instance.createdAt
  );
}

function writeOperations(
  statements: WriteStatements,
  operations: BatchRows["operations"],
  present: StandingInstance | undefined,
  claimant: string,
): void {
  for (const operation of operations) {
    const row = { ...operation, claimant };
    const isThere = operation.id === present?.operationId && statements.moveOperation.run(row) > 0;
    if (!isThere) statements.upsertOperation.run(row);
  }
}

function writeChildren(statements: WriteStatements, batch: BatchRows, workflowId: string): void {
  for (const row of batch.evidence) statements.insertEvidence.run(row);
  if (batch.cancelTimers === "all") statements.deleteTimers.run({ workflowId });
  else for (const id of batch.cancelTimers) statements.deleteTimer.run({ id });
  for (const row of batch.timers) statements.upsertTimer.run(row);
  for (const row of batch.approvals) statements.upsertApproval.run(row);
  for (const id of batch.consumeSignals) statements.deleteSignal.run({ id });
}
