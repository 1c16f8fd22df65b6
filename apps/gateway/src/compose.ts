import { hostname } from "node:os";
import { createAuditSink } from "@mcp-flowgate/audit";
import {
  err,
  parseJson,
  type AuditDraft,
  type Executor,
  type ExecutorKind,
  type GatewayPlan,
  type JsonObject,
  type Principal,
} from "@mcp-flowgate/core";
import { createCliExecutor } from "@mcp-flowgate/executor-cli";
import { createHttpExecutor } from "@mcp-flowgate/executor-http";
import { createHumanExecutor } from "@mcp-flowgate/executor-human";
import { createMcpConnections } from "@mcp-flowgate/executor-mcp";
import { createNoopExecutor } from "@mcp-flowgate/executor-noop";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createAddressPolicy, createOutboundFetch } from "@mcp-flowgate/outbound";
import { createEngine } from "@mcp-flowgate/workflow-engine";
import { createAdminApi } from "./admin/admin-api.ts";
import { createEventFeed } from "./admin/event-feed.ts";
import type { Operations } from "./admin/observe.ts";
import { withLogLevel } from "./admin/log-level-call.ts";
import { withReload } from "./admin/reload-call.ts";
import { withServers } from "./admin/server-calls.ts";
import { lockOf } from "./catalogue/lock-of.ts";
import { createCatalogueNews } from "./catalogue/catalogue-news.ts";
import { closeAll } from "./close-all.ts";
import { createBus } from "./cluster/open-bus.ts";
import { groupOf, openCluster, type Replicas } from "./cluster/open-cluster.ts";
import { storeOnBus } from "./cluster/store-on-bus.ts";
import { besideStore, openSemantic } from "./discovery/open-semantic.ts";
import { createUsage } from "./discovery/usage.ts";
import { systemClock } from "./host/clock.ts";
import { hideSecrets } from "./host/hide-secrets.ts";
import { hideValues, spellingsOf } from "./host/hide-values.ts";
import { systemDigest, systemIds } from "./host/ids.ts";
import type { ComposeOptions, Gateway } from "./gateway.ts";
import type { HostLog } from "./host/log.ts";
import { createMissingPermissions } from "./http/missing-permissions.ts";
import { createLive } from "./reload/live.ts";
import { createReloader } from "./reload/reloader.ts";
import { createRevision } from "./reload/revision.ts";
import { createJournal } from "./store/journal.ts";
import { openStore, sinksOfStore } from "./store/open-store.ts";
import { createSurface } from "./surface/surface.ts";
import { createTelemetry } from "./telemetry/telemetry.ts";
import { NAME, VERSION } from "./version.ts";

/** How long a start waits for downstream servers to list their tools before it serves without them. */
const IMPORT_PATIENCE_MS = 10_000;

/** When a gateway that has started is thought to have a moment for itself. */
const IDLE_AFTER_MS = 1000;

/** The only place that knows which parts stand behind the ports. */
export async function compose(
  plan: GatewayPlan,
  log: HostLog,
  options: ComposeOptions = {},
): Promise<Gateway> {
  /** Of every configuration that was ever read: what was a secret stays one. */
  const secrets = [...spellingsOf(plan.secrets)];
  log.hide(secrets);
  const lock = await lockOf(plan, log);
  const clock = systemClock;
  const ids = systemIds;
  const digest = systemDigest;
  const recordedByStore = sinksOfStore(plan);
  const live = createLive(plan, () => void connections.reconfigure());
  const configNow = (): string => live.plan().hash;
  const telemetry = await createTelemetry(plan, options.isScraped === true, configNow, log);
  const addresses = createAddressPolicy({ egress: plan.server.egress });
  const outbound = createOutboundFetch(addresses);
  const trail = await createAuditSink(plan.audit, {
    fetch: outbound.fetch,
    clock,
    ids,
    digest,
    secrets,
    log,
    recordedByStore,
    afterCommit: plan.store.kind !== "memory",
    ...(options.stdoutIsFree === true ? { stdout: process.stdout } : {}),
  });
  const audit = telemetry.audit(trail);
  const opened = await openStore({ plan: { ...plan, secrets }, trail, audit, clock, ids, digest, log });
  const bus = createBus(plan, { clock, ids, log });
  const observed = telemetry.store(opened.store);
  const store =
    bus === undefined ? observed : storeOnBus(observed, bus, plan.cluster.bus !== plan.store.kind);
  const journal = createJournal(store);
  const events = createEventFeed({ engine: () => engine, store, clock, log });
  const { directory } = live;
  const connections = createMcpConnections({
    directory,
    addresses,
    hostEnv: process.env,
    log,
    clock,
    clientInfo: { name: NAME, version: VERSION },
  });
  connections.onLifecycle(({ connection, type, ...detail }) => {
    events.serverChanged(connection);
    const payload = parseJson(JSON.stringify({ connection, ...detail })) as JsonObject;
    journal
      .append([{ type: `connection.${type}`, at: clock.now(), correlationId: ids.next("cor"), payload }])
      .catch((error: unknown) =>
        log.error("a connection's life could not be recorded", { connection, error: String(error) }),
      );
  });
  const http = createHttpExecutor({ connections: directory, log, addresses });
  const startedAt = clock.now();
  const settled = Promise.withResolvers<void>();
  const news = createCatalogueNews(clock, settled.promise);
  const parts = {
    connections,
    http,
    journal,
    clock,
    ids,
    digest,
    log,
    startedAt,
    fetch: outbound.fetch,
    catalogueChanged: () => news.changed(),
    isStopped: (connection: string) => replicas.servers.isStopped(connection),
    cluster: () => replicas.view(),
    ...(opened.rows === undefined ? {} : { rows: opened.rows }),
  };
  live.begin(createRevision(parts, plan, lock));
  const replicas: Replicas = openCluster({
    plan,
    group: groupOf(plan, options.served ?? plan.files.join("\n"), digest),
    shared: opened.shared,
    bus,
    live,
    connections,
    engine: () => engine,
    reload: (trigger) => reloader.reload(trigger),
    clock,
    log,
  });
  replicas.cluster.onDecision("server/", async ({ subject }, isFirstLook) => {
    if (!isFirstLook) events.serverChanged(subject.slice("server/".length));
  });
  const executors = new Map<ExecutorKind, Executor>(
    [
      createNoopExecutor(),
      createHumanExecutor(),
      createCliExecutor({ connections: directory, hostEnv: process.env, log }),
      http,
      live.mcp,
    ].map((executor) => [
      executor.kind,
      telemetry.executor(replicas.servers.guard(hideSecrets(executor, directory))),
    ]),
  );
  const schemas = createSchemas();
  const engine = createEngine({
    store,
    executors,
    definitions: {
      current: (id) => live.current().catalogue.definition(id),
      byHash: (hash) => live.current().catalogue.definitionByHash(hash),
    },
    clock,
    ids,
    digest,
    schemas,
    limits: live.limits,
    log,
  });
  const semantic = openSemantic(plan, outbound, log);
  const usage = plan.discovery.learn
    ? createUsage({ file: besideStore(plan, "usage.json"), clock, log })
    : undefined;
  const inner = createSurface({
    engine,
    mcp: executors.get("mcp") ?? live.mcp,
    enter() {
      const { revision, leave } = live.enter();
      return { revision: revision.surface, leave };
    },
    toolNames: plan.server.toolNames,
    schemas,
    ids,
    log,
    settled: settled.promise,
    semantic,
    usage,
  });
  const surface = telemetry.surface(hideValues(inner, secrets));
  const notReady = async (): Promise<readonly string[]> => {
    const failing: string[] = [];
    if (surface.draining()) failing.push("draining");
    const isRead = await store.nextDueAt().then(
      () => true,
      () => false,
    );
    // A store that can be read and not be written to lets the lease pass.
    if (!isRead || store.lease().validUntil <= clock.monotonic()) failing.push("store");
    if (!trail.health().ready) failing.push("audit");
    return failing;
  };
  const importsFailing = (): number => live.current().importer.failing().length;
  const note = async (
    type: AuditDraft["type"],
    payload: JsonObject,
    principal?: Principal,
  ): Promise<void> => {
    const who = principal === undefined ? {} : { principal: toWho(principal) };
    await journal
      .append([{ type, at: clock.now(), correlationId: ids.next("cor"), payload, ...who }])
      .catch((error: unknown) => log.error("an event could not be recorded", { type, error: String(error) }));
  };
  const reloader = createReloader({
    load: options.load ?? (async () => err({ reason: "this process does not serve a configuration" })),
    alongside: options.alongside ?? (() => () => undefined),
    live,
    async prepare(next) {
      secrets.push(...spellingsOf(next.secrets).filter((secret) => !secrets.includes(secret)));
      log.hide(secrets);
      return createRevision(parts, next, await lockOf(next, log), live.current());
    },
    patienceMs: IMPORT_PATIENCE_MS,
    swapped: () => news.changed(),
    tidy: () => void connections.reconfigure(),
    async record(type, payload) {
      await note(type, payload);
      events.reloaded(type === "config.reloaded");
    },
    started: settled.promise,
    log,
  });
  const { reload } = replicas.agreement;
  const operations: Operations = {
    servers: (tags) => live.current().operations.servers(tags),
    stats: () => live.current().operations.stats(),
    config: () => live.current().operations.config(),
    audit: (filter, caller) => live.current().operations.audit(filter, caller),
  };
  const own = createAdminApi({
    engine,
    newCorrelationId: surface.newCorrelationId,
    usage,
    health: async () => ({
      pid: process.pid,
      host: hostname(),
      version: VERSION,
      notReady: await notReady(),
      degraded: replicas.degraded(),
      importsFailing: live.current().importer.failing(),
      ...replicas.view(),
      ...(semantic === undefined ? {} : { embeddings: { ...semantic.status() } }),
    }),
  });
  const admin = withReload(
    withServers(withLogLevel(own, log), {
      operations,
      control: replicas.servers,
      async record(payload, caller) {
        events.serverChanged(String(payload["connection"]));
        await note("connection.operated", payload, caller);
      },
    }),
    reload,
  );
  telemetry.watch({ audit: trail, store, connections, importsFailing, notReady, replicas });
  return {
    get plan() {
      return live.plan();
    },
    surface,
    get catalogue() {
      return live.current().catalogue;
    },
    authenticate: (request) => live.current().authenticate(request),
    settings: live.settings,
    operations,
    events,
    missingPermissions(tool, args, principal) {
      const { catalogue, plan: now } = live.current();
      const { visibility } = now.discovery;
      return createMissingPermissions({ engine, catalogue, visibility })(tool, args, principal);
    },
    record: (type, payload, principal) => void note(type, payload, principal),
    onCatalogueChange: (listener) => news.listen(listener),
    notReady,
    degraded: replicas.degraded,
    ...(telemetry.expose === undefined ? {} : { expose: telemetry.expose }),
    admin,
    async start() {
      await journal.append([
        {
          type: "server.initialized",
          at: clock.now(),
          correlationId: ids.next("cor"),
          payload: { version: VERSION, config: plan.hash },
        },
      ]);
      await replicas.start();
      engine.run();
      await live.current().importer.start(IMPORT_PATIENCE_MS);
      await semantic?.open(live.current().catalogue.index);
      settled.resolve();
      // What the first calls would wait for otherwise, and whoever asks whether the gateway is up need not.
      setTimeout(() => {
        live.current().catalogue.index.prepare();
        telemetry
          .load()
          .catch((error: unknown) => log.error("metrics cannot be kept", { error: String(error) }));
      }, IDLE_AFTER_MS).unref();
    },
    reload,
    reopenAudit: () => trail.reopen(),
    drain: () => surface.drain(),
    async abandon() {
      for (const executor of executors.values()) void executor.close?.();
      void connections.close();
      await store.close();
    },
    close: () =>
      closeAll({
        surface,
        reloader,
        replicas,
        live,
        semantic,
        usage,
        engine,
        executors,
        connections,
        journal,
        store,
        trail,
        telemetry,
        outbound,
      }),
  };
}

function toWho({
  subject,
  tenant,
  kind,
  via,
}: Principal): Pick<Principal, "subject" | "tenant" | "kind" | "via"> {
  return { subject, tenant, kind, via };
}
