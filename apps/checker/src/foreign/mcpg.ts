import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { openSection, type Loss, type Section } from "./losses.ts";
import { takeAccess, takeAudit, takeLogs, takeServer } from "./mcpg-settings.ts";
import { dropUndefined, takeGovernance, takeReliability, takeTool } from "./mcpg-tools.ts";

/** A guard as it is written in a configuration. */
export type GuardConfig = { readonly [key: string]: Json };

/** What the conversion builds up. */
export interface Target {
  readonly expose: JsonObject[];
  readonly workflows: Record<string, JsonObject>;
  /** The name of the connection for an origin, made when it is first asked for. */
  httpConnection(origin: string): string;
}

export interface Converted {
  readonly config: JsonObject;
  readonly losses: readonly Loss[];
}

const NOTHING_LIKE_IT = "has no counterpart here";

/** Whether a document is a configuration of MCPG: its top level holds nothing but MCPG's umbrellas. */
export function isMcpg(document: Json): document is JsonObject {
  return (
    isJsonObject(document) && !("version" in document) && ("mcp" in document || "governance" in document)
  );
}

/**
 * Converts a configuration of MCPG: tools with http, command and mock backends, federations, access, audit, the listener and
 * the log level. Everything else, and every part that would lose a protection, is named in `losses`.
 */
export function convertMcpg(document: JsonObject): Converted {
  const losses: Loss[] = [];
  const root = openSection(document, "", losses);
  const connections: Record<string, JsonObject> = {};
  const imports: JsonObject[] = [];
  const origins = new Map<string, string>();
  const target: Target = {
    expose: [],
    workflows: {},
    httpConnection: (origin) => {
      const known = origins.get(origin);
      if (known !== undefined) return known;
      const name = freeName(origin, connections);
      origins.set(origin, name);
      connections[name] = { kind: "http", baseUrl: origin };
      return name;
    },
  };
  const mcp = root.section("mcp");
  const capabilities = mcp.section("capabilities");
  for (const tool of capabilities.list("tools")) {
    const name = isJsonObject(tool) && typeof tool["name"] === "string" ? tool["name"] : "?";
    takeTool(openSection(tool, `mcp.capabilities.tools.${name}`, losses), target);
  }
  for (const federation of mcp.list("federations")) {
    const name =
      isJsonObject(federation) && typeof federation["name"] === "string" ? federation["name"] : "?";
    const section = mcp.item(federation, `federations.${name}`);
    takeFederation(section, connections, imports);
  }
  const governance = root.section("governance");
  const identity = takeAccess(governance.section("access"));
  const audit = takeAudit(governance.section("audit"));
  if (governance.take("policy") !== undefined)
    governance.lose(
      "policy",
      "its rules do not apply any more: write them as `guards` before others can call",
    );
  const server = takeServer(root.section("gateway").section("server"), identity !== undefined);
  const telemetry = takeLogs(root.section("observability").section("logs"));
  root.rest(NOTHING_LIKE_IT);
  const proxy = dropUndefined({
    import: imports.length === 0 ? undefined : (imports as readonly JsonObject[] as Json),
    expose: target.expose.length === 0 ? undefined : (target.expose as readonly JsonObject[] as Json),
  });
  return {
    config: dropUndefined({
      version: "1.0.0",
      server,
      identity,
      audit,
      telemetry,
      connections: emptyToUndefined(connections),
      proxy: emptyToUndefined(proxy),
      workflows: emptyToUndefined(target.workflows),
    }),
    losses,
  };
}

function takeFederation(
  section: Section,
  connections: Record<string, JsonObject>,
  imports: JsonObject[],
): void {
  const name = section.text("name");
  const guards = takeGovernance(section);
  const upstream = section.section("upstream");
  const auth = upstream.section("auth");
  const mode = auth.text("mode") ?? "none";
  const url = upstream.text("url");
  const command = upstream.text("command");
  const problem =
    name === undefined
      ? "it has no name"
      : !guards.ok
        ? guards.why
        : url === undefined && command === undefined
          ? "it names no url and no command"
          : authProblem(mode, url);
  if (problem !== undefined || name === undefined || !guards.ok) {
    section.lose("upstream", `left out: ${problem ?? ""}`);
    section.skip();
    return;
  }
  upstream.take("transport");
  upstream.take("protocol_version");
  upstream.take("upstream_safety");
  const importing = section.section("import");
  if (importing.take("tools") === false) {
    section.lose("import", "left out: it imports no tools");
    section.skip();
    return;
  }
  const naming = section.section("naming");
  const filter = section.section("filter");
  const prefix = naming.text("tool_prefix")?.replace(/[.]$/, "");
  connections[name] = dropUndefined({
    kind: "mcp",
    url,
    command: url === undefined ? command : undefined,
    args: upstream.take("args"),
    env: upstream.take("env"),
    auth: takeAuth(mode, auth, url),
  });
  const include = filter.list("include_tools").filter((glob) => glob !== "*");
  const reliability = takeReliability(section, upstream);
  imports.push(
    dropUndefined({
      connection: name,
      prefix: prefix === undefined || prefix === "" ? undefined : prefix,
      include: include.length === 0 ? undefined : include,
      exclude: filter.take("exclude_tools"),
      guards: guards.value.length === 0 ? undefined : (guards.value as unknown as Json),
      reliability: Object.keys(reliability).length === 0 ? undefined : reliability,
    }),
  );
}

function authProblem(mode: string, url: string | undefined): string | undefined {
  if (["none", "service_token"].includes(mode)) return undefined;
  if (mode === "pass_through" && url !== undefined) return undefined;
  return `auth.mode ${mode} takes its credentials from a plugin; write the connection's \`auth\` by hand`;
}

function takeAuth(mode: string, auth: Section, url: string | undefined): JsonObject | undefined {
  if (mode === "service_token") return { kind: "bearer", token: auth.text("token") ?? "" };
  if (mode === "pass_through" && url !== undefined && URL.canParse(url))
    return { kind: "forward", hosts: [new URL(url).hostname] };
  return undefined;
}

/** `https://api.example.com:8443` as `api-example-com-8443`. */
function freeName(origin: string, taken: { readonly [name: string]: JsonObject }): string {
  const base =
    origin
      .replace(/^https?:\/\//, "")
      .replaceAll(/\$\{\$?env\.(\w+)\}/g, "$1")
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "") || "api";
  let name = base;
  for (let index = 2; Object.hasOwn(taken, name); index += 1) name = `${base}-${index}`;
  return name;
}

function emptyToUndefined(object: { readonly [key: string]: Json }): JsonObject | undefined {
  return Object.keys(object).length === 0 ? undefined : (object as JsonObject);
}
