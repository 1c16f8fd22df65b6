export { createHttpExecutor } from "./executor.ts";
export type { HttpExecutorOptions } from "./executor.ts";
