import { toConfigSchema } from "@mcp-flowgate/config-compiler";
import { renderConfigurationReference, renderDiagnosticsReference } from "./render-reference.ts";

/** Everything that is generated, by path from the repository's root. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["schemas/v1/gateway-config.schema.json", `${JSON.stringify(toConfigSchema(), undefined, 2)}\n`],
    ["docs/configuration.md", renderConfigurationReference()],
    ["docs/diagnostics.md", renderDiagnosticsReference()],
  ]);
}
