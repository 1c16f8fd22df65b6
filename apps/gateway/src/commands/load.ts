import { relative, resolve } from "node:path";
import { err, ok, type GatewayPlan, type Result } from "@mcp-flowgate/core";
import { compileConfig, type Compilation, type CompileCache } from "@mcp-flowgate/config-compiler";
import { createNodeReader, renderCheck } from "flowgate-check";
import { systemDigest } from "../host/ids.ts";
import type { ReloadProblem } from "../reload/reloader.ts";
import { CommandError } from "./command-error.ts";

/** The files that `-c` names, else those of FLOWGATE_CONFIG (separated like PATH). */
export function configFiles(given: readonly string[] | undefined): readonly string[] {
  const files =
    given ??
    process.env["FLOWGATE_CONFIG"]
      ?.split(process.platform === "win32" ? ";" : ":")
      .filter((file) => file !== "") ??
    [];
  if (files.length === 0)
    throw new CommandError("No configuration: give one with -c FILE or FLOWGATE_CONFIG.", 2);
  return files;
}

/** What a process serves, the same for every process that was started with the same files. */
export function servedOf(files: readonly string[], server?: string): string {
  return JSON.stringify([files.map((file) => resolve(file)), server ?? ""]);
}

/**
 * The plan of a configuration, by the same code path as the checker. Its findings go to standard error.
 *
 * @param cache Where what is found out is kept for {@link reloadPlan}.
 */
export async function loadPlan(files: readonly string[], cache?: CompileCache): Promise<GatewayPlan> {
  const { compilation, text } = await compileFiles(files, cache);
  process.stderr.write(text);
  if (compilation.plan === undefined)
    throw new CommandError(`${describeErrors(files, compilation)}; nothing was started.`);
  return compilation.plan;
}

/** The plan of a configuration that is read again, or what is wrong with it. */
export async function reloadPlan(
  files: readonly string[],
  cache?: CompileCache,
): Promise<Result<GatewayPlan, ReloadProblem>> {
  const { compilation } = await compileFiles(files, cache);
  if (compilation.plan !== undefined) return ok(compilation.plan);
  const diagnostics = compilation.diagnostics
    .filter(({ severity }) => severity === "error")
    .slice(0, MOST_DIAGNOSTICS)
    .map(({ code, message, hint, place }) => ({
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(place === undefined ? {} : { file: place.file, line: place.line, column: place.column }),
    }));
  return err({ reason: describeErrors(files, compilation), diagnostics });
}

/** Findings that an answer or a record holds; the checker shows all. */
const MOST_DIAGNOSTICS = 50;

async function compileFiles(
  files: readonly string[],
  cache: CompileCache | undefined,
): Promise<{ readonly compilation: Compilation; readonly text: string }> {
  const reader = createNodeReader();
  const absolute = files.map((file) => reader.resolve(process.cwd(), file));
  const compilation = await compileConfig({
    files: absolute,
    reader,
    env: (name) => process.env[name],
    digest: systemDigest,
    ...(cache === undefined ? {} : { cache }),
  });
  const shown = {
    ...compilation,
    diagnostics: compilation.diagnostics.filter(({ severity }) => severity !== "notice"),
  };
  const text = renderFindings(absolute, shown);
  return { compilation, text };
}

/** What was found in files, as `check` shows it to people. */
export function renderFindings(files: readonly string[], compilation: Compilation): string {
  const color = process.stderr.isTTY && process.env["NO_COLOR"] === undefined;
  const showPath = (file: string): string => relative(process.cwd(), file) || file;
  return renderCheck([{ files, compilation }], {
    format: "pretty",
    color,
    quiet: true,
    strict: false,
    showPath,
  });
}

function describeErrors(files: readonly string[], { diagnostics }: Compilation): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  return `${files.join(", ")} has ${errors} error${errors === 1 ? "" : "s"}`;
}
