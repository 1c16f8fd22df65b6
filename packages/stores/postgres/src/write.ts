import {
  GENESIS_HASH,
  NOBODY,
  type AuditHead,
  type BatchRows,
  type InstanceRow,
  type OperationRow,
} from "@mcp-flowgate/store-sql";
import type { AuditRow } from "./audit-table.ts";
import { toKey } from "./keys.ts";
import type { Answer, Session, Statement } from "./database.ts";
import { toWorkflowStream, type Ground } from "./expectation.ts";
import type { KnownDefinitions } from "./known-definitions.ts";
import { inOrder } from "./in-order.ts";
import * as statements from "./write-statements.ts";
import type { Standing } from "./standing.ts";
import type { EndedTimers, RowsStatement } from "./write-statements.ts";

export interface WriteParts {
  readonly ground: Ground;
  /** Of all streams, as after the transaction. */
  readonly heads: ReadonlyMap<string, AuditHead>;
  readonly audit: readonly AuditRow[];
  readonly epoch: number;
  readonly known: KnownDefinitions;
  /** Given where nothing was locked: what stands otherwise, or under another guard, undoes all of it. */
  readonly held?: { readonly standings: readonly Standing[]; readonly guard: number };
}

const NO_HEAD = { seq: 0, hash: GENESIS_HASH };

/**
 * Sends the rows of batches whose conditions hold, and the commit behind them (S1): where a statement fails, the commit
 * undoes what was written. Where there is nothing to write, the transaction's locks are let go.
 * @returns the keys of the instances that changed, once it is committed.
 */
export async function write(
  session: Session,
  batches: readonly BatchRows[],
  { ground, heads, audit, epoch, known, held }: WriteParts,
): Promise<readonly string[]> {
  if (batches.length === 0 && audit.length === 0) {
    await session.query("ROLLBACK");
    return [];
  }
  const sent: Promise<Answer<object>>[] = [];
  const send = (statement: Statement, values: readonly unknown[]): Promise<Answer<object>> => {
    const answer = session.query<object>(statement, values);
    sent.push(answer);
    return answer;
  };
  const sendRows = <Row>(statement: RowsStatement<Row>, rows: readonly Row[]): void => {
    if (rows.length > 0) void send(statement, statement.values(rows)).catch(() => undefined);
  };
  const headOf = (id: string): { seq: number; hash: string } => heads.get(toWorkflowStream(id)) ?? NO_HEAD;

  const owned = batches.filter((batch) => isOwned(batch, ground));
  const instances = batches.flatMap(({ instance }) => instance ?? []);
  const definitions = newDefinitions(batches, known);
  if (definitions.length > 0)
    void send(statements.UPSERT_DEFINITIONS, toColumns(definitions)).catch(() => undefined);
  const rows = instances.map((instance) => ({ ...instance, ...headOf(instance.id) }));
  sendRows(
    statements.INSERT_INSTANCES,
    rows.filter(({ id }) => !ground.instances.has(id)),
  );
  const signals = batches.flatMap((batch) => batch.signals);
  const changed = new Set([
    ...owned.flatMap(({ workflowId }) => workflowId ?? []),
    ...signals.map(({ workflowId }) => workflowId),
  ]);
  const steps = {
    instances: rows.filter(({ id }) => ground.instances.has(id)),
    operations: owned.flatMap((batch) => withClaimant(batch, ground)),
    evidence: owned.flatMap((batch) => batch.evidence),
    audit,
    changed: [...changed],
    epoch,
  };
  const ended = endedTimers(owned);
  const endsTimers = ended.ids.length + ended.of.length > 0;
  // Before everything that rests on how the instances stand, whose rows it locks where nothing else has (T1).
  if (held !== undefined) {
    const statement = endsTimers ? statements.WRITE_STEPS_HELD_TIMERS : statements.WRITE_STEPS_HELD;
    const values = statement.values(steps, held.standings, held.guard, ended);
    void send(statement, values).catch(() => undefined);
  } else if (changed.size > 0 || audit.length > 0)
    void send(statements.WRITE_STEPS, statements.WRITE_STEPS.values(steps)).catch(() => undefined);
  sendRows(
    statements.UPDATE_HEADS,
    headsAlone(instances, ground, audit).map((id) => ({ id, ...headOf(id) })),
  );
  sendRows(
    statements.UPDATE_CLAIMANTS,
    owned.flatMap((batch) => takenAlong(batch, ground)),
  );
  // In one order everywhere, so that no two transactions wait for each other's.
  const blobs = batches.flatMap((batch) => batch.blobs);
  for (const { workflowId, sha256, body } of blobs.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))) {
    void send(statements.UPSERT_BLOB, [sha256, body]).catch(() => undefined);
    void send(statements.INSERT_BLOB_OWNER, [workflowId, sha256]).catch(() => undefined);
  }
  if (endsTimers && held === undefined)
    void send(statements.DELETE_TIMERS, [ended.ids, ended.of]).catch(() => undefined);
  sendRows(
    statements.UPSERT_TIMERS,
    owned.flatMap(({ timers }) => timers),
  );
  sendRows(
    statements.UPSERT_APPROVALS,
    owned.flatMap(({ approvals }) => approvals),
  );
  const consumed = owned.flatMap(({ consumeSignals }) => consumeSignals);
  if (consumed.length > 0) void send(statements.DELETE_SIGNALS, [consumed]).catch(() => undefined);
  sendRows(statements.UPSERT_SIGNALS, signals);
  sendRows(
    statements.UPSERT_REQUESTS,
    batches.flatMap(({ request }) => request ?? []),
  );
  const counted = batches.flatMap(({ countRates }) => countRates);
  if (counted.length > 0) void send(statements.INSERT_RATES, [counted]).catch(() => undefined);
  const late = batches.flatMap(({ lateResults }) => lateResults);
  const lateOf =
    late.length === 0
      ? undefined
      : send(statements.SET_LATE_RESULTS, [
          late.map(({ id }) => id),
          late.map(({ lateResult }) => lateResult),
          epoch,
        ]);
  lateOf?.catch(() => undefined);

  const commit = session.query("COMMIT");
  const [answer] = (await inOrder([...sent, commit])).slice(-1);
  if (answer?.command !== "COMMIT") throw new Error(`the transaction ended with ${String(answer?.command)}`);
  known.add(definitions.map(({ hash }) => hash));
  const of = (await lateOf)?.rows as readonly { readonly id: string }[] | undefined;
  return [...changed, ...(of ?? []).map(({ id }) => id)];
}

/** Whether the instance that the batch writes rows of is there, or comes with it. */
function isOwned({ instance, workflowId }: BatchRows, ground: Ground): boolean {
  return instance !== undefined || (workflowId !== undefined && ground.instances.has(workflowId));
}

type NewDefinition = NonNullable<BatchRows["definition"]>;

function newDefinitions(batches: readonly BatchRows[], known: KnownDefinitions): readonly NewDefinition[] {
  const named = batches.flatMap(({ definition, instance }) =>
    definition === undefined || instance === undefined || known.has(definition.hash) ? [] : [definition],
  );
  return [...new Map(named.map((definition) => [definition.hash, definition])).values()];
}

function toColumns(definitions: readonly NewDefinition[]): readonly unknown[] {
  return [
    definitions.map(({ hash }) => hash),
    definitions.map(({ id }) => id),
    definitions.map(({ body }) => body()),
  ];
}

function endedTimers(owned: readonly BatchRows[]): EndedTimers {
  return {
    ids: owned.flatMap(({ cancelTimers }) => (cancelTimers === "all" ? [] : cancelTimers)),
    of: owned.flatMap(({ cancelTimers, workflowId }) =>
      cancelTimers === "all" && workflowId !== undefined ? [workflowId] : [],
    ),
    fired: owned.flatMap(({ expect }) => (expect.timers ?? []).map(toKey)),
  };
}

/** Instances that are there, that records were made of, and that no batch writes. */
function headsAlone(
  instances: readonly InstanceRow[],
  ground: Ground,
  audit: readonly AuditRow[],
): readonly string[] {
  const written = new Set(instances.map(({ id }) => id));
  const streams = new Set(audit.map(({ stream }) => stream));
  return [...ground.instances.keys()].filter((id) => !written.has(id) && streams.has(toWorkflowStream(id)));
}

function withClaimant(
  { operations, instance, workflowId }: BatchRows,
  ground: Ground,
): readonly (OperationRow & { readonly claimant: string })[] {
  const own = instance ?? ground.instances.get(workflowId ?? "");
  return operations.map((operation) => ({ ...operation, claimant: own?.claimant ?? NOBODY }));
}

function takenAlong(
  { operations, instance, workflowId }: BatchRows,
  ground: Ground,
): readonly { readonly id: string; readonly claimant: string }[] {
  const present = ground.instances.get(workflowId ?? "");
  const running = present?.operationId ?? null;
  if (instance === undefined || running === null || present?.claimant === instance.claimant) return [];
  if (operations.some(({ id }) => id === running)) return [];
  return [{ id: running, claimant: instance.claimant ?? NOBODY }];
}
