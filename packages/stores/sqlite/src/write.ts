import { and, eq, lte, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { toTime, type BatchRows } from "./rows.ts";
import {
  approvals,
  definitions,
  evidence,
  operations,
  rates,
  requests,
  signals,
  timers,
  workflows,
} from "./schema.ts";

/** Who writes, and the number of the transaction: others look for rows with later ones. */
export interface ChangeMark {
  readonly changed: number;
  readonly changedBy: number;
}

/** Writes the rows of a batch whose conditions hold. Only inside a transaction (S1). */
export interface Writer {
  /** @returns the instances that changed. */
  write(batch: BatchRows, now: number, mark: () => ChangeMark): readonly string[];
}

/** Rate windows are a day at most; what is older is forgotten. */
export const RATE_MEMORY_MS = 86_400_000;

/** The claimant of an operation whose instance names none: nobody, so that it is found. */
const NOBODY = "";

const excluded = (column: string): ReturnType<typeof sql> => sql.raw(`excluded.${column}`);

export function createWriter(db: Db): Writer {
  const place = sql.placeholder;
  const selectDefinition = db
    .select({ hash: definitions.hash })
    .from(definitions)
    .where(eq(definitions.hash, place("hash")))
    .prepare();
  const insertDefinition = db
    .insert(definitions)
    .values({ hash: place("hash"), id: place("id"), body: place("body") })
    .prepare();
  const selectInstance = db
    .select({ claimant: workflows.claimant, operationId: workflows.operationId })
    .from(workflows)
    .where(eq(workflows.id, place("id")))
    .prepare();
  const insertInstance = db
    .insert(workflows)
    .values({
      id: place("id"),
      tenant: place("tenant"),
      owner: place("owner"),
      definitionId: place("definitionId"),
      definitionHash: place("definitionHash"),
      state: place("state"),
      status: place("status"),
      version: place("version"),
      fence: place("fence"),
      claimant: place("claimant"),
      operationId: place("operationId"),
      createdAt: place("createdAt"),
      purgeAt: place("purgeAt"),
      changed: place("changed"),
      changedBy: place("changedBy"),
      context: place("context"),
      input: place("input"),
      body: place("body"),
    })
    .prepare();
  const updateInstance = db
    .update(workflows)
    .set({
      tenant: sql`${place("tenant")}`,
      owner: sql`${place("owner")}`,
      definitionId: sql`${place("definitionId")}`,
      definitionHash: sql`${place("definitionHash")}`,
      state: sql`${place("state")}`,
      status: sql`${place("status")}`,
      version: sql`${place("version")}`,
      fence: sql`${place("fence")}`,
      claimant: sql`${place("claimant")}`,
      operationId: sql`${place("operationId")}`,
      createdAt: sql`${place("createdAt")}`,
      purgeAt: sql`${place("purgeAt")}`,
      changed: sql`${place("changed")}`,
      changedBy: sql`${place("changedBy")}`,
      context: sql`${place("context")}`,
      input: sql`${place("input")}`,
      body: sql`${place("body")}`,
    })
    .where(eq(workflows.id, place("id")))
    .prepare();
  const markInstance = db
    .update(workflows)
    .set({ changed: sql`${place("changed")}`, changedBy: sql`${place("changedBy")}` })
    .where(eq(workflows.id, place("id")))
    .prepare();
  const upsertOperation = db
    .insert(operations)
    .values({
      id: place("id"),
      workflowId: place("workflowId"),
      fromVersion: place("fromVersion"),
      status: place("status"),
      claimant: place("claimant"),
      deadlineAt: place("deadlineAt"),
      nextAttemptAt: place("nextAttemptAt"),
      body: place("body"),
      lateResult: place("lateResult"),
    })
    .onConflictDoUpdate({
      target: operations.id,
      set: {
        workflowId: excluded("wf_id"),
        fromVersion: excluded("from_version"),
        status: excluded("status"),
        claimant: excluded("claimant"),
        deadlineAt: excluded("deadline_at"),
        nextAttemptAt: excluded("next_attempt_at"),
        body: excluded("body"),
        lateResult: excluded("late_result"),
      },
    })
    .prepare();
  const reclaimOperation = db
    .update(operations)
    .set({ claimant: sql`${place("claimant")}` })
    .where(eq(operations.id, place("id")))
    .prepare();
  const setLateResult = db
    .update(operations)
    .set({ lateResult: sql`${place("lateResult")}` })
    .where(eq(operations.id, place("id")))
    .returning({ workflowId: operations.workflowId })
    .prepare();
  const insertEvidence = db
    .insert(evidence)
    .values({ workflowId: place("workflowId"), body: place("body") })
    .prepare();
  const deleteTimer = db
    .delete(timers)
    .where(eq(timers.id, place("id")))
    .prepare();
  const deleteTimers = db
    .delete(timers)
    .where(eq(timers.workflowId, place("workflowId")))
    .prepare();
  const upsertTimer = db
    .insert(timers)
    .values({ id: place("id"), workflowId: place("workflowId"), dueAt: place("dueAt"), body: place("body") })
    .onConflictDoUpdate({
      target: timers.id,
      set: { workflowId: excluded("wf_id"), dueAt: excluded("due_at"), body: excluded("body") },
    })
    .prepare();
  const upsertApproval = db
    .insert(approvals)
    .values({
      id: place("id"),
      workflowId: place("workflowId"),
      tenant: place("tenant"),
      queue: place("queue"),
      status: place("status"),
      revision: place("revision"),
      requestedAt: place("requestedAt"),
      body: place("body"),
    })
    .onConflictDoUpdate({
      target: approvals.id,
      set: {
        workflowId: excluded("wf_id"),
        tenant: excluded("tenant"),
        queue: excluded("queue"),
        status: excluded("status"),
        revision: excluded("revision"),
        requestedAt: excluded("requested_at"),
        body: excluded("body"),
      },
    })
    .prepare();
  const deleteSignal = db
    .delete(signals)
    .where(eq(signals.id, place("id")))
    .prepare();
  const upsertSignal = db
    .insert(signals)
    .values({ id: place("id"), workflowId: place("workflowId"), body: place("body") })
    .onConflictDoUpdate({
      target: signals.id,
      set: { workflowId: excluded("wf_id"), body: excluded("body") },
    })
    .prepare();
  const upsertRequest = db
    .insert(requests)
    .values({
      tenant: place("tenant"),
      principal: place("principal"),
      key: place("key"),
      expiresAt: place("expiresAt"),
      body: place("body"),
    })
    .onConflictDoUpdate({
      target: [requests.tenant, requests.principal, requests.key],
      set: { expiresAt: excluded("expires_at"), body: excluded("body") },
    })
    .prepare();
  const deleteRates = db
    .delete(rates)
    .where(and(eq(rates.key, place("key")), lte(rates.at, place("before"))))
    .prepare();
  const insertRate = db
    .insert(rates)
    .values({ key: place("key"), at: place("at") })
    .prepare();

  const writeInstance = (batch: BatchRows, mark: () => ChangeMark): void => {
    const { definition, instance } = batch;
    if (instance === undefined) return;
    if (definition !== undefined && selectDefinition.get({ hash: definition.hash }) === undefined) {
      insertDefinition.run({ ...definition, body: definition.body() });
    }
    const present = selectInstance.get({ id: instance.id });
    const row = { ...instance, ...mark() };
    if (present === undefined) {
      insertInstance.run(row);
      return;
    }
    updateInstance.run(row);
    // A takeover moves the operation that runs, even where the batch does not write it.
    const running = present.operationId;
    if (running === null || present.claimant === instance.claimant) return;
    if (batch.operations.some((operation) => operation.id === running)) return;
    reclaimOperation.run({ id: running, claimant: instance.claimant ?? NOBODY });
  };

  const writeChildren = (batch: BatchRows, workflowId: string, claimant: string): void => {
    for (const row of batch.operations) upsertOperation.run({ ...row, claimant });
    for (const row of batch.evidence) insertEvidence.run(row);
    if (batch.cancelTimers === "all") deleteTimers.run({ workflowId });
    else for (const id of batch.cancelTimers) deleteTimer.run({ id });
    for (const row of batch.timers) upsertTimer.run(row);
    for (const row of batch.approvals) upsertApproval.run(row);
    for (const id of batch.consumeSignals) deleteSignal.run({ id });
  };

  return {
    write(batch, now, mark) {
      const { workflowId } = batch;
      const touched = new Set<string>();
      writeInstance(batch, mark);
      const own = workflowId === undefined ? undefined : selectInstance.get({ id: workflowId });
      if (own !== undefined && workflowId !== undefined) {
        touched.add(workflowId);
        writeChildren(batch, workflowId, own.claimant ?? NOBODY);
      }
      for (const row of batch.lateResults) {
        const operation = setLateResult.get(row);
        if (operation !== undefined) touched.add(operation.workflowId);
      }
      for (const row of batch.signals) {
        if (!touched.has(row.workflowId) && selectInstance.get({ id: row.workflowId }) === undefined)
          continue;
        upsertSignal.run(row);
        touched.add(row.workflowId);
      }
      for (const id of touched) if (id !== batch.instance?.id) markInstance.run({ id, ...mark() });
      if (batch.request !== undefined) upsertRequest.run(batch.request);
      for (const key of batch.countRates) {
        deleteRates.run({ key, before: toTime(now - RATE_MEMORY_MS) });
        insertRate.run({ key, at: toTime(now) });
      }
      return [...touched];
    },
  };
}
