import { toConfigSchema, toScenariosSchema } from "@mcp-flowgate/config-compiler";
import { renderConfigurationReference, renderDiagnosticsReference } from "./render-reference.ts";
import { renderTypes } from "./render-types.ts";

/** Everything that is generated, by path from the repository's root. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["schemas/v1/gateway-config.schema.json", `${JSON.stringify(toConfigSchema(), undefined, 2)}\n`],
    ["schemas/v1/scenarios.schema.json", `${JSON.stringify(toScenariosSchema(), undefined, 2)}\n`],
    ["packages/config-compiler/src/generated/gateway-config.ts", renderTypes()],
    ["docs/configuration.md", renderConfigurationReference()],
    ["docs/diagnostics.md", renderDiagnosticsReference()],
  ]);
}

/** Whether a file holds what was generated. TypeScript is laid out anew by the formatter, so only its words count. */
export function isCurrent(path: string, onDisk: string | undefined, generated: string): boolean {
  if (onDisk === undefined || onDisk === generated) return onDisk === generated;
  return path.endsWith(".ts") && words(onDisk) === words(generated);
}

function words(text: string): string {
  return text.replaceAll(/[\s,;|()]+/g, "");
}
