import type { Json, JsonObject } from "../json.ts";
import type { CapabilityIr, ImportIr } from "./capability.ts";
import type { EgressIr } from "../egress.ts";
import type { ConnectionIr } from "./connection.ts";
import type { WorkflowIr } from "./workflow.ts";

/** A whole configuration, compiled: immutable, complete (defaults applied) and free of references that dangle. */
export interface GatewayPlan {
  /** SHA-256 (hex) of the canonical JSON of everything below but `secrets`, `files` and `lockFile`. */
  readonly hash: string;
  /** Absolute paths of the files it was read from, for watching and messages. */
  readonly files: readonly string[];
  /** Absolute path of the lock file that pinned imports are held to, whether it exists or not. */
  readonly lockFile: string;
  readonly connections: { readonly [name: string]: ConnectionIr };
  /** Every declared capability, exposed or not, by id. */
  readonly capabilities: { readonly [id: string]: CapabilityIr };
  /** Ids of those that callers see and may start; `expose … as` gives an id of its own in `capabilities`. */
  readonly exposed: readonly string[];
  readonly imports: readonly ImportIr[];
  readonly workflows: { readonly [id: string]: WorkflowIr };
  readonly policies: readonly JsonObject[];
  readonly discovery: DiscoveryIr;
  readonly store: StoreIr;
  readonly cluster: ClusterIr;
  readonly audit: AuditIr;
  readonly identity: readonly JsonObject[];
  /** `roles: { name: [permissions] }`. */
  readonly roles: { readonly [role: string]: readonly string[] };
  readonly server: ServerIr;
  readonly limits: LimitsIr;
  readonly telemetry: TelemetryIr;
  /** Values that came from variables and files: never to be shown, logged or audited. */
  readonly secrets: readonly string[];
}

export interface DiscoveryIr {
  readonly include: readonly ("proxy" | "workflows" | "connections")[];
  readonly visibility: "all" | "byGuards";
  readonly embeddings?: EmbeddingsIr;
  readonly learn: boolean;
}

export interface EmbeddingsIr {
  readonly kind: "http";
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Where vectors are kept over restarts; beside a SQLite store where left out. */
  readonly cache?: string;
  /** The longest that a search waits. */
  readonly timeoutMs: number;
  readonly batchTimeoutMs: number;
  readonly batchSize: number;
  readonly minSimilarity: number;
  readonly maxItems: number;
}

export interface StoreIr {
  readonly kind: "memory" | "sqlite" | "postgres";
  readonly path?: string;
  readonly url?: string;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  readonly leaseMs: number;
  readonly retention: { readonly terminalMs: number; readonly auditMs: number };
}

/** How replicas tell each other at once. */
export interface ClusterIr {
  readonly bus: "none" | "postgres" | "redis" | "nats";
  /** Left out for `postgres` on a store of that kind: its database. */
  readonly url?: string;
}

export type AuditSinkKind =
  | "none"
  | "stderr"
  | "stdout"
  | "memory"
  | "file"
  | "sqlite"
  | "postgres"
  | "otlp"
  | "webhook";

export interface AuditIr {
  readonly sinks: readonly {
    readonly kind: AuditSinkKind;
    readonly path?: string;
    readonly url?: string;
    /** Globs over event types; empty means all. */
    readonly events: readonly string[];
    readonly options: { readonly [name: string]: Json };
  }[];
  readonly onFailure: "fail_open" | "fail_closed";
  readonly rotate: { readonly maxBytes: number; readonly maxAgeMs: number; readonly keep: number };
  readonly payloads: "full" | "arguments" | "digest" | "none";
  /** JSON pointers (`/payload/…`) or key names, besides the built-in ones. */
  readonly redact: readonly string[];
  readonly signingKeyFile?: string;
  /** Records of a durable store that may wait for their checkpoint before `fail_closed` refuses. */
  readonly maxUnsealed?: number;
}

export interface ServerIr {
  readonly name?: string;
  readonly transport: "stdio" | "http";
  readonly toolNames: "dotted" | "underscore";
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly path: string;
    /** The endpoint as clients write it. */
    readonly publicUrl?: string;
    readonly maxBodyBytes: number;
    readonly maxHeaderBytes: number;
    readonly headersTimeoutMs: number;
    /** How long a connection without a request is held. */
    readonly keepAliveTimeoutMs: number;
    readonly maxConnections: number;
    readonly requestTimeoutMs: number;
    readonly allowedHosts: readonly string[];
    readonly allowedOrigins: readonly string[];
    readonly insecure: boolean;
    readonly tls?: {
      readonly cert: string;
      readonly key: string;
      /** Whose client certificates are accepted. */
      readonly ca?: string;
      /** Which of those are revoked. */
      readonly crl?: string;
      readonly clientCertificate: "optional" | "required";
    };
  };
  readonly admin?: { readonly host: string; readonly port: number; readonly inline: boolean };
  readonly drain: { readonly deadlineMs: number };
  /** What may be dialled. */
  readonly egress: EgressIr;
  readonly watch: boolean;
}

/** Bounds. Sizes in bytes of UTF-8. */
export interface LimitsIr {
  readonly argumentsBytes: number;
  /** Of one output, in the rows of its instance. */
  readonly outputBytes: number;
  /** Of one output that is kept beside them. What is larger is not kept. */
  readonly spillBytes: number;
  readonly contextBytes: number;
  readonly responseBytes: number;
  /** Links in one answer. */
  readonly links: number;
  /** Versions of one instance. */
  readonly versions: number;
  readonly searchResults: number;
  /** Depth of sub-workflows. */
  readonly depth: number;
  /** One operation's time, unless its reliability says less. */
  readonly operationMs: number;
  /** HTTP requests of one caller in a minute; left out, no bound. */
  readonly callsPerMinute?: number;
  /** HTTP requests of one caller that run at the same time. */
  readonly concurrentCalls: number;
}

export const DEFAULT_LIMITS: LimitsIr = Object.freeze({
  argumentsBytes: 256 * 1024,
  outputBytes: 1024 * 1024,
  spillBytes: 32 * 1024 * 1024,
  contextBytes: 256 * 1024,
  responseBytes: 24_000,
  links: 20,
  versions: 1000,
  searchResults: 50,
  depth: 10,
  operationMs: 300_000,
  concurrentCalls: 256,
});

export interface TelemetryIr {
  readonly logs: {
    readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
    readonly format: "text" | "json";
  };
  readonly traces?: {
    readonly otlp: string;
    readonly sample: number;
    /** Of requests to the collector. */
    readonly headers?: { readonly [name: string]: string };
  };
  readonly metrics: {
    readonly prometheus: boolean;
    readonly otlp?: string;
    readonly headers?: { readonly [name: string]: string };
  };
}
