import { access, constants, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { GatewayPlan, Log, ServerIr } from "@mcp-flowgate/core";
import { createAddressPolicy, createOutboundFetch } from "@mcp-flowgate/outbound";
import { listenProblem, refuseToStart } from "../commands/serve.ts";
import { lockOf } from "../catalogue/lock-of.ts";
import { systemClock } from "../host/clock.ts";
import { listenHttp } from "../http/listen.ts";
import { createIssuerKeys } from "../identity/jwt.ts";
import { dial } from "./dial.ts";
import { problem, reasonOf, type Problem, type Tried } from "./finding.ts";

/** Tries everything that is not a connection: the store, the audit trail, the addresses, the issuers. */
export async function tryHost(
  plan: GatewayPlan,
  server: ServerIr,
  timeoutMs: number,
  log: Log,
): Promise<readonly Tried[]> {
  const addresses = createAddressPolicy({ egress: plan.server.egress });
  const tried = await Promise.all([
    tryStart(plan, server, log),
    tryStore(plan, log),
    ...plan.audit.sinks.map((sink) => tryAudit(sink, addresses, timeoutMs)),
    ...(plan.audit.signingKeyFile === undefined ? [] : [tryKeyFile(plan.audit.signingKeyFile)]),
    ...(server.transport === "http" ? [tryListen(server, server.http, "/server/http")] : []),
    ...(server.admin === undefined || server.admin.inline
      ? []
      : [tryListen(server, server.admin, "/server/admin")]),
    // Over stdio nobody brings a token.
    ...(server.transport === "http"
      ? plan.identity.map((one) => tryIdentity(one, addresses, timeoutMs, log))
      : []),
    ...optionalServices(plan).map(({ what, pointer, url }) =>
      tryService(what, pointer, url, addresses, timeoutMs),
    ),
  ]);
  return tried.filter((one) => one !== undefined);
}

/** The gateway's own refusals, by the functions that a start calls. */
async function tryStart(plan: GatewayPlan, server: ServerIr, log: Log): Promise<Tried> {
  const problems: Problem[] = [];
  try {
    refuseToStart(plan, server);
  } catch (thrown) {
    problems.push({ ...problem("FG708", "the start", reasonOf(thrown)), pointer: "/server" });
  }
  try {
    await lockOf(plan, log);
  } catch (thrown) {
    problems.push({ ...problem("FG708", "the start", reasonOf(thrown)), pointer: "/proxy/import" });
  }
  return { what: "the start", pointer: "/server", problems };
}

async function tryStore({ store }: GatewayPlan, log: Log): Promise<Tried | undefined> {
  const pointer = "/store";
  const what = "the store";
  if (store.kind === "memory") return undefined;
  try {
    const { exists } =
      store.kind === "sqlite"
        ? (await import("@mcp-flowgate/store-sqlite")).inspectSqliteStore(store.path as string)
        : await (
            await import("@mcp-flowgate/store-postgres")
          ).inspectPostgresStore({
            url: store.url as string,
            statementTimeoutMs: store.statementTimeoutMs,
            log,
          });
    const seen = exists ? "it can be opened" : "it will be made at the first start";
    return { what, pointer, seen, problems: [] };
  } catch (thrown) {
    return { what, pointer, problems: [problem("FG704", what, reasonOf(thrown))] };
  }
}

async function tryAudit(
  sink: GatewayPlan["audit"]["sinks"][number],
  addresses: ReturnType<typeof createAddressPolicy>,
  timeoutMs: number,
): Promise<Tried | undefined> {
  const what = `audit sink ${sink.kind}`;
  const pointer = "/audit";
  const reason =
    sink.kind === "file" && sink.path !== undefined
      ? await notWritable(sink.path)
      : sink.url !== undefined
        ? await dial(sink.url, addresses, timeoutMs)
        : undefined;
  if (reason !== undefined) return { what, pointer, problems: [problem("FG705", what, reason)] };
  if (sink.kind !== "file" && sink.url === undefined) return undefined;
  return { what, pointer, seen: sink.kind === "file" ? "it can be written" : "it answers", problems: [] };
}

async function tryKeyFile(path: string): Promise<Tried> {
  const what = "the signing key of the audit trail";
  const reason = await access(path, constants.R_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => `${path} cannot be read (${error.code})`,
  );
  return {
    what,
    pointer: "/audit/signingKeyFile",
    problems: reason === undefined ? [] : [problem("FG705", what, reason)],
  };
}

/** Folders that are missing are made at the start: the nearest that is there has to allow it. */
async function notWritable(given: string): Promise<string | undefined> {
  const path = resolve(given);
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) return `${path} is not a file`;
  let folder = dirname(path);
  for (;;) {
    const there = await stat(folder).catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof there === "object") {
      if (!there.isDirectory()) return `${folder} is not a folder`;
      break;
    }
    if (there !== "ENOENT" || dirname(folder) === folder) return `${folder} cannot be looked into (${there})`;
    folder = dirname(folder);
  }
  const wanted = found === undefined ? folder : path;
  return await access(wanted, constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => `${wanted} cannot be written (${error.code})`,
  );
}

async function tryListen(
  server: ServerIr,
  address: { readonly host: string; readonly port: number },
  pointer: string,
): Promise<Tried> {
  const what = `the address ${address.host}:${address.port}`;
  try {
    const listening = await listenHttp(server.http, address, (_request, response) => {
      response.writeHead(503).end();
    });
    await listening.close(() => Promise.resolve());
    return { what, pointer, seen: "it is free", problems: [] };
  } catch (thrown) {
    const found = problem("FG706", what, listenProblem(thrown as NodeJS.ErrnoException, address));
    // Over stdio several gateways run beside each other, and one of them has the admin address.
    const severity = server.transport === "stdio" ? "warning" : "error";
    return { what, pointer, problems: [{ ...found, severity }] };
  }
}

async function tryIdentity(
  settings: GatewayPlan["identity"][number],
  addresses: ReturnType<typeof createAddressPolicy>,
  timeoutMs: number,
  log: Log,
): Promise<Tried | undefined> {
  const pointer = "/identity";
  if (settings["kind"] === "introspection") {
    const what = "the introspection endpoint";
    const reason = await dial(String(settings["url"]), addresses, timeoutMs);
    return { what, pointer, problems: reason === undefined ? [] : [problem("FG707", what, reason)] };
  }
  if (settings["kind"] !== "jwt") return undefined;
  const what = `the keys of ${String(settings["issuer"])}`;
  const outbound = createOutboundFetch(addresses);
  const keys = await createIssuerKeys(settings, { clock: systemClock, log, fetch: outbound.fetch }).get();
  await outbound.close();
  return keys.ok
    ? { what, pointer, seen: "they were read", problems: [] }
    : { what, pointer, problems: [problem("FG707", what, keys.error)] };
}

function optionalServices({
  discovery,
  telemetry,
}: GatewayPlan): readonly { readonly what: string; readonly pointer: string; readonly url: string }[] {
  return [
    { what: "the embeddings service", pointer: "/discovery/embeddings", url: discovery.embeddings?.url },
    { what: "the receiver of traces", pointer: "/telemetry/traces", url: telemetry.traces?.otlp },
    { what: "the receiver of metrics", pointer: "/telemetry/metrics", url: telemetry.metrics.otlp },
  ].flatMap(({ url, ...rest }) => (url === undefined ? [] : [{ ...rest, url }]));
}

async function tryService(
  what: string,
  pointer: string,
  url: string,
  addresses: ReturnType<typeof createAddressPolicy>,
  timeoutMs: number,
): Promise<Tried> {
  const reason = await dial(url, addresses, timeoutMs);
  if (reason === undefined) return { what, pointer, seen: "it answers", problems: [] };
  return { what, pointer, problems: [{ ...problem("FG709", what, reason), severity: "warning" }] };
}
