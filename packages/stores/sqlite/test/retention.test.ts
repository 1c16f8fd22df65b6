import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createManualClock } from "@mcp-flowgate/testkit";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import {
  describeRetention,
  digest,
  operationOf,
  readStreams,
  startOf,
  stepOf,
} from "@mcp-flowgate/store-testkit";
import { createBench, onEnd } from "./support/open.ts";
import { startChild } from "./support/processes.ts";
import { createSharedBench } from "./support/shared.ts";

const DAY = 86_400_000;

describe("what is past its time goes, with all that belongs to it (W21)", () => {
  describeRetention(createSharedBench);
});

const blobOf = (workflowId: string, text: string) => ({ workflowId, sha256: digest.sha256(text), text });

test("a blob goes with the last instance that has it, also where a version without blobs removed that (W21)", async () => {
  const clock = createManualClock();
  const bench = createBench();
  const store = await bench.open({ clock, retention: { auditMs: 0 } });
  const ends = (purgeAfter: number) => ({ status: "terminal", terminalAt: 1, purgeAfter }) as const;
  const [text, own] = ['"of two"', '"of one"'];
  await store.apply({ ...startOf("wf_1", ends(1)), blobs: [blobOf("wf_1", text), blobOf("wf_1", own)] });
  await store.apply({ ...startOf("wf_2", ends(clock.now() + DAY)), blobs: [blobOf("wf_2", text)] });
  const many = Array.from({ length: 25 }, (_, n) => blobOf("wf_3", JSON.stringify(n)));
  await store.apply({ ...startOf("wf_3"), blobs: many });
  expect(await store.gc()).toMatchObject({ instances: 1, blobs: 1 });
  expect(await store.blob("wf_2", digest.sha256(text))).toBe(text);

  clock.skew(DAY);
  expect(await store.gc()).toMatchObject({ instances: 1, blobs: 1 });
  const before = new Database(bench.path);
  onEnd(() => void before.close());
  before.exec("DELETE FROM wf WHERE id = 'wf_3'");
  expect(await store.gc()).toMatchObject({ instances: 0, blobs: 25 });
  expect(before.prepare("SELECT count(*) FROM blob_owner").pluck().get()).toBe(0);
});

test(
  "a backup is a whole store of one moment, made while others write, and nobody seems to run on it",
  { timeout: 60_000 },
  async () => {
    const bench = createBench();
    const store = await bench.open();
    const child = startChild(bench.path, "burst", "x", "4");
    await child.said("3 wf_x_0");
    const { replica, epoch } = store.lease();
    await store.apply({
      ...startOf("wf_claimed", { status: "running", operationId: "op_claimed", claim: { replica, epoch } }),
      operations: [operationOf("op_claimed", "wf_claimed")],
    });
    const blob = blobOf("wf_big", JSON.stringify("y".repeat(3_000_000)));
    await store.apply({ ...startOf("wf_big", { context: { text: "x".repeat(3_000_000) } }), blobs: [blob] });
    const target = join(bench.folder, "backups", "one.db");
    await store.backup(target);
    child.process.kill("SIGKILL");
    expect(readdirSync(join(bench.folder, "backups"))).toEqual(["one.db"]);
    await expect(store.backup(target)).rejects.toMatchObject({ code: "INVALID_ARGUMENTS" });

    const copy = await bench.open({ path: target });
    expect((await copy.load("wf_big"))?.instance.context["text"]).toHaveLength(3_000_000);
    expect((await copy.blob("wf_big", blob.sha256)) === blob.text).toBe(true);
    expect((await copy.due(10)).orphans).toMatchObject([{ id: "op_claimed" }]);
    expect((await store.due(10)).orphans).toEqual([]);
    const streams = await readStreams(copy);
    for (let writer = 0; writer < 4; writer += 1) {
      const version = (await copy.load(`wf_x_${writer}`))?.instance.version ?? -1;
      expect(await copy.journal(`wf_x_${writer}`)).toHaveLength(version);
      expect(streams.get(`wf:wf_x_${writer}`)).toHaveLength(1 + 2 * version);
    }
    expect(await copy.apply(stepOf("wf_big", 0, 0))).toEqual({ status: "applied" });
    expect((await store.load("wf_big"))?.instance.version).toBe(0);
  },
);
