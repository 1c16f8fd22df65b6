import { createManualClock } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { approvalOf, definitionOf, eventOf, operationOf, signalOf, startOf, timerOf } from "./rows.ts";
import type { CreateBench } from "./shared-bench.ts";
import { readStreams } from "./streams.ts";

const DAY = 86_400_000;

/** What every store that keeps its rows in a database removes, and when. */
export function describeRetention(create: CreateBench): void {
  test("what is terminal and past its time goes, with all that belongs to it; the rest stays (W21)", async () => {
    const clock = createManualClock();
    const bench = await create();
    const pass = await bench.keepTime(clock);
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
    expect(await store.gc()).toEqual({
      instances: 0,
      blobs: 0,
      definitions: 0,
      requests: 0,
      auditRecords: 0,
    });

    await pass(DAY);
    expect(await store.gc()).toEqual({
      instances: 1,
      blobs: 0,
      definitions: 1,
      requests: 1,
      auditRecords: 0,
    });
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
    expect(await store.gc()).toEqual({
      instances: 0,
      blobs: 0,
      definitions: 0,
      requests: 0,
      auditRecords: 1,
    });
    const left = await readStreams(store);
    expect([...left].map(([stream, records]) => [stream, records.length])).toEqual([
      ["wf:wf_2", 2],
      ["wf:wf_3", 1],
    ]);
    expect(await store.load("wf_3")).toBeDefined();
  });

  test("more than fits in one transaction is collected too, by itself", async () => {
    const clock = createManualClock();
    const bench = await create();
    await bench.keepTime(clock);
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
    const bench = await create();
    const pass = await bench.keepTime(clock);
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
}
