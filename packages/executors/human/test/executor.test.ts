import type { ExecutorContext, HumanCall } from "@mcp-flowgate/core";
import { ANONYMOUS } from "@mcp-flowgate/core";
import { createHumanExecutor } from "@mcp-flowgate/executor-human";
import { expect, test } from "vitest";

const context: ExecutorContext = {
  workflowId: "wf_1",
  definitionId: "expense",
  transition: "approve",
  idempotencyKey: "key",
  attempt: 1,
  deadlineAt: 0,
  signal: new AbortController().signal,
  principal: ANONYMOUS,
  correlationId: "cor_1",
};

const call: HumanCall = {
  kind: "human",
  queue: "finance",
  assignees: { roles: ["cfo"], permissions: ["pay.large"] },
  quorum: 2,
  allowRequester: false,
};

test("the outcome waits, with everything that the call says about the approval", async () => {
  const form = { type: "object" };
  const full = { ...call, title: "Pay {{ literal }}", message: "$.x <b>", form, expiresMs: 1000 };
  const { kind, ...approval } = full;
  expect(kind).toBe("human");
  expect(await createHumanExecutor().execute(full, context)).toEqual({ status: "waiting", approval });
});

test("an approval without a title is named by its transition and definition, and holds no empty fields", async () => {
  const { kind, ...approval } = call;
  expect(kind).toBe("human");
  expect(await createHumanExecutor().execute(call, context)).toStrictEqual({
    status: "waiting",
    approval: { ...approval, title: "approve on expense" },
  });
});

test("a call of another kind is refused, and was not sent", async () => {
  expect(await createHumanExecutor().execute({ kind: "noop", arguments: null }, context)).toMatchObject({
    status: "failed",
    effect: "not_sent",
  });
});
