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
  Signal,
  Timer,
  WorkflowInstance,
} from "@mcp-flowgate/core";
import {
  fromCursor,
  fromInstanceRow,
  fromJsonText,
  fromOperationRow,
  ORPHAN_GRACE_MS,
  toAggregate,
  toPage,
} from "@mcp-flowgate/store-sql";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { OpenedDatabase } from "./database.ts";
import { and, asc, desc, eq, gt, gte, inArray, lt, lte, min, sql } from "./drizzle.ts";
import { toKey } from "./keys.ts";
import {
  approvals,
  blobOwners,
  blobs,
  definitions,
  evidence,
  operations,
  signals,
  timers,
  workflows,
} from "./schema.ts";

/** Reads rows. What takes several statements is only whole inside a transaction. */
export interface Reader {
  load(workflowId: string): InstanceAggregate | undefined;
  operation(id: string): Operation | undefined;
  journal(workflowId: string, fromVersion: number): readonly Operation[];
  instances(filter: InstanceFilter): Page<WorkflowInstance>;
  approval(id: string): Approval | undefined;
  approvals(filter: ApprovalFilter): Page<Approval>;
  blob(workflowId: string, sha256: string): string | undefined;
  definition(hash: string): Definition | undefined;
  /** `isGone` is asked once about each claimant that has running operations. */
  due(now: number, limit: number, isGone: (claimant: string) => boolean): DueWork;
  nextDueAt(): number | undefined;
}

/** What belongs to an instance. `id` and `status` are of approvals alone. */
interface ChildRow {
  readonly part: string;
  readonly n: number;
  readonly id: string | null;
  readonly status: string | null;
  readonly body: string;
}

export function createReader({ db, prepare }: OpenedDatabase): Reader {
  const place = sql.placeholder;
  const instanceColumns = { body: workflows.body, context: workflows.context, input: workflows.input };
  const operationColumns = { body: operations.body, lateResult: operations.lateResult };
  const selectInstance = prepare.rows(
    db
      .select(instanceColumns)
      .from(workflows)
      .where(eq(workflows.id, place("id"))),
    ["body", "context", "input"],
  );
  const selectOperation = prepare.rows(
    db
      .select(operationColumns)
      .from(operations)
      .where(eq(operations.id, place("id"))),
    ["body", "lateResult"],
  );
  const selectLastOperation = prepare.rows(
    db
      .select(operationColumns)
      .from(operations)
      .where(eq(operations.workflowId, place("id")))
      .orderBy(desc(operations.n))
      .limit(1),
    ["body", "lateResult"],
  );
  const selectJournal = prepare.rows(
    db
      .select(operationColumns)
      .from(operations)
      .where(and(eq(operations.workflowId, place("id")), gte(operations.fromVersion, place("fromVersion"))))
      .orderBy(asc(operations.n)),
    ["body", "lateResult"],
  );
  // In one statement: most of them are not there, and a statement costs more than to find that out.
  const childrenOf = (part: string, table: typeof evidence | typeof timers | typeof signals) =>
    db
      .select({
        part: sql<string>`${sql.raw(`'${part}'`)}`,
        n: table.n,
        id: sql<string | null>`NULL`,
        status: sql<string | null>`NULL`,
        body: table.body,
      })
      .from(table)
      .where(eq(table.workflowId, place("id")));
  const selectChildren = prepare.rows<ChildRow>(
    childrenOf("evidence", evidence)
      .unionAll(childrenOf("timer", timers))
      .unionAll(childrenOf("signal", signals))
      .unionAll(
        db
          .select({
            part: sql<string>`'approval'`,
            n: approvals.n,
            id: approvals.id,
            status: approvals.status,
            body: approvals.body,
          })
          .from(approvals)
          .where(eq(approvals.workflowId, place("id"))),
      ),
    ["part", "n", "id", "status", "body"],
  );
  const selectApproval = prepare.rows(
    db
      .select({ body: approvals.body })
      .from(approvals)
      .where(eq(approvals.id, place("id"))),
    ["body"],
  );
  const selectDefinition = prepare.rows(
    db
      .select({ body: definitions.body })
      .from(definitions)
      .where(eq(definitions.hash, place("hash"))),
    ["body"],
  );
  const selectBlob = prepare.rows(
    db
      .select({ body: blobs.body })
      .from(blobs)
      .innerJoin(blobOwners, eq(blobOwners.sha256, blobs.sha256))
      .where(and(eq(blobOwners.workflowId, place("id")), eq(blobOwners.sha256, place("sha256")))),
    ["body"],
  );
  // The others stay armed, and come up once the instance is free.
  const canBeTakenOut = sql`(${workflows.status} IN ('idle', 'waiting') OR (${workflows.status} = 'parked' AND ${workflows.operationId} IS NULL))`;
  const selectDueTimers = prepare.rows(
    db
      .select({ body: timers.body })
      .from(timers)
      .innerJoin(workflows, eq(workflows.id, timers.workflowId))
      .where(and(lte(timers.dueAt, place("now")), canBeTakenOut))
      .orderBy(asc(timers.dueAt), asc(timers.n))
      .limit(place("limit")),
    ["body"],
  );
  const isRetry = sql`${operations.status} = 'waiting' AND ${operations.nextAttemptAt} IS NOT NULL`;
  const selectDueRetries = prepare.rows(
    db
      .select(operationColumns)
      .from(operations)
      .where(and(isRetry, lte(operations.nextAttemptAt, place("now"))))
      .orderBy(asc(operations.nextAttemptAt), asc(operations.n))
      .limit(place("limit")),
    ["body", "lateResult"],
  );
  const isRunning = sql`${operations.status} = 'running'`;
  const selectNextClaimant = prepare.rows(
    db
      .select({ claimant: min(operations.claimant) })
      .from(operations)
      .where(and(isRunning, gt(operations.claimant, place("after")))),
    ["claimant"],
  );
  const selectOrphans = prepare.rows(
    db
      .select(operationColumns)
      .from(operations)
      .where(
        and(
          isRunning,
          eq(operations.claimant, place("claimant")),
          lt(operations.deadlineAt, place("before")),
        ),
      )
      .orderBy(asc(operations.deadlineAt))
      .limit(place("limit")),
    ["body", "lateResult"],
  );
  const selectAllSignals = prepare.rows(
    db.select({ body: signals.body }).from(signals).orderBy(asc(signals.n)).limit(place("limit")),
    ["body"],
  );
  const selectNextTimer = prepare.rows(
    db
      .select({ at: timers.dueAt })
      .from(timers)
      .innerJoin(workflows, eq(workflows.id, timers.workflowId))
      .where(canBeTakenOut)
      .orderBy(asc(timers.dueAt))
      .limit(1),
    ["at"],
  );
  const selectNextRetry = prepare.rows(
    db
      .select({ at: min(operations.nextAttemptAt) })
      .from(operations)
      .where(isRetry),
    ["at"],
  );

  const orphans = (
    now: number,
    limit: number,
    isGone: (claimant: string) => boolean,
  ): readonly Operation[] => {
    const found: Operation[] = [];
    for (let claimant: string | null | undefined = ""; typeof claimant === "string";) {
      const before = isGone(claimant) ? Number.POSITIVE_INFINITY : now - ORPHAN_GRACE_MS;
      const rows = selectOrphans.all({ claimant, before, limit: limit - found.length });
      found.push(...rows.map(fromOperationRow));
      if (found.length >= limit) break;
      claimant = selectNextClaimant.get({ after: claimant })?.claimant;
    }
    return found;
  };

  return {
    load(workflowId) {
      const id = toKey(workflowId);
      const row = selectInstance.get({ id });
      if (row === undefined) return undefined;
      const instance = fromInstanceRow(row);
      const operation =
        instance.operationId === undefined
          ? selectLastOperation.get({ id })
          : selectOperation.get({ id: toKey(instance.operationId) });
      const children = selectChildren.all({ id }).sort((left, right) => left.n - right.n);
      const of = <Row>(part: string): readonly Row[] =>
        children.filter((child) => child.part === part).map(({ body }) => fromJsonText<Row>(body));
      return toAggregate(
        {
          instance,
          operation: operation && fromOperationRow(operation),
          evidence: of<Evidence>("evidence"),
          approvals: children,
          timers: of<Timer>("timer"),
          signals: of<Signal>("signal"),
        },
        toKey,
      );
    },
    operation(id) {
      const row = selectOperation.get({ id: toKey(id) });
      return row && fromOperationRow(row);
    },
    journal: (workflowId, fromVersion) =>
      selectJournal.all({ id: toKey(workflowId), fromVersion }).map(fromOperationRow),
    instances(filter) {
      const isOpen = filter.statuses !== undefined && !filter.statuses.includes("terminal");
      // Few have not ended: they have an index of their own, which nothing else shall be preferred to.
      const by = isOpen ? unindexed : (column: SQLiteColumn) => column;
      const rows = db
        .select({ ...instanceColumns, at: workflows.createdAt, n: workflows.n })
        .from(workflows)
        .where(
          and(
            matches(workflows.tenant, filter.tenant),
            matches(by(workflows.owner), filter.owner),
            matches(by(workflows.definitionId), filter.definitionId),
            isOpen ? sql`${workflows.status} <> 'terminal'` : undefined,
            filter.statuses && inArray(unindexed(workflows.status), [...filter.statuses]),
            isAfter(workflows.createdAt, workflows.n, filter.cursor),
          ),
        )
        .orderBy(desc(workflows.createdAt), desc(workflows.n))
        .limit(filter.limit + 1)
        .all();
      return toPage(rows, filter.limit, fromInstanceRow);
    },
    approval(id) {
      const row = selectApproval.get({ id: toKey(id) });
      return row && fromJsonText(row.body);
    },
    approvals(filter) {
      const rows = db
        .select({ body: approvals.body, at: approvals.requestedAt, n: approvals.n })
        .from(approvals)
        .where(
          and(
            matches(approvals.tenant, filter.tenant),
            matches(approvals.queue, filter.queue),
            matches(approvals.workflowId, filter.workflowId),
            filter.statuses && inArray(approvals.status, [...filter.statuses]),
            isAfter(approvals.requestedAt, approvals.n, filter.cursor),
          ),
        )
        .orderBy(desc(approvals.requestedAt), desc(approvals.n))
        .limit(filter.limit + 1)
        .all();
      return toPage(rows, filter.limit, ({ body }) => fromJsonText<Approval>(body));
    },
    blob: (workflowId, sha256) => selectBlob.get({ id: toKey(workflowId), sha256: toKey(sha256) })?.body,
    definition(hash) {
      const row = selectDefinition.get({ hash: toKey(hash) });
      return row && fromJsonText(row.body);
    },
    due: (now, limit, isGone) => ({
      timers: selectDueTimers.all({ now, limit }).map(({ body }) => fromJsonText<Timer>(body)),
      retries: selectDueRetries.all({ now, limit }).map(fromOperationRow),
      orphans: orphans(now, limit, isGone),
      signals: selectAllSignals.all({ limit }).map(({ body }) => fromJsonText<Signal>(body)),
    }),
    nextDueAt() {
      const timer = selectNextTimer.get()?.at ?? undefined;
      const retry = selectNextRetry.get()?.at ?? undefined;
      return timer === undefined || retry === undefined ? (timer ?? retry) : Math.min(timer, retry);
    },
  };
}

function matches(column: SQLiteColumn | SQL, text: string | undefined): SQL | undefined {
  return text === undefined ? undefined : eq(column as SQL, toKey(text));
}

/** A condition on it chooses no index. */
function unindexed(column: SQLiteColumn): SQL {
  return sql`+${column}`;
}

/** What a cursor left to show. */
function isAfter(at: SQLiteColumn, n: SQLiteColumn, cursor: string | undefined): SQL | undefined {
  const last = fromCursor(cursor);
  return last && sql`(${at}, ${n}) < (${last.at}, ${last.n})`;
}
