export type { CheckedConfig } from "./checked-config.ts";
export { runCheck } from "./commands/check.ts";
export type { CheckEnvironment, CheckExit, CheckOptions } from "./commands/check.ts";
export { runExplain } from "./commands/explain.ts";
export type { ExplainOutput } from "./commands/explain.ts";
export { createNodeDigest, createNodeReader } from "./node-reader.ts";
export { CHECK_FORMATS } from "./render/format.ts";
export type { CheckFormat, RenderOptions } from "./render/format.ts";
export { renderCheck } from "./render/render-check.ts";
