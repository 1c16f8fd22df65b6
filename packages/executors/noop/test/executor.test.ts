import type { ExecutorContext, Json } from "@mcp-flowgate/core";
import { ANONYMOUS } from "@mcp-flowgate/core";
import { createNoopExecutor } from "@mcp-flowgate/executor-noop";
import * as fc from "fast-check";
import { expect, test } from "vitest";

const context: ExecutorContext = {
  workflowId: "wf_1",
  definitionId: "definition",
  transition: "go",
  idempotencyKey: "key",
  attempt: 1,
  deadlineAt: 0,
  signal: new AbortController().signal,
  principal: ANONYMOUS,
  correlationId: "cor_1",
};

test("its output is its arguments, whatever they are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const outcome = await createNoopExecutor().execute({ kind: "noop", arguments: value as Json }, context);
      expect(outcome).toEqual({ status: "succeeded", output: value, evidence: [] });
    }),
  );
});

test("a call of another kind is refused, and was not sent", async () => {
  const call = { kind: "mcp", connection: "a", tool: "b", arguments: {} } as const;
  expect(await createNoopExecutor().execute(call, context)).toMatchObject({
    status: "failed",
    effect: "not_sent",
  });
});
