export { startProgram, type Child } from "./child-process.ts";
export { runStoreChild } from "./child-roles.ts";
export { digest, randomIds, silentLog, systemClock } from "./environment.ts";
export {
  approvalOf,
  definitionOf,
  eventOf,
  instanceOf,
  operationOf,
  signalOf,
  startOf,
  stepOf,
  timerOf,
} from "./rows.ts";
export { readStreams } from "./streams.ts";
