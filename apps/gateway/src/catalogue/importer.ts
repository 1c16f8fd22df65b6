import {
  parseJson,
  type AuditDraft,
  type AuditSink,
  type Clock,
  type ExecutorFailure,
  type GatewayPlan,
  type Ids,
  type ImportIr,
  type Json,
  type JsonObject,
  type Log,
} from "@mcp-flowgate/core";
import { equalJson } from "@mcp-flowgate/core";
import { renderDifferences, summarizeDifference, type LockDifference } from "@mcp-flowgate/config-compiler";
import type { McpServers } from "@mcp-flowgate/executor-mcp";
import { createGatewayWatch } from "../federation/gateway-watch.ts";
import type { Gateways } from "../federation/gateways.ts";
import type { Catalogue } from "./catalogue.ts";
import { cleanTool } from "./imported-text.ts";
import { sourceOf } from "./pin-scope.ts";
import type { Pins, SessionMark } from "./pins.ts";
import type { Listing, ToolSource } from "./tool-source.ts";

/**
 * Brings the tools of downstream servers into the catalogue and keeps them true.
 *
 * Protocol: `start` lists every import's server at once, each on its own, and resolves when all have answered or
 * the patience for the start is over; what an importer before it has listed of a connection that is the same is taken
 * over as it is, and one that failed there is not waited for; a server that fails is tried again with growing waits; one that says its
 * list changed, a pinned one that was started again, and another gateway whose home page changed, is listed again.
 * - I1 A server that is dead, slow or broken delays no other and never stops the gateway.
 * - I2 At most one listing per import runs; a change during one leads to exactly one more.
 * - I3 Nothing of a listing reaches the catalogue that was not compared with the lock file first.
 */
export interface Importer {
  start(patienceMs: number): Promise<void>;
  /** Lists a connection now and has the listing judged; answers why that was not possible. */
  verify(connection: string, signal: AbortSignal): Promise<ExecutorFailure | undefined>;
  /** Lists a connection's imports again, in the background. */
  relist(connection: string): void;
  /** The imports that have not been listed yet, with the reason of the last failure. */
  failing(): readonly { readonly connection: string; readonly reason: string }[];
  /** What is known of an import's source, for the importer that comes after this one. */
  kept(from: ImportIr): Kept | undefined;
  stop(): void;
}

/** What one importer leaves to the next. */
export interface Kept {
  /** Left out where the source could not be listed. */
  readonly listing: Listing | undefined;
  /** Of an equal import: what it brought and what was told of it, which is no news. */
  readonly names: string | undefined;
  readonly told: ReadonlySet<string> | undefined;
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** The time a listing may take that a call waits for. */
const VERIFY_MS = 30_000;
/** Findings of one listing that are told one by one; the rest is counted. */
const MOST_TOLD = 50;

export function createImporter(options: {
  readonly plan: GatewayPlan;
  readonly catalogue: Catalogue;
  readonly connections: McpServers;
  readonly source: ToolSource;
  readonly gateways: Gateways;
  readonly pins: Pins;
  readonly audit: AuditSink;
  /** Called when the catalogue has what was listed. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** What the importer before this one kept, where the import's connection is the same. */
  readonly inherit?: (from: ImportIr) => Kept | undefined;
}): Importer {
  const { plan, catalogue, connections, source, pins, clock, ids, log } = options;
  const stopping = new AbortController();
  const failures = new Map<number, string>();
  /** What each import brought and left out last, to tell a change from a repetition. */
  const known = new Map<number, string>();
  const told = new Map<number, ReadonlySet<string>>();
  /** The last listing of each source. */
  const listings = new Map<string, Listing>();
  const running = new Set<number>();
  const again = new Set<number>();
  const verifying = new Map<string, Promise<ExecutorFailure | undefined>>();

  const record = async (type: AuditDraft["type"], payload: AuditDraft["payload"]): Promise<void> => {
    try {
      await options.audit.append([{ type, at: clock.now(), correlationId: ids.next("cor"), payload }]);
    } catch (error) {
      log.error("an import could not be recorded", {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  };

  const retry = async (index: number, connection: string, reason: string, attempt: number): Promise<void> => {
    if (stopping.signal.aborted) return;
    failures.set(index, reason);
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + ids.random() / 2);
    log.warn(`connection "${connection}" cannot be listed; it is tried again`, {
      reason,
      inMs: Math.round(wait),
    });
    const cancel = clock.schedule(wait, () => void list(index, attempt + 1));
    stopping.signal.addEventListener("abort", cancel, { once: true });
    await record("capability.discovery_failed", { connection, reason });
  };

  /** What differs from the lock file, for people and for the trail. */
  const tellDifferences = async (connection: string, news: readonly LockDifference[]): Promise<void> => {
    if (news.length === 0) return;
    const blocks = pins.mode(connection) === "block";
    const told = news.slice(0, MOST_TOLD);
    const rest = news.length - told.length;
    const head = `connection "${connection}" is not as it was pinned${blocks ? "; what differs is blocked" : ""}`;
    const more = rest === 0 ? "" : `  and ${rest} more`;
    log[blocks ? "error" : "warn"](`${head}:\n${renderDifferences(told)}${more}`.trimEnd());
    for (const difference of told) {
      const { tool, change, from, parts } = difference;
      const blocked = blocks && change !== "removed";
      await record(blocked ? "capability.blocked" : "capability.changed", {
        connection,
        ...(tool === "" ? {} : { tool }),
        change,
        ...(from === undefined ? {} : { from }),
        parts: [...new Set(parts.map(({ part }) => part))],
        reason: summarizeDifference(difference),
      });
    }
    if (rest > 0)
      await record(blocks ? "capability.blocked" : "capability.changed", { connection, more: rest });
  };

  /** Takes a listing over: compared, cleaned, and without what clashes. */
  const take = async (index: number, listed: Listing, seen: SessionMark): Promise<void> => {
    const from = plan.imports[index] as GatewayPlan["imports"][number];
    const { connection } = from;
    const { admitted, news } = pins.judge(sourceOf(from), listed, seen);
    const findings: Finding[] = listed.problems.map(({ tool, problem }) => ({
      text: `a tool of connection "${connection}" is left out`,
      detail: { ...(tool === undefined ? {} : { tool }), problem },
    }));
    const tools = admitted.flatMap((tool) => {
      const cleaned = cleanTool(tool);
      if (!cleaned.ok) {
        findings.push({
          text: `a tool of connection "${connection}" is left out: ${cleaned.error}`,
          blocked: { tool: tool.name, reason: cleaned.error },
        });
        return [];
      }
      for (const trick of cleaned.value.tricks)
        findings.push({
          text: `tool "${tool.name}" of connection "${connection}" has text that is not what it seems: ${trick}`,
        });
      return [cleaned.value.tool];
    });
    const { imported, clashes } = catalogue.setListed(index, tools);
    options.changed();
    for (const { id, tool, by } of clashes)
      findings.push({
        text: `tool "${tool}" of connection "${connection}" is left out: its name "${id}" is taken by ${by}. Give the import a prefix of its own.`,
        blocked: { tool, id, reason: "name taken", by },
      });
    await tellDifferences(sourceOf(from), news);
    await tellFindings(index, connection, findings);
    const names = imported.join();
    if (names === known.get(index)) return;
    known.set(index, names);
    log.info("tools imported", { connection, tools: imported.length });
    await record("capability.discovered", { connection, count: imported.length });
  };

  const tellFindings = async (
    index: number,
    connection: string,
    findings: readonly Finding[],
  ): Promise<void> => {
    const keyOf = ({ text, detail }: Finding): string => JSON.stringify([text, detail]);
    const before = told.get(index);
    told.set(index, new Set(findings.map(keyOf)));
    const news = findings.filter((finding) => before?.has(keyOf(finding)) !== true);
    for (const { text, detail, blocked } of news.slice(0, MOST_TOLD)) {
      log[blocked === undefined ? "warn" : "error"](text, detail);
      if (blocked !== undefined) await record("capability.blocked", { connection, ...blocked });
    }
    if (news.length > MOST_TOLD)
      log.warn(`connection "${connection}": ${news.length - MOST_TOLD} more findings are not shown`);
  };

  const watch = (connection: string, { mark }: Listing): void => {
    if (mark !== undefined) gateways.listed(connection, mark);
  };

  const list = async (index: number, attempt: number): Promise<void> => {
    const from = plan.imports[index];
    if (from === undefined || stopping.signal.aborted) return;
    if (running.has(index)) {
      again.add(index);
      return;
    }
    running.add(index);
    try {
      const seen = pins.session(from.connection);
      const listed = await source.list(from, stopping.signal);
      if (!listed.ok) return await retry(index, from.connection, listed.error.message, attempt);
      failures.delete(index);
      listings.set(sourceOf(from), listed.value);
      watch(from.connection, listed.value);
      await take(index, listed.value, seen);
    } finally {
      running.delete(index);
      if (again.delete(index)) void list(index, 0);
    }
  };

  const indexesOf = (connection: string): readonly number[] =>
    plan.imports.flatMap((from, index) => (from.connection === connection ? [index] : []));

  const verifyNow = async (connection: string): Promise<ExecutorFailure | undefined> => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(VERIFY_MS)]);
    // A session that ends while it is listed is listed once more; one that keeps ending is not called.
    const indexes = indexesOf(connection);
    const from = plan.imports[indexes[0] ?? -1];
    if (from === undefined) return undefined;
    for (let round = 0; round < 2 && !pins.isJudged(connection); round++) {
      const seen = pins.session(connection);
      const listed = await source.list(from, signal);
      if (!listed.ok) return { ...listed.error, effect: "not_sent" };
      listings.set(sourceOf(from), listed.value);
      for (const index of indexes) await take(index, listed.value, seen);
    }
    if (pins.isJudged(connection)) return undefined;
    const message = `${connection} was started again before its tools could be compared with those pinned.`;
    return { status: "failed", effect: "not_sent", errorClass: "transient_error", message };
  };

  const relist = (connection: string): void => {
    for (const index of indexesOf(connection)) void list(index, 0);
  };
  const gateways = createGatewayWatch({ plan, gateways: options.gateways, clock, ids, relist });
  const stopListening = connections.onToolsChanged(relist);
  const stopWatching = connections.onLifecycle(({ connection, type }) => {
    pins.noteSession(connection, type === "started");
    if (type !== "started" || pins.mode(connection) === undefined || verifying.has(connection)) return;
    for (const index of indexesOf(connection)) if (!running.has(index)) void list(index, 0);
  });

  /** Takes over what is known of a source, or lists it. */
  const begin = async (from: ImportIr, index: number): Promise<void> => {
    const kept = from.openapi?.kind === "file" ? undefined : options.inherit?.(from);
    if (kept === undefined) return await list(index, 0);
    if (kept.listing === undefined) return void list(index, 0);
    if (kept.names !== undefined) known.set(index, kept.names);
    if (kept.told !== undefined) told.set(index, kept.told);
    listings.set(sourceOf(from), kept.listing);
    watch(from.connection, kept.listing);
    await take(index, kept.listing, pins.session(from.connection));
    // A document has no way to say that it changed.
    if (from.openapi !== undefined) void list(index, 0);
  };

  return {
    async start(patienceMs) {
      const all = Promise.all(plan.imports.map(begin));
      await Promise.race([all, new Promise<void>((resolve) => clock.schedule(patienceMs, resolve))]);
    },
    kept(from) {
      const listing = listings.get(sourceOf(from));
      const indexes = indexesOf(from.connection);
      if (indexes.length === 0) return undefined;
      const equal = indexes.find((index) => equalJson(toJson(plan.imports[index]), toJson(from)));
      return {
        listing,
        names: equal === undefined ? undefined : known.get(equal),
        told: equal === undefined ? undefined : told.get(equal),
      };
    },
    relist,
    async verify(connection, signal) {
      let pending = verifying.get(connection);
      if (pending === undefined) {
        pending = verifyNow(connection).finally(() => verifying.delete(connection));
        verifying.set(connection, pending);
      }
      return await Promise.race([pending, untilAborted(connection, signal)]);
    },
    failing: () =>
      [...failures].map(([index, reason]) => ({ connection: plan.imports[index]?.connection ?? "", reason })),
    stop() {
      gateways.stop();
      stopListening();
      stopWatching();
      stopping.abort();
    },
  };
}

/** Something about a listing that an operator should know. */
interface Finding {
  readonly text: string;
  readonly detail?: { readonly [name: string]: string };
  /** What the trail says where a tool was refused. */
  readonly blocked?: JsonObject;
}

function toJson(value: unknown): Json {
  return parseJson(JSON.stringify(value)) as Json;
}

function untilAborted(connection: string, signal: AbortSignal): Promise<ExecutorFailure> {
  const message = `${connection} could not be listed in time to compare its tools with those pinned.`;
  const failure: ExecutorFailure = { status: "failed", effect: "not_sent", errorClass: "timeout", message };
  if (signal.aborted) return Promise.resolve(failure);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(failure), { once: true }));
}
