import type { ApplyResult, RequestKey } from "@mcp-flowgate/core";
import { fromJsonText, streamOf, type AuditHead, type BatchRows } from "@mcp-flowgate/store-sql";
import type { Session, Statement } from "./database.ts";
import { inOrder } from "./in-order.ts";
import { fromKey, toBoundedKey, toKey } from "./keys.ts";
import * as statements from "./lock-statements.ts";
import type { Standing } from "./standing.ts";
import type { Work } from "./transaction.ts";

export type Refusal = Exclude<ApplyResult, { status: "applied" }>;

/** What a transaction rests on: what it has locked and read before it writes, or says that it expects. */
export interface Ground {
  readonly instances: ReadonlyMap<string, LockedInstance>;
  readonly approvals: ReadonlyMap<string, number>;
  readonly signals: ReadonlySet<string>;
  readonly timers: ReadonlySet<string>;
  readonly requests: ReadonlyMap<string, RequestKey>;
  /** Entries by key and window. */
  readonly rates: ReadonlyMap<string, number>;
  /** Of the streams that the work writes to and of the instances that are locked, by their keys. */
  readonly heads: ReadonlyMap<string, AuditHead>;
}

/** What a transaction has locked and read, before it writes. */
export interface Locked extends Ground {
  readonly xid: string;
  /** By the database's clock. */
  readonly now: number;
}

export type LockedInstance = Omit<Standing, "seq" | "hash">;

/** Where no instance is there, the number and the time alone. */
type LockedRow = { readonly xid: string; readonly now: number } & (Standing | { readonly id: null });

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
  const instanceIds = [...new Set(works.flatMap(instancesOf))];
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
  const [, , { rows }, lockedApprovals, lockedSignals, lockedTimers, used, counted, heads] = await inOrder([
    session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
    some(statements.LOCK_NAMES, names),
    session.query<LockedRow>(statements.LOCK_INSTANCES, [instanceIds]),
    some<{ id: string; revision: number }>(statements.LOCK_APPROVALS, approvalIds),
    some<{ id: string }>(statements.LOCK_SIGNALS, signalIds),
    some<{ id: string }>(statements.LOCK_TIMERS, timerIds),
    some<{ body: string }>(
      statements.READ_REQUESTS,
      requests.map(({ tenant }) => toBoundedKey(tenant)),
      requests.map(({ principal }) => toBoundedKey(principal)),
      requests.map(({ key }) => toBoundedKey(key)),
    ),
    some<{ key: string; perMs: number; entries: number }>(
      statements.COUNT_RATES,
      rates.map(({ key }) => toBoundedKey(key)),
      rates.map(({ perMs }) => Math.floor(perMs)),
    ),
    some<{ stream: string; seq: number; hash: string }>(statements.READ_HEADS, others),
  ]);
  const { xid = "", now = 0 } = rows[0] ?? {};
  const instances = rows.flatMap((row) => (row.id === null ? [] : [row]));
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
      // Also of those that no record is made of now: their rows are written with the head in them.
      ...instances.map(
        ({ id, seq, hash }) => [toWorkflowStream(id), { stream: `wf:${fromKey(id)}`, seq, hash }] as const,
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

export function instancesOf({ batch, audit }: Work): readonly string[] {
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
