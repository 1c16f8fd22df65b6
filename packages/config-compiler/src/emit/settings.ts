import {
  createRecord,
  isJsonObject,
  type AuditIr,
  type AuditSinkKind,
  type ClusterIr,
  type DiscoveryIr,
  type Json,
  type JsonObject,
  type LimitsIr,
  type ServerIr,
  type StoreIr,
  type TelemetryIr,
} from "@mcp-flowgate/core";
import type { Report } from "../diagnostics/reporter.ts";
import { scalarStep } from "../diagnostics/rewrite.ts";
import type { Field } from "../schema/field.ts";
import { parseAddress } from "../schema/formats.ts";
import { identity } from "../schema/identity.ts";
import { normalize } from "../schema/normalize.ts";
import { limits, server, telemetry } from "../schema/server.ts";
import { audit, AUDIT_SINK_OPTIONS, auditSink, discovery, store } from "../schema/settings.ts";
import { optional, type Cursor } from "./cursor.ts";
import type { PathResolver } from "./world.ts";

/** The parts of a plan that are settings of the gateway itself. */
export interface Settings {
  readonly discovery: DiscoveryIr;
  readonly store: StoreIr;
  readonly cluster: ClusterIr;
  readonly audit: AuditIr;
  readonly identity: readonly JsonObject[];
  readonly roles: { readonly [role: string]: readonly string[] };
  readonly server: ServerIr;
  readonly limits: LimitsIr;
  readonly telemetry: TelemetryIr;
}

export function emitSettings(root: Cursor, paths: PathResolver, report: Report): Settings {
  const server = emitServer(root, paths);
  const store = emitStore(root, paths, report);
  return {
    discovery: emitDiscovery(root, paths),
    store,
    cluster: emitCluster(root, store, report),
    audit: emitAudit(root, paths, server.transport, report),
    ...emitIdentity(root, paths),
    server,
    limits: read(limits, root.get("limits")) as unknown as LimitsIr,
    telemetry: read(telemetry, root.get("telemetry")) as unknown as TelemetryIr,
  };
}

function read(field: Field, cursor: Cursor | undefined): JsonObject {
  return (normalize(field, cursor?.node) ?? {}) as JsonObject;
}

function emitDiscovery(root: Cursor, paths: PathResolver): DiscoveryIr {
  const { enabled, index: _, embeddings, ...rest } = read(discovery, root.get("discovery"));
  const cache = paths.resolve(root.child("discovery")?.child("embeddings")?.get("cache"));
  return {
    ...rest,
    ...(enabled === false ? { include: [] } : {}),
    ...(isJsonObject(embeddings) ? { embeddings: { ...embeddings, ...optional("cache", cache) } } : {}),
  } as unknown as DiscoveryIr;
}

function emitStore(root: Cursor, paths: PathResolver, report: Report): StoreIr {
  const cursor = root.child("store");
  const value = read(store, root.get("store"));
  const retention = value["retention"] as JsonObject;
  const written = value["kind"] as "memory" | "sqlite" | "postgres" | "file";
  const kind = written === "file" ? "sqlite" : written;
  const given = paths.resolve(cursor?.get("path"));
  const path =
    written === "file" && given !== undefined ? `${given.replace(/[/\\]$/, "")}/flowgate.sqlite` : given;
  const url = cursor?.text("url");
  if (cursor !== undefined && kind === "sqlite" && path === undefined) {
    report("FG202", cursor.key, `a store of kind ${written} needs \`path\``, {
      pointer: `${cursor.pointer}/path`,
    });
  }
  if (cursor !== undefined && kind === "postgres" && url === undefined) {
    report("FG202", cursor.key, "a store of kind postgres needs `url`", { pointer: `${cursor.pointer}/url` });
  }
  return {
    kind,
    ...optional("path", path),
    ...optional("url", url),
    poolSize: value["poolSize"] as number,
    statementTimeoutMs: value["statementTimeoutMs"] as number,
    leaseMs: value["leaseMs"] as number,
    retention: { terminalMs: retention["terminal"] as number, auditMs: retention["audit"] as number },
  };
}

const BUS_URLS: { readonly [bus: string]: RegExp } = {
  postgres: /^postgres(?:ql)?:\/\/./,
  redis: /^rediss?:\/\/./,
  nats: /^(?:nats|tls):\/\/./,
};

function emitCluster(root: Cursor, store: StoreIr, report: Report): ClusterIr {
  const cursor = root.child("cluster");
  const given = cursor?.text("bus");
  const bus = (given ?? (store.kind === "postgres" ? "postgres" : "none")) as ClusterIr["bus"];
  const url = cursor?.text("url");
  const form = BUS_URLS[bus];
  const pointer = `${cursor?.pointer ?? ""}/url`;
  if (cursor === undefined || (url === undefined && bus === store.kind)) return { bus };
  if (form === undefined) {
    if (url !== undefined)
      report("FG207", cursor.get("url")?.key, "there is no bus for this `url`: say which with `bus`", {
        pointer,
      });
    return { bus };
  }
  if (url === undefined) report("FG202", cursor.key, `cluster.bus: ${bus} needs \`url\``, { pointer });
  else if (!form.test(url) || !url.split(",").every((one) => URL.canParse(one)))
    report("FG204", cursor.get("url")?.node, `this is no URL that cluster.bus: ${bus} can use`, { pointer });
  return { bus, ...optional("url", url) };
}

function emitAudit(root: Cursor, paths: PathResolver, transport: string, report: Report): AuditIr {
  const cursor = root.child("audit");
  const value = read(audit, root.get("audit"));
  const rotate = value["rotate"] as JsonObject;
  const listed = cursor?.itemsOf("sinks") ?? [];
  if (cursor !== undefined && listed.length > 0 && cursor.has("sink")) {
    report(
      "FG207",
      cursor.get("sink")?.key,
      "`sink` is the short form of `sinks`: only one of them can be given",
      {
        pointer: cursor.pointer,
      },
    );
  }
  const sinks =
    listed.length > 0
      ? listed.flatMap((sink) => emitSink(sink, "kind", paths, transport, report) ?? [])
      : cursor?.has("sink")
        ? [emitSink(cursor, "sink", paths, transport, report) ?? []].flat()
        : [];
  return {
    sinks: sinks.filter(({ kind }) => kind !== "none"),
    onFailure: value["onFailure"] as AuditIr["onFailure"],
    rotate: {
      maxBytes: rotate["maxBytes"] as number,
      maxAgeMs: rotate["maxAge"] as number,
      keep: rotate["keep"] as number,
    },
    payloads: value["payloads"] as AuditIr["payloads"],
    redact: cursor?.texts("redact") ?? [],
    ...optional("signingKeyFile", paths.resolve(cursor?.get("signingKeyFile"))),
    maxUnsealed: value["maxUnsealed"] as number,
  };
}

function emitSink(
  cursor: Cursor,
  key: "kind" | "sink",
  paths: PathResolver,
  transport: string,
  report: Report,
): AuditIr["sinks"][number] | undefined {
  let kind = cursor.text(key) as AuditSinkKind | undefined;
  if (kind === undefined) return undefined;
  if (kind === "stdout" && transport === "stdio") {
    report(
      "FG206",
      cursor.get(key)?.node,
      "standard output carries MCP on stdio, so records go to standard error",
      {
        pointer: `${cursor.pointer}/${key}`,
        hint: `Write \`${key}: stderr\`.`,
        rewrite: scalarStep((cursor.get(key) ?? cursor).node, "stderr"),
      },
    );
    kind = "stderr";
  }
  const needs = kind === "file" ? "path" : kind === "otlp" || kind === "webhook" ? "url" : undefined;
  if (needs !== undefined && !cursor.has(needs)) {
    report("FG202", cursor.get(key)?.node, `an audit sink of kind ${kind} needs \`${needs}\``, {
      pointer: `${cursor.pointer}/${needs}`,
    });
  }
  const options = createRecord<Json>();
  const written = normalize(auditSink, cursor.node) as JsonObject;
  for (const name of AUDIT_SINK_OPTIONS) {
    const option = name === "heads" ? toHeads(cursor, paths) : written[name];
    if (option !== undefined && cursor.has(name)) options[name] = option;
  }
  return {
    kind,
    ...optional("path", paths.resolve(cursor.get("path"))),
    ...optional("url", cursor.text("url")),
    events: cursor.texts("events"),
    options,
  };
}

/** A file, seen from the file that names it, or `false`. */
function toHeads(cursor: Cursor, paths: PathResolver): Json | undefined {
  const heads = cursor.json("heads");
  return typeof heads === "boolean" ? heads : paths.resolve(cursor.get("heads"));
}

function emitIdentity(root: Cursor, paths: PathResolver): Pick<Settings, "identity" | "roles"> {
  const cursor = root.get("identity");
  const value = normalize(identity, cursor?.node) as JsonObject | readonly JsonObject[] | undefined;
  const single = Array.isArray(value) ? undefined : (value as JsonObject | undefined);
  const several = single?.["kind"] === "providers" ? single : undefined;
  const providers = (several?.["providers"] ?? value ?? []) as readonly JsonObject[] | JsonObject;
  const list = Array.isArray(providers) ? (providers as readonly JsonObject[]) : [providers as JsonObject];
  const cursors = several === undefined ? (cursor?.items() ?? []) : (cursor?.itemsOf("providers") ?? []);
  return {
    identity: list.map((provider, index) => {
      const jwksFile = paths.resolve(cursors[index]?.get("jwksFile"));
      return jwksFile === undefined ? provider : { ...provider, jwksFile };
    }),
    roles: (several?.["roles"] ?? createRecord()) as { readonly [role: string]: readonly string[] },
  };
}

function emitServer(root: Cursor, paths: PathResolver): ServerIr {
  const cursor = root.child("server");
  const value = read(server, root.get("server"));
  const http = value["http"] as JsonObject;
  const admin = value["admin"] as JsonObject;
  const drain = value["drain"] as JsonObject;
  const { listen: _, tls: __, ...rest } = http;
  const tls = cursor?.child("http")?.child("tls");
  const cert = paths.resolve(tls?.get("cert"));
  const key = paths.resolve(tls?.get("key"));
  const ca = paths.resolve(tls?.get("ca"));
  const crl = paths.resolve(tls?.get("crl"));
  const clientCertificate = tls?.text("clientCertificate") === "required" ? "required" : "optional";
  return {
    ...optional("name", value["name"] as string | undefined),
    transport: value["transport"] as ServerIr["transport"],
    toolNames: value["toolNames"] as ServerIr["toolNames"],
    http: {
      ...(rest as unknown as Omit<ServerIr["http"], "host" | "port" | "tls">),
      ...(parseAddress(http["listen"] as string) ?? { host: "127.0.0.1", port: 8787 }),
      ...(cert === undefined || key === undefined
        ? {}
        : {
            tls: { cert, key, ...optional("ca", ca), ...optional("crl", crl), clientCertificate },
          }),
    },
    ...(cursor?.has("admin")
      ? {
          admin: {
            ...(parseAddress(admin["listen"] as string) ?? { host: "127.0.0.1", port: 8788 }),
            inline: admin["inline"] as boolean,
          },
        }
      : {}),
    drain: { deadlineMs: drain["deadlineMs"] as number },
    egress: value["egress"] as unknown as ServerIr["egress"],
    watch: value["watch"] as boolean,
  };
}
