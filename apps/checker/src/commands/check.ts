import { compileConfig, type SourceReader } from "@mcp-flowgate/config-compiler";
import { fails, type CheckedConfig } from "../checked-config.ts";
import { createNodeDigest, createNodeReader } from "../node-reader.ts";
import type { CheckFormat } from "../render/format.ts";
import { pathFrom } from "../render/path-from.ts";
import { renderCheck } from "../render/render-check.ts";

/** What a check needs besides the files. Everything has the machine's own as default. */
export interface CheckEnvironment {
  readonly reader?: SourceReader;
  readonly env?: (name: string) => string | undefined;
  /** Paths are shown seen from here. */
  readonly cwd?: string;
  readonly color?: boolean;
  readonly write: (text: string) => void;
  /** Told which files took part, those that could not be read included. */
  readonly onFiles?: (files: readonly string[]) => void;
}

export interface CheckOptions {
  /** Files of one configuration; the later ones are overlays on the earlier. */
  readonly files: readonly string[];
  readonly format?: CheckFormat;
  /** Warnings fail too. */
  readonly strict?: boolean;
  /** Only what fails is shown. */
  readonly quiet?: boolean;
  /** Each file is a configuration of its own. */
  readonly each?: boolean;
}

/** 0: nothing that fails, 1: something does. */
export type CheckExit = 0 | 1;

/** Checks configurations, writes what was found, and says whether that fails. */
export async function runCheck(options: CheckOptions, environment: CheckEnvironment): Promise<CheckExit> {
  const cwd = environment.cwd ?? process.cwd();
  const reader = environment.reader ?? createNodeReader();
  const env = environment.env ?? ((name: string) => process.env[name]);
  const digest = createNodeDigest();
  const absolute = options.files.map((file) => reader.resolve(cwd, file));
  const sets = options.each === true ? absolute.map((file) => [file]) : [absolute];
  const checked: CheckedConfig[] = [];
  for (const files of sets) {
    checked.push({ files, compilation: await compileConfig({ files, reader, env, digest }) });
  }
  for (const { files, compilation } of checked) {
    environment.onFiles?.([
      ...new Set([...files, ...compilation.sources.keys(), ...(compilation.plan?.files ?? [])]),
    ]);
  }
  const strict = options.strict === true;
  const shown = checked.map((config) => (options.quiet === true ? withFailuresOnly(config, strict) : config));
  environment.write(
    renderCheck(shown, {
      format: options.format ?? "pretty",
      color: environment.color ?? false,
      quiet: options.quiet === true,
      strict,
      showPath: (file) => pathFrom(cwd, file),
    }),
  );
  return checked.some(({ compilation }) => compilation.diagnostics.some((one) => fails(one, strict))) ? 1 : 0;
}

function withFailuresOnly(config: CheckedConfig, strict: boolean): CheckedConfig {
  const diagnostics = config.compilation.diagnostics.filter((one) => fails(one, strict));
  return { ...config, compilation: { ...config.compilation, diagnostics } };
}
