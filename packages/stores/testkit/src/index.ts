export { startProgram, type Child } from "./child-process.ts";
export { runStoreChild } from "./child-roles.ts";
export { describeAudit } from "./describe-audit.ts";
export { describeBatches } from "./describe-batches.ts";
export { describeKills } from "./describe-kills.ts";
export { describeRetention } from "./describe-retention.ts";
export { describeRoundTrip } from "./describe-round-trip.ts";
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
export type { CreateBench, KeptStore, OpenOptions, SharedBench } from "./shared-bench.ts";
export { readStreams } from "./streams.ts";
