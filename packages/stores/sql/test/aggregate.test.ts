import { approvalOf, instanceOf, signalOf } from "@mcp-flowgate/store-testkit";
import { expect, test } from "vitest";
import { toAggregate } from "../src/index.ts";

test("approvals are shown that are pending, or that a signal announces", () => {
  const [pending, decided, announced] = ["pending", "decided", "announced"].map((id) =>
    approvalOf(id, "wf_1"),
  );
  const row = (approval: unknown, id: string | null, status: string | null) => ({
    id,
    status,
    body: JSON.stringify(approval),
  });
  const parts = {
    instance: instanceOf("wf_1"),
    operation: undefined,
    evidence: [],
    timers: [],
    signals: [signalOf("sig_1", "wf_1", { approvalId: "announced" }), signalOf("sig_2", "wf_1", {})],
  };
  const approvals = [
    row({ other: true }, null, null),
    row(pending, "k:pending", "pending"),
    row(decided, "k:decided", "approved"),
    row(announced, "k:announced", "approved"),
  ];
  const { operation, ...rest } = parts;
  expect(operation).toBe(undefined);
  expect(toAggregate({ ...parts, approvals }, (text) => `k:${text}`)).toEqual({
    ...rest,
    approvals: [pending, announced],
  });
});
