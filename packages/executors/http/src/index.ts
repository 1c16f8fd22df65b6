export { createHttpExecutor } from "./executor.ts";
export type { HttpExecutorOptions } from "./executor.ts";
export { toOutcome as toHttpOutcome } from "./outcome.ts";
export type { HttpAnswer } from "./outcome.ts";
