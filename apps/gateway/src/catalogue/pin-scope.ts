import type { GatewayPlan } from "@mcp-flowgate/core";
import { passesFilter } from "./name-filter.ts";

/** The tools of imported connections that this configuration can use: those taken over, wrapped or called by name. */
export interface PinScope {
  /** Connections with an import. */
  readonly connections: readonly string[];
  has(connection: string, tool: string): boolean;
  /** The strictest `pin` of the connection's imports. */
  mode(connection: string): "warn" | "block" | undefined;
}

export function createPinScope(plan: GatewayPlan): PinScope {
  const named = new Set<string>();
  collectCalls(plan.capabilities, named);
  collectCalls(plan.workflows, named);
  const importsOf = (connection: string): GatewayPlan["imports"] =>
    plan.imports.filter((entry) => entry.connection === connection);
  const modes = new Map<string, "warn" | "block">();
  for (const { connection, pin } of plan.imports) {
    if (pin !== undefined && modes.get(connection) !== "block") modes.set(connection, pin);
  }
  return {
    connections: [...new Set(plan.imports.map(({ connection }) => connection))].sort(),
    has: (connection, tool) =>
      named.has(`${connection}\n${tool}`) ||
      importsOf(connection).some(({ include, exclude }) => passesFilter(tool, include, exclude)),
    mode: (connection) => modes.get(connection),
  };
}

/** Executors stand in many places of a plan (steps, fallbacks, approvals, compensations): all are found by their shape. */
function collectCalls(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  const { kind, connection, tool } = value as { kind?: unknown; connection?: unknown; tool?: unknown };
  if (kind === "mcp" && typeof connection === "string" && typeof tool === "string")
    found.add(`${connection}\n${tool}`);
  for (const child of Object.values(value)) collectCalls(child, found);
}
