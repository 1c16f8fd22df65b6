import type { AuditDraft, Json, JsonObject, Operation, StateIr, WorkflowIr } from "@mcp-flowgate/core";
import { canGoOn, findViolations, readBlobs, type Observed } from "@mcp-flowgate/testkit";
import type { Ledger } from "./clients.ts";
import { DEFINITIONS } from "./flow.ts";
import { STOPPED_BEFORE } from "./sink-executor.ts";
import type { Sink } from "./sink.ts";
import { digest, type ChaosStore } from "./stores.ts";

/** What a run came to. */
export interface Verdict {
  /** Empty, or the run has failed. */
  readonly violations: readonly string[];
  /** What every witness has of the workflows that violations name: journal, audit events, what reached the sink, what callers asked. */
  readonly evidence: readonly Json[];
  readonly instances: number;
  readonly committed: number;
  readonly effects: number;
  readonly records: number;
  readonly takeovers: number;
  readonly uncertain: number;
  /** Migrations that were committed. */
  readonly migrations: number;
  /** Answers of probes. */
  readonly probes: number;
  /** Operations whose claimant found out that another had gone on. */
  readonly fenced: number;
}

/**
 * Judges a run by three witnesses that know nothing of each other: what callers were told, what reached the sink, and
 * what is in the store. Called when nothing runs any more.
 */
export async function judge(store: ChaosStore, sink: Sink, ledger: Ledger): Promise<Verdict> {
  const violations = [...ledger.violations];
  const trail = await readTrail(store, violations);
  const seen = await readInstances(store, trail);
  const journal = seen.flatMap((one) => one.journal);
  for (const one of seen) {
    violations.push(...findViolations(one, undefined));
    const { status, id } = one.instance;
    const live = one.journal.find(({ id: own }) => own === one.instance.operationId);
    const asksLater = live?.status === "waiting" && live.nextAttemptAt !== undefined;
    if (status === "running" && !asksLater)
      violations.push(`W19 ${id} still runs and nobody is at it: ${JSON.stringify(live)}`);
    if (!canGoOn(one, Object.keys(stateOf(one)?.transitions ?? {})))
      violations.push(`W19 ${id} is stuck: ${JSON.stringify(one.instance)}`);
  }
  judgeEffects(journal, sink, trail, violations);
  judgeExecutors(sink, ledger, violations);
  judgeAcknowledged(seen, ledger, violations);
  return {
    violations,
    evidence: gather(violations, seen, sink, ledger),
    instances: seen.length,
    committed: journal.filter(({ status }) => status === "committed").length,
    effects: new Set(sink.arrivals.map(({ key }) => key)).size,
    records: [...trail.values()].reduce((sum, events) => sum + events.length, 0),
    takeovers: journal.reduce((sum, { takeovers }) => sum + takeovers, 0),
    uncertain: journal.filter(({ status }) => status === "unknown").length,
    migrations: journal.filter(({ slot, status }) => slot === "migrate" && status === "committed").length,
    probes: [...trail.values()].flat().filter(({ type }) => type === "operation.probed").length,
    fenced: [...trail.values()].flat().filter(({ type }) => type === "operation.fenced").length,
  };
}

/** A violation names a workflow, or the key of an operation. */
function gather(
  violations: readonly string[],
  seen: readonly Observed[],
  sink: Sink,
  ledger: Ledger,
): readonly Json[] {
  const named = (text: string): boolean => violations.some((violation) => violation.includes(text));
  return seen
    .filter((one) => named(one.instance.id) || one.journal.some((own) => named(own.idempotencyKey)))
    .map(({ instance, journal, events }) => {
      const keys = new Set(journal.map(({ idempotencyKey }) => idempotencyKey));
      const ofThese = ({ key }: { readonly key: string }): boolean => keys.has(key);
      const witnessed = {
        arrivals: sink.arrivals.filter(ofThese),
        turnedAway: sink.turnedAway.filter(ofThese),
        questions: sink.questions.filter(ofThese),
        notes: ledger.notes.filter(ofThese),
      };
      const asked = ledger.asked.filter(({ workflowId }) => workflowId === instance.id);
      const names = new Set(
        [...witnessed.arrivals, ...witnessed.turnedAway, ...witnessed.notes, ...asked].map(
          ({ replica }) => replica,
        ),
      );
      const lives = ledger.lives.filter(({ replica }) => names.has(replica));
      return { instance, journal, events, ...witnessed, asked, lives } as unknown as Json;
    });
}

/** W4, W5, W6: each effect has its operation and its record; each operation that took effect has it once. */
function judgeEffects(
  journal: readonly Operation[],
  sink: Sink,
  trail: ReadonlyMap<string, readonly AuditDraft[]>,
  violations: string[],
): void {
  const byKey = new Map<string, Operation[]>();
  for (const operation of journal) {
    byKey.set(operation.idempotencyKey, [...(byKey.get(operation.idempotencyKey) ?? []), operation]);
  }
  const started = new Set(
    [...trail.values()]
      .flat()
      .filter(({ type }) => type === "executor.started")
      .map(({ payload }) => payload["idempotencyKey"]),
  );
  for (const { tool, key } of new Map(sink.arrivals.map((arrival) => [arrival.key, arrival])).values()) {
    const operations = byKey.get(key) ?? [];
    if (operations.length === 0) violations.push(`W4 an effect of no operation: ${tool} ${key}`);
    if (!started.has(key)) violations.push(`W6 an effect without a record of its start: ${tool} ${key}`);
    if (tool !== "once" && tool !== "reconcile") continue;
    if (sink.count(key) > 1) violations.push(`W5 a ${tool} took effect ${sink.count(key)} times: ${key}`);
    const known = operations.some(({ status }) => KNOWN.has(status));
    if (!known) violations.push(`a ${tool} took effect and is reported as ${operations[0]?.status}: ${key}`);
  }
  for (const operation of journal) {
    const { status, call, error, idempotencyKey: key, decision } = operation;
    if (status !== "committed" || call?.kind !== "mcp" || error !== undefined) continue;
    const n = sink.numberOf(key);
    if (n === undefined) {
      violations.push(`a committed operation without its effect: ${operation.transition} ${key}`);
      continue;
    }
    const said = (operation.result as JsonObject | null)?.["n"];
    const bySomebody = operation.result === null || decision !== undefined;
    if (said !== n && !bySomebody)
      violations.push(`a result of another effect: ${operation.transition} ${key} ${String(said)} for ${n}`);
  }
}

/**
 * The engine believes its executors: those of a run say `not_sent` only of what never arrives. It calls none for what is to
 * be stopped at once (W7).
 */
function judgeExecutors(sink: Sink, { notes }: Ledger, violations: string[]): void {
  const idOf = ({ replica, key }: { readonly replica: string; readonly key: string }): string =>
    `${replica} ${key}`;
  const arrived = Map.groupBy(sink.arrivals, idOf);
  // What a probe asks does not arrive as an effect.
  const performed = Map.groupBy(
    notes.filter(({ isProbe }) => !isProbe),
    idOf,
  );
  for (const { replica, key, message } of notes) {
    if (message === STOPPED_BEFORE)
      violations.push(`W7 the executor of ${replica} was called for what was stopped before: ${key}`);
  }
  for (const [id, own] of performed) {
    const begun = own.filter(({ said }) => said === undefined).length;
    const unsent = own.filter(({ said }) => said === "not_sent");
    if ((arrived.get(id)?.length ?? 0) > begun - unsent.length)
      for (const { replica, key, message } of unsent)
        violations.push(
          `the executor of ${replica} said that it sent nothing (${message}) of what arrived: ${key}`,
        );
  }
}

const IRS: ReadonlyMap<string, WorkflowIr> = new Map(DEFINITIONS.map(({ hash, ir }) => [hash, ir]));

function stateOf({ instance }: Observed): StateIr | undefined {
  return IRS.get(instance.definitionHash)?.states[instance.state];
}

const KNOWN: ReadonlySet<Operation["status"]> = new Set([
  "committed",
  "unknown",
  "cancelled",
  "running",
  "waiting",
]);

/** W3: what was acknowledged is committed, where it was said. */
function judgeAcknowledged(seen: readonly Observed[], ledger: Ledger, violations: string[]): void {
  const byId = new Map(seen.map((one) => [one.instance.id, one]));
  for (const { request } of ledger.submits) {
    const operation = byId
      .get(request.workflowId)
      ?.journal.find(
        ({ fromVersion, status }) => fromVersion === request.expectedVersion && status === "committed",
      );
    if (operation?.transition !== request.transition)
      violations.push(`W3 acknowledged and not committed: ${JSON.stringify(request)}`);
  }
  for (const { workflowId, version, definitionHash } of ledger.moves) {
    const moved = byId
      .get(workflowId)
      ?.journal.some(
        (one) =>
          one.slot === "migrate" &&
          one.status === "committed" &&
          one.fromVersion < version &&
          one.arguments["to"] === definitionHash,
      );
    if (moved !== true) violations.push(`W3 a move was acknowledged and is not committed: ${workflowId}`);
  }
  for (const [key, workflowId] of ledger.starts) {
    if (!byId.has(workflowId)) violations.push(`W3 the start ${key} of ${workflowId} is lost`);
  }
}

/** W15: every stream dense and chained. Returns the events by instance. */
async function readTrail(
  store: ChaosStore,
  violations: string[],
): Promise<ReadonlyMap<string, readonly AuditDraft[]>> {
  const heads = new Map<string, { readonly seq: number; readonly hash: string }>();
  const events = new Map<string, AuditDraft[]>();
  for await (const line of store.auditLines()) {
    const record = JSON.parse(line) as JsonObject;
    const stream = String(record["stream"]);
    const head = heads.get(stream) ?? { seq: 0, hash: "0".repeat(64) };
    const body = `${line.slice(0, line.lastIndexOf(',"prevHash":"'))}}`;
    const hash = digest.sha256(`${head.hash}${body}`);
    if (record["seq"] !== head.seq + 1) violations.push(`W15 ${stream} is not dense at ${head.seq + 1}`);
    if (record["prevHash"] !== head.hash || record["hash"] !== hash)
      violations.push(`W15 ${stream} is not chained at ${head.seq + 1}`);
    heads.set(stream, { seq: head.seq + 1, hash: String(record["hash"]) });
    const workflowId = String(record["workflowId"] ?? "");
    const event = { ...record, type: record["eventType"] } as unknown as AuditDraft;
    const list = events.get(workflowId);
    if (list === undefined) events.set(workflowId, [event]);
    else list.push(event);
  }
  return events;
}

async function readInstances(
  store: ChaosStore,
  trail: ReadonlyMap<string, readonly AuditDraft[]>,
): Promise<readonly Observed[]> {
  const seen: Observed[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await store.instances({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    for (const { id } of page.items) {
      const aggregate = await store.load(id);
      if (aggregate === undefined) continue;
      const { instance, evidence, timers } = aggregate;
      const journal = await store.journal(id);
      seen.push({
        irs: IRS,
        instance,
        evidence,
        timers: timers.length,
        journal,
        blobs: await readBlobs(store, journal),
        approvals: (await store.approvals({ workflowId: id, limit: 500 })).items,
        events: trail.get(id) ?? [],
      });
    }
    cursor = page.nextCursor;
    if (cursor === undefined) return seen;
  }
}
