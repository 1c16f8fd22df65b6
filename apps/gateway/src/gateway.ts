import type { GatewayPlan, JsonObject, LimitsIr, Result } from "@mcp-flowgate/core";
import type { AdminApi } from "./admin/admin-api.ts";
import type { EventFeed } from "./admin/event-feed.ts";
import type { Operations } from "./admin/observe.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import type { Recorder } from "./http/refusal-log.ts";
import type { MissingPermissions } from "./http/step-up.ts";
import type { Authenticator } from "./identity/authenticator.ts";
import type { LoadAgain, Reloaded, ReloadProblem, ReloadTrigger } from "./reload/reloader.ts";
import type { Surface } from "./surface/surface.ts";

/** One gateway, wired: everything that has a life of its own, and the way to end it. */
export interface Gateway {
  /** The configuration that runs now. */
  readonly plan: GatewayPlan;
  readonly surface: Surface;
  readonly admin: AdminApi;
  /** What is offered now. */
  readonly catalogue: Catalogue;
  /** Calls `listener` when what is offered has changed. Returns the way to stop. */
  readonly onCatalogueChange: (listener: () => void) => () => void;
  /** Recognises callers as the configuration says now. */
  readonly authenticate: Authenticator;
  /** Identity and limits as the configuration says at the moment of looking. */
  readonly settings: { readonly identity: readonly JsonObject[]; readonly limits: LimitsIr };
  /** What operators may look at. */
  readonly operations: Operations;
  /** Tells those who listen what has changed. */
  readonly events: EventFeed;
  /** Metrics in the exposition format of Prometheus, where they are kept. */
  readonly expose?: () => Promise<string>;
  /** Permissions that guards of a call want and the caller does not have. */
  readonly missingPermissions: MissingPermissions;
  /** Writes an audit event of the transport. */
  readonly record: Recorder;
  /** Failing readiness checks by name. */
  notReady(): Promise<readonly string[]>;
  /** What does not work and keeps nobody from being served, by name. */
  degraded(): readonly string[];
  /** Lists the imports and begins to fire timers. Resolves when the start's patience for slow servers is over. */
  start(): Promise<void>;
  /** Reads the configuration again and replaces what runs by it, or changes nothing. */
  reload(trigger: ReloadTrigger): Promise<Result<Reloaded, ReloadProblem>>;
  /** Opens audit files anew, after something else has moved them. */
  reopenAudit(): Promise<void>;
  /** New starts are refused; resolves when every call that runs has its answer. */
  drain(): Promise<void>;
  /** Ends children and gives up the lease with whatever still runs: others take over at once. The process ends after it. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}

/** What whoever makes a gateway decides, beside its configuration. */
export interface ComposeOptions {
  /** Standard output is not the protocol's channel, so an audit sink may have it. */
  readonly stdoutIsFree?: boolean;
  /** There is an HTTP listener that metrics can be asked for at. */
  readonly isScraped?: boolean;
  /** What of which files is served: tells gateways with one store and different configurations apart. */
  readonly served?: string;
  /** How the configuration is read again; left out, it is not. */
  readonly load?: LoadAgain;
  /** Reads what else a reload takes over, or throws a sentence. Returns what takes it over. */
  readonly alongside?: () => () => void;
}
