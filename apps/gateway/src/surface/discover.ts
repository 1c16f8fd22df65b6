import {
  isJsonObject,
  type CapabilityIr,
  type Json,
  type JsonObject,
  type LimitsIr,
  type Principal,
  type ReliabilityIr,
  type StateIr,
} from "@mcp-flowgate/core";
import {
  decodeCursor,
  encodeCursor,
  type Meaning,
  nearestIds,
  sanitizeText,
  search,
  toSignature,
  toSummary,
} from "@mcp-flowgate/discovery-index";
import { describeGuard } from "@mcp-flowgate/guards-expr";
import { annotationsOf, goesOnThere } from "@mcp-flowgate/workflow-engine";
import type { Catalogue, CatalogueItem } from "../catalogue/catalogue.ts";
import type { CatalogueView } from "../catalogue/views.ts";
import type { SemanticSearch } from "../discovery/semantic-search.ts";
import type { Usage } from "../discovery/usage.ts";
import { fitAnswer } from "./fit.ts";
import { byteLength } from "./truncate.ts";
import { answer, HOME_LINK, refusal, searchLink, type Answer, type Caller } from "./answer.ts";

const DEFAULT_HITS = 5;
const MOST_EXAMPLES = 10;
/** The index reads no more of a query, so a link need not carry more; an answer repeats less of it. */
const MOST_QUERY = 4_000;
const MOST_ECHO = 1_000;
/** What a search answer holds besides its hits and the query. */
const FRAME_BYTES = 1_000;

export interface DiscoverContext {
  readonly catalogue: Catalogue;
  /** What a caller sees of the catalogue. */
  readonly viewOf: (principal: Principal) => CatalogueView;
  readonly limits: LimitsIr;
  /** Where a service for it is configured. */
  readonly semantic?: SemanticSearch;
  /** Where the configuration counts what is started. */
  readonly usage?: Usage;
}

export interface SearchArguments {
  readonly query: string;
  readonly kind?: CatalogueItem["kind"];
  readonly tags?: readonly string[];
  readonly limit?: number;
  readonly cursor?: string;
}

/** `gateway.search`: hits that are small enough to read and complete enough to start from. */
export async function searchCatalogue(
  context: DiscoverContext,
  args: SearchArguments,
  caller: Caller,
): Promise<Answer> {
  const limit = Math.min(args.limit ?? DEFAULT_HITS, context.limits.searchResults);
  const query = args.query.slice(0, MOST_QUERY).toWellFormed();
  const scope = { query, kind: args.kind, tags: args.tags };
  const cursor = args.cursor === undefined ? undefined : decodeCursor(args.cursor, scope);
  if (cursor !== undefined && !cursor.ok)
    return refusal(
      "INVALID_ARGUMENTS",
      `cursor: ${cursor.error}`,
      [{ field: "cursor", problem: cursor.error }],
      [HOME_LINK],
    );
  const offset = cursor?.value ?? 0;
  const meaning = await meaningOf(context, query, caller);
  const view = context.viewOf(caller.principal);
  const found = search(context.catalogue.index, {
    query,
    kind: args.kind,
    tags: args.tags,
    limit,
    offset,
    visible: view.visible,
    meaning,
    learned: context.usage?.learned(caller.principal.tenant),
  });
  context.usage?.searched(
    caller.principal,
    query,
    found.hits.map(({ id }) => id),
  );
  const items = atMost(
    context.limits.responseBytes - FRAME_BYTES - 2 * byteLength(query),
    found.hits.flatMap(({ id }) => {
      const item = view.item(id);
      return item === undefined ? [] : [toHit(item)];
    }),
  );
  const next = offset + items.length;
  const links: JsonObject[] = [HOME_LINK];
  if (next < found.total && items.length > 0) {
    const { cursor: _, ...rest } = args;
    links.push({
      rel: "next",
      method: "gateway.search",
      args: { ...rest, query, cursor: encodeCursor(next, scope) } as JsonObject,
    });
  }
  return answer({
    query: query.slice(0, MOST_ECHO).toWellFormed(),
    total: found.total,
    items,
    ...(found.didYouMean.length > 0 ? { didYouMean: found.didYouMean } : {}),
    links,
  });
}

/** As many as fit, and one at least: the next page begins where this one ends. */
function atMost(bytes: number, items: readonly JsonObject[]): readonly JsonObject[] {
  let used = 0;
  const end = items.findIndex((item, index) => (used += byteLength(item) + 1) > bytes && index > 0);
  return end === -1 ? items : items.slice(0, end);
}

/** What a model makes of a request; nothing where the request lists everything or gives an id. */
async function meaningOf(
  { semantic, catalogue, viewOf }: DiscoverContext,
  query: string,
  caller: Caller,
): Promise<Meaning | undefined> {
  const asked = query.trim();
  if (semantic === undefined || asked === "" || viewOf(caller.principal).item(asked) !== undefined)
    return undefined;
  return await semantic.ask(asked, catalogue.index);
}

/** `gateway.describe`: what a hit left out, and nothing of how the gateway reaches it. */
export function describeItem(context: DiscoverContext, id: string, caller: Caller): Answer {
  const { body, isError } = describeWhole(context, id, caller);
  return { body: fitAnswer(body, context.limits.responseBytes), isError };
}

function describeWhole(context: DiscoverContext, id: string, caller: Caller): Answer {
  const item = context.viewOf(caller.principal).item(id);
  if (item === undefined) return unknownId(context, id, caller);
  const head = { id: item.id, kind: item.kind };
  const links: JsonObject[] = item.kind === "connection" ? [HOME_LINK] : [startLink(item.id), HOME_LINK];
  if (item.kind === "connection") {
    const { connection } = item;
    return answer({
      ...head,
      ...defined({ description: clean(connection.description) }),
      ...list("tags", connection.tags),
      type: connection.kind,
      links,
    });
  }
  const about = item.kind === "capability" ? item.capability : item.workflow;
  const body = {
    ...head,
    ...defined({ title: clean(about.title), description: clean(about.description) }),
    ...list("tags", about.tags),
    ...list("aliases", about.aliases),
    ...list("examples", about.examples.slice(0, MOST_EXAMPLES)),
    inputSchema: about.inputSchema ?? { type: "object" },
    signature: toSignature(about.inputSchema ?? {}),
  };
  if (item.kind === "workflow")
    return answer({ ...body, states: describeStates(item.workflow.states), links });
  const { capability } = item;
  const reliability = describeReliability(capability.reliability);
  return answer({
    ...body,
    guards: capability.guards.map((guard) => describeGuard(guard)),
    ...(capability.executor.kind === "human" ? { actor: "human" } : {}),
    ...(reliability === "" ? {} : { reliability }),
    // The text above was written by a downstream server: a model must read it as data, not as instructions.
    ...(capability.source.kind === "imported" || capability.source.completed === true
      ? { untrusted: true }
      : {}),
    ...viaOf(capability),
    ...statesThereOf(capability),
    links,
  });
}

/** The gateways that an imported capability of another gateway comes through, nearest first. */
function viaOf(capability: CapabilityIr): JsonObject {
  const via = annotationsOf(capability)["via"];
  return Array.isArray(via) && via.length > 0 ? { via } : {};
}

/** Those of a workflow of another gateway that goes on by steps of its caller. */
function statesThereOf(capability: CapabilityIr): JsonObject {
  const states = annotationsOf(capability)["states"];
  return goesOnThere(capability) && isJsonObject(states) ? { states } : {};
}

/** The refusal for an id that names nothing this caller may see, with those that it may have meant. */
function unknownId(context: DiscoverContext, id: string, caller: Caller): Answer {
  const near = nearVisible(context, id, caller);
  return refusal("UNKNOWN_ID", `There is no "${clip(id)}".${suggest(near)}`, near, [
    searchLink(clip(id)),
    HOME_LINK,
  ]);
}

/** The refusal of a start or explanation of something that this caller may not see, or that is not there. */
export function unknownDefinition(context: DiscoverContext, id: string, caller: Caller): Answer {
  const near = nearVisible(context, id, caller);
  const message = `There is no workflow or capability "${clip(id)}".${suggest(near)}`;
  return refusal("UNKNOWN_DEFINITION", message, near, [searchLink(clip(id)), HOME_LINK]);
}

/** The three ids nearest to one that names nothing, among those that the caller may see. */
function nearVisible(context: DiscoverContext, id: string, caller: Caller): readonly string[] {
  return nearestIds(context.viewOf(caller.principal).ids(), id, 3);
}

function suggest(near: readonly string[]): string {
  return near.length === 0 ? "" : ` Nearest: ${near.join(", ")}.`;
}

/** A caller's text as it may stand in an answer. */
function clip(text: string): string {
  const safe = sanitizeText(text);
  return safe.length > 100 ? `${safe.slice(0, 100).toWellFormed()}…` : safe;
}

function toHit(item: CatalogueItem): JsonObject {
  if (item.kind === "connection") {
    const { connection } = item;
    return {
      id: item.id,
      kind: item.kind,
      ...defined({
        description: connection.description === undefined ? undefined : toSummary(connection.description),
      }),
      ...list("tags", connection.tags),
      links: [],
    };
  }
  const about = item.kind === "capability" ? item.capability : item.workflow;
  const title = clean(about.title);
  return {
    id: item.id,
    kind: item.kind,
    ...(title === undefined || repeats(title, item.id) ? {} : { title }),
    description: toSummary(about.description ?? ""),
    signature: toSignature(about.inputSchema ?? {}),
    ...list("tags", about.tags),
    links: [startLink(item.id)],
  };
}

function startLink(id: string): JsonObject {
  return { rel: "start", method: "workflow.start", args: { definitionId: id, input: {} } };
}

/** Whether a title says no more than the id does: `Create Issue` beside `github.create_issue`. */
function repeats(title: string, id: string): boolean {
  const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const own = letters(title);
  return own === "" || letters(id).endsWith(own);
}

function describeStates(states: { readonly [name: string]: StateIr }): JsonObject {
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [
      name,
      state.terminal
        ? { terminal: true }
        : {
            transitions: Object.entries(state.transitions).map(([transition, { target, actor }]) => ({
              name: transition,
              target,
              actor,
            })),
          },
    ]),
  );
}

function describeReliability(reliability: ReliabilityIr): string {
  const parts: string[] = [];
  if (reliability.timeoutMs !== undefined) parts.push(`${reliability.timeoutMs} ms an attempt`);
  if (reliability.retry !== undefined && reliability.retry.maxAttempts > 1)
    parts.push(`up to ${reliability.retry.maxAttempts} attempts on ${reliability.retry.retryOn.join(", ")}`);
  if (reliability.fallback !== undefined) parts.push(`${reliability.fallback.executors.length} fallback(s)`);
  if (reliability.circuitBreaker !== undefined)
    parts.push(
      `paused for ${reliability.circuitBreaker.openMs} ms after ${reliability.circuitBreaker.failures} failures`,
    );
  return parts.join("; ");
}

function clean(text: string | undefined): string | undefined {
  return text === undefined ? undefined : sanitizeText(text);
}

function list(name: string, values: readonly string[]): JsonObject {
  return values.length === 0 ? {} : { [name]: values.map((value) => sanitizeText(value)) };
}

function defined(members: { readonly [name: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}
