export { createCliExecutor } from "./executor.ts";
export type { CliExecutorOptions } from "./executor.ts";
