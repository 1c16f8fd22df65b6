export { runCheck } from "./commands/check.ts";
export type { CheckEnvironment, CheckExit, CheckOptions } from "./commands/check.ts";
export { runExplain } from "./commands/explain.ts";
export type { ExplainOutput } from "./commands/explain.ts";
export { createNodeDigest, createNodeReader } from "./node-reader.ts";
export { CHECK_FORMATS, renderCheck } from "./render/format.ts";
export type { CheckFormat } from "./render/format.ts";
