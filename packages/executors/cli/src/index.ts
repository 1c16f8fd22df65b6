export { createCliExecutor } from "./executor.ts";
export type { CliExecutorOptions } from "./executor.ts";
export { toOutcome as toCliOutcome } from "./outcome.ts";
export type { Run as CliRun } from "./run.ts";
