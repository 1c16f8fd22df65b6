import type { CheckedConfig } from "../checked-config.ts";
import type { RenderOptions } from "./format.ts";

/** For programs: one object; `configs` holds one entry for each configuration. */
export function renderJson(configs: readonly CheckedConfig[], options: RenderOptions): string {
  const entries = configs.map(({ files, compilation }) => {
    const { diagnostics, plan, policies, workflowHashes } = compilation;
    const count = (severity: string): number => diagnostics.filter((one) => one.severity === severity).length;
    return {
      files: files.map(options.showPath),
      ok: plan !== undefined && !(options.strict && count("warning") > 0),
      errors: count("error"),
      warnings: count("warning"),
      notices: count("notice"),
      diagnostics: diagnostics.map((one) =>
        one.place === undefined
          ? one
          : { ...one, place: { ...one.place, file: options.showPath(one.place.file) } },
      ),
      policies: policies.map((one) => ({
        ...one,
        place: { ...one.place, file: options.showPath(one.place.file) },
      })),
      ...(plan === undefined
        ? {}
        : {
            plan: {
              hash: plan.hash,
              connections: Object.keys(plan.connections),
              exposed: plan.exposed,
              workflows: Object.fromEntries(workflowHashes),
            },
          }),
    };
  });
  return `${JSON.stringify({ version: 1, configs: entries }, undefined, 2)}\n`;
}
