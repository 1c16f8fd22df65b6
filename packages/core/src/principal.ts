/** Who makes a call. `kind: "human"` is only ever set by an authenticated decision channel, never by an MCP client. */
export interface Principal {
  readonly subject: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  /** Granted permissions; a grant may end in `*` (`pay.*`). */
  readonly permissions: readonly string[];
  readonly kind: "agent" | "human" | "service";
  /** How the identity was established, for example `anonymous`, `local`, `apiKey:ci`, `cli`. */
  readonly via: string;
}

/**
 * What a caller showed who it is with, on its way beside a call to the executors that pass it on. It lives in memory for
 * as long as the call runs. Its secret is behind a function, so that no log, record or copy of whatever holds it has it.
 */
export interface CallerCredentials {
  /** The bearer token of the request, if it came with one. */
  readonly bearer: () => string | undefined;
}

/** The tenant of everybody where no identity provider names one. */
export const DEFAULT_TENANT = "default";

/** The principal of a caller whom no identity provider is asked about. */
export const ANONYMOUS: Principal = Object.freeze({
  subject: "anonymous",
  tenant: DEFAULT_TENANT,
  roles: Object.freeze([]),
  permissions: Object.freeze([]),
  kind: "agent",
  via: "anonymous",
});

/** The runtime itself, as the actor of timers, chains and recovery. */
export const SYSTEM: Principal = Object.freeze({
  subject: "system",
  tenant: DEFAULT_TENANT,
  roles: Object.freeze([]),
  permissions: Object.freeze([]),
  kind: "service",
  via: "runtime",
});
