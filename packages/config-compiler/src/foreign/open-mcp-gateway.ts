import { nearest } from "@mcp-flowgate/json-schema";
import type { Report } from "../diagnostics/reporter.ts";
import { describeNode, quote, type ConfigNode, type MapEntry, type MapNode } from "../source/config-node.ts";
import { listAt, mapAt, scalarAt } from "./build-node.ts";

/** A file of Open MCP Gateway in the words of this format. */
export interface Translated {
  readonly tree: MapNode;
  /** What the file says of every server: put into each connection that says nothing of it. */
  readonly connectionDefaults: ReadonlyMap<string, MapEntry>;
}

const CATALOG_KEYS = ["servers"];
const GATEWAY_KEYS = [
  "listen_addr",
  "catalog_path",
  "log_level",
  "api_key",
  "idle_timeout_seconds",
  "health_check_interval_seconds",
  "max_connections_per_server",
  "request_timeout_seconds",
  "cors_enabled",
  "cors_origins",
];
const SERVER_KEYS = ["id", "display_name", "description", "runtime", "env", "tags"];
const RUNTIME_KEYS: { readonly [type: string]: readonly string[] } = {
  "local-process": ["type", "command", "args", "working_dir"],
  "remote-sse": ["type", "url", "headers"],
  "remote-http": ["type", "url", "headers"],
};

/**
 * Translates a `catalog.yaml` or `config.yaml` of Open MCP Gateway, or gives undefined for any other file. The result has the
 * places of the original, so that later findings point into the file as it is. `home` stands for `~` in `catalog_path`.
 */
export function translateOpenMcpGateway(
  tree: MapNode,
  report: Report,
  home: string | undefined,
): Translated | undefined {
  const isCatalog = tree.entries.get("servers")?.value.kind === "list" && !tree.entries.has("version");
  const isGateway = tree.entries.has("listen_addr") || tree.entries.has("catalog_path");
  if (!isCatalog && !isGateway) return undefined;
  report(
    "FG115",
    tree,
    `this ${isGateway ? "configuration" : "catalogue"} of Open MCP Gateway is taken over`,
    {
      hint: "Its servers become `connections` and `proxy.import`; callers see seven tools instead of each server's own.",
    },
  );
  refuseUnknown(tree, [...CATALOG_KEYS, ...GATEWAY_KEYS, "include"], "the file", report);
  const servers = tree.entries.get("servers")?.value;
  const taken = servers?.kind === "list" ? takeServers(servers.items, report) : undefined;
  const settings = isGateway ? takeSettings(tree, report, home) : {};
  const include = tree.entries.get("include")?.value;
  return {
    tree: mapAt(tree, {
      version: scalarAt({ ...tree, end: tree.start }, "1.0.0"),
      include: include ?? settings.include,
      ...(taken === undefined || servers === undefined
        ? {}
        : {
            connections: taken.connections,
            proxy: mapAt(servers, { import: listAt(servers, taken.imports) }),
          }),
      server: settings.server,
      telemetry: settings.telemetry,
      identity: settings.identity,
    }),
    connectionDefaults: isGateway ? takeConnectionDefaults(tree, report) : new Map(),
  };
}

/** `tree` with `defaults` put into each connection that says nothing of them. Programs alone are stopped when idle. */
export function withConnectionDefaults(tree: MapNode, defaults: ReadonlyMap<string, MapEntry>): MapNode {
  const connections = tree.entries.get("connections");
  if (defaults.size === 0 || connections?.value.kind !== "map") return tree;
  const entries = new Map<string, MapEntry>();
  for (const [name, entry] of connections.value.entries) {
    const { value } = entry;
    if (value.kind !== "map") entries.set(name, entry);
    else {
      const missing = [...defaults].filter(
        ([key]) => !value.entries.has(key) && (key !== "idleTimeoutMs" || value.entries.has("command")),
      );
      entries.set(name, { ...entry, value: { ...value, entries: new Map([...value.entries, ...missing]) } });
    }
  }
  const value = { ...connections.value, entries };
  return { ...tree, entries: new Map(tree.entries).set("connections", { ...connections, value }) };
}

function takeServers(
  items: readonly ConfigNode[],
  report: Report,
): { readonly connections: MapNode | undefined; readonly imports: readonly ConfigNode[] } {
  const connections = new Map<string, MapEntry>();
  const imports: ConfigNode[] = [];
  for (const [index, item] of items.entries()) {
    const id = item.kind === "map" ? item.entries.get("id")?.value : undefined;
    if (item.kind !== "map" || id?.kind !== "scalar" || typeof id.value !== "string" || id.value === "") {
      report("FG117", item, `servers[${index}] has no \`id\``, { hint: "Give it a name: `id: github`." });
      continue;
    }
    if (connections.has(id.value)) {
      report("FG117", id, `the server ${quote(id.value)} is listed twice`, { hint: "Rename one of them." });
      continue;
    }
    refuseUnknown(item, SERVER_KEYS, `the server ${quote(id.value)}`, report);
    const connection = takeRuntime(id.value, item, report);
    if (connection === undefined) continue;
    connections.set(id.value, { key: id, value: connection });
    const tags = item.entries.get("tags")?.value;
    imports.push(mapAt(item, { connection: id, prefix: id, tags }));
  }
  const [first] = items;
  return {
    connections: first === undefined ? undefined : { ...mapAt(first, {}), entries: connections },
    imports,
  };
}

function takeRuntime(id: string, item: MapNode, report: Report): MapNode | undefined {
  const runtime = item.entries.get("runtime")?.value;
  const type = runtime?.kind === "map" ? runtime.entries.get("type")?.value : undefined;
  if (runtime?.kind !== "map" || type?.kind !== "scalar" || typeof type.value !== "string") {
    report("FG117", runtime ?? item, `the server ${quote(id)} does not say how it runs`, {
      hint: "Give it a runtime: `runtime: { type: local-process, command: … }`.",
    });
    return undefined;
  }
  const known = RUNTIME_KEYS[type.value];
  if (known === undefined) {
    report(
      "FG117",
      type,
      `the server ${quote(id)} has the runtime ${describeNode(type)}, which is not available`,
      {
        hint:
          type.value === "docker"
            ? "Run the container as a program: `type: local-process, command: docker, args: [run, -i, --rm, IMAGE]`."
            : `The types are ${Object.keys(RUNTIME_KEYS).join(", ")}.`,
      },
    );
    return undefined;
  }
  refuseUnknown(runtime, known, `the runtime of ${quote(id)}`, report);
  const get = (from: MapNode, key: string): ConfigNode | undefined => from.entries.get(key)?.value;
  const isLocal = type.value === "local-process";
  const env = item.entries.get("env");
  if (!isLocal && env !== undefined) {
    report("FG116", env.key, `\`env\` of ${quote(id)} has no effect: it is not a program`, {
      hint: "Remove it.",
    });
  }
  return mapAt(runtime, {
    kind: scalarAt(type, "mcp"),
    description: get(item, "description") ?? get(item, "display_name"),
    tags: get(item, "tags"),
    command: get(runtime, "command"),
    args: get(runtime, "args"),
    cwd: get(runtime, "working_dir"),
    env: isLocal ? env?.value : undefined,
    url: get(runtime, "url"),
    headers: get(runtime, "headers"),
  });
}

interface Settings {
  readonly include?: ConfigNode | undefined;
  readonly server?: ConfigNode | undefined;
  readonly telemetry?: ConfigNode | undefined;
  readonly identity?: ConfigNode | undefined;
}

function takeSettings(tree: MapNode, report: Report, home: string | undefined): Settings {
  const read = (key: string): ConfigNode | undefined => tree.entries.get(key)?.value;
  const say = (key: string, now: string): void => {
    const entry = tree.entries.get(key);
    if (entry !== undefined) report("FG115", entry.key, `\`${key}\` is taken as \`${now}\``);
  };
  say("listen_addr", "server.http.listen");
  say("catalog_path", "include");
  say("log_level", "telemetry.logs.level");
  say("api_key", "identity");
  say("cors_origins", "server.http.allowedOrigins");
  const listen = read("listen_addr");
  const catalog = read("catalog_path");
  const level = read("log_level");
  const key = read("api_key");
  const origins = takeOrigins(tree, report);
  return {
    include:
      catalog?.kind === "scalar" && typeof catalog.value === "string"
        ? { ...catalog, value: catalog.value.replace(/^~(?=\/)/, home ?? "~") }
        : catalog,
    server: mapAt(tree, {
      transport: scalarAt(listen ?? { ...tree, end: tree.start }, "http"),
      http: mapAt(listen ?? tree, { listen, allowedOrigins: origins }),
    }),
    telemetry: level && mapAt(level, { logs: mapAt(level, { level }) }),
    identity:
      key &&
      mapAt(key, {
        kind: scalarAt(key, "apiKeys"),
        keys: listAt(key, [
          mapAt(key, { id: scalarAt(key, "api_key"), key, subject: scalarAt(key, "api_key") }),
        ]),
      }),
  };
}

/** Any origin at all is what a gateway must not accept: pages that the user visits could reach it. */
function takeOrigins(tree: MapNode, report: Report): ConfigNode | undefined {
  const origins = tree.entries.get("cors_origins");
  if (origins === undefined || origins.value.kind !== "list") return origins?.value;
  const isAny = (node: ConfigNode): boolean => node.kind === "scalar" && node.value === "*";
  const any = origins.value.items.find(isAny);
  if (any !== undefined) {
    report(
      "FG116",
      any,
      "`*` in `cors_origins` is not taken over: web pages of any site could call the gateway",
      {
        hint: "Name the origins: `https://app.example.com`.",
      },
    );
  }
  const enabled = tree.entries.get("cors_enabled")?.value;
  const isOff = enabled?.kind === "scalar" && enabled.value === false;
  return { ...origins.value, items: isOff ? [] : origins.value.items.filter((item) => !isAny(item)) };
}

const CONNECTION_DEFAULTS = [
  ["idle_timeout_seconds", "idleTimeoutMs"],
  ["health_check_interval_seconds", "healthCheckMs"],
  ["request_timeout_seconds", "timeoutMs"],
  ["max_connections_per_server", "maxConcurrency"],
] as const;

function takeConnectionDefaults(tree: MapNode, report: Report): ReadonlyMap<string, MapEntry> {
  const defaults = new Map<string, MapEntry>();
  for (const [theirs, ours] of CONNECTION_DEFAULTS) {
    const entry = tree.entries.get(theirs);
    if (entry === undefined) continue;
    report("FG115", entry.key, `\`${theirs}\` is taken as \`${ours}\` of every connection`);
    const { value } = entry;
    // Nought seconds of idling means "never stopped" there, which is what leaving it out means here.
    if (value.kind === "scalar" && value.value === 0) continue;
    const inMs = value.kind === "scalar" && typeof value.value === "number" && ours !== "maxConcurrency";
    defaults.set(ours, {
      key: entry.key,
      value: inMs ? { ...value, value: (value.value as number) * 1000 } : value,
    });
  }
  return defaults;
}

function refuseUnknown(map: MapNode, known: readonly string[], where: string, report: Report): void {
  for (const [key, entry] of map.entries) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    report("FG116", entry.key, `${quote(key)} of ${where} has no counterpart and is left out`, {
      hint: meant === undefined ? "Remove it." : `Did you mean \`${meant}\`?`,
    });
  }
}
