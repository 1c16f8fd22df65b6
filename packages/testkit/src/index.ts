export { createCountingIds, nodeDigest } from "./deterministic-ids.ts";
export { createManualClock, settled } from "./manual-clock.ts";
export type { ManualClock } from "./manual-clock.ts";
export { createRecordingExecutor, failed, hangs, succeeded } from "./recording-executor.ts";
export type { RecordedCall, RecordingExecutor, Scripted } from "./recording-executor.ts";
