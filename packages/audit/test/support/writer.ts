/**
 * A gateway as far as its trail is concerned, as a process that can be killed: appends events, and prints the number
 * of each that it was told is recorded. Arguments: path, name, maxBytes, how many (without an end where left out).
 */
import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { createAuditSink } from "@mcp-flowgate/audit";
import { nodeDigest } from "@mcp-flowgate/testkit";

const [path = "", name = "", maxBytes = "0", limit = "Infinity"] = process.argv.slice(2);
const ignore = (): void => undefined;
const trail = await createAuditSink(
  {
    sinks: [{ kind: "file", path, events: [], options: { checkpointMs: 50 } }],
    onFailure: "fail_closed",
    rotate: { maxBytes: Number(maxBytes), maxAgeMs: 0, keep: 1000 },
    payloads: "full",
    redact: [],
  },
  {
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      schedule(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
    ids: { next: (prefix) => `${prefix}_${randomUUID()}`, random: () => Math.random() },
    digest: nodeDigest,
    secrets: [],
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    process: name,
  },
);

for (let index = 0; index < Number(limit); index += 1) {
  const note = "x".repeat((index * 7919) % 20_000);
  await trail
    .append([
      {
        type: "executor.started",
        at: Date.now(),
        correlationId: "cor_1",
        payload: { writer: name, index, note },
      },
    ])
    .then(
      () => writeSync(1, `${index}\n`),
      () => writeSync(1, `${index} refused\n`),
    );
}
await trail.close();
