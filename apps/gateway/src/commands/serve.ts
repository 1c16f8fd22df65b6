import { setTimeout as wait } from "node:timers/promises";
import { ok, type GatewayPlan, type ServerIr } from "@mcp-flowgate/core";
import { createCompileCache } from "@mcp-flowgate/config-compiler";
import { compose } from "../compose.ts";
import type { Gateway } from "../gateway.ts";
import { serveControlSocket } from "../control/control-server.ts";
import { controlSocketPath } from "../control/socket-path.ts";
import { createAdminEndpoint } from "../http/admin-endpoint.ts";
import { serveAdmin } from "../http/admin-server.ts";
import { createDirectCalls } from "../http/direct-call.ts";
import { serveHttp, type HttpServing } from "../http/http-server.ts";
import { httpCredentials, httpPrincipal } from "../http/mcp-endpoint.ts";
import { isLoopback } from "../http/origin-check.ts";
import { readTlsFiles, tlsFilesOf } from "../http/tls-files.ts";
import { systemClock } from "../host/clock.ts";
import { createLog, type HostLog } from "../host/log.ts";
import { boundHeap } from "../host/heap-bounds.ts";
import { stdioPrincipal } from "../identity/authenticator.ts";
import { createMetricsAccess } from "../telemetry/metrics-access.ts";
import { CommandError } from "./command-error.ts";
import { healthCheck } from "./health-check.ts";
import { watchFiles } from "../reload/watch-files.ts";
import { configFiles, loadPlan, reloadPlan, servedOf } from "./load.ts";
import { notYet } from "./not-yet.ts";
import { onlyServer } from "./only-server.ts";
import { welcome } from "./welcome.ts";
import { NAME, VERSION } from "../version.ts";

export interface ServeOptions {
  readonly config?: readonly string[];
  readonly transport?: "stdio" | "http";
  readonly listen?: string;
  readonly server?: string;
  readonly gateway?: string;
  readonly token?: string;
  readonly welcome?: boolean;
  readonly healthCheck?: boolean;
}

/** `serve`: runs until the client goes (stdio) or a signal comes. */
export async function serve(options: ServeOptions): Promise<void> {
  boundHeap();
  if (options.gateway !== undefined) return serveBridge(options.gateway, options);
  const files = configFiles(options.config);
  const cache = createCompileCache();
  const plan = chosen(await loadPlan(files, cache), options);
  const server = withFlags(plan.server, options);
  if (options.healthCheck === true) return healthCheck(server);
  refuseToStart(plan, server);
  const log = createLog(plan.telemetry.logs);
  sayWhatDefaultsLose(plan, log);
  for (const what of notYet(plan).ignored) log.warn(`not available in this version: ${what}`);

  const listeners: Pick<HttpServing, "renewTls">[] = [];
  const { tls } = server.http;
  const gateway = await compose(plan, log, {
    stdoutIsFree: server.transport === "http",
    isScraped: server.transport === "http" || server.admin !== undefined,
    served: servedOf(files, options.server),
    async load() {
      const loaded = await reloadPlan(files, cache);
      if (!loaded.ok) return loaded;
      const again = chosen(loaded.value, options);
      refuseToStart(again, withFlags(again.server, options));
      return ok(again);
    },
    alongside() {
      const material = tls === undefined || listeners.length === 0 ? undefined : readTlsFiles(tls);
      return () => {
        if (material !== undefined) for (const listener of listeners) listener.renewTls(material);
      };
    },
  });
  process.on("SIGHUP", () => {
    gateway
      .reopenAudit()
      .catch((error: unknown) => log.error("audit files were not opened anew", { error: String(error) }))
      .finally(() => void gateway.reload("signal"));
  });
  const identity = { name: plan.server.name ?? NAME, version: VERSION };
  const control = await serveControlSocket(controlSocketPath(files, process.pid), gateway.admin, log);
  const stop = createStop(gateway, server.drain.deadlineMs, log);
  stop.before(() => control.close());
  const { authenticate } = gateway;
  if (plan.server.watch) {
    const watched = await watchFiles(
      () => [...gateway.plan.files, ...tlsFilesOf(tls)],
      () => gateway.reload("watch"),
      log,
    );
    stop.before(async () => watched.close());
  }
  const { expose } = gateway;
  const metrics =
    expose === undefined ? {} : { metrics: { mayRead: createMetricsAccess(gateway.settings), expose } };
  const admin = createAdminEndpoint({
    admin: gateway.admin,
    observe: gateway.operations,
    events: gateway.events,
    clock: systemClock,
    log,
  });
  stop.before(async () => gateway.events.close());
  if (server.admin !== undefined && !server.admin.inline) {
    const adminAddress = server.admin;
    const parts = {
      plan: gateway.settings,
      server,
      endpoint: admin,
      ...metrics,
      authenticate,
      record: gateway.record,
      clock: systemClock,
      log,
    };
    const own = await serveAdmin({ ...parts, address: adminAddress }).catch(
      async (error: NodeJS.ErrnoException) => {
        // Every MCP host starts a gateway of its own over stdio; the first of them has the address.
        if (server.transport === "stdio") {
          log.warn("there is no admin API", { problem: listenProblem(error, adminAddress) });
          return undefined;
        }
        await control.close();
        await gateway.close();
        throw new CommandError(listenProblem(error, adminAddress));
      },
    );
    if (own !== undefined) {
      listeners.push(own);
      stop.before(() => own.close());
      log.info("serving the admin API", { admin: own.endpoint });
    }
  }
  if (server.transport === "stdio") {
    const { createMcpServer } = await import("../mcp/server-factory.ts");
    const { serveMcpOverStdio } = await import("../mcp/stdio.ts");
    // The client waits for the first answer: it is served while the downstream servers are still being listed.
    const serving = serveMcpOverStdio({
      factory: createMcpServer(gateway.surface, identity, () => stdioPrincipal(gateway.plan)),
      onCatalogueChange: gateway.onCatalogueChange,
      maxMessageBytes: server.http.maxBodyBytes,
      log,
    });
    stop.before(() => serving.close());
    const started = gateway.start();
    const failed = new Promise<unknown>((resolve) => void started.catch(resolve));
    const problem = await Promise.race([serving.closed, stop.requested, failed]);
    await stop.run();
    if (problem !== undefined) throw problem;
    return;
  }
  const serving = await serveHttp({
    plan: gateway.settings,
    server,
    factory: async (context) => {
      const { createMcpServer } = await import("../mcp/server-factory.ts");
      return createMcpServer(gateway.surface, identity, httpPrincipal, httpCredentials)(context);
    },
    direct: createDirectCalls(gateway.surface, identity),
    authenticate,
    ...(server.admin?.inline === true ? { admin } : {}),
    missingPermissions: gateway.missingPermissions,
    record: gateway.record,
    clock: systemClock,
    notReady: gateway.notReady,
    degraded: gateway.degraded,
    draining: () => gateway.surface.draining(),
    idle: () => gateway.drain(),
    onCatalogueChange: gateway.onCatalogueChange,
    ...metrics,
    log,
  }).catch(async (error: NodeJS.ErrnoException) => {
    await control.close();
    await gateway.close();
    throw new CommandError(listenProblem(error, server.http));
  });
  listeners.push(serving);
  stop.before(() => serving.close());
  await gateway.start().catch(async (error: unknown) => {
    await stop.run();
    throw error;
  });
  log.info("serving", { endpoint: serving.endpoint, ...gateway.catalogue.counts });
  if (options.welcome === true)
    process.stderr.write(
      welcome({
        endpoint: serving.endpoint,
        config: files[0] as string,
        surface: gateway.surface,
        counts: gateway.catalogue.counts,
      }),
    );
  await stop.requested;
  await stop.run();
}

/** The gateway behind has its own configuration: whatever would be of one here has no effect, and is refused. */
async function serveBridge(url: string, options: ServeOptions): Promise<void> {
  const given = (["config", "server", "listen", "transport", "welcome"] as const).filter(
    (name) => options[name] !== undefined && options[name] !== "stdio",
  );
  if (given.length > 0)
    throw new CommandError(
      `--gateway passes on to a gateway with a configuration of its own; leave out --${given.join(" and --")}.`,
      2,
    );
  const { bridge } = await import("./bridge.ts");
  await bridge(url, options.token, createLog({ level: "warn", format: "text" }));
}

/** What of a configuration is served. */
function chosen(whole: GatewayPlan, { server }: ServeOptions): GatewayPlan {
  return server === undefined ? whole : onlyServer(whole, server);
}

/** `HOST:PORT` or `[IPV6]:PORT`. */
export function parseListen(listen: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+):(\d{1,5})$/i.exec(listen);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    throw new CommandError(`--listen ${listen} is not HOST:PORT, for example 127.0.0.1:8787.`, 2);
  return { host: match[1] as string, port };
}

/** The server of a configuration with what the flags change. */
export function withFlags(server: ServerIr, options: ServeOptions): ServerIr {
  const listen = options.listen === undefined ? {} : parseListen(options.listen);
  return {
    ...server,
    transport: options.transport ?? transportByFlags(server, options),
    http: { ...server.http, ...listen },
  };
}

function transportByFlags(server: ServerIr, options: ServeOptions): ServerIr["transport"] {
  if (options.listen !== undefined) return "http";
  return options.server === undefined ? server.transport : "stdio";
}

/** @throws CommandError for what may not be served as it is configured, although it compiles. */
export function refuseToStart(plan: GatewayPlan, server: ServerIr): void {
  refuseOpenGateway(plan, server);
  if (server.transport === "stdio" && plan.audit.sinks.some((sink) => sink.kind === "stdout")) {
    throw new CommandError(
      "audit.sink: stdout cannot be used with the stdio transport, whose channel it is; say stderr.",
    );
  }
  const { refused } = notYet(plan);
  if (refused.length > 0) throw new CommandError(`not available in this version: ${refused.join("; ")}.`);
}

function refuseOpenGateway(plan: GatewayPlan, server: ServerIr): void {
  const hosts = [
    ...(server.transport === "http" ? [server.http.host] : []),
    ...(server.admin === undefined ? [] : [server.admin.host]),
  ];
  const open = hosts.find((host) => !isLoopback(host));
  if (open === undefined || server.http.insecure) return;
  if (plan.identity.some((identity) => identity["kind"] !== "anonymous" && identity["kind"] !== "local"))
    return;
  throw new CommandError(
    `${open} can be reached from other machines and no identity is configured: add identity, listen on 127.0.0.1, or set server.http.insecure: true.`,
  );
}

function sayWhatDefaultsLose(plan: GatewayPlan, log: HostLog): void {
  if (plan.store.kind === "memory")
    log.warn("store.kind is memory: workflows and approvals are lost when the gateway stops");
  if (plan.audit.sinks.every((sink) => sink.kind === "none"))
    log.warn("audit.sink is none: nothing is recorded");
}

/** Why an address cannot be listened on, and what to do. */
export function listenProblem(
  error: NodeJS.ErrnoException,
  address: { readonly host: string; readonly port: number },
): string {
  const where = `${address.host}:${address.port}`;
  if (error.code === "EADDRINUSE")
    return `${where} is in use by another process; end it or choose another with --listen HOST:PORT.`;
  if (error.code === "EACCES")
    return `${where} may not be used by this user; choose a port above 1023 with --listen HOST:PORT.`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return `${address.host} is not an address of this machine; choose another with --listen HOST:PORT.`;
  return `${where} cannot be listened on: ${error.message}`;
}

/** Signals that come this close together are one press. */
const SAME_PRESS_MS = 500;

/** How long a process that gives up may take to tell the others, who else wait for its lease to pass. */
const HAND_OVER_MS = 1_000;

interface Stop {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly requested: Promise<void>;
  /** Added steps run before the gateway itself is closed, last added first. */
  before(step: () => Promise<void>): void;
  run(): Promise<void>;
}

/** Drains on the first signal; a second one ends the process at once. The deadline ends it whatever still runs. */
function createStop(gateway: Gateway, deadlineMs: number, log: HostLog): Stop {
  const steps: (() => Promise<void>)[] = [];
  const requested = new Promise<void>((resolve) => {
    let first: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        first ??= Date.now();
        // Ctrl-C reaches the whole process group, and whatever started this process may pass it on as well.
        if (Date.now() - first > SAME_PRESS_MS) process.exit(signal === "SIGINT" ? 130 : 143);
        resolve();
      });
    }
  });
  return {
    requested,
    before: (step) => void steps.unshift(step),
    async run() {
      log.info("stopping");
      const deadline = setTimeout(() => {
        log.error("the drain deadline has passed; what still ran is left to recovery", { deadlineMs });
        const handOver = gateway.abandon().catch(() => undefined);
        void Promise.race([handOver, wait(HAND_OVER_MS)]).then(() => process.exit(1));
      }, deadlineMs);
      await gateway.drain();
      for (const step of steps)
        await step().catch((error: unknown) => log.warn("a part did not close", { error: String(error) }));
      await gateway.close();
      clearTimeout(deadline);
      process.exitCode = 0;
    },
  };
}
