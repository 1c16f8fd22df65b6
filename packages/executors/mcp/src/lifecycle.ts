import type { Verdict } from "./session.ts";

/** What happened to a connection's session. */
export interface McpLifecycleEvent {
  readonly connection: string;
  readonly type: "started" | "stopped" | "failed";
  /** For `stopped`. */
  readonly reason?: "idle" | "crashed" | "expired" | "unhealthy" | "replaced" | "closed";
  readonly message?: string;
  readonly era?: "legacy" | "modern";
  readonly protocolVersion?: string;
  readonly transport?: Verdict["transport"];
  readonly pid?: number;
  readonly durationMs?: number;
}

export interface McpConnectionStatus {
  readonly name: string;
  readonly transport: "stdio" | "http";
  readonly state: "idle" | "starting" | "ready" | "backoff" | "closed";
  readonly era?: "legacy" | "modern";
  readonly protocolVersion?: string;
  readonly server?: { readonly name: string; readonly version: string };
  readonly pid?: number;
  readonly inFlight: number;
  readonly starts: number;
  /** Failures since the last success. */
  readonly failures: number;
  readonly lastError?: string;
}

/** Bounds on what happens beside calls. */
export interface McpTimeouts {
  /** The handshake with a server. Default 30 s. */
  readonly startMs: number;
  /** How long a server over standard streams may be silent when asked for its era. Default 5 s; doubled after a failure. */
  readonly probeMs: number;
  /** The answer to a health check. Default 5 s. */
  readonly healthMs: number;
}
