import { deepFreeze, type Batch, type JsonObject } from "@mcp-flowgate/core";
import { expect, test } from "vitest";
import {
  approvalOf,
  definitionOf,
  eventOf,
  instanceOf,
  operationOf,
  signalOf,
  startOf,
  stepOf,
  timerOf,
} from "./rows.ts";
import type { CreateBench } from "./shared-bench.ts";

const applied = { status: "applied" };

/** What every store that keeps its rows in a database does with a batch. */
export function describeBatches(create: CreateBench): void {
  test("is there after the store was closed and opened again, with everything that belongs to it (S1)", async () => {
    const bench = await create();
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
    const store = await (await create()).open();
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
    const store = await (await create()).open();
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

  test("of many at once on one version wins alone", async () => {
    const store = await (await create()).open();
    await store.apply(startOf("wf_1"));
    const results = await Promise.all(Array.from({ length: 64 }, () => store.apply(stepOf("wf_1", 0, 0))));
    expect(results.filter((result) => result.status === "applied")).toHaveLength(1);
  });

  test("that cannot be written fails alone: the others of its transaction are committed", async () => {
    const store = await (await create()).open();
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

  test("may hold frozen rows", async () => {
    const store = await (await create()).open();
    expect(await store.apply(deepFreeze(startOf("wf_1")))).toEqual(applied);
  });
}
