import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createManualClock } from "@mcp-flowgate/testkit";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import {
  approvalOf,
  definitionOf,
  digest,
  eventOf,
  operationOf,
  readStreams,
  signalOf,
  startOf,
  stepOf,
  timerOf,
} from "@mcp-flowgate/store-testkit";
import { createBench, onEnd } from "./support/open.ts";
import { startChild } from "./support/processes.ts";

const DAY = 86_400_000;

test("what is terminal and past its time goes, with all that belongs to it; the rest stays (W21)", async () => {
  const clock = createManualClock();
  const store = await createBench().open({ clock, retention: { terminalMs: 10 * DAY, auditMs: 100 * DAY } });
  const now = clock.now();
  const hash = (n: number): string => String(n).repeat(64);
  const batch = (n: number, more: Parameters<typeof startOf>[1]): Parameters<typeof store.apply>[0] => ({
    ...startOf(`wf_${n}`, { definitionHash: hash(n), ...more }, [eventOf(`wf_${n}`, { at: now })]),
    definition: definitionOf(hash(n)),
    operations: [operationOf(`op_${n}`, `wf_${n}`, { status: "committed" })],
    armTimers: [timerOf(`t_${n}`, `wf_${n}`, 2 ** 50)],
    approvals: [approvalOf(`ap_${n}`, `wf_${n}`)],
    signals: [signalOf(`sig_${n}`, `wf_${n}`)],
  });
  await store.apply(batch(1, { status: "terminal", terminalAt: now, purgeAfter: now + DAY }));
  await store.apply(batch(2, { status: "terminal", terminalAt: now }));
  await store.apply(batch(3, { status: "parked", purgeAfter: now }));
  await store.apply({
    expect: {},
    request: {
      tenant: "t",
      principal: "p",
      key: "k",
      workflowId: "wf_1",
      argumentsHash: "h",
      expiresAt: now + DAY,
    },
    audit: [],
  });
  expect(await store.gc()).toEqual({ instances: 0, blobs: 0, definitions: 0, requests: 0, auditRecords: 0 });

  clock.skew(DAY);
  expect(await store.gc()).toEqual({ instances: 1, blobs: 0, definitions: 1, requests: 1, auditRecords: 0 });
  expect(await store.load("wf_1")).toBeUndefined();
  expect(await store.operation("op_1")).toBeUndefined();
  expect(await store.approval("ap_1")).toBeUndefined();
  expect(await store.definition(hash(1))).toBeUndefined();
  expect((await store.due(10)).signals.map(({ id }) => id)).toEqual(["sig_2", "sig_3"]);
  expect(await store.load("wf_2")).toBeDefined();

  clock.skew(9 * DAY);
  expect(await store.gc()).toMatchObject({ instances: 1, definitions: 1 });
  expect([...(await readStreams(store)).keys()]).toEqual(["wf:wf_1", "wf:wf_2", "wf:wf_3"]);
  await store.record([eventOf("wf_2", { at: clock.now() })]);

  clock.skew(90 * DAY);
  expect(await store.gc()).toEqual({ instances: 0, blobs: 0, definitions: 0, requests: 0, auditRecords: 1 });
  const left = await readStreams(store);
  expect([...left].map(([stream, records]) => [stream, records.length])).toEqual([
    ["wf:wf_2", 2],
    ["wf:wf_3", 1],
  ]);
  expect(await store.load("wf_3")).toBeDefined();
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

test("more than fits in one transaction is collected too, by itself", async () => {
  const clock = createManualClock();
  const store = await createBench().open({ clock, retention: { auditMs: 0 } });
  const gone = { status: "terminal", terminalAt: 1, purgeAfter: 1 } as const;
  await Promise.all(
    Array.from({ length: 450 }, (_, n) => store.apply(startOf(`wf_${n}`, gone, [eventOf(`wf_${n}`)]))),
  );
  await clock.advance(300_000);
  const patience = { timeout: 30_000 };
  await expect.poll(async () => (await store.instances({ limit: 1 })).items.length, patience).toBe(0);
  await expect.poll(async () => (await store.audit({ limit: 1 })).length, patience).toBe(0);
});

test("rates of more than a day ago are forgotten, younger ones counted", async () => {
  const clock = createManualClock();
  const store = await createBench().open({ clock });
  await store.apply({ expect: {}, countRates: ["k", "k", "l"], audit: [] });
  clock.skew(DAY - 1);
  const limited = { expect: { rates: [{ key: "k", max: 3, perMs: DAY }] }, countRates: ["k"], audit: [] };
  expect(await store.apply(limited)).toEqual({ status: "applied" });
  expect(await store.apply(limited)).toEqual({ status: "rate_limited", key: "k" });
  clock.skew(1);
  await store.gc();
  expect([await store.rate("k", 2 * DAY), await store.rate("l", 2 * DAY)]).toEqual([1, 0]);
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
