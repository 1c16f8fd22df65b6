export { createNoopExecutor } from "./executor.ts";
