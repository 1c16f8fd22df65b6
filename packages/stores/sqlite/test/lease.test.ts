import { readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createManualClock, type ManualClock } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import type { SqliteStore } from "../src/index.ts";
import { createBench } from "./support/open.ts";
import { operationOf, signalOf, startOf, stepOf } from "@mcp-flowgate/store-testkit";

async function claim(store: SqliteStore, id: string): Promise<void> {
  const { replica, epoch } = store.lease();
  await store.apply({
    ...startOf(id, { status: "running", operationId: `op_${id}`, claim: { replica, epoch } }),
    operations: [operationOf(`op_${id}`, id)],
  });
}

/** Goes forward in steps that leave the heartbeats time to be written. */
async function advance(clock: ManualClock, ms: number, store: SqliteStore): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await clock.advance(100);
    await store.nextDueAt();
    await store.record([{ type: "server.initialized", at: 1, correlationId: "c", payload: {} }]);
  }
}

test("every start has an epoch of its own, even under one name", async () => {
  const bench = createBench();
  const first = await bench.open({ replica: "host" });
  const second = await bench.open({ replica: "host" });
  await first.close();
  const third = await bench.open({ replica: "host" });
  expect([first, second, third].map((store) => store.lease().epoch)).toEqual([1, 2, 3]);
  expect(third.lease()).toMatchObject({ replica: "host", quarantineMs: 60_000 });
});

test("a lease is good for dispatching until 0.7 of its length after its last heartbeat began", async () => {
  const clock = createManualClock();
  const store = await createBench().open({ clock, leaseMs: 3_000 });
  const opened = store.lease().validUntil;
  expect(opened).toBe(clock.monotonic() + 2_100);
  await advance(clock, 1_000, store);
  expect(store.lease().validUntil).toBe(opened + 1_000);
});

test("a claimant whose heartbeat stands still is given up after a whole lease, not before, whatever wall clocks say", async () => {
  const bench = createBench();
  const [clock, stopped] = [createManualClock(), createManualClock()];
  const store = await bench.open({ clock, leaseMs: 3_000 });
  const other = await bench.open({ clock: stopped, leaseMs: 3_000 });
  await claim(other, "wf_1");
  await claim(store, "wf_2");
  expect((await store.due(10)).orphans).toEqual([]);
  clock.skew(600_000);
  expect((await store.due(10)).orphans).toEqual([]);
  await advance(clock, 2_900, store);
  expect((await store.due(10)).orphans).toEqual([]);
  await advance(clock, 200, store);
  expect((await store.due(10)).orphans).toMatchObject([{ id: "op_wf_1" }]);
  await advance(stopped, 1_000, store);
  expect((await store.due(10)).orphans).toEqual([]);
});

test("an operation is an orphan when its deadline and a grace have passed, and when nobody claims it", async () => {
  const clock = createManualClock();
  const store = await createBench().open({ clock });
  const { replica, epoch } = store.lease();
  await store.apply({
    ...startOf("wf_1", { status: "running", operationId: "op_1", claim: { replica, epoch } }),
    operations: [operationOf("op_1", "wf_1", { deadlineAt: clock.now() })],
  });
  await store.apply({ ...startOf("wf_2"), operations: [operationOf("op_2", "wf_2")] });
  await store.apply({
    ...startOf("wf_3", { status: "running", operationId: "op_3", claim: { replica, epoch: epoch + 7 } }),
    operations: [operationOf("op_3", "wf_3")],
  });
  const ids = async (): Promise<string[]> => (await store.due(10)).orphans.map(({ id }) => id).toSorted();
  expect(await ids()).toEqual(["op_2", "op_3"]);
  clock.skew(30_000);
  expect(await ids()).toEqual(["op_2", "op_3"]);
  clock.skew(1);
  expect(await ids()).toEqual(["op_1", "op_2", "op_3"]);
});

test("a takeover that writes the instance alone takes its operation along", async () => {
  const bench = createBench();
  const [mine, other] = [await bench.open(), await bench.open()];
  await claim(other, "wf_1");
  await other.close();
  expect((await mine.due(10)).orphans).toHaveLength(1);
  const instance = (await mine.load("wf_1"))!.instance;
  const { replica, epoch } = mine.lease();
  const taken = { ...instance, fence: instance.fence + 1, claim: { replica, epoch } };
  await mine.apply(stepOf("wf_1", 0, 0, { instance: taken }));
  expect((await mine.due(10)).orphans).toEqual([]);
});

test("locks of processes that are gone are removed, and those that are held are not", async () => {
  const bench = createBench();
  const clock = createManualClock();
  const stray = join(bench.folder, `flowgate.db-replica-${"0".repeat(24)}`);
  writeFileSync(stray, "");
  utimesSync(stray, 1, 1);
  const first = await bench.open({ clock, leaseMs: 3_000 });
  await bench.open({ clock, leaseMs: 3_000 });
  const locks = (): string[] => readdirSync(bench.folder).filter((file) => file.includes("-replica-"));
  expect(locks()).toHaveLength(2);
  await advance(clock, 2_000, first);
  expect(locks()).toHaveLength(2);
});

test("a lock's file that somebody removed proves no death, and is made again", async () => {
  const bench = createBench();
  const clock = createManualClock();
  const store = await bench.open({ clock, leaseMs: 3_000 });
  const other = await bench.open({ clock, leaseMs: 3_000 });
  await claim(other, "wf_1");
  const locks = (): string[] => readdirSync(bench.folder).filter((file) => file.includes("-replica-"));
  for (const file of locks()) rmSync(join(bench.folder, file));
  expect((await store.due(10)).orphans).toEqual([]);
  await advance(clock, 1_500, store);
  expect(locks()).toHaveLength(2);
  expect((await store.due(10)).orphans).toEqual([]);
  await other.close();
  expect((await store.due(10)).orphans).toHaveLength(1);
});

test("changes are announced to every listener of every process, until it stops listening", async () => {
  const bench = createBench();
  const [first, second] = [await bench.open(), await bench.open()];
  const heard: string[] = [];
  first.onChange(() => {
    throw new Error("a listener that fails harms no other");
  });
  first.onChange((id) => heard.push(`first ${id}`));
  const stop = second.onChange((id) => heard.push(`second ${id}`));
  await first.apply(startOf("wf_\uD800"));
  expect(heard).toEqual(["first wf_\uD800"]);
  await expect.poll(() => heard, { interval: 20 }).toEqual(["first wf_\uD800", "second wf_\uD800"]);
  stop();
  await second.apply({ expect: {}, signals: [signalOf("s", "wf_\uD800")], audit: [] });
  await expect.poll(() => heard.slice(2), { interval: 20 }).toEqual(["first wf_\uD800"]);
});

test("what changed while nobody listened is announced to who listens then, not kept from it", async () => {
  const bench = createBench();
  const [first, second] = [await bench.open(), await bench.open()];
  await first.apply(startOf("wf_1"));
  const heard: string[] = [];
  second.onChange((id) => heard.push(id));
  await first.apply(startOf("wf_2"));
  await expect.poll(() => heard, { interval: 20 }).toContain("wf_2");
});
