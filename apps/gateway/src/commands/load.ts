import { relative } from "node:path";
import type { GatewayPlan } from "@mcp-flowgate/core";
import { compileConfig } from "@mcp-flowgate/config-compiler";
import { createNodeReader, renderCheck } from "flowgate-check";
import { systemDigest } from "../host/ids.ts";
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

/** The plan of a configuration, by the same code path as the checker. Its findings go to standard error. */
export async function loadPlan(files: readonly string[]): Promise<GatewayPlan> {
  const reader = createNodeReader();
  const absolute = files.map((file) => reader.resolve(process.cwd(), file));
  const compilation = await compileConfig({
    files: absolute,
    reader,
    env: (name) => process.env[name],
    digest: systemDigest,
  });
  const shown = {
    ...compilation,
    diagnostics: compilation.diagnostics.filter(({ severity }) => severity !== "notice"),
  };
  const color = process.stderr.isTTY && process.env["NO_COLOR"] === undefined;
  const showPath = (file: string): string => relative(process.cwd(), file) || file;
  process.stderr.write(
    renderCheck([{ files: absolute, compilation: shown }], {
      format: "pretty",
      color,
      quiet: true,
      strict: false,
      showPath,
    }),
  );
  if (compilation.plan === undefined) {
    const errors = compilation.diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
    throw new CommandError(
      `${files.join(", ")} has ${errors} error${errors === 1 ? "" : "s"}; nothing was started.`,
    );
  }
  return compilation.plan;
}
