/**
 * Which package may need what at run time. A new edge is a decision: it is made by changing a line here, in the
 * same commit, with the reason in its message.
 */
export interface PackageRule {
  /** Folder below the repository's root. */
  readonly folder: string;
  readonly name: string;
  readonly layer: Layer;
  /** Packages of this repository, without the scope where they have it. */
  readonly workspace: readonly string[];
  readonly external: readonly string[];
}

/**
 * 0 to 2 are pure; `outbound` is what executors share, `sql` what the stores in SQL databases do, and pure; 3 implements
 * ports; 4 wires. `kit` is private and only ever a development dependency, or of another.
 */
export type Layer = 0 | 1 | 2 | "outbound" | "sql" | 3 | 4 | "kit";

export const DEPENDENCY_TABLE: readonly PackageRule[] = [
  { folder: "packages/core", name: "@mcp-flowgate/core", layer: 0, workspace: [], external: [] },

  {
    folder: "packages/guards-expr",
    name: "@mcp-flowgate/guards-expr",
    layer: 1,
    workspace: ["core"],
    external: ["re2js"],
  },
  {
    folder: "packages/json-schema",
    name: "@mcp-flowgate/json-schema",
    layer: 1,
    workspace: ["core"],
    external: ["ajv", "ajv-formats", "re2js"],
  },
  {
    folder: "packages/openapi-import",
    name: "@mcp-flowgate/openapi-import",
    layer: 1,
    workspace: ["core"],
    external: ["@scalar/openapi-upgrader", "js-yaml"],
  },

  {
    folder: "packages/config-compiler",
    name: "@mcp-flowgate/config-compiler",
    layer: 2,
    workspace: ["core", "guards-expr", "json-schema", "openapi-import"],
    external: ["js-yaml"],
  },
  {
    folder: "packages/workflow-engine",
    name: "@mcp-flowgate/workflow-engine",
    layer: 2,
    workspace: ["core", "guards-expr", "json-schema"],
    external: [],
  },
  {
    folder: "packages/discovery-index",
    name: "@mcp-flowgate/discovery-index",
    layer: 2,
    workspace: ["core"],
    external: [],
  },

  {
    folder: "packages/outbound",
    name: "@mcp-flowgate/outbound",
    layer: "outbound",
    workspace: ["core"],
    external: ["undici"],
  },
  {
    folder: "packages/stores/sql",
    name: "@mcp-flowgate/store-sql",
    layer: "sql",
    workspace: ["core"],
    external: [],
  },

  {
    folder: "packages/executors/cli",
    name: "@mcp-flowgate/executor-cli",
    layer: 3,
    workspace: ["core", "outbound"],
    external: [],
  },
  {
    folder: "packages/executors/http",
    name: "@mcp-flowgate/executor-http",
    layer: 3,
    workspace: ["core", "outbound"],
    external: ["undici"],
  },
  {
    folder: "packages/executors/human",
    name: "@mcp-flowgate/executor-human",
    layer: 3,
    workspace: ["core"],
    external: [],
  },
  {
    folder: "packages/executors/mcp",
    name: "@mcp-flowgate/executor-mcp",
    layer: 3,
    workspace: ["core", "outbound"],
    external: ["@modelcontextprotocol/client"],
  },
  {
    folder: "packages/executors/noop",
    name: "@mcp-flowgate/executor-noop",
    layer: 3,
    workspace: ["core"],
    external: [],
  },
  {
    folder: "packages/stores/memory",
    name: "@mcp-flowgate/store-memory",
    layer: 3,
    workspace: ["core"],
    external: [],
  },
  {
    folder: "packages/stores/postgres",
    name: "@mcp-flowgate/store-postgres",
    layer: 3,
    workspace: ["core", "store-sql"],
    external: ["drizzle-orm", "pg", "pg-connection-string"],
  },
  {
    folder: "packages/stores/sqlite",
    name: "@mcp-flowgate/store-sqlite",
    layer: 3,
    workspace: ["core", "store-sql"],
    external: ["better-sqlite3", "drizzle-orm"],
  },
  {
    folder: "packages/bus",
    name: "@mcp-flowgate/bus",
    layer: 3,
    workspace: ["core"],
    external: ["@nats-io/transport-node", "@redis/client"],
  },
  { folder: "packages/audit", name: "@mcp-flowgate/audit", layer: 3, workspace: ["core"], external: [] },

  {
    folder: "packages/testkit",
    name: "@mcp-flowgate/testkit",
    layer: "kit",
    workspace: ["core"],
    external: ["fast-check", "pg", "vitest"],
  },
  {
    folder: "packages/stores/testkit",
    name: "@mcp-flowgate/store-testkit",
    layer: "kit",
    workspace: ["core", "testkit"],
    external: ["fast-check", "vitest"],
  },

  {
    folder: "apps/checker",
    name: "flowgate-check",
    layer: 4,
    workspace: ["config-compiler", "core", "guards-expr"],
    external: ["@dagrejs/dagre", "commander", "diff", "yaml"],
  },
  {
    folder: "apps/gateway",
    name: "mcp-flowgate",
    layer: 4,
    workspace: [
      "audit",
      "bus",
      "config-compiler",
      "core",
      "discovery-index",
      "executor-cli",
      "executor-http",
      "executor-human",
      "executor-mcp",
      "executor-noop",
      "flowgate-check",
      "guards-expr",
      "json-schema",
      "openapi-import",
      "outbound",
      "store-memory",
      "store-postgres",
      "store-sqlite",
      "workflow-engine",
    ],
    external: [
      "@modelcontextprotocol/client",
      "@modelcontextprotocol/node",
      "@modelcontextprotocol/server",
      "@opentelemetry/api",
      "@opentelemetry/exporter-metrics-otlp-http",
      "@opentelemetry/exporter-prometheus",
      "@opentelemetry/exporter-trace-otlp-http",
      "@opentelemetry/resources",
      "@opentelemetry/sdk-metrics",
      "@opentelemetry/sdk-trace",
      "commander",
      "jose",
      "pino",
    ],
  },
];

/**
 * Tests and benches that reach into another folder on purpose: they need what no package exports. From folder to
 * folder; nothing else may.
 */
export const CROSSINGS: readonly (readonly [from: string, to: string])[] = [
  // The fixture server of the conformance scenarios stands on the gateway's own HTTP stack.
  ["test/conformance/", "apps/gateway/src/http/"],
  ["test/conformance/", "test/e2e/harness/"],
  // The long fuzzing run is the package's own test with more rounds.
  ["bench/expr/", "packages/guards-expr/test/"],
];

/** The table's short name of a package: without the repository's own scope. */
export function shortName(name: string): string {
  return name.replace(/^@mcp-flowgate\//, "");
}
