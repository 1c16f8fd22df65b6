import { createManualClock, type ManualClock } from "@mcp-flowgate/testkit";
import { Client } from "pg";
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
  timerOf,
} from "@mcp-flowgate/store-testkit";
import { createBench, type Bench } from "./support/open.ts";

const DAY = 86_400_000;

/** Lets the database's clock go on; nothing that is scheduled runs. */
const passing =
  (bench: Bench, clock: ManualClock) =>
  async (ms: number): Promise<void> => {
    clock.skew(ms);
    await bench.useClock(clock);
  };

test("what is terminal and past its time goes, with all that belongs to it; the rest stays (W21)", async () => {
  const clock = createManualClock();
  const bench = await createBench();
  await (await bench.open()).close();
  const pass = passing(bench, clock);
  await pass(0);
  const store = await bench.open({ clock, retention: { terminalMs: 10 * DAY, auditMs: 100 * DAY } });
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

  await pass(DAY);
  expect(await store.gc()).toEqual({ instances: 1, blobs: 0, definitions: 1, requests: 1, auditRecords: 0 });
  expect(await store.load("wf_1")).toBeUndefined();
  expect(await store.operation("op_1")).toBeUndefined();
  expect(await store.approval("ap_1")).toBeUndefined();
  expect(await store.definition(hash(1))).toBeUndefined();
  expect((await store.due(10)).signals.map(({ id }) => id)).toEqual(["sig_2", "sig_3"]);
  expect(await store.load("wf_2")).toBeDefined();

  await pass(9 * DAY);
  expect(await store.gc()).toMatchObject({ instances: 1, definitions: 1 });
  expect([...(await readStreams(store)).keys()]).toEqual(["wf:wf_1", "wf:wf_2", "wf:wf_3"]);
  await store.record([eventOf("wf_2", { at: clock.now() })]);

  await pass(90 * DAY);
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
  const bench = await createBench();
  const store = await bench.open();
  const ends = (purgeAfter: number) => ({ status: "terminal", terminalAt: 1, purgeAfter }) as const;
  const [text, own] = ['"of two"', '"of one"'];
  await store.apply({ ...startOf("wf_1", ends(1)), blobs: [blobOf("wf_1", text), blobOf("wf_1", own)] });
  const many = Array.from({ length: 45 }, (_, n) => blobOf("wf_2", JSON.stringify(n)));
  await store.apply({ ...startOf("wf_2"), blobs: [...many, blobOf("wf_2", text)] });
  expect(await store.gc()).toMatchObject({ instances: 1, blobs: 1 });
  expect(await store.blob("wf_2", digest.sha256(text))).toBe(text);
  await bench.ask("DELETE FROM mcp_flowgate.wf WHERE id = 'wf_2'");
  expect(await store.gc()).toMatchObject({ instances: 0, blobs: 46 });
  expect(await bench.ask("SELECT 1 FROM mcp_flowgate.blob_owner")).toEqual([]);
});

test("a blob that a step brings anew while it is collected is there after both (W21)", async () => {
  const bench = await createBench();
  const [one, two] = [await bench.open(), await bench.open()];
  const text = '"of both"';
  const sha256 = digest.sha256(text);
  const gone = { status: "terminal", terminalAt: 1, purgeAfter: 1 } as const;
  await one.apply({ ...startOf("wf_old", gone), blobs: [blobOf("wf_old", text)] });
  const client = new Client({ connectionString: bench.url });
  await client.connect();
  try {
    // The step has come to its blob's row, and waits for this one before it commits.
    await client.query("BEGIN");
    await client.query("INSERT INTO mcp_flowgate.blob_owner VALUES ('wf_young', $1)", [sha256]);
    const brought = two.apply({ ...startOf("wf_young"), blobs: [blobOf("wf_young", text)] });
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await bench.ask(waiting)).length).toBe(1);
    expect(await one.gc()).toMatchObject({ instances: 1, blobs: 0 });
    await client.query("ROLLBACK");
    expect(await brought).toEqual({ status: "applied" });
    expect(await two.blob("wf_young", sha256)).toBe(text);
  } finally {
    await client.end();
  }
});

test("more than fits in one transaction is collected too, by itself", async () => {
  const clock = createManualClock();
  const bench = await createBench();
  await (await bench.open()).close();
  const pass = passing(bench, clock);
  await pass(0);
  const store = await bench.open({ clock, retention: { auditMs: 0 } });
  const gone = { status: "terminal", terminalAt: 1, purgeAfter: 1 } as const;
  await Promise.all(
    Array.from({ length: 700 }, (_, n) => store.apply(startOf(`wf_${n}`, gone, [eventOf(`wf_${n}`)]))),
  );
  await clock.advance(300_000);
  const patience = { timeout: 30_000 };
  await expect.poll(async () => (await store.instances({ limit: 1 })).items.length, patience).toBe(0);
  await expect.poll(async () => (await store.audit({ limit: 1 })).length, patience).toBe(0);
});

test("rates of more than a day ago are forgotten, younger ones counted", async () => {
  const clock = createManualClock();
  const bench = await createBench();
  await (await bench.open()).close();
  const pass = passing(bench, clock);
  await pass(0);
  const store = await bench.open({ clock });
  await store.apply({ expect: {}, countRates: ["k", "k", "l"], audit: [] });
  await pass(DAY - 1);
  const limited = { expect: { rates: [{ key: "k", max: 3, perMs: DAY }] }, countRates: ["k"], audit: [] };
  expect(await store.apply(limited)).toEqual({ status: "applied" });
  expect(await store.apply(limited)).toEqual({ status: "rate_limited", key: "k" });
  await pass(1);
  await store.gc();
  expect([await store.rate("k", 2 * DAY), await store.rate("l", 2 * DAY)]).toEqual([1, 0]);
});
