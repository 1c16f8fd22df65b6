import type { OpenedDatabase } from "./database.ts";
import { and, eq, lte, sql } from "./drizzle.ts";
import {
  approvals,
  blobOwners,
  blobs,
  definitions,
  evidence,
  operations,
  rates,
  requests,
  signals,
  timers,
  workflows,
} from "./schema.ts";

/** Every statement that a batch needs, prepared once. */
export function createWriteStatements({ db, prepare }: OpenedDatabase) {
  const place = sql.placeholder;
  const selectDefinition = prepare.rows(
    db
      .select({ hash: definitions.hash })
      .from(definitions)
      .where(eq(definitions.hash, place("hash"))),
    ["hash"],
  );
  const insertDefinition = prepare.run(
    db.insert(definitions).values({ hash: place("hash"), id: place("id"), body: place("body") }),
  );
  const selectInstance = prepare.rows(
    db
      .select({
        version: workflows.version,
        fence: workflows.fence,
        claimant: workflows.claimant,
        operationId: workflows.operationId,
        tenant: workflows.tenant,
        owner: workflows.owner,
        definitionId: workflows.definitionId,
        definitionHash: workflows.definitionHash,
        createdAt: workflows.createdAt,
      })
      .from(workflows)
      .where(eq(workflows.id, place("id"))),
    [
      "version",
      "fence",
      "claimant",
      "operationId",
      "tenant",
      "owner",
      "definitionId",
      "definitionHash",
      "createdAt",
    ],
  );
  const insertInstance = prepare.run(
    db.insert(workflows).values({
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
    }),
  );
  const moving = {
    state: sql`${place("state")}`,
    status: sql`${place("status")}`,
    version: sql`${place("version")}`,
    fence: sql`${place("fence")}`,
    claimant: sql`${place("claimant")}`,
    operationId: sql`${place("operationId")}`,
    purgeAt: sql`${place("purgeAt")}`,
    changed: sql`${place("changed")}`,
    changedBy: sql`${place("changedBy")}`,
    context: sql`${place("context")}`,
    input: sql`${place("input")}`,
    body: sql`${place("body")}`,
  };
  // Leaves alone what hardly ever changes, and with it the indexes over it.
  const moveInstance = prepare.run(
    db
      .update(workflows)
      .set(moving)
      .where(eq(workflows.id, place("id"))),
  );
  const replaceInstance = prepare.run(
    db
      .update(workflows)
      .set({
        ...moving,
        tenant: sql`${place("tenant")}`,
        owner: sql`${place("owner")}`,
        definitionId: sql`${place("definitionId")}`,
        definitionHash: sql`${place("definitionHash")}`,
        createdAt: sql`${place("createdAt")}`,
      })
      .where(eq(workflows.id, place("id"))),
  );
  const markInstance = prepare.run(
    db
      .update(workflows)
      .set({ changed: sql`${place("changed")}`, changedBy: sql`${place("changedBy")}` })
      .where(eq(workflows.id, place("id"))),
  );
  const upsertOperation = prepare.run(
    db
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
      }),
  );
  // Leaves alone what never changes, and with it the indexes over it.
  const moveOperation = prepare.run(
    db
      .update(operations)
      .set({
        status: sql`${place("status")}`,
        claimant: sql`${place("claimant")}`,
        deadlineAt: sql`${place("deadlineAt")}`,
        nextAttemptAt: sql`${place("nextAttemptAt")}`,
        body: sql`${place("body")}`,
        lateResult: sql`${place("lateResult")}`,
      })
      .where(
        and(
          eq(operations.id, place("id")),
          eq(operations.workflowId, place("workflowId")),
          eq(operations.fromVersion, place("fromVersion")),
        ),
      ),
  );
  const reclaimOperation = prepare.run(
    db
      .update(operations)
      .set({ claimant: sql`${place("claimant")}` })
      .where(eq(operations.id, place("id"))),
  );
  const setLateResult = prepare.rows(
    db
      .update(operations)
      .set({ lateResult: sql`${place("lateResult")}` })
      .where(eq(operations.id, place("id")))
      .returning({ workflowId: operations.workflowId }),
    ["workflowId"],
  );
  const insertBlob = prepare.run(
    db
      .insert(blobs)
      .values({ sha256: place("sha256"), body: place("body") })
      .onConflictDoNothing(),
  );
  const insertBlobOwner = prepare.run(
    db
      .insert(blobOwners)
      .values({ workflowId: place("workflowId"), sha256: place("sha256") })
      .onConflictDoNothing(),
  );
  const insertEvidence = prepare.run(
    db.insert(evidence).values({ workflowId: place("workflowId"), body: place("body") }),
  );
  const deleteTimer = prepare.run(db.delete(timers).where(eq(timers.id, place("id"))));
  const deleteTimers = prepare.run(db.delete(timers).where(eq(timers.workflowId, place("workflowId"))));
  const upsertTimer = prepare.run(
    db
      .insert(timers)
      .values({
        id: place("id"),
        workflowId: place("workflowId"),
        dueAt: place("dueAt"),
        body: place("body"),
      })
      .onConflictDoUpdate({
        target: timers.id,
        set: { workflowId: excluded("wf_id"), dueAt: excluded("due_at"), body: excluded("body") },
      }),
  );
  const upsertApproval = prepare.run(
    db
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
      }),
  );
  const deleteSignal = prepare.run(db.delete(signals).where(eq(signals.id, place("id"))));
  const upsertSignal = prepare.run(
    db
      .insert(signals)
      .values({ id: place("id"), workflowId: place("workflowId"), body: place("body") })
      .onConflictDoUpdate({
        target: signals.id,
        set: { workflowId: excluded("wf_id"), body: excluded("body") },
      }),
  );
  const upsertRequest = prepare.run(
    db
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
      }),
  );
  const deleteRates = prepare.run(
    db.delete(rates).where(and(eq(rates.key, place("key")), lte(rates.at, place("before")))),
  );
  const insertRate = prepare.run(db.insert(rates).values({ key: place("key"), at: place("at") }));

  return {
    selectDefinition,
    insertDefinition,
    selectInstance,
    insertInstance,
    moveInstance,
    replaceInstance,
    markInstance,
    upsertOperation,
    moveOperation,
    reclaimOperation,
    setLateResult,
    insertBlob,
    insertBlobOwner,
    insertEvidence,
    deleteTimer,
    deleteTimers,
    upsertTimer,
    upsertApproval,
    deleteSignal,
    upsertSignal,
    upsertRequest,
    deleteRates,
    insertRate,
  };
}

export type WriteStatements = ReturnType<typeof createWriteStatements>;

function excluded(column: string): ReturnType<typeof sql> {
  return sql.raw(`excluded.${column}`);
}
