import type { ApplyResult, RequestKey } from "@mcp-flowgate/core";
import type { AuditHead } from "./audit-chain.ts";
import { streamOf } from "./audit-table.ts";
import type { Session, Statement } from "./database.ts";
import { inOrder } from "./in-order.ts";
import { fromJsonText, fromKey, toBoundedKey, toKey } from "./json-text.ts";
import type { BatchRows } from "./rows.ts";
import type { Work } from "./transaction.ts";

export type Refusal = Exclude<ApplyResult, { status: "applied" }>;

/** What a transaction has locked and read, before it writes. */
export interface Locked {
  readonly xid: string;
  /** By the database's clock. */
  readonly now: number;
  readonly instances: ReadonlyMap<string, LockedInstance>;
  readonly approvals: ReadonlyMap<string, number>;
  readonly signals: ReadonlySet<string>;
  readonly timers: ReadonlySet<string>;
  readonly requests: ReadonlyMap<string, RequestKey>;
  /** Entries by key and window. */
  readonly rates: ReadonlyMap<string, number>;
  /** Of the streams that the work writes to, by their keys. */
  readonly heads: ReadonlyMap<string, AuditHead>;
}

export interface LockedInstance {
  readonly id: string;
  readonly version: number;
  readonly fence: number;
  readonly claimant: string | null;
  readonly operationId: string | null;
}

interface InstanceWithHead extends LockedInstance {
  readonly seq: number;
  readonly hash: string;
}

interface RequestName {
  readonly tenant: string;
  readonly principal: string;
  readonly key: string;
}

/** Begins the transaction, takes its locks (T1) and reads what its conditions are about, in one round trip. */
export async function lock(session: Session, works: readonly Work[], ownStream: string): Promise<Locked> {
  const batches = works.flatMap(({ batch }) => batch ?? []);
  const requests = batches.flatMap(requestsOf);
  const rates = batches.flatMap(({ expect }) => expect.rates ?? []);
  const names = [
    ...requests.map((request) => `request ${requestId(request)}`),
    ...rates.map(({ key }) => `rate ${toBoundedKey(key)}`),
    ...batches.flatMap(({ countRates }) => countRates.map((key) => `rate ${key}`)),
  ];
  const streams = new Map(
    works
      .flatMap(({ audit }) => audit.map((draft) => streamOf(draft, ownStream)))
      .map((name) => [toBoundedKey(name), name]),
  );
  const instanceIds = [...new Set(works.flatMap((work) => instancesOf(work)))];
  const approvalIds = batches.flatMap(({ expect }) => (expect.approvals ?? []).map(({ id }) => toKey(id)));
  const signalIds = batches.flatMap(({ expect }) => (expect.signals ?? []).map(toKey));
  const timerIds = batches.flatMap(({ expect }) => (expect.timers ?? []).map(toKey));
  // An instance that is expected to be there brings the head of its stream with it.
  const expected = new Set(
    batches.flatMap(({ expect }) =>
      expect.instance === undefined ? [] : [toBoundedKey(`wf:${expect.instance.id}`)],
    ),
  );
  const others = [...streams.keys()].filter((stream) => !expected.has(stream));

  const some = async <Row extends object>(
    statement: Statement,
    keys: readonly unknown[],
    ...more: unknown[][]
  ): Promise<Row[]> => (keys.length === 0 ? [] : (await session.query<Row>(statement, [keys, ...more])).rows);
  const [, , instances, clock, lockedApprovals, lockedSignals, lockedTimers, used, counted, heads] =
    await inOrder([
      session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
      some(LOCK_NAMES, names),
      some<InstanceWithHead>(LOCK_INSTANCES, instanceIds),
      session.query<{ xid: string; now: number }>(READ_CLOCK),
      some<{ id: string; revision: number }>(LOCK_APPROVALS, approvalIds),
      some<{ id: string }>(LOCK_SIGNALS, signalIds),
      some<{ id: string }>(LOCK_TIMERS, timerIds),
      some<{ body: string }>(
        READ_REQUESTS,
        requests.map(({ tenant }) => toBoundedKey(tenant)),
        requests.map(({ principal }) => toBoundedKey(principal)),
        requests.map(({ key }) => toBoundedKey(key)),
      ),
      some<{ key: string; perMs: number; entries: number }>(
        COUNT_RATES,
        rates.map(({ key }) => toBoundedKey(key)),
        rates.map(({ perMs }) => Math.floor(perMs)),
      ),
      some<{ stream: string; seq: number; hash: string }>(READ_HEADS, others),
    ]);
  const { xid = "", now = 0 } = clock.rows[0] ?? {};
  return {
    xid,
    now,
    instances: new Map(instances.map((row) => [row.id, row])),
    approvals: new Map(lockedApprovals.map(({ id, revision }) => [id, revision])),
    signals: new Set(lockedSignals.map(({ id }) => id)),
    timers: new Set(lockedTimers.map(({ id }) => id)),
    requests: new Map(
      used.map(({ body }) => fromJsonText<RequestKey>(body)).map((request) => [requestId(request), request]),
    ),
    rates: new Map(counted.map(({ key, perMs, entries }) => [`${perMs} ${key}`, entries])),
    heads: new Map([
      ...heads.map(
        ({ stream, seq, hash }) => [stream, { stream: streams.get(stream) ?? "", seq, hash }] as const,
      ),
      ...instances
        .map(({ id, seq, hash }) => ({ name: streams.get(toWorkflowStream(id)), seq, hash }))
        .flatMap(({ name, seq, hash }) =>
          name === undefined ? [] : [[toBoundedKey(name), { stream: name, seq, hash }] as const],
        ),
    ]),
  };
}

/** Judges a batch by what its transaction has locked and read. Upholds S2. */
export function findRefusal({ expect }: BatchRows, locked: Locked): Refusal | undefined {
  if (expect.requestUnused !== undefined) {
    const used = locked.requests.get(requestId(expect.requestUnused));
    if (used !== undefined && used.expiresAt > locked.now) return { status: "request_used", request: used };
  }
  if (expect.absent !== undefined && locked.instances.has(toKey(expect.absent))) {
    return { status: "conflict", on: "instance" };
  }
  if (expect.instance !== undefined) {
    const present = locked.instances.get(toKey(expect.instance.id));
    const { version, fence } = expect.instance;
    if (present?.version !== version || present.fence !== fence)
      return { status: "conflict", on: "instance" };
  }
  for (const { id, revision } of expect.approvals ?? []) {
    if (locked.approvals.get(toKey(id)) !== revision) return { status: "conflict", on: "approval" };
  }
  for (const id of expect.signals ?? []) {
    if (!locked.signals.has(toKey(id))) return { status: "conflict", on: "signal" };
  }
  for (const id of expect.timers ?? []) {
    if (!locked.timers.has(toKey(id))) return { status: "conflict", on: "timer" };
  }
  for (const { key, max, perMs } of expect.rates ?? []) {
    const entries = locked.rates.get(`${Math.floor(perMs)} ${toBoundedKey(key)}`) ?? 0;
    if (entries >= max) return { status: "rate_limited", key };
  }
  return undefined;
}

/** What no two pieces of work of one transaction may share, nor two transactions of one process at a time. */
export function exclusiveKeys(work: Work): readonly string[] {
  const { batch } = work;
  if (batch === undefined) return [];
  const approvals = [
    ...batch.approvals.map(({ id }) => id),
    ...(batch.expect.approvals ?? []).map(({ id }) => toKey(id)),
  ];
  const rates = [...batch.countRates, ...(batch.expect.rates ?? []).map(({ key }) => toBoundedKey(key))];
  return [
    ...(batch.workflowId === undefined ? [] : [`instance ${batch.workflowId}`]),
    ...approvals.map((id) => `approval ${id}`),
    ...[...new Set(rates)].map((key) => `rate ${key}`),
    ...[...new Set(requestsOf(batch).map(requestId))].map((id) => `request ${id}`),
  ];
}

/** The streams that a piece of work writes records to: two transactions at a time would chain behind the same head. */
export function streamsOf({ audit }: Work, ownStream: string): readonly string[] {
  return [...new Set(audit.map((draft) => `stream ${streamOf(draft, ownStream)}`))];
}

function instancesOf({ batch, audit }: Work): readonly string[] {
  const recorded = audit.flatMap(({ workflowId }) => (workflowId === undefined ? [] : [toKey(workflowId)]));
  return batch?.workflowId === undefined ? recorded : [batch.workflowId, ...recorded];
}

/** The stream of an instance, by the key of its id. */
export function toWorkflowStream(id: string): string {
  return toBoundedKey(`wf:${fromKey(id)}`);
}

function requestsOf({ expect, request }: BatchRows): readonly RequestName[] {
  const written = request === undefined ? [] : [fromJsonText<RequestKey>(request.body)];
  return expect.requestUnused === undefined ? written : [expect.requestUnused, ...written];
}

function requestId({ tenant, principal, key }: RequestName): string {
  return JSON.stringify([toBoundedKey(tenant), toBoundedKey(principal), toBoundedKey(key)]);
}

// A name has no row of its own that could be locked before there is an entry for it.
const LOCK_NAMES: Statement = {
  name: "lock_names",
  text: `SELECT pg_advisory_xact_lock(name) FROM (
      SELECT DISTINCT hashtextextended(given, 7882815) AS name FROM unnest($1::text[]) AS given ORDER BY 1 OFFSET 0
    ) AS names`,
};
const LOCK_INSTANCES: Statement = {
  name: "lock_instances",
  text: `SELECT id, version, fence, claimant, operation_id AS "operationId", audit_seq AS seq, audit_hash AS hash
    FROM mcp_flowgate.wf WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE`,
};
const READ_CLOCK: Statement = {
  name: "read_clock",
  text: "SELECT pg_current_xact_id()::text AS xid, mcp_flowgate.now_ms() AS now",
};
const LOCK_APPROVALS: Statement = {
  name: "lock_approvals",
  text: "SELECT id, revision FROM mcp_flowgate.approval WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE",
};
const LOCK_SIGNALS: Statement = {
  name: "lock_signals",
  text: "SELECT id FROM mcp_flowgate.signal WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE",
};
const LOCK_TIMERS: Statement = {
  name: "lock_timers",
  text: "SELECT id FROM mcp_flowgate.timer WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE",
};
const READ_REQUESTS: Statement = {
  name: "read_requests",
  text: `SELECT body FROM mcp_flowgate.request
    JOIN unnest($1::text[], $2::text[], $3::text[]) AS given(tenant, principal, key) USING (tenant, principal, key)`,
};
const COUNT_RATES: Statement = {
  name: "count_rates",
  text: `SELECT given.key, given.per_ms AS "perMs", (
      SELECT count(*) FROM mcp_flowgate.rate WHERE rate.key = given.key AND rate.at > mcp_flowgate.now_ms() - given.per_ms
    ) AS entries FROM unnest($1::text[], $2::bigint[]) AS given(key, per_ms)`,
};
const READ_HEADS: Statement = {
  name: "read_heads",
  text: `SELECT given.stream, last.seq, last.hash FROM unnest($1::text[]) AS given(stream) CROSS JOIN LATERAL (
      SELECT seq, hash FROM mcp_flowgate.audit WHERE audit.stream = given.stream COLLATE "C" ORDER BY seq DESC LIMIT 1
    ) AS last`,
};
