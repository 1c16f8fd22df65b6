import {
  parseJson,
  type Executor,
  type ExecutorContext,
  type ExecutorOutcome,
  type ResolvedCall,
} from "@mcp-flowgate/core";
import { isJsonObject } from "@mcp-flowgate/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPrincipal } from "./build-ir.ts";

/** An executor and calls whose outcome is known beforehand. */
export interface ExecutorHarness {
  readonly executor: Executor;
  /** A call that succeeds. Left out for an executor that only asks people. */
  readonly succeeding?: ResolvedCall;
  /** A call that the other side refuses definitely. */
  readonly failing?: ResolvedCall;
  /** A call that does not end by itself. */
  readonly hanging?: ResolvedCall;
  /** A call of another kind. */
  readonly foreign: ResolvedCall;
  dispose(): Promise<void>;
}

/** What the port says of every executor, as tests. */
export function describeExecutorContract(name: string, create: () => Promise<ExecutorHarness>): void {
  describe(`${name} keeps the executor's promises`, () => {
    let harness: ExecutorHarness;

    beforeAll(async () => {
      harness = await create();
    });
    afterAll(async () => {
      await harness.dispose();
    });

    it("answers success with an output that is JSON, and evidence", async ({ skip }) => {
      if (harness.succeeding === undefined) skip();
      const outcome = await harness.executor.execute(harness.succeeding!, buildContext());
      expect(outcome.status).toBe("succeeded");
      if (outcome.status !== "succeeded") return;
      expect(parseJson(JSON.stringify(outcome.output))).toEqual(outcome.output);
      for (const evidence of outcome.evidence) expect(["success", "failure"]).toContain(evidence.outcome);
    });

    it("answers a definite refusal as one, in one sentence and without a stack", async ({ skip }) => {
      if (harness.failing === undefined) skip();
      const outcome = await harness.executor.execute(harness.failing!, buildContext());
      expect(outcome).toMatchObject({ status: "failed", effect: "failed" });
      expect(messageOf(outcome)).not.toMatch(/\n\s+at |node_modules/);
    });

    it("stops soon after it is told to, and does not claim to know", async ({ skip }) => {
      if (harness.hanging === undefined) skip();
      const controller = new AbortController();
      const running = harness.executor.execute(harness.hanging!, buildContext({ signal: controller.signal }));
      controller.abort();
      const outcome = await running;
      expect(outcome.status).toBe("failed");
      expect(outcome).not.toMatchObject({ effect: "failed" });
    });

    it("does nothing where it was told to stop before", async ({ skip }) => {
      const call = harness.hanging ?? harness.succeeding;
      if (call === undefined || harness.executor.kind === "noop") skip();
      const outcome = await harness.executor.execute(call!, buildContext({ signal: AbortSignal.abort() }));
      expect(outcome).toMatchObject({ status: "failed", effect: "not_sent" });
    });

    it("answers calls at the same time as it answers each alone", async ({ skip }) => {
      if (harness.succeeding === undefined) skip();
      const alone = await harness.executor.execute(harness.succeeding!, buildContext());
      const together = await Promise.all(
        Array.from({ length: 8 }, () => harness.executor.execute(harness.succeeding!, buildContext())),
      );
      for (const outcome of together) expect(toOutput(outcome)).toEqual(toOutput(alone));
    });

    it("tells nobody what a caller showed it", async () => {
      const credentials = { bearer: () => "canary-bearer-token" };
      for (const call of [harness.succeeding, harness.failing, harness.foreign]) {
        if (call === undefined) continue;
        const outcome = await harness.executor.execute(call, buildContext({ credentials }));
        expect(JSON.stringify(outcome)).not.toContain("canary-bearer-token");
      }
    });

    it("answers a call of another kind instead of throwing", async () => {
      const outcome = await harness.executor.execute(harness.foreign, buildContext());
      expect(outcome).toMatchObject({ status: "failed", effect: "not_sent" });
    });
  });
}

/** A context for one attempt. */
export function buildContext(more: Partial<ExecutorContext> = {}): ExecutorContext {
  return {
    workflowId: "wf_1",
    definitionId: "flow",
    transition: "run",
    idempotencyKey: "wf_1.0.submit.0123456789abcdef",
    attempt: 1,
    deadlineAt: Number.MAX_SAFE_INTEGER,
    signal: new AbortController().signal,
    principal: buildPrincipal("agent"),
    correlationId: "cor_1",
    ...more,
  };
}

/** What a call gave, without what differs from call to call. */
function toOutput(outcome: ExecutorOutcome): unknown {
  if (outcome.status !== "succeeded" || !isJsonObject(outcome.output)) return outcome;
  const { headers: _, ...output } = outcome.output;
  return output;
}

function messageOf(outcome: ExecutorOutcome): string {
  return outcome.status === "failed" ? outcome.message : "";
}
