export { createHumanExecutor } from "./executor.ts";
