import { instanceOf, operationOf, timerOf } from "@mcp-flowgate/store-testkit";
import { expect, test } from "vitest";
import { createRowWriter, fromInstanceRow, type RowForm } from "../src/index.ts";

const plain: RowForm = {
  toKey: (text) => `k:${text}`,
  toNameKey: (text) => `n:${text}`,
  keepsObjects: false,
};

test("ids are keys, and names that callers choose are keys of names", () => {
  const { toBatchRows } = createRowWriter(plain);
  const instance = instanceOf("wf_1", { tenant: "t", claim: { replica: "a", epoch: 2 } });
  const rows = toBatchRows({ expect: { absent: "wf_1" }, instance, countRates: ["r"], audit: [] }, 1);
  expect(rows.workflowId).toBe("k:wf_1");
  expect(rows.countRates).toEqual(["n:r"]);
  expect(rows.instance).toMatchObject({ id: "k:wf_1", tenant: "n:t", claimant: "k:2:a" });
});

test("objects are frozen and kept only where a store keeps them, and only where their text says all of them", () => {
  const batch = () => ({
    expect: {},
    instance: instanceOf("wf_1", { context: { list: [1] } }),
    operations: [operationOf("op_1", "wf_1", { result: -0 })],
    audit: [],
  });
  const [kept, left] = [batch(), batch()];
  const keeping = createRowWriter({ ...plain, keepsObjects: true }).toBatchRows(kept, 1);
  expect(keeping.instance?.is).toBe(kept.instance);
  expect(Object.isFrozen(kept.instance.context["list"])).toBe(true);
  expect(keeping.operations[0]?.is).toBe(undefined);
  const leaving = createRowWriter(plain).toBatchRows(left, 1);
  expect(leaving.instance?.is).toBe(undefined);
  expect(Object.isFrozen(left.instance)).toBe(false);
  expect(fromInstanceRow(leaving.instance!)).toEqual(left.instance);
});

test("the last row of an id stands for all of them, before operations are put in order", () => {
  const batch = {
    expect: {},
    operations: [
      operationOf("op_1", "wf_1", { status: "committed" }),
      operationOf("op_1", "wf_1", { status: "failed" }),
    ],
    armTimers: [timerOf("t_1", "wf_1", 1), timerOf("t_1", "wf_1", 2)],
    audit: [],
  } as const;
  const rows = createRowWriter(plain).toBatchRows(batch, 1);
  expect(rows.operations.map(({ status }) => status)).toEqual(["failed"]);
  expect(rows.timers.map(({ dueAt }) => dueAt)).toEqual([2]);
});
