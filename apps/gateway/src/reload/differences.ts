import type { GatewayPlan, JsonObject } from "@mcp-flowgate/core";

/** What a reload changed, by id. */
export interface Changes {
  readonly workflows: IdChanges;
  readonly capabilities: IdChanges;
  readonly connections: IdChanges;
}

export interface IdChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export function changesBetween(before: GatewayPlan, after: GatewayPlan): Changes {
  return {
    workflows: compare(before.workflows, after.workflows),
    capabilities: compare(exposed(before), exposed(after)),
    connections: compare(before.connections, after.connections),
  };
}

/** As it stands in answers and in the trail. */
export function toChangesJson({ workflows, capabilities, connections }: Changes): JsonObject {
  return { workflows: { ...workflows }, capabilities: { ...capabilities }, connections: { ...connections } };
}

/**
 * Settings that differ and that this process took in when it started. Where there is one, nothing of the new
 * configuration is used: half of a change may be worse than none.
 */
export function needsRestart(before: GatewayPlan, after: GatewayPlan): readonly string[] {
  const fixed = (plan: GatewayPlan): { readonly [key: string]: unknown } => ({
    ...prefixed("server", plan.server),
    ...prefixed("server.http", plan.server.http),
    "server.http": undefined,
    "server.http.host": undefined,
    "server.http.port": undefined,
    "server.http.listen": `${plan.server.http.host}:${plan.server.http.port}`,
    store: plan.store,
    cluster: plan.cluster,
    audit: plan.audit,
    telemetry: plan.telemetry,
    "discovery.embeddings": plan.discovery.embeddings,
    "discovery.learn": plan.discovery.learn,
  });
  const [left, right] = [fixed(before), fixed(after)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((key) => !isSameSetting(left[key], right[key]))
    .sort();
}

/** Whether two values of a plan say the same: a member that is undefined says as much as one that is not there. */
export function isSameSetting(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => isSameSetting(item, right[index]));
  }
  const [a, b] = [left as Settings, right as Settings];
  for (const key of Object.keys(a))
    if (!isSameSetting(a[key], Object.hasOwn(b, key) ? b[key] : undefined)) return false;
  return Object.keys(b).every((key) => b[key] === undefined || Object.hasOwn(a, key));
}

type Settings = { readonly [key: string]: unknown };

function prefixed(prefix: string, settings: object): { readonly [key: string]: unknown } {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${prefix}.${name}`, value]));
}

function exposed({ exposed: ids, capabilities }: GatewayPlan): { readonly [id: string]: unknown } {
  return Object.fromEntries(ids.map((id) => [id, capabilities[id]]));
}

function compare(
  before: { readonly [id: string]: unknown },
  after: { readonly [id: string]: unknown },
): IdChanges {
  return {
    added: Object.keys(after).filter((id) => !Object.hasOwn(before, id)),
    removed: Object.keys(before).filter((id) => !Object.hasOwn(after, id)),
    changed: Object.keys(after).filter(
      (id) => Object.hasOwn(before, id) && !isSameSetting(before[id], after[id]),
    ),
  };
}
