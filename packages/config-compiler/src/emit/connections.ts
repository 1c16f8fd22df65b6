import {
  createRecord,
  DEFAULT_INHERIT_ENV,
  type AuthIr,
  type CliConnectionIr,
  type ConnectionIr,
} from "@mcp-flowgate/core";
import { nearest } from "@mcp-flowgate/json-schema";
import type { Report } from "../diagnostics/reporter.ts";
import { scalarStep, type RewriteStep } from "../diagnostics/rewrite.ts";
import { connection as connectionField } from "../schema/connections.ts";
import { normalize } from "../schema/normalize.ts";
import { caseOf } from "../schema/resolve.ts";
import { quote, type Span } from "../source/config-node.ts";
import { optional, type Cursor } from "./cursor.ts";
import type { ConnectionIndex, PathResolver } from "./world.ts";

interface Entry {
  readonly cursor: Cursor;
  readonly ir: ConnectionIr | undefined;
  readonly uses: Set<"mcp" | "cli" | "http">;
  firstMcpUse?: Cursor;
}

/** Emits every connection; uses are noted as the rest is emitted. */
export function indexConnections(root: Cursor, paths: PathResolver, report: Report): ConnectionIndex {
  const entries = new Map<string, Entry>();
  const state = { missing: false };
  for (const cursor of root.entriesOf("connections")) {
    entries.set(cursor.name, { cursor, ir: emitConnection(cursor, paths, report), uses: new Set() });
  }
  return {
    names: [...entries.keys()],
    use: (name, kind) => {
      if (name.value !== undefined && !entries.has(name.value)) state.missing = true;
      use(entries, name, kind, report);
    },
    useAgain(name, kind) {
      const entry = entries.get(name);
      if (entry?.ir?.kind !== kind) return false;
      entry.uses.add(kind);
      return true;
    },
    finish: () => finish(entries, state.missing, report),
  };
}

function use(entries: Map<string, Entry>, name: Cursor, kind: "mcp" | "cli" | "http", report: Report): void {
  const wanted = name.value;
  if (wanted === undefined) return;
  const entry = entries.get(wanted);
  if (entry === undefined) {
    const close = nearest(wanted, entries.keys());
    const known = [...entries.keys()];
    const names = known.length === 0 ? "There are none." : `They are ${known.slice(0, 10).join(", ")}.`;
    report("FG301", name.node, `there is no connection ${quote(wanted)}`, {
      pointer: name.pointer,
      hint: close === undefined ? names : `Did you mean \`${close}\`?`,
    });
    return;
  }
  entry.uses.add(kind);
  if (entry.ir === undefined || entry.ir.kind === kind) return;
  if (kind === "mcp" && entry.ir.kind === "cli") {
    entry.firstMcpUse ??= name;
    return;
  }
  report(
    "FG302",
    name.node,
    `the connection ${quote(wanted)} is of kind ${entry.ir.kind}; here one of kind ${kind} is needed`,
    {
      pointer: name.pointer,
    },
  );
}

function finish(
  entries: Map<string, Entry>,
  missing: boolean,
  report: Report,
): { readonly [name: string]: ConnectionIr } {
  const connections = createRecord<ConnectionIr>();
  for (const [name, entry] of entries) {
    const { cursor, ir, uses, firstMcpUse } = entry;
    // A misspelt name is reported where it stands; the connection that was meant is not unused.
    if (uses.size === 0 && !missing) {
      report("FG308", cursor.key, `nothing uses the connection ${quote(name)}`, { pointer: cursor.pointer });
    }
    if (ir === undefined) continue;
    connections[name] = ir;
    if (firstMcpUse === undefined || ir.kind !== "cli") continue;
    if (uses.has("cli")) {
      report(
        "FG302",
        firstMcpUse.node,
        `the connection ${quote(name)} is of kind cli and also run as a command; here one of kind mcp is needed`,
        {
          pointer: firstMcpUse.pointer,
        },
      );
      continue;
    }
    report(
      "FG206",
      cursor.get("kind")?.node ?? cursor.key,
      `the connection ${quote(name)} is of kind cli, but used as an MCP server`,
      {
        pointer: cursor.pointer,
        hint: "Write `kind: mcp`.",
        rewrite: mcpSteps(cursor),
      },
    );
    connections[name] = asMcp(ir);
  }
  return connections;
}

/** The folder has another name there; with it alone the kind is clear. */
function mcpSteps(cursor: Cursor): readonly RewriteStep<Span>[] | undefined {
  const kind = cursor.get("kind");
  const folder = cursor.get("workingDirectory");
  const steps: readonly RewriteStep<Span>[] | undefined =
    kind === undefined ? [] : scalarStep(kind.node, "mcp");
  if (steps === undefined || folder === undefined) return steps;
  return [...steps, { kind: "key", at: folder.key, text: "cwd" }];
}

function asMcp(ir: CliConnectionIr): ConnectionIr {
  const { workingDirectory, ...rest } = ir;
  return { ...rest, kind: "mcp", transport: "stdio", ...optional("cwd", workingDirectory) };
}

function emitConnection(cursor: Cursor, paths: PathResolver, report: Report): ConnectionIr | undefined {
  const name = caseOf(connectionField, cursor.node)?.name;
  const base = {
    name: cursor.name,
    ...optional("description", cursor.text("description")),
    tags: cursor.texts("tags"),
    ...optional("timeoutMs", cursor.milliseconds("timeoutMs")),
    ...optional("maxConcurrency", cursor.number("maxConcurrency")),
    ...optional("idleTimeoutMs", cursor.milliseconds("idleTimeoutMs")),
    ...optional("healthCheckMs", cursor.milliseconds("healthCheckMs")),
  };
  const requests = {
    headers: cursor.textRecord("headers"),
    ...optional("auth", emitAuth(cursor.child("auth"))),
  };
  if (name === "http") {
    const baseUrl = cursor.text("baseUrl");
    return baseUrl === undefined ? undefined : { ...base, kind: "http", baseUrl, ...requests };
  }
  const command = commandOf(cursor, paths);
  const child = {
    args: cursor.texts("args"),
    env: cursor.textRecord("env"),
    inheritEnv: cursor.has("inheritEnv") ? cursor.texts("inheritEnv") : DEFAULT_INHERIT_ENV,
  };
  if (name === "cli") {
    const workingDirectory = paths.resolve(cursor.get("workingDirectory"));
    return command === undefined
      ? undefined
      : { ...base, kind: "cli", command, ...child, ...optional("workingDirectory", workingDirectory) };
  }
  if (name !== "mcp") return undefined;
  const url = cursor.text("url");
  const wantsHttp = cursor.text("transport") === "http" || (url !== undefined && command === undefined);
  if (url !== undefined && command !== undefined) {
    report("FG207", cursor.get("url")?.key, "an MCP server has a `url` or a `command`, not both", {
      pointer: cursor.pointer,
    });
  }
  if (wantsHttp) {
    if (url !== undefined) return { ...base, kind: "mcp", transport: "http", url, ...requests };
    report("FG202", cursor.key, `\`${cursor.name}\` needs \`url\``, { pointer: `${cursor.pointer}/url` });
    return undefined;
  }
  if (command === undefined) {
    report("FG202", cursor.key, `\`${cursor.name}\` needs \`command\` or \`url\``, {
      pointer: cursor.pointer,
    });
    return undefined;
  }
  const cwd = paths.resolve(cursor.get("cwd"));
  return { ...base, kind: "mcp", transport: "stdio", command, ...child, ...optional("cwd", cwd) };
}

/** A relative path stays with its file; a bare name is looked up in PATH. */
function commandOf(cursor: Cursor, paths: PathResolver): string | undefined {
  const command = cursor.text("command");
  return command !== undefined && /^(?:\.{1,2}|~)\//.test(command)
    ? paths.resolve(cursor.get("command"))
    : command;
}

function emitAuth(cursor: Cursor | undefined): AuthIr | undefined {
  const auth = connectionField.cases["http"]?.fields["auth"];
  if (cursor === undefined || auth === undefined) return undefined;
  const value = normalize(auth, cursor.node);
  return value === undefined ? undefined : (value as unknown as AuthIr);
}
