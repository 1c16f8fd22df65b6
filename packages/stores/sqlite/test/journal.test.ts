import { deepFreeze, type Batch, type JsonObject } from "@mcp-flowgate/core";
import { createManualClock } from "@mcp-flowgate/testkit";
import { describe, expect, test } from "vitest";
import { createAuditChain } from "../src/index.ts";
import {
  approvalOf,
  definitionOf,
  digest,
  eventOf,
  instanceOf,
  operationOf,
  randomIds,
  readStreams,
  signalOf,
  startOf,
  stepOf,
  timerOf,
} from "@mcp-flowgate/store-testkit";
import { createBench } from "./support/open.ts";

const applied = { status: "applied" };

describe("a batch", () => {
  test("is there after the file was closed and opened again, with everything that belongs to it (S1)", async () => {
    const bench = createBench();
    const first = await bench.open();
    const batch: Batch = {
      expect: { absent: "wf_1" },
      definition: definitionOf("d".repeat(64)),
      instance: instanceOf("wf_1", { status: "running", operationId: "op_1", claim: first.lease() }),
      operations: [operationOf("op_1", "wf_1")],
      evidence: [
        {
          id: "ev_1",
          workflowId: "wf_1",
          operationId: "op_1",
          ordinal: 0,
          version: 0,
          kind: "cli_output",
          actor: "anonymous",
          outcome: "success",
          summary: "",
          at: 1,
        },
      ],
      armTimers: [timerOf("t_1", "wf_1", 5)],
      approvals: [approvalOf("ap_1", "wf_1")],
      signals: [signalOf("sig_1", "wf_1")],
      request: {
        principal: "p",
        tenant: "t",
        key: "k",
        workflowId: "wf_1",
        argumentsHash: "h",
        expiresAt: Number.MAX_SAFE_INTEGER,
      },
      audit: [eventOf("wf_1")],
    };
    expect(await first.apply(batch)).toEqual(applied);
    await first.close();

    const second = await bench.open();
    expect(await second.load("wf_1")).toEqual({
      instance: batch.instance,
      operation: batch.operations?.[0],
      evidence: batch.evidence,
      approvals: batch.approvals,
      timers: batch.armTimers,
      signals: batch.signals,
    });
    expect(await second.request("t", "p", "k")).toEqual(batch.request);
    expect(await second.definition("d".repeat(64))).toEqual(batch.definition);
    expect(await second.audit({ limit: 10 })).toHaveLength(1);
  });

  test("whose condition fails changes nothing and says on what (S2)", async () => {
    const store = await createBench().open();
    await store.apply(startOf("wf_1"));
    const stale = stepOf("wf_1", 3, 0, {
      operations: [operationOf("op_1", "wf_1")],
      audit: [eventOf("wf_1")],
    });
    expect(await store.apply(stale)).toEqual({ status: "conflict", on: "instance" });
    expect(await store.apply(startOf("wf_1"))).toEqual({ status: "conflict", on: "instance" });
    expect(await store.apply(stepOf("wf_1", 0, 0, { expect: { signals: ["sig_1"] } }))).toEqual({
      status: "conflict",
      on: "signal",
    });
    expect(await store.operation("op_1")).toBeUndefined();
    expect((await store.load("wf_1"))?.instance.version).toBe(0);
    expect(await store.audit({ limit: 10 })).toEqual([]);
  });

  test("cannot make a second live operation at one version (S3)", async () => {
    const store = await createBench().open();
    const claimed = { ...startOf("wf_1"), operations: [operationOf("op_1", "wf_1")] };
    expect(await store.apply(claimed)).toEqual(applied);
    const second = { expect: {}, operations: [operationOf("op_2", "wf_1")], audit: [] };
    expect(await store.apply(second)).toEqual({ status: "conflict", on: "operation" });
    const handedOver = {
      ...second,
      operations: [operationOf("op_2", "wf_1"), operationOf("op_1", "wf_1", { status: "failed" })],
    };
    expect(await store.apply(handedOver)).toEqual(applied);
    expect((await store.journal("wf_1")).map(({ id, status }) => [id, status])).toEqual([
      ["op_1", "failed"],
      ["op_2", "running"],
    ]);
  });

  test("is taken as it was when it was handed in", async () => {
    const store = await createBench().open();
    const context: Record<string, string> = { a: "before" };
    const done = store.apply(startOf("wf_1", { context }));
    // What it was given is frozen: that is one way.
    expect(Reflect.set(context, "a", "after")).toBe(false);
    await done;
    expect((await store.load("wf_1"))?.instance.context).toEqual({ a: "before" });
  });

  test("of many at once on one version wins alone", async () => {
    const store = await createBench().open();
    await store.apply(startOf("wf_1"));
    const results = await Promise.all(Array.from({ length: 64 }, () => store.apply(stepOf("wf_1", 0, 0))));
    expect(results.filter((result) => result.status === "applied")).toHaveLength(1);
  });

  test("that cannot be written fails alone: the others of its transaction are committed", async () => {
    const store = await createBench().open();
    const bad = startOf("wf_bad", {}, [eventOf("wf_bad", { payload: { n: Number.NaN } as JsonObject })]);
    const [first, second, third] = await Promise.allSettled([
      store.apply(startOf("wf_1")),
      store.apply(bad),
      store.apply(startOf("wf_2")),
    ]);
    expect(first).toEqual({ status: "fulfilled", value: applied });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "AUDIT_UNAVAILABLE" } });
    expect(third).toEqual({ status: "fulfilled", value: applied });
    expect(await store.load("wf_bad")).toBeUndefined();
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

  test("may hold frozen rows", async () => {
    const store = await createBench().open();
    expect(await store.apply(deepFreeze(startOf("wf_1")))).toEqual(applied);
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
