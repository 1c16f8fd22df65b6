import { appendFileSync, cpSync, mkdtempSync, readFileSync, renameSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditSink } from "@mcp-flowgate/audit";
import type { AuditTrail } from "@mcp-flowgate/audit";
import type { AuditEventType, AuditIr, Clock } from "@mcp-flowgate/core";
import { createCountingIds, createManualClock } from "@mcp-flowgate/testkit";
import { createDeps, draft, fileIr } from "./deps.ts";

export interface HonestTrail {
  /** The folder; the trail's current file is `audit.jsonl` in it. */
  readonly folder: string;
  readonly path: string;
  readonly steps: readonly string[];
  /** The number of events that somebody was told are recorded. */
  readonly acknowledged: number;
}

const TYPES: readonly AuditEventType[] = [
  "workflow.started",
  "transition.requested",
  "executor.started",
  "executor.succeeded",
];

/**
 * A trail as gateways leave it that start, stop, crash in the middle of a write, rotate, are followed by logrotate and
 * have a clock that jumps. Up to three write at once. The folder is a copy from the moment of the end: writers that
 * still live then have crashed as far as the copy is concerned.
 */
export async function writeHonestTrail(seed: number, stepCount = 25): Promise<HonestTrail> {
  const { random } = createCountingIds(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const parent = mkdtempSync(join(tmpdir(), "trail-"));
  let folder = join(parent, "0");
  let copies = 0;
  const clock = createManualClock();
  const living: AuditTrail[] = [];
  const all: AuditTrail[] = [];
  const steps: string[] = [];
  let starts = 0;
  let acknowledged = 0;
  let externals = 0;
  const path = (): string => join(folder, "audit.jsonl");
  const ir = (): AuditIr =>
    fileIr(path(), {
      rotate: { maxBytes: seed % 3 === 0 ? 0 : 6000, maxAgeMs: 3_600_000, keep: 2 + (seed % 4) },
    });

  async function start(): Promise<void> {
    const mortal: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      schedule: (delayMs, run) => clock.schedule(delayMs, () => living.includes(trail) && run()),
    };
    const deps = createDeps({ clock: mortal, process: `p${seed}.${(starts += 1)}` });
    const trail: AuditTrail = await createAuditSink(ir(), deps);
    living.push(trail);
    all.push(trail);
  }

  /** What a write that did not finish leaves: the beginning of a lead record, on a line of its own. */
  function tear(): void {
    if (statSync(path(), { throwIfNoEntry: false }) === undefined) return;
    const text = readFileSync(path(), "utf8");
    const [line] = text.split("\n");
    if (line === undefined || line === "") return;
    appendFileSync(path(), `${text.endsWith("\n") ? "" : "\n"}${line.slice(0, 1 + pick(line.length - 1))}`);
  }

  async function step(): Promise<string> {
    const choice = random();
    const trail = living[pick(Math.max(1, living.length))];
    if (trail === undefined) {
      await start();
      return "start";
    }
    if (choice < 0.55) {
      const count = 1 + pick(4);
      const events = Array.from({ length: count }, (_, index) =>
        draft({
          type: TYPES[pick(TYPES.length)] as AuditEventType,
          at: clock.now(),
          workflowId: `wf_${pick(4)}`,
          payload: { note: 'ä\n"'.repeat(pick(20)), index, arguments: { amount: pick(1000) } },
        }),
      );
      await trail.append(events);
      acknowledged += count;
      return `append ${count}`;
    }
    if (choice < 0.65 && living.length < 3) {
      await start();
      return "start";
    }
    if (choice < 0.72) {
      living.splice(living.indexOf(trail), 1);
      await trail.close();
      return "close";
    }
    if (choice < 0.8) {
      living.splice(living.indexOf(trail), 1);
      if (random() < 0.6) tear();
      return "crash of one";
    }
    if (choice < 0.86) {
      const before = folder;
      folder = join(parent, String((copies += 1)));
      cpSync(before, folder, { recursive: true });
      living.length = 0;
      if (random() < 0.7) tear();
      return "crash of all";
    }
    if (choice < 0.93) {
      await clock.advance(random() < 0.5 ? 61_000 : 3_700_000);
      for (const one of living) await one.reopen();
      return "time passes";
    }
    if (choice < 0.96) {
      clock.skew(-pick(10_000_000));
      return "clock back";
    }
    if (statSync(path(), { throwIfNoEntry: false }) !== undefined) {
      renameSync(path(), `${path()}-2026${String((externals += 1)).padStart(4, "0")}`);
    }
    return "moved away by logrotate";
  }

  for (let count = 0; count < stepCount; count += 1) steps.push(await step());
  const end = join(parent, "end");
  cpSync(folder, end, { recursive: true });
  for (const trail of all) await trail.close();
  return { folder: end, path: join(end, "audit.jsonl"), steps, acknowledged };
}
