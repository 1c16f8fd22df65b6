import type { Batch } from "@mcp-flowgate/core";
import { expect, test } from "vitest";
import { createBench } from "./support/open.ts";
import {
  approvalOf,
  eventOf,
  instanceOf,
  operationOf,
  signalOf,
  startOf,
  timerOf,
} from "@mcp-flowgate/store-testkit";

const evidence = {
  workflowId: "wf_1",
  operationId: "op_1",
  ordinal: 0,
  version: 1,
  kind: "log",
  actor: "anonymous",
  outcome: "success",
  summary: "done",
  at: 1,
} as const;

const running = { operationId: "op_2", status: "running" } as const;

/** What each of them does to the instance after the one before; the last of them leave open which operation began last. */
const CHANGES: readonly (Omit<Batch, "expect" | "audit" | "instance"> & {
  readonly row?: Parameters<typeof instanceOf>[1];
})[] = [
  { row: { operationId: "op_1", status: "running" }, operations: [operationOf("op_1", "wf_1")] },
  {
    row: { version: 1, context: { note: "\u0000\ud800", zero: -0 } },
    operations: [operationOf("op_1", "wf_1", { status: "committed", result: 1 })],
    evidence: [{ ...evidence, id: "ev_1" }],
    armTimers: [timerOf("t_1", "wf_1", 10), timerOf("t_2", "wf_1", 20)],
  },
  { row: { version: 1 }, cancelTimers: ["t_1"], armTimers: [timerOf("t_3", "wf_1", 30)] },
  { row: { version: 1 }, armTimers: [timerOf("t_2", "wf_1", 5), timerOf("t_1", "wf_1", 7)] },
  { row: { version: 1 }, cancelTimers: "all", signals: [signalOf("s_1", "wf_1"), signalOf("s_2", "wf_2")] },
  { row: { version: 1, ...running }, operations: [operationOf("op_2", "wf_1", { fromVersion: 1 })] },
  { lateResults: [{ operationId: "op_2", result: { late: true } }] },
  { signals: [signalOf("s_3", "wf_1")] },
  { row: { version: 1, ...running }, consumeSignals: ["s_1"], approvals: [approvalOf("ap_1", "wf_1")] },
  {
    row: { version: 1, ...running },
    approvals: [approvalOf("ap_1", "wf_1", { status: "denied", revision: 1 })],
  },
  {
    row: { version: 2 },
    operations: [operationOf("op_2", "wf_1", { fromVersion: 1, status: "failed" })],
    consumeSignals: ["s_3"],
  },
  {
    row: { version: 3 },
    operations: [
      operationOf("op_3", "wf_1", { fromVersion: 2, status: "committed" }),
      operationOf("op_4", "wf_1", { fromVersion: 3, status: "cancelled" }),
    ],
    evidence: [{ ...evidence, id: "ev_2" }],
  },
  { row: { version: 3 }, operations: [operationOf("op_1", "wf_1", { status: "committed", result: 2 })] },
  { row: { version: 3 }, operations: [operationOf("op_5", "wf_1", { fromVersion: 3, status: "failed" })] },
  { row: { version: 3, context: { large: "x".repeat(100_000) } } },
];

test("an instance that is remembered is as the file has it, whichever of two processes wrote it last", async () => {
  const bench = createBench();
  const stores = [await bench.open(), await bench.open()] as const;
  // It writes nothing, so it remembers nothing of what it did not read since the last write.
  const reader = await bench.open();
  for (const id of ["wf_1", "wf_2"]) await stores[0].apply(startOf(id, {}, [eventOf(id)]));
  for (let turn = 0; turn < 4; turn += 1) {
    for (const [index, { row, ...rows }] of CHANGES.entries()) {
      // One process at a stretch, then turns, so that each has something to remember and to forget.
      const own = stores[turn === 0 ? 0 : (index >> turn) & 1]!;
      const before = (await own.load("wf_1"))!.instance;
      const { version, fence } = before;
      const instance =
        row === undefined ? {} : { instance: instanceOf("wf_1", { ...row, fence: fence + 1 }) };
      const expected = row === undefined ? {} : { instance: { id: "wf_1", version, fence } };
      const ids = new Set(rows.approvals?.map(({ id }) => id));
      const approvals = (await own.load("wf_1"))!.approvals.filter(({ id }) => ids.has(id));
      const batch: Batch = {
        expect: { ...expected, ...(approvals.length === 0 ? {} : { approvals }) },
        audit: [eventOf("wf_1")],
        ...instance,
        ...rows,
      };
      expect(await own.apply(batch)).toEqual({ status: "applied" });
      for (const id of ["wf_1", "wf_2"]) {
        const truth = await reader.load(id);
        for (const store of stores) expect(await store.load(id)).toEqual(truth);
      }
    }
  }
});

test("nothing is remembered of what was undone", async () => {
  const bench = createBench();
  const store = await bench.open({
    auditChain: () => {
      throw new Error("no record can be made");
    },
  });
  await store.apply(startOf("wf_1"));
  const { instance } = (await store.load("wf_1"))!;
  const changed = instanceOf("wf_1", { version: 1, fence: 1 });
  const batch: Batch = {
    expect: { instance: { id: "wf_1", version: 0, fence: 0 } },
    instance: changed,
    audit: [eventOf("wf_1")],
  };
  await expect(store.apply(batch)).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  expect((await store.load("wf_1"))!.instance).toEqual(instance);
});
