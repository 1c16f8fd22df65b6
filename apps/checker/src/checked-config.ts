import type { Diagnostic } from "@mcp-flowgate/core";
import type { Compilation } from "@mcp-flowgate/config-compiler";

/** One configuration and what was found in it. */
export interface CheckedConfig {
  readonly files: readonly string[];
  readonly compilation: Compilation;
}

/** Whether a finding makes a check fail. */
export function fails(diagnostic: Diagnostic, strict: boolean): boolean {
  return diagnostic.severity === "error" || (strict && diagnostic.severity === "warning");
}
