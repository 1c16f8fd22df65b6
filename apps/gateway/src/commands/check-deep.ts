import { compileConfig, DIAGNOSTIC_CODES, type Compilation } from "@mcp-flowgate/config-compiler";
import { parseJson, type Diagnostic, type GatewayPlan, type SourcePlace } from "@mcp-flowgate/core";
import { createNodeReader, renderCheck, type CheckFormat } from "flowgate-check";
import { relative } from "node:path";
import type { Tried } from "../deep/finding.ts";
import { tryConnections } from "../deep/try-connections.ts";
import { tryHost } from "../deep/try-host.ts";
import { systemDigest } from "../host/ids.ts";
import { createLog } from "../host/log.ts";
import { type Write } from "./admin-calls.ts";
import { CommandError } from "./command-error.ts";
import { configFiles } from "./load.ts";
import { withFlags, type ServeOptions } from "./serve.ts";

export interface CheckDeepOptions extends Pick<ServeOptions, "config" | "transport" | "listen"> {
  readonly format?: CheckFormat;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly quiet?: boolean;
  /** How long each thing may take, in milliseconds. */
  readonly timeout?: string;
}

/**
 * `check --deep`: all of `check`, then everything that the configuration names is tried from this machine, as a start
 * would use it. No tool is called, and nothing is made or written. Exit code 1 where something fails.
 */
export async function checkDeep(
  files: readonly string[],
  options: CheckDeepOptions,
  write: Write,
): Promise<void> {
  const timeoutMs = Number(options.timeout ?? 10_000);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 600_000)
    throw new CommandError("--timeout is a number of milliseconds, from 1 to 600000.", 2);
  const reader = createNodeReader();
  const given = [...files, ...(options.config ?? [])];
  const named = configFiles(given.length === 0 ? undefined : given);
  const absolute = named.map((file) => reader.resolve(process.cwd(), file));
  const env = (name: string): string | undefined => process.env[name];
  const compilation = await compileConfig({ files: absolute, reader, env, digest: systemDigest });
  const { plan } = compilation;
  const tried = plan === undefined ? [] : await tryAll(plan, options, timeoutMs);
  const found = tried.flatMap((one) => toDiagnostics(one, compilation));
  const strict = options.strict === true;
  const fails = ({ severity }: Diagnostic): boolean =>
    severity === "error" || (strict && severity === "warning");
  const all = [...compilation.diagnostics, ...found];
  const diagnostics = options.quiet === true ? all.filter(fails) : all;
  const { plan: _, ...rest } = compilation;
  // A plan says that it would start.
  const shown: Compilation = found.some(({ severity }) => severity === "error")
    ? { ...rest, diagnostics }
    : { ...compilation, diagnostics };
  const format = options.json === true ? "json" : (options.format ?? "pretty");
  const showPath = (file: string): string => relative(process.cwd(), file) || file;
  if (format === "pretty" && options.quiet !== true) write(summary(tried, compilation, showPath));
  const text = renderCheck([{ files: absolute, compilation: shown }], {
    format,
    color: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
    quiet: options.quiet === true,
    strict,
    showPath,
  });
  write(format === "json" ? withReached(text, tried, compilation) : text);
  if (all.some(fails)) process.exitCode = 1;
}

async function tryAll(
  plan: GatewayPlan,
  options: CheckDeepOptions,
  timeoutMs: number,
): Promise<readonly Tried[]> {
  // What a server writes while it is tried would bury the findings.
  const log = createLog({ level: "silent", format: "text" });
  const server = withFlags(plan.server, options);
  const [host, connections] = await Promise.all([
    tryHost(plan, server, timeoutMs, log),
    tryConnections(plan, timeoutMs, log),
  ]);
  return [...host, ...connections];
}

function toDiagnostics(tried: Tried, { placeOf, plan }: Compilation): readonly Diagnostic[] {
  return tried.problems.map(({ code, severity, message, pointer = tried.pointer }) => {
    // What has no place of its own, such as a capability inside an import, stands where the connection does.
    const at = samePlace(placeOf(pointer), placeOf("")) ? tried.pointer : pointer;
    const place = placeOf(at);
    return {
      code,
      severity,
      message: masked(message, plan?.secrets ?? []),
      hint: DIAGNOSTIC_CODES[code]?.fix ?? "",
      ...(place === undefined ? {} : { place }),
      pointer: at,
    };
  });
}

function samePlace(one: SourcePlace | undefined, other: SourcePlace | undefined): boolean {
  return one?.file === other?.file && one?.line === other?.line && one?.column === other?.column;
}

/** The object of `--format json` with what is well, and where values came from; never a value. */
function withReached(text: string, tried: readonly Tried[], { origins, plan }: Compilation): string {
  const reached = wellOf(tried).map(({ what, pointer, seen }) => ({
    what: masked(what, plan?.secrets ?? []),
    pointer,
    seen,
  }));
  return `${JSON.stringify({ ...(parseJson(text) as object), origins, reached }, undefined, 2)}\n`;
}

function wellOf(tried: readonly Tried[]): readonly Tried[] {
  return tried.filter(({ seen, problems }) => seen !== undefined && problems.length === 0);
}

/** Answers of other systems may quote what was sent to them. */
function masked(text: string, secrets: readonly string[]): string {
  return [...secrets]
    .sort((a, b) => b.length - a.length)
    .reduce((result, secret) => result.replaceAll(secret, "(secret)"), text);
}

/** What is well, and where values came from; never a value. */
function summary(
  tried: readonly Tried[],
  { origins, plan }: Compilation,
  showPath: (file: string) => string,
): string {
  const from = origins.map(({ kind, name }) =>
    kind === "file" ? `value from the file ${showPath(name)}` : `value from the variable ${name}`,
  );
  const well = wellOf(tried).map(({ what, seen }) => `reached ${masked(what, plan?.secrets ?? [])}: ${seen}`);
  return [...from, ...well].map((line) => `${line}\n`).join("");
}
