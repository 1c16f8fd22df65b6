import type {
  Approval,
  ApprovalFilter,
  Definition,
  DueWork,
  Evidence,
  InstanceAggregate,
  InstanceFilter,
  Operation,
  Page,
  RequestKey,
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import {
  fromCursor,
  fromInstanceRow,
  fromJsonText,
  fromOperationRow,
  toAggregate,
  toPage,
  type InstanceRow,
  type OperationRow,
} from "@mcp-flowgate/store-sql";
import type { SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Database } from "./database.ts";
import { and, desc, eq, inArray, QueryBuilder, sql } from "./drizzle.ts";
import { createGatheredRead } from "./gathered-read.ts";
import { toBoundedKey, toKey } from "./keys.ts";
import * as statements from "./read-statements.ts";
import { approvals, workflows } from "./schema.ts";
import { fromStandingText, type KnownStandings } from "./standing.ts";

/** Reads rows; every read of an aggregate is one statement, so of one moment. */
export interface Reader {
  load(workflowId: string): Promise<InstanceAggregate | undefined>;
  loadAll(workflowIds: readonly string[]): Promise<readonly InstanceAggregate[]>;
  operation(id: string): Promise<Operation | undefined>;
  journal(workflowId: string, fromVersion: number): Promise<readonly Operation[]>;
  instances(filter: InstanceFilter): Promise<Page<WorkflowInstance>>;
  approval(id: string): Promise<Approval | undefined>;
  approvals(filter: ApprovalFilter): Promise<Page<Approval>>;
  blob(workflowId: string, sha256: string): Promise<string | undefined>;
  definition(hash: string): Promise<Definition | undefined>;
  request(tenant: string, principal: string, key: string): Promise<RequestKey | undefined>;
  rate(key: string, perMs: number): Promise<number>;
  /** `own` is the claimant that asks: it is not gone. */
  due(limit: number, own: string): Promise<DueWork>;
  nextDueAt(): Promise<number | undefined>;
}

type Part = "instance" | "operation" | "evidence" | "approval" | "timer" | "signal";

interface PartRow {
  /** The key of the instance. */
  readonly of: string;
  readonly part: Part;
  readonly n: number;
  readonly id: string | null;
  readonly status: string | null;
  /** Of evidence, timers and signals an array. */
  readonly body: string;
  readonly context: string;
  readonly input: string;
  readonly more: string | null;
}

type Body = Pick<InstanceRow, "body">;
type OperationBody = Pick<OperationRow, "body" | "lateResult">;

/** @param known is told how the instances stand that are loaded. */
export function createReader(database: Database, known: KnownStandings): Reader {
  const builder = new QueryBuilder();
  const loadRows = async (keys: readonly string[]): Promise<ReadonlyMap<string, readonly PartRow[]>> => {
    const rows = await database.read<PartRow>(statements.LOAD, [keys]);
    for (const { of, part, more } of rows) if (part === "instance") known.put(fromStandingText(of, more));
    return Map.groupBy(rows, ({ of }) => of);
  };
  const loading = createGatheredRead(loadRows);
  const one = async <T>(
    statement: Parameters<Database["read"]>[0],
    values: readonly unknown[],
  ): Promise<T | undefined> => {
    const [row] = await database.read<Body>(statement, values);
    return row && fromJsonText<T>(row.body);
  };
  const listed = async <Row extends object>(query: {
    toSQL(): { sql: string; params: unknown[] };
  }): Promise<Row[]> => {
    const { sql, params } = query.toSQL();
    return await database.list<Row>(sql, params);
  };

  return {
    async load(workflowId) {
      const rows = await loading.get(toKey(workflowId));
      return assemble(rows);
    },
    async loadAll(workflowIds) {
      const found = await loadRows([...new Set(workflowIds.map(toKey))]);
      return [...found.values()].map(assemble).filter((aggregate) => aggregate !== undefined);
    },
    async operation(id) {
      const [row] = await database.read<OperationBody>(statements.OPERATION_BY_ID, [toKey(id)]);
      return row && fromOperationRow(row);
    },
    async journal(workflowId, fromVersion) {
      const rows = await database.read<OperationBody>(statements.JOURNAL, [toKey(workflowId), fromVersion]);
      return rows.map(fromOperationRow);
    },
    async instances(filter) {
      const query = builder
        .select({
          body: workflows.body,
          context: workflows.context,
          input: workflows.input,
          at: workflows.createdAt,
          n: workflows.n,
        })
        .from(workflows)
        .where(
          and(
            matches(workflows.tenant, filter.tenant),
            matches(workflows.owner, filter.owner),
            matches(workflows.definitionId, filter.definitionId),
            filter.statuses && inArray(workflows.status, [...filter.statuses]),
            isAfter(workflows.createdAt, workflows.n, filter.cursor),
          ),
        )
        .orderBy(desc(workflows.createdAt), desc(workflows.n))
        .limit(filter.limit + 1);
      const rows = await listed<InstanceRow & { at: number; n: number; created_at: number }>(query);
      return toPage(
        rows.map((row) => ({ ...row, at: row.created_at })),
        filter.limit,
        fromInstanceRow,
      );
    },
    approval: (id) => one(statements.APPROVAL_BY_ID, [toKey(id)]),
    async approvals(filter) {
      const query = builder
        .select({ body: approvals.body, at: approvals.requestedAt, n: approvals.n })
        .from(approvals)
        .where(
          and(
            matches(approvals.tenant, filter.tenant),
            matches(approvals.queue, filter.queue),
            filter.workflowId === undefined ? undefined : eq(approvals.workflowId, toKey(filter.workflowId)),
            filter.statuses && inArray(approvals.status, [...filter.statuses]),
            isAfter(approvals.requestedAt, approvals.n, filter.cursor),
          ),
        )
        .orderBy(desc(approvals.requestedAt), desc(approvals.n))
        .limit(filter.limit + 1);
      const rows = await listed<Body & { n: number; requested_at: number }>(query);
      return toPage(
        rows.map((row) => ({ ...row, at: row.requested_at })),
        filter.limit,
        ({ body }) => fromJsonText<Approval>(body),
      );
    },
    async blob(workflowId, sha256) {
      const [row] = await database.read<Body>(statements.BLOB, [toKey(workflowId), toKey(sha256)]);
      return row?.body;
    },
    definition: (hash) => one(statements.DEFINITION, [toKey(hash)]),
    request: (tenant, principal, key) => one(statements.REQUEST, [tenant, principal, key].map(toBoundedKey)),
    async rate(key, perMs) {
      const [row] = await database.read<{ entries: number }>(statements.RATE, [
        toBoundedKey(key),
        Math.floor(perMs),
      ]);
      return row?.entries ?? 0;
    },
    async due(limit, own) {
      const [timers, retries, gone, overdue, signals] = await database.readAll<
        [Body, OperationBody, OperationBody, OperationBody, Body]
      >([
        [statements.DUE_TIMERS, limit],
        [statements.DUE_RETRIES, limit],
        [statements.ORPHANS, own, limit],
        [statements.OVERDUE, limit],
        [statements.SIGNALS, limit],
      ]);
      const orphans = new Map([...gone, ...overdue].map(fromOperationRow).map((one) => [one.id, one]));
      return {
        timers: timers.map(({ body }) => fromJsonText<Timer>(body)),
        retries: retries.map(fromOperationRow),
        orphans: [...orphans.values()].slice(0, limit),
        signals: signals.map(({ body }) => fromJsonText<Signal>(body)),
      };
    },
    async nextDueAt() {
      const [row] = await database.read<{ at: number | null }>(statements.NEXT_DUE);
      return row?.at ?? undefined;
    },
  };
}

function assemble(rows: readonly PartRow[] = []): InstanceAggregate | undefined {
  const parts = (part: Part): readonly PartRow[] =>
    rows.filter((row) => row.part === part).sort((left, right) => left.n - right.n);
  const listed = <T>(part: Part): readonly T[] => parts(part).flatMap(({ body }) => fromJsonText<T[]>(body));
  const [row] = parts("instance");
  if (row === undefined) return undefined;
  const [operation] = parts("operation");
  return toAggregate(
    {
      instance: fromInstanceRow(row),
      operation: operation && fromOperationRow({ body: operation.body, lateResult: operation.more }),
      evidence: listed<Evidence>("evidence"),
      approvals: parts("approval"),
      timers: listed<Timer>("timer"),
      signals: listed<Signal>("signal"),
    },
    toKey,
  );
}

function matches(column: PgColumn, text: string | undefined): SQL | undefined {
  return text === undefined ? undefined : eq(column, toBoundedKey(text));
}

/** What a cursor left to show. */
function isAfter(at: PgColumn, n: PgColumn, cursor: string | undefined): SQL | undefined {
  const last = fromCursor(cursor);
  return last && sql`(${at}, ${n}) < (${last.at}, ${last.n})`;
}
