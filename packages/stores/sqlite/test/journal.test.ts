import type { JsonObject } from "@mcp-flowgate/core";
import { createManualClock } from "@mcp-flowgate/testkit";
import { describe, expect, test } from "vitest";
import { createAuditChain } from "../src/index.ts";
import {
  describeBatches,
  digest,
  eventOf,
  operationOf,
  randomIds,
  readStreams,
  signalOf,
  startOf,
  timerOf,
} from "@mcp-flowgate/store-testkit";
import { createBench } from "./support/open.ts";
import { createSharedBench } from "./support/shared.ts";

describe("a batch", () => {
  describeBatches(createSharedBench);

  test("is taken as it was when it was handed in", async () => {
    const store = await createBench().open();
    const context: Record<string, string> = { a: "before" };
    const done = store.apply(startOf("wf_1", { context }));
    // What it was given is frozen: that is one way.
    expect(Reflect.set(context, "a", "after")).toBe(false);
    await done;
    expect((await store.load("wf_1"))?.instance.context).toEqual({ a: "before" });
  });

  test("whose record the file does not take fails alone, and the records of the others are kept once", async () => {
    const chain = createAuditChain({ ids: randomIds, digest });
    const store = await createBench().open({
      auditChain(head, draft) {
        const record = chain(head, draft)!;
        return draft.workflowId === "wf_bad" ? { ...record, seq: Number.NaN } : record;
      },
    });
    const ids = ["wf_1", "wf_bad", "wf_2"];
    const results = await Promise.allSettled(ids.map((id) => store.apply(startOf(id, {}, [eventOf(id)]))));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await store.load("wf_bad")).toBeUndefined();
    expect([...(await readStreams(store))].map(([name, records]) => [name, records.length])).toEqual([
      ["wf:wf_1", 1],
      ["wf:wf_2", 1],
    ]);
  });

  test.each([
    [{ at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
    [{ bytes: Buffer.from("a") }, { bytes: { type: "Buffer", data: [97] } }],
    [{ none: undefined }, {}],
    [{ list: [undefined] }, { list: [null] }],
  ])("with what JSON has no text for is read back as its text says: %j", async (context, text) => {
    const store = await createBench().open();
    await store.apply(startOf("wf_1", { context: context as unknown as JsonObject }));
    expect((await store.load("wf_1"))?.instance.context).toStrictEqual(text);
  });
});

describe("due work", () => {
  test("is timers and retries whose time has come, signals, and operations whose claimant is gone", async () => {
    const clock = createManualClock();
    const bench = createBench();
    const [mine, other] = [await bench.open({ clock }), await bench.open({ clock })];
    const now = clock.now();
    await mine.apply({
      ...startOf("wf_1", { status: "waiting" }),
      operations: [operationOf("op_1", "wf_1", { status: "waiting", nextAttemptAt: now + 50 })],
      armTimers: [timerOf("t_1", "wf_1", now + 100)],
      signals: [signalOf("sig_1", "wf_1")],
    });
    const { replica, epoch } = other.lease();
    await other.apply({
      ...startOf("wf_2", { status: "running", operationId: "op_2", claim: { replica, epoch } }),
      operations: [operationOf("op_2", "wf_2")],
    });
    expect(await mine.nextDueAt()).toBe(now + 50);
    expect(await mine.due(10)).toMatchObject({
      timers: [],
      retries: [],
      orphans: [],
      signals: [{ id: "sig_1" }],
    });
    await clock.advance(100);
    await other.close();
    expect(await mine.due(10)).toMatchObject({
      timers: [{ id: "t_1" }],
      retries: [{ id: "op_1" }],
      orphans: [{ id: "op_2" }],
    });
  });
});
