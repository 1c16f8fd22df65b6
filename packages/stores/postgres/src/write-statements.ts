import type { ApprovalRow, ChildRow, InstanceRow, OperationRow, RequestRow } from "@mcp-flowgate/store-sql";
import type { AuditRow } from "./audit-table.ts";
import { toBigintArray, toTextArray } from "./binary-array.ts";
import type { Statement } from "./database.ts";
import type { Standing } from "./standing.ts";

/** A statement over any number of rows, which travel as one array per column. */
export interface RowsStatement<Row> extends Statement {
  values(rows: readonly Row[]): readonly unknown[];
}

type Columns<Row> = readonly (readonly [
  property: keyof Row & string,
  column: string,
  type: "text" | "bigint",
])[];

/** What nearly every transaction writes. */
export interface StepRows {
  /** That are there. */
  readonly instances: readonly WrittenInstance[];
  readonly operations: readonly WrittenOperation[];
  readonly evidence: readonly ChildRow[];
  readonly audit: readonly AuditRow[];
  /** The keys of the instances that others shall hear of, and who tells. */
  readonly changed: readonly string[];
  readonly epoch: number;
}

type WrittenInstance = InstanceRow & { readonly seq: number; readonly hash: string };
type WrittenOperation = OperationRow & { readonly claimant: string };
type NamedRow = ChildRow & { readonly id: string };

const INSTANCE: Columns<WrittenInstance> = [
  ["id", "id", "text"],
  ["tenant", "tenant", "text"],
  ["owner", "owner", "text"],
  ["definitionId", "definition_id", "text"],
  ["definitionHash", "definition_hash", "text"],
  ["state", "state", "text"],
  ["status", "status", "text"],
  ["version", "version", "bigint"],
  ["fence", "fence", "bigint"],
  ["claimant", "claimant", "text"],
  ["operationId", "operation_id", "text"],
  ["createdAt", "created_at", "bigint"],
  ["purgeAt", "purge_at", "bigint"],
  ["seq", "audit_seq", "bigint"],
  ["hash", "audit_hash", "text"],
  ["context", "context", "text"],
  ["input", "input", "text"],
  ["body", "body", "text"],
];
const OPERATION: Columns<WrittenOperation> = [
  ["id", "id", "text"],
  ["workflowId", "wf_id", "text"],
  ["fromVersion", "from_version", "bigint"],
  ["status", "status", "text"],
  ["claimant", "claimant", "text"],
  ["deadlineAt", "deadline_at", "bigint"],
  ["nextAttemptAt", "next_attempt_at", "bigint"],
  ["body", "body", "text"],
  ["lateResult", "late_result", "text"],
];
const CHILD: Columns<ChildRow> = [
  ["workflowId", "wf_id", "text"],
  ["body", "body", "text"],
];
const NAMED: Columns<NamedRow> = [["id", "id", "text"], ...CHILD];
const APPROVAL: Columns<ApprovalRow> = [
  ...NAMED,
  ["tenant", "tenant", "text"],
  ["queue", "queue", "text"],
  ["status", "status", "text"],
  ["revision", "revision", "bigint"],
  ["requestedAt", "requested_at", "bigint"],
];
const REQUEST: Columns<RequestRow> = [
  ["tenant", "tenant", "text"],
  ["principal", "principal", "text"],
  ["key", "key", "text"],
  ["expiresAt", "expires_at", "bigint"],
  ["body", "body", "text"],
];
const AUDIT: Columns<AuditRow> = [
  ["stream", "stream", "text"],
  ["streamName", "stream_name", "text"],
  ["seq", "seq", "bigint"],
  ["id", "id", "text"],
  ["type", "type", "text"],
  ["at", "at", "bigint"],
  ["hash", "hash", "text"],
  ["line", "line", "text"],
];

export const INSERT_INSTANCES: RowsStatement<WrittenInstance> = insert("wf", INSTANCE);
/** Of instances that an event was recorded of and that are not written otherwise. */
export const UPDATE_HEADS: RowsStatement<{ id: string; seq: number; hash: string }> = update("wf", "head", [
  ["id", "id", "text"],
  ["seq", "audit_seq", "bigint"],
  ["hash", "audit_hash", "text"],
]);
/** A takeover moves the operation that runs, even where the batch does not write it. */
export const UPDATE_CLAIMANTS: RowsStatement<{ id: string; claimant: string }> = update("op", "claimant", [
  ["id", "id", "text"],
  ["claimant", "claimant", "text"],
]);
/** One that is there is locked all the same: until the commit nobody can remove it ({@link INSERT_BLOB_OWNER}). */
export const UPSERT_BLOB: Statement = {
  name: "upsert_blob",
  text: `INSERT INTO mcp_flowgate.blob (sha256, body) VALUES ($1, $2)
    ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256`,
};
export const INSERT_BLOB_OWNER: Statement = {
  name: "insert_blob_owner",
  text: `INSERT INTO mcp_flowgate.blob_owner (wf_id, sha256)
    SELECT $1, $2 WHERE EXISTS (SELECT FROM mcp_flowgate.wf WHERE id = $1) ON CONFLICT DO NOTHING`,
};
export const UPSERT_TIMERS: RowsStatement<NamedRow & { readonly dueAt: number }> = upsert("timer", [
  ...NAMED,
  ["dueAt", "due_at", "bigint"],
]);
export const UPSERT_APPROVALS: RowsStatement<ApprovalRow> = upsert("approval", APPROVAL);
/** A signal for an instance that is not there has nobody who could ever consume it. */
export const UPSERT_SIGNALS: RowsStatement<NamedRow> = upsert("signal", NAMED, {
  where: "EXISTS (SELECT FROM mcp_flowgate.wf WHERE wf.id = given.wf_id)",
});
export const UPSERT_REQUESTS: RowsStatement<RequestRow> = upsert("request", REQUEST, {
  key: ["tenant", "principal", "key"],
});

const STEP_COLUMNS = INSTANCE.length + OPERATION.length + CHILD.length + AUDIT.length;
const EPOCH = `$${STEP_COLUMNS + 1}::bigint`;
const CHANGED = `$${STEP_COLUMNS + 2}::text[]`;
const STEP_VALUES = STEP_COLUMNS + 2;

const WRITE_OTHERS = `operations AS (${upsert("op", OPERATION, { from: INSTANCE.length }).text}),
    evidence AS (${insert("evidence", CHILD, { from: INSTANCE.length + OPERATION.length }).text}),
    audit AS (${insert("audit", AUDIT, { from: INSTANCE.length + OPERATION.length + CHILD.length }).text})`;
const TELL_CHANGED = `INSERT INTO mcp_flowgate.change (xid, epoch, wf_id)
      SELECT pg_current_xact_id(), ${EPOCH}, wf_id FROM unnest(${CHANGED}) AS given(wf_id)`;

const toStepValues = (() => {
  const [toInstances, toOperations, toEvidence, toAudit] = [
    toValues(INSTANCE),
    toValues(OPERATION),
    toValues(CHILD),
    toValues(AUDIT),
  ] as const;
  return (rows: StepRows): readonly unknown[] => [
    ...toInstances(rows.instances),
    ...toOperations(rows.operations),
    ...toEvidence(rows.evidence),
    ...toAudit(rows.audit),
    rows.epoch,
    toTextArray(rows.changed),
  ];
})();

/**
 * In one statement: what a statement takes by itself, in the server, on the way and here, is a good part of what the
 * rows of a step take. Its parts touch tables of their own, so in which order they run makes no difference.
 */
export const WRITE_STEPS: Statement & { values(rows: StepRows): readonly unknown[] } = {
  name: "write_steps",
  text: `WITH instances AS (${update("wf", "instance", INSTANCE).text}), ${WRITE_OTHERS} ${TELL_CHANGED}`,
  values: toStepValues,
};

const STANDING: Columns<Standing> = [
  ["id", "was_id", "text"],
  ["version", "was_version", "bigint"],
  ["fence", "was_fence", "bigint"],
  ["claimant", "was_claimant", "text"],
  ["operationId", "was_operation_id", "text"],
  ["seq", "was_seq", "bigint"],
  ["hash", "was_hash", "text"],
];

/** Timers that are taken away, by their own keys and by those of their instances; of these, `fired` have to be there. */
export interface EndedTimers {
  readonly ids: readonly string[];
  readonly of: readonly string[];
  readonly fired: readonly string[];
}

interface HeldStatement extends Statement {
  values(
    rows: StepRows,
    standings: readonly Standing[],
    guard: number,
    ended: EndedTimers,
  ): readonly unknown[];
}

/**
 * The same, and judged: nothing of it is written where one of the instances stands otherwise than is said, the guard of
 * this replica is another one, or a timer that is said to have fired is not there. Where somebody writes an instance at the
 * same time it is waited for and looked at anew. Instances are counted, and with that locked, before timers (T1).
 */
function held(name: string, endsTimers: boolean): HeldStatement {
  const { text } = update("wf", "instance", INSTANCE);
  const next = STEP_VALUES + STANDING.length + 1;
  const list = (place: number): string => `$${next + place}::text[]`;
  const [ids, of, fired] = [list(1), list(2), list(3)];
  const deletion = `, ended AS (${deleteTimers(ids, of)} RETURNING id)`;
  const allFired = `AND (SELECT count(*) FROM ended WHERE id = ANY(${fired})) = cardinality(${fired})`;
  const toStandings = toValues(STANDING);
  return {
    name,
    text: `WITH instances AS (${text} AND EXISTS (
        SELECT FROM ${given(STANDING, STEP_VALUES, "", "", "was")} WHERE was_id = t.id
          AND was_version = t.version AND was_fence = t.fence AND was_seq = t.audit_seq AND was_hash = t.audit_hash
          AND was_claimant IS NOT DISTINCT FROM t.claimant AND was_operation_id IS NOT DISTINCT FROM t.operation_id
      ) RETURNING t.id), ${WRITE_OTHERS}, changes AS (${TELL_CHANGED})${endsTimers ? deletion : ""}
      SELECT mcp_flowgate.hold((SELECT count(*) FROM instances) = cardinality($${STEP_VALUES + 1}::text[])
        AND EXISTS (SELECT FROM mcp_flowgate.replica WHERE epoch = ${EPOCH} AND guard = $${next}::bigint)
        ${endsTimers ? allFired : ""})`,
    values: (rows, standings, guard, ended) => [
      ...toStepValues(rows),
      ...toStandings(standings),
      guard,
      ...(endsTimers ? [ended.ids, ended.of, ended.fired].map(toTextArray) : []),
    ],
  };
}

export const WRITE_STEPS_HELD = held("write_steps_held", false);
/** With the timers that these steps end: by itself the statement takes longer, so it is for where there are some. */
export const WRITE_STEPS_HELD_TIMERS = held("write_steps_held_timers", true);

export const DELETE_TIMERS: Statement = {
  name: "delete_timers",
  text: deleteTimers("$1::text[]", "$2::text[]"),
};
export const DELETE_SIGNALS: Statement = {
  name: "delete_signals",
  text: "DELETE FROM mcp_flowgate.signal WHERE id = ANY($1::text[])",
};
export const INSERT_RATES: Statement = {
  name: "insert_rates",
  text: `INSERT INTO mcp_flowgate.rate (key, at) SELECT key, mcp_flowgate.now_ms() FROM unnest($1::text[]) AS given(key)`,
};
/** Those of a definition that is used anew are told so now and then, so that it is not removed in that moment. */
export const UPSERT_DEFINITIONS: Statement = {
  name: "upsert_definitions",
  text: `INSERT INTO mcp_flowgate.definition AS kept (hash, id, used_at, body)
    SELECT hash, id, mcp_flowgate.now_ms(), body FROM unnest($1::text[], $2::text[], $3::text[]) AS given(hash, id, body)
    ORDER BY hash ON CONFLICT (hash) DO UPDATE SET used_at = excluded.used_at
    WHERE kept.used_at < excluded.used_at - 60000`,
};
/** Late results, and which instances they are of. */
export const SET_LATE_RESULTS: Statement = {
  name: "set_late_results",
  text: `WITH written AS (
      UPDATE mcp_flowgate.op SET late_result = given.late_result
      FROM unnest($1::text[], $2::text[]) AS given(id, late_result) WHERE op.id = given.id RETURNING op.wf_id
    ), told AS (
      INSERT INTO mcp_flowgate.change (xid, epoch, wf_id) SELECT DISTINCT pg_current_xact_id(), $3::bigint, wf_id FROM written
    ) SELECT DISTINCT wf_id AS id FROM written`,
};
/** By their own keys and by those of their instances. */
function deleteTimers(ids: string, of: string): string {
  return `DELETE FROM mcp_flowgate.timer WHERE id = ANY(${ids}) OR wf_id = ANY(${of})`;
}

/** Rows are numbered in the order in which they are given. `from` parameters come before theirs. */
function insert<Row>(
  table: string,
  columns: Columns<Row>,
  { from = 0, where = "true" }: { readonly from?: number; readonly where?: string } = {},
): RowsStatement<Row> {
  const names = columns.map(([, column]) => column).join(", ");
  const source = given(columns, from, ", place", " WITH ORDINALITY");
  const text = `INSERT INTO mcp_flowgate.${table} (${names}) SELECT ${names} FROM ${source} WHERE ${where} ORDER BY place`;
  return { name: `insert_${table}`, text, values: toValues(columns) };
}

function upsert<Row>(
  table: string,
  columns: Columns<Row>,
  options: { readonly key?: readonly string[]; readonly from?: number; readonly where?: string } = {},
): RowsStatement<Row> {
  const key = options.key ?? ["id"];
  const moved = columns.map(([, column]) => column).filter((column) => !key.includes(column));
  const set = moved.map((column) => `${column} = excluded.${column}`).join(", ");
  const { text } = insert(table, columns, options);
  return {
    name: `upsert_${table}`,
    text: `${text} ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${set}`,
    values: toValues(columns),
  };
}

function update<Row>(table: string, what: string, columns: Columns<Row>, from = 0): RowsStatement<Row> {
  const set = columns
    .slice(1)
    .map(([, column]) => `${column} = given.${column}`)
    .join(", ");
  const text = `UPDATE mcp_flowgate.${table} AS t SET ${set} FROM ${given(columns, from)} WHERE t.id = given.id`;
  return { name: `update_${table}_${what}`, text, values: toValues(columns) };
}

function given<Row>(columns: Columns<Row>, from: number, more = "", ordinality = "", name = "given"): string {
  const arrays = columns.map(([, , type], index) => `$${from + index + 1}::${type}[]`).join(", ");
  return `unnest(${arrays})${ordinality} AS ${name}(${columns.map(([, column]) => column).join(", ")}${more})`;
}

function toValues<Row>(columns: Columns<Row>): (rows: readonly Row[]) => readonly Buffer[] {
  return (rows) =>
    columns.map(([property, , type]) => {
      const values = rows.map((row) => row[property]);
      return type === "text"
        ? toTextArray(values as readonly (string | null)[])
        : toBigintArray(values as readonly (number | null)[]);
    });
}
