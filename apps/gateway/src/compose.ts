import { hostname } from "node:os";
import { createAuditSink, type AuditTrail } from "@mcp-flowgate/audit";
import type {
  AuditSink,
  Executor,
  ExecutorKind,
  GatewayPlan,
  JsonObject,
  Log,
  Principal,
  WorkflowStore,
} from "@mcp-flowgate/core";
import { createCliExecutor } from "@mcp-flowgate/executor-cli";
import { createHttpExecutor } from "@mcp-flowgate/executor-http";
import { createHumanExecutor } from "@mcp-flowgate/executor-human";
import { createMcpConnections, createMcpExecutor, type McpConnections } from "@mcp-flowgate/executor-mcp";
import { createNoopExecutor } from "@mcp-flowgate/executor-noop";
import type { LockFile } from "@mcp-flowgate/config-compiler";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createAddressPolicy, createOutboundFetch, type OutboundFetch } from "@mcp-flowgate/outbound";
import { createEngine, type Engine } from "@mcp-flowgate/workflow-engine";
import { createAdminApi, type AdminApi } from "./admin/admin-api.ts";
import { createOperations, type Operations } from "./admin/observe.ts";
import { withLogLevel } from "./admin/log-level-call.ts";
import { createCatalogue, type Catalogue } from "./catalogue/catalogue.ts";
import { createImporter, type Importer } from "./catalogue/importer.ts";
import { createPinScope } from "./catalogue/pin-scope.ts";
import { holdToPins } from "./catalogue/pinned-executor.ts";
import { createPins } from "./catalogue/pins.ts";
import { readLockFile } from "./catalogue/read-lock.ts";
import { createToolSource } from "./catalogue/tool-source.ts";
import { CommandError } from "./commands/command-error.ts";
import { createHttpEmbedder } from "./discovery/embedder.ts";
import { createSemanticSearch, type SemanticSearch } from "./discovery/semantic-search.ts";
import { createUsage, type Usage } from "./discovery/usage.ts";
import { federate } from "./federation/federated-executor.ts";
import { gatewayId } from "./federation/gateway-id.ts";
import { createGateways } from "./federation/gateways.ts";
import { systemClock } from "./host/clock.ts";
import { systemDigest, systemIds } from "./host/ids.ts";
import type { HostLog } from "./host/log.ts";
import { createMissingPermissions } from "./http/missing-permissions.ts";
import type { Recorder } from "./http/refusal-log.ts";
import type { MissingPermissions } from "./http/step-up.ts";
import { openStore, sinksOfStore } from "./store/open-store.ts";
import { createSurface, type Surface } from "./surface/surface.ts";
import { createTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { NAME, VERSION } from "./version.ts";

/** One gateway, wired: everything that has a life of its own, and the way to end it. */
export interface Gateway {
  readonly plan: GatewayPlan;
  readonly surface: Surface;
  readonly admin: AdminApi;
  readonly catalogue: Catalogue;
  /** What operators may look at. */
  readonly operations: Operations;
  /** Metrics in the exposition format of Prometheus, where they are kept. */
  readonly expose?: () => Promise<string>;
  /** Permissions that guards of a call want and the caller does not have. */
  readonly missingPermissions: MissingPermissions;
  /** Writes an audit event of the transport. */
  readonly record: Recorder;
  /** Failing readiness checks by name. */
  notReady(): Promise<readonly string[]>;
  /** Lists the imports and begins to fire timers. Resolves when the start's patience for slow servers is over. */
  start(): Promise<void>;
  /** Opens audit files anew, after something else has moved them. */
  reopenAudit(): Promise<void>;
  /** New starts are refused; resolves when every call that runs has its answer. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** How long a start waits for downstream servers to list their tools before it serves without them. */
const IMPORT_PATIENCE_MS = 10_000;

export interface ComposeOptions {
  /** Standard output is not the protocol's channel, so an audit sink may have it. */
  readonly stdoutIsFree?: boolean;
  /** There is an HTTP listener that metrics can be asked for at. */
  readonly isScraped?: boolean;
}

/** The only place that knows which parts stand behind the ports. */
export async function compose(
  plan: GatewayPlan,
  log: HostLog,
  options: ComposeOptions = {},
): Promise<Gateway> {
  log.hide(plan.secrets);
  const lock = await lockOf(plan, log);
  const clock = systemClock;
  const ids = systemIds;
  const digest = systemDigest;
  const recordedByStore = sinksOfStore(plan);
  const telemetry = await createTelemetry(plan, options.isScraped === true, log);
  const addresses = createAddressPolicy({ egress: plan.server.egress });
  const outbound = createOutboundFetch(addresses);
  const trail = await createAuditSink(plan.audit, {
    fetch: outbound.fetch,
    clock,
    ids,
    digest,
    secrets: plan.secrets,
    log,
    recordedByStore,
    afterCommit: plan.store.kind !== "memory",
    ...(options.stdoutIsFree === true ? { stdout: process.stdout } : {}),
  });
  const audit = telemetry.audit(trail);
  const store = telemetry.store(await openStore({ plan, trail, audit, clock, ids, digest, log }));
  // What concerns no instance is recorded by the store as well: it may be the one that keeps the trail.
  const journal: AuditSink = { append: (events) => store.record(events) };
  const directory = {
    get: (name: string) => (Object.hasOwn(plan.connections, name) ? plan.connections[name] : undefined),
  };
  const connections = createMcpConnections({
    directory,
    addresses,
    hostEnv: process.env,
    log,
    clock,
    clientInfo: { name: NAME, version: VERSION },
  });
  connections.onLifecycle(({ connection, type, ...detail }) => {
    const payload = JSON.parse(JSON.stringify({ connection, ...detail })) as JsonObject;
    journal
      .append([{ type: `connection.${type}`, at: clock.now(), correlationId: ids.next("cor"), payload }])
      .catch((error: unknown) =>
        log.error("a connection's life could not be recorded", { connection, error: String(error) }),
      );
  });
  const catalogue = createCatalogue(plan, digest);
  const pins = createPins({ scope: createPinScope(plan), lock, digest });
  const http = createHttpExecutor({ connections: directory, log, addresses });
  const gateways = createGateways(connections, new Set(plan.imports.map(({ connection }) => connection)));
  const source = createToolSource(connections, http, { gateways, ownId: gatewayId(plan) });
  const importer = createImporter({
    plan,
    catalogue,
    connections,
    source,
    pins,
    audit: journal,
    clock,
    ids,
    log,
  });
  const executors = new Map<ExecutorKind, Executor>(
    [
      createNoopExecutor(),
      createHumanExecutor(),
      createCliExecutor({ connections: directory, hostEnv: process.env, log }),
      http,
      holdToPins(federate(createMcpExecutor({ connections }), gateways), pins, importer.verify),
    ].map((executor) => [executor.kind, telemetry.executor(executor)]),
  );
  const schemas = createSchemas();
  const engine = createEngine({
    store,
    executors,
    definitions: { current: catalogue.definition, byHash: catalogue.definitionByHash },
    clock,
    ids,
    digest,
    schemas,
    limits: plan.limits,
    log,
  });
  const settled = Promise.withResolvers<void>();
  const semantic = openSemantic(plan, outbound, log);
  const usage = plan.discovery.learn
    ? createUsage({ file: besideStore(plan, "usage.json"), clock, log })
    : undefined;
  const inner = createSurface({
    engine,
    catalogue,
    plan,
    schemas,
    ids,
    log,
    gateway: { name: plan.server.name ?? NAME, version: VERSION, id: gatewayId(plan) },
    settled: settled.promise,
    semantic,
    usage,
  });
  const surface = telemetry.surface(inner);
  const notReady = async (): Promise<readonly string[]> => {
    const failing: string[] = [];
    if (surface.draining()) failing.push("draining");
    await store.nextDueAt().catch(() => failing.push("store"));
    if (!trail.health().ready) failing.push("audit");
    return failing;
  };
  const importsFailing = (): number => importer.failing().length;
  telemetry.watch({ audit: trail, store, connections, importsFailing, notReady });
  return {
    plan,
    surface,
    catalogue,
    operations: createOperations({
      plan,
      connections,
      catalogue,
      startedAt: clock.now(),
      now: () => clock.now(),
    }),
    missingPermissions: createMissingPermissions({
      engine,
      catalogue,
      visibility: plan.discovery.visibility,
    }),
    record: (type, payload, principal) => {
      journal
        .append([
          {
            type,
            at: clock.now(),
            correlationId: ids.next("cor"),
            payload,
            ...(principal === undefined ? {} : { principal: toWho(principal) }),
          },
        ])
        .catch((error: unknown) => log.error("a refusal could not be recorded", { error: String(error) }));
    },
    notReady,
    ...(telemetry.expose === undefined ? {} : { expose: telemetry.expose }),
    admin: withLogLevel(
      createAdminApi({
        engine,
        newCorrelationId: surface.newCorrelationId,
        usage,
        health: async () => ({
          pid: process.pid,
          host: hostname(),
          version: VERSION,
          notReady: await notReady(),
          importsFailing: importer.failing(),
          ...(semantic === undefined ? {} : { embeddings: { ...semantic.status() } }),
        }),
      }),
      log,
    ),
    async start() {
      await journal.append([
        {
          type: "server.initialized",
          at: clock.now(),
          correlationId: ids.next("cor"),
          payload: { version: VERSION, config: plan.hash },
        },
      ]);
      engine.run();
      await importer.start(IMPORT_PATIENCE_MS);
      await semantic?.open(catalogue.index);
      settled.resolve();
    },
    reopenAudit: () => trail.reopen(),
    drain: () => surface.drain(),
    close: () =>
      closeAll({
        surface,
        importer,
        semantic,
        usage,
        engine,
        executors,
        connections,
        store,
        trail,
        telemetry,
        outbound,
      }),
  };
}

/** What pinned imports are held to. Nothing starts that was to be blocked and cannot be. */
export async function lockOf(plan: GatewayPlan, log: Log): Promise<LockFile | undefined> {
  const pinned = plan.imports.filter(({ pin }) => pin !== undefined);
  if (pinned.length === 0) return undefined;
  const read = await readLockFile(plan, systemDigest);
  const problem = !read.ok
    ? read.error
    : read.value === undefined
      ? `there is no ${plan.lockFile}`
      : undefined;
  if (problem === undefined) return read.ok ? read.value : undefined;
  const blocking = pinned.find(({ pin }) => pin === "block");
  const hint = "`mcp-flowgate pin -c FILE` writes it from what the servers list now.";
  if (blocking !== undefined)
    throw new CommandError(
      `proxy.import of "${blocking.connection}" has pin: block, and ${problem}. ${hint} Nothing was started.`,
    );
  log.warn(`pin: warn has nothing to compare with: ${problem}. ${hint}`);
  return undefined;
}

function openSemantic(plan: GatewayPlan, outbound: OutboundFetch, log: HostLog): SemanticSearch | undefined {
  const settings = plan.discovery.embeddings;
  if (settings === undefined) return undefined;
  return createSemanticSearch({
    settings,
    embedder: createHttpEmbedder(settings, outbound.fetch),
    file: settings.cache ?? besideStore(plan, "vectors"),
    clock: systemClock,
    digest: systemDigest,
    log,
  });
}

/** A file of its own beside a store that is a file; what it holds may be lost without harm. */
function besideStore({ store }: GatewayPlan, suffix: string): string | undefined {
  return store.kind === "sqlite" && store.path !== undefined ? `${store.path}.${suffix}` : undefined;
}

function toWho({
  subject,
  tenant,
  kind,
  via,
}: Principal): Pick<Principal, "subject" | "tenant" | "kind" | "via"> {
  return { subject, tenant, kind, via };
}

/** What takes work first, what carries it last: nothing is closed under something that may still use it. */
async function closeAll(parts: {
  readonly surface: Surface;
  readonly importer: Importer;
  readonly semantic: SemanticSearch | undefined;
  readonly usage: Usage | undefined;
  readonly engine: Engine;
  readonly executors: ReadonlyMap<ExecutorKind, Executor>;
  readonly connections: McpConnections;
  readonly store: WorkflowStore;
  readonly trail: AuditTrail;
  readonly telemetry: Telemetry;
  readonly outbound: OutboundFetch;
}): Promise<void> {
  parts.importer.stop();
  await parts.surface.drain();
  await parts.semantic?.close();
  await parts.usage?.close();
  await parts.engine.close();
  for (const executor of parts.executors.values()) await executor.close?.();
  await parts.connections.close();
  await parts.store.close();
  await parts.trail.close();
  await parts.telemetry.close();
  await parts.outbound.close();
}
