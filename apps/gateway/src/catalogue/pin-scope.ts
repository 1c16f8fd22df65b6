import { lockKey } from "@mcp-flowgate/config-compiler";
import type { GatewayPlan, ImportIr } from "@mcp-flowgate/core";
import { passesFilter } from "./name-filter.ts";

/** The tools of imported sources that this configuration can use: those taken over, wrapped or called by name. */
export interface PinScope {
  /** One import for each source. */
  readonly sources: readonly { readonly key: string; readonly from: ImportIr }[];
  has(source: string, tool: string): boolean;
  /** The strictest `pin` of the source's imports. */
  mode(source: string): "warn" | "block" | undefined;
}

/** What an import's tools stand under in the lock file: an MCP server, or one document of an HTTP API. */
export function sourceOf({ connection, openapi }: ImportIr): string {
  return lockKey(connection, openapi?.kind === "file" ? openapi.name : openapi?.path);
}

export function createPinScope(plan: GatewayPlan): PinScope {
  const named = new Set<string>();
  for (const emitted of [plan.capabilities, plan.workflows])
    for (const value of Object.values(emitted)) for (const call of callsOf(value)) named.add(call);
  const modes = new Map<string, "warn" | "block">();
  const sources = new Map<string, ImportIr[]>();
  for (const from of plan.imports) {
    const key = sourceOf(from);
    sources.set(key, [...(sources.get(key) ?? []), from]);
    if (from.pin !== undefined && modes.get(key) !== "block") modes.set(key, from.pin);
  }
  return {
    sources: [...sources].map(([key, [from]]) => ({ key, from: from as ImportIr })),
    has: (source, tool) =>
      named.has(`${source}\n${tool}`) ||
      (sources.get(source) ?? []).some(({ include, exclude }) => passesFilter(tool, include, exclude)),
    mode: (source) => modes.get(source),
  };
}

/** A reload gives what did not change again as the same object, and frozen: it is searched once. */
const CALLS = new WeakMap<object, ReadonlySet<string>>();

function callsOf(emitted: object): ReadonlySet<string> {
  let calls = CALLS.get(emitted);
  if (calls !== undefined) return calls;
  calls = new Set();
  collectCalls(emitted, calls as Set<string>);
  CALLS.set(emitted, calls);
  return calls;
}

/** Executors stand in many places of a plan (steps, fallbacks, approvals, compensations): all are found by their shape. */
function collectCalls(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collectCalls(item, found);
    return;
  }
  const object = value as { readonly [key: string]: unknown };
  if (object["kind"] === "mcp") {
    const { connection, tool } = object;
    if (typeof connection === "string" && typeof tool === "string") found.add(`${connection}\n${tool}`);
  }
  for (const key of Object.keys(object)) {
    const child = object[key];
    if (typeof child === "object") collectCalls(child, found);
  }
}
