import {
  type AuditSink,
  type Clock,
  type Digest,
  type Executor,
  type GatewayPlan,
  type Ids,
  type ImportIr,
  type AuditRows,
  type JsonObject,
  type Log,
} from "@mcp-flowgate/core";
import type { LockFile } from "@mcp-flowgate/config-compiler";
import { createMcpExecutor, type McpConnections } from "@mcp-flowgate/executor-mcp";
import type { Fetch } from "@mcp-flowgate/outbound";
import { createOperations, type Operations } from "../admin/observe.ts";
import { createCatalogue, type Catalogue } from "../catalogue/catalogue.ts";
import { createImporter, type Importer } from "../catalogue/importer.ts";
import { createPinScope } from "../catalogue/pin-scope.ts";
import { holdToPins } from "../catalogue/pinned-executor.ts";
import { createPins, type Pins } from "../catalogue/pins.ts";
import { createToolSource } from "../catalogue/tool-source.ts";
import { createViews } from "../catalogue/views.ts";
import { federate } from "../federation/federated-executor.ts";
import { gatewayId } from "../federation/gateway-id.ts";
import { createGateways, type Gateways } from "../federation/gateways.ts";
import { createAuthenticator, type Authenticator } from "../identity/authenticator.ts";
import { isSameSetting } from "./differences.ts";
import type { SurfaceRevision } from "../surface/surface.ts";
import { NAME, VERSION } from "../version.ts";

/** Everything that is made from one configuration and replaced with it, and nothing that outlives it. */
export interface Revision {
  readonly plan: GatewayPlan;
  readonly catalogue: Catalogue;
  readonly importer: Importer;
  readonly pins: Pins;
  readonly gateways: Gateways;
  readonly mcp: Executor;
  readonly authenticate: Authenticator;
  readonly operations: Operations;
  readonly surface: SurfaceRevision;
}

/** What revisions share. */
export interface RevisionParts {
  readonly connections: McpConnections;
  readonly http: Executor;
  readonly journal: AuditSink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly log: Log;
  readonly startedAt: number;
  /** Dials what the operator lets the gateway dial. */
  readonly fetch: Fetch;
  /** Called when a catalogue has tools that were listed. */
  readonly catalogueChanged: () => void;
  readonly isStopped: (connection: string) => boolean;
  /** What replicas know of each other. */
  readonly cluster: () => JsonObject;
  /** The audit records that the store keeps. */
  readonly rows?: AuditRows;
}

/**
 * Makes the parts of a configuration beside those that are in use, and changes none of them.
 *
 * @param before What it is to replace: what a server listed there is taken over where its connection is the same.
 */
export function createRevision(
  parts: RevisionParts,
  plan: GatewayPlan,
  lock: LockFile | undefined,
  before?: Revision,
): Revision {
  const { clock, ids, digest, log } = parts;
  const isSameIdentity =
    before !== undefined &&
    isSame(before.plan.identity, plan.identity) &&
    isSame(before.plan.roles, plan.roles);
  // Keys of token issuers that were fetched are still good where nothing about identity changed.
  const authenticate = isSameIdentity
    ? before.authenticate
    : createAuthenticator(plan, { clock, log, fetch: parts.fetch });
  const servers = parts.connections.over({
    get: (name) => (Object.hasOwn(plan.connections, name) ? plan.connections[name] : undefined),
  });
  const catalogue = createCatalogue(plan, digest);
  const pins = createPins({ scope: createPinScope(plan), lock, digest });
  const gateways = createGateways(servers, new Set(plan.imports.map(({ connection }) => connection)));
  const stays = (name: string): boolean =>
    before !== undefined && isSame(before.plan.connections[name], plan.connections[name]);
  if (before !== undefined) {
    for (const { name, state } of servers.status()) if (state === "ready") pins.noteSession(name, true);
    for (const name of Object.keys(plan.connections))
      if (stays(name)) gateways.takeOver(before.gateways, name);
  }
  const importer = createImporter({
    plan,
    catalogue,
    connections: servers,
    gateways,
    source: createToolSource(servers, parts.http, { gateways, ownId: gatewayId(plan) }),
    pins,
    audit: parts.journal,
    changed: parts.catalogueChanged,
    clock,
    ids,
    log,
    inherit(from: ImportIr) {
      if (before === undefined || !stays(from.connection)) return undefined;
      const kept = before.importer.kept(from);
      // What was never compared with the lock file is listed again before anything is made of it.
      const isCompared = pins.mode(from.connection) === undefined || before.pins.isJudged(from.connection);
      return kept?.listing === undefined || isCompared ? kept : undefined;
    },
  });
  const mcp = holdToPins(
    federate(createMcpExecutor({ connections: servers }), gateways),
    pins,
    importer.verify,
  );
  return {
    plan,
    catalogue,
    importer,
    pins,
    gateways,
    mcp,
    authenticate,
    operations: createOperations({
      plan,
      connections: servers,
      catalogue,
      ...(parts.rows === undefined ? {} : { rows: parts.rows }),
      startedAt: parts.startedAt,
      now: () => clock.now(),
      isStopped: parts.isStopped,
      cluster: parts.cluster,
    }),
    surface: {
      catalogue,
      viewOf: createViews(catalogue, plan.discovery.visibility),
      limits: plan.limits,
      gateway: { name: plan.server.name ?? NAME, version: VERSION, id: gatewayId(plan) },
    },
  };
}

function isSame(left: unknown, right: unknown): boolean {
  return left !== undefined && right !== undefined && isSameSetting(left, right);
}
