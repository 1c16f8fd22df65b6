import { blob, integer, sqliteTable, text } from "./drizzle.ts";

/**
 * The tables as statements see them. What creates them, with their indexes, are the migrations; a test compares the
 * two.
 */

export const counters = sqliteTable("counter", {
  name: text().$type<"epoch" | "change" | "sealer">().primaryKey(),
  value: integer().notNull(),
});

export const replicas = sqliteTable("replica", {
  epoch: integer().primaryKey(),
  id: text().notNull(),
  lock: text().notNull(),
  pid: integer().notNull(),
  beat: integer().notNull(),
  startedAt: integer("started_at").notNull(),
  about: text(),
});

export const decisions = sqliteTable("decision", {
  subject: text().primaryKey(),
  n: integer().notNull(),
  decidedAt: integer("decided_at").notNull(),
  body: text().notNull(),
});

export const definitions = sqliteTable("definition", {
  hash: text().primaryKey(),
  id: text().notNull(),
  body: text().notNull(),
});

export const workflows = sqliteTable("wf", {
  n: integer().primaryKey(),
  id: text().notNull(),
  tenant: text().notNull(),
  owner: text().notNull(),
  definitionId: text("definition_id").notNull(),
  definitionHash: text("definition_hash").notNull(),
  state: text().notNull(),
  status: text().notNull(),
  version: integer().notNull(),
  fence: integer().notNull(),
  claimant: text(),
  operationId: text("operation_id"),
  createdAt: integer("created_at").notNull(),
  purgeAt: integer("purge_at"),
  changed: integer().notNull(),
  changedBy: integer("changed_by").notNull(),
  context: text().notNull(),
  input: text().notNull(),
  body: text().notNull(),
});

export const operations = sqliteTable("op", {
  n: integer().primaryKey(),
  id: text().notNull(),
  workflowId: text("wf_id").notNull(),
  fromVersion: integer("from_version").notNull(),
  status: text().notNull(),
  claimant: text().notNull(),
  deadlineAt: integer("deadline_at").notNull(),
  nextAttemptAt: integer("next_attempt_at"),
  body: text().notNull(),
  lateResult: text("late_result"),
});

export const evidence = sqliteTable("evidence", {
  n: integer().primaryKey(),
  workflowId: text("wf_id").notNull(),
  body: text().notNull(),
});

export const timers = sqliteTable("timer", {
  n: integer().primaryKey(),
  id: text().notNull(),
  workflowId: text("wf_id").notNull(),
  dueAt: integer("due_at").notNull(),
  body: text().notNull(),
});

export const signals = sqliteTable("signal", {
  n: integer().primaryKey(),
  id: text().notNull(),
  workflowId: text("wf_id").notNull(),
  body: text().notNull(),
});

export const approvals = sqliteTable("approval", {
  n: integer().primaryKey(),
  id: text().notNull(),
  workflowId: text("wf_id").notNull(),
  tenant: text().notNull(),
  queue: text().notNull(),
  status: text().notNull(),
  revision: integer().notNull(),
  requestedAt: integer("requested_at").notNull(),
  body: text().notNull(),
});

export const requests = sqliteTable("request", {
  tenant: text().notNull(),
  principal: text().notNull(),
  key: text().notNull(),
  expiresAt: integer("expires_at").notNull(),
  body: text().notNull(),
});

export const rates = sqliteTable("rate", {
  n: integer().primaryKey(),
  key: text().notNull(),
  at: integer().notNull(),
});

export const blobs = sqliteTable("blob", {
  sha256: text().primaryKey(),
  body: text().notNull(),
});

export const blobOwners = sqliteTable("blob_owner", {
  workflowId: text("wf_id").notNull(),
  sha256: text().notNull(),
});

export const disownedBlobs = sqliteTable("disowned_blob", {
  n: integer().primaryKey(),
  sha256: text().notNull(),
});

export const auditRows = sqliteTable("audit", {
  n: integer().primaryKey(),
  stream: text().notNull(),
  seq: integer().notNull(),
  id: text().notNull(),
  type: text().notNull(),
  at: integer().notNull(),
  hash: text().notNull(),
  line: text().notNull(),
});

/** Positions of audit records that no checkpoint covers yet. */
export const unsealed = sqliteTable("unsealed", { n: integer().primaryKey() });

export const checkpoints = sqliteTable("checkpoint", {
  n: integer().primaryKey(),
  body: text().notNull(),
  hash: text().notNull(),
  signature: text().notNull(),
  leaves: blob({ mode: "buffer" }).notNull(),
});
