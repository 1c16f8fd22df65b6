import {
  parseJson,
  type AuditRows,
  type GatewayPlan,
  type Json,
  type JsonObject,
  type Principal,
} from "@mcp-flowgate/core";
import { queryRows, queryTrail, type RecordFilter } from "@mcp-flowgate/audit";
import type { McpServers } from "@mcp-flowgate/executor-mcp";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { NAME, VERSION } from "../version.ts";

/** What operators may look at besides workflows and approvals. */
export interface Operations {
  /** Every connection with what is known of it, those with all of `tags`; never an address, a command or a secret. */
  servers(tags: readonly string[]): readonly JsonObject[];
  stats(): JsonObject;
  /** The configuration that runs, with its secrets masked. */
  config(): Json;
  /** Records of the caller's own tenant, or undefined where no trail is kept that can be read. */
  audit(
    filter: RecordFilter & { readonly limit: number; readonly cursor?: string },
    caller: Principal,
  ): Promise<Json | undefined>;
}

export function createOperations(parts: {
  readonly plan: GatewayPlan;
  readonly connections: Pick<McpServers, "status">;
  readonly catalogue: Pick<Catalogue, "counts">;
  /** The records that the store keeps: those of all replicas. */
  readonly rows?: AuditRows;
  readonly startedAt: number;
  readonly now: () => number;
  readonly isStopped: (connection: string) => boolean;
  /** What replicas know of each other. */
  readonly cluster: () => JsonObject;
}): Operations {
  const { plan, connections, catalogue, isStopped } = parts;
  const trail = plan.audit.sinks.find(({ kind }) => kind === "file")?.path;
  return {
    servers(tags) {
      const running = new Map(connections.status().map((status) => [status.name, status]));
      return Object.values(plan.connections)
        .filter((connection) => tags.every((tag) => connection.tags.includes(tag)))
        .map((connection) => {
          const status = running.get(connection.name);
          return {
            name: connection.name,
            kind: connection.kind,
            tags: connection.tags,
            ...(isStopped(connection.name) ? { stopped: true } : {}),
            ...(connection.kind === "mcp" ? { state: status?.state ?? "idle" } : {}),
            ...(status === undefined
              ? {}
              : {
                  transport: status.transport,
                  inFlight: status.inFlight,
                  starts: status.starts,
                  failures: status.failures,
                  ...(status.server === undefined ? {} : { server: { ...status.server } }),
                  ...(status.protocolVersion === undefined
                    ? {}
                    : { protocolVersion: status.protocolVersion }),
                }),
          };
        });
    },
    stats: () => ({
      name: plan.server.name ?? NAME,
      version: VERSION,
      config: plan.hash,
      uptimeMs: parts.now() - parts.startedAt,
      memoryBytes: process.memoryUsage.rss(),
      ...catalogue.counts,
      ...parts.cluster(),
    }),
    config() {
      const { secrets, ...shown } = plan;
      return mask(parseJson(JSON.stringify(shown)) as Json, secrets);
    },
    async audit(filter, caller) {
      const query = { ...filter, tenant: caller.tenant };
      if (parts.rows === undefined && trail === undefined) return undefined;
      const page =
        parts.rows === undefined
          ? await queryTrail({ ...query, path: trail as string })
          : await queryRows(parts.rows, query);
      return parseJson(JSON.stringify(page)) as Json;
    },
  };
}

const MASK = "[secret]";
/** Values under these names are secrets wherever they came from. */
const SECRET_KEYS = /^(?:key|hash|secret|token|password|clientSecret|value)$/;

function mask(value: Json, secrets: readonly string[]): Json {
  if (typeof value === "string")
    return secrets.some(
      (secret) => secret !== "" && (secret.length < 4 ? value === secret : value.includes(secret)),
    )
      ? MASK
      : value;
  if (Array.isArray(value)) return value.map((item) => mask(item as Json, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET_KEYS.test(name) && typeof member === "string" ? MASK : mask(member as Json, secrets),
    ]),
  );
}
