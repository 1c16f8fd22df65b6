import { bigint, pgSchema, text } from "./drizzle.ts";

/**
 * The tables that listings filter, as the query builder sees them. What creates all tables, with their indexes, are
 * the migrations; a test compares the two.
 */
const tables = pgSchema("mcp_flowgate");
const whole = (name: string) => bigint(name, { mode: "number" }).notNull();

export const workflows = tables.table("wf", {
  n: whole("n"),
  id: text().notNull(),
  tenant: text().notNull(),
  owner: text().notNull(),
  definitionId: text("definition_id").notNull(),
  status: text().notNull(),
  createdAt: whole("created_at"),
  context: text().notNull(),
  input: text().notNull(),
  body: text().notNull(),
});

export const approvals = tables.table("approval", {
  n: whole("n"),
  workflowId: text("wf_id").notNull(),
  tenant: text().notNull(),
  queue: text().notNull(),
  status: text().notNull(),
  requestedAt: whole("requested_at"),
  body: text().notNull(),
});
