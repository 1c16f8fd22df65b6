export { compileConfig } from "./compile.ts";
export type { Compilation, CompileOptions } from "./compile.ts";
export type { CodeEntry, CodeTable, DiagnosticCode } from "./diagnostics/code-entry.ts";
export { DIAGNOSTIC_CODES } from "./diagnostics/codes.ts";
export { hashDefinition } from "./hash.ts";
export { capabilityFromTool, completeWrapped } from "./imported-tool.ts";
export type { ListedTool } from "./imported-tool.ts";
export type { SourceReader } from "./source/load.ts";
export { nearest } from "@mcp-flowgate/json-schema";
