import type { ReliabilityIr, RetryIr } from "@mcp-flowgate/core";
import {
  buildEnd,
  buildMcp,
  buildTransition,
  buildWorkflow,
  failed,
  hangs,
  settled,
  succeeded,
} from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief, rels } from "./bench.ts";

const RETRY: RetryIr = {
  maxAttempts: 3,
  backoff: "exponential",
  initialDelayMs: 100,
  jitter: false,
  retryOn: ["timeout", "transient_error", "rate_limited", "connection_error"],
};

const job = (reliability: ReliabilityIr, executor = buildMcp("job"), more = {}) =>
  buildWorkflow({
    open: { transitions: { run: buildTransition("done", { executor, reliability, ...more }) } },
    done: buildEnd(),
    elsewhere: buildEnd("failure"),
  });

describe("retries", () => {
  it("repeat what was not sent, with the same key, whatever the effect class (W5)", async () => {
    const { start, submit, mcp, clock, audit } = bench(job({ retry: RETRY }));
    mcp.script(failed("connection_error", "not_sent"), failed("connection_error", "not_sent"));
    const done = submit(await start(), "run");
    await clock.advance(300);
    expect((await done).status).toBe("completed");
    expect(mcp.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(mcp.calls.map(({ key }) => key)).size).toBe(1);
    expect(audit.types().filter((type) => type === "executor.started")).toHaveLength(3);
  });

  it.each(["timeout", "transient_error"] as const)(
    "never repeat a declared `once` whose %s may have taken effect (F33)",
    async (errorClass) => {
      const { start, submit, mcp } = bench(job({ retry: RETRY }));
      mcp.script(failed(errorClass, "unknown"));
      const snapshot = await submit(await start(), "run");
      expect(brief(snapshot)).toEqual(["outcome_unknown", "open", 0, "OUTCOME_UNKNOWN"]);
      expect(mcp.calls).toHaveLength(1);
    },
  );

  it("honour what an author wrote where the effect class is only the default", async () => {
    const { start, submit, mcp, clock } = bench(
      job({ retry: RETRY }, buildMcp("job", { effectDeclared: false })),
    );
    mcp.script(failed("timeout", "unknown"));
    const done = submit(await start(), "run");
    await clock.advance(100);
    expect((await done).status).toBe("completed");
    expect(mcp.calls).toHaveLength(2);
  });

  it("repeat an idempotent effect of which nobody knows", async () => {
    const { start, submit, mcp, clock } = bench(
      job({ retry: RETRY }, buildMcp("job", { effect: "idempotent" })),
    );
    mcp.script(failed("timeout", "unknown"), failed("transient_error"));
    const done = submit(await start(), "run");
    await clock.advance(300);
    expect((await done).status).toBe("completed");
  });

  it("do not repeat a permanent failure, nor a class that is not named", async () => {
    const { start, submit, mcp } = bench(
      job({ retry: { ...RETRY, retryOn: ["timeout"] } }, buildMcp("job", { effect: "read" })),
    );
    mcp.script(failed("transient_error"));
    expect((await submit(await start(), "run")).status).toBe("failed");
    expect(mcp.calls).toHaveLength(1);
  });

  it("longer than a second are a row that any process takes up, not a held call (F32)", async () => {
    const one = bench(job({ retry: { ...RETRY, initialDelayMs: 5000 } }));
    one.mcp.script(failed("connection_error", "not_sent"));
    const waiting = await one.submit(await one.start(), "run");
    expect(brief(waiting)).toEqual(["pending", "open", 0, undefined]);
    expect(waiting.message).toContain("next attempt at");
    await one.crash();
    const two = one.replica("two");
    await two.clock.advance(4999);
    expect(await two.engine.sweep()).toBe(0);
    await two.clock.advance(1);
    await two.engine.sweep();
    expect(brief(await two.get(waiting))).toEqual(["completed", "done", 1, undefined]);
    expect(two.mcp.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(new Set(two.mcp.calls.map(({ key }) => key)).size).toBe(1);
  });

  it("wait at least as long as the other side asks", async () => {
    const { start, submit, mcp } = bench(job({ retry: RETRY }));
    mcp.script(failed("rate_limited", "not_sent", { retryAfterMs: 30_000 }));
    const waiting = await submit(await start(), "run");
    expect(waiting.message).toContain("09:00:30");
  });

  it("never begin once the workflow is being cancelled", async () => {
    const retry = { ...RETRY, initialDelayMs: 500, jitter: false };
    const { engine, start, submit, get, mcp, clock, agent } = bench(job({ retry }));
    mcp.script(failed("connection_error", "not_sent"));
    const open = await start();
    const answer = submit(open, "run");
    await settled();
    const workflowId = open.instance!.id;
    await engine.cancel({ principal: agent, correlationId: "cor", workflowId, reason: "enough" });
    await clock.advance(500);
    await answer;
    expect(mcp.calls).toHaveLength(1);
    expect((await get(open)).status).toBe("cancelled");
  });

  it("never begin after the operation's deadline", async () => {
    const { start, submit, mcp } = bench(
      job({ retry: { ...RETRY, initialDelayMs: 400_000, maxDelayMs: 400_000 } }),
    );
    mcp.script(failed("connection_error", "not_sent"));
    expect((await submit(await start(), "run")).status).toBe("failed");
  });
});

describe("deadlines", () => {
  it("abort an attempt at its time, and the operation at its own", async () => {
    const { start, submit, mcp, clock } = bench(job({ timeoutMs: 1000 }));
    mcp.script(hangs());
    const done = submit(await start(), "run");
    await clock.advance(1000);
    expect((await done).status).toBe("outcome_unknown");
    expect(mcp.calls[0]?.deadlineAt).toBe(clock.now());
  });

  it("give an executor up that does not stop", async () => {
    const { start, submit, mcp, clock } = bench(job({}));
    mcp.hold();
    const done = submit(await start(), "run");
    await clock.advance(310_000);
    expect((await done).status).toBe("outcome_unknown");
  });
});

describe("a caller who is gone", () => {
  const asked = async (effect: "read" | "idempotent", abort: "before" | "during") => {
    const { start, submit, mcp } = bench(job({}, buildMcp("job", { effect })));
    const open = await start();
    const caller = new AbortController();
    if (abort === "before") caller.abort();
    if (abort === "during") mcp.script(hangs());
    const answer = submit(open, "run", {}, { signal: caller.signal });
    await settled();
    caller.abort();
    if (effect === "read") await answer;
    return mcp.calls.length;
  };

  it("ends a read, and has none begun", async () => {
    expect(await asked("read", "during")).toBe(1);
    expect(await asked("read", "before")).toBe(0);
  });

  it("ends nothing that may have effects", async () => {
    expect(await asked("idempotent", "during")).toBe(1);
    expect(await asked("idempotent", "before")).toBe(1);
  });
});

describe("fallback", () => {
  const other = buildMcp("other");
  const withFallback = job({ fallback: { strategy: "first_success", executors: [other] } });

  it.each([
    ["a definite failure", failed("permanent")],
    ["what was not sent", failed("connection_error", "not_sent")],
  ])("follows %s", async (_name, failure) => {
    const { start, submit, mcp, audit } = bench(withFallback);
    mcp.script(failure);
    expect((await submit(await start(), "run")).status).toBe("completed");
    expect(mcp.calls.map(({ call }) => call.kind === "mcp" && call.tool)).toEqual(["job", "other"]);
    expect(audit.types()).toContain("fallback.selected");
  });

  it("never follows an outcome that is unknown (F31)", async () => {
    const { start, submit, mcp } = bench(withFallback);
    mcp.script(failed("timeout", "unknown"));
    expect((await submit(await start(), "run")).status).toBe("outcome_unknown");
    expect(mcp.calls).toHaveLength(1);
  });
});

describe("a circuit breaker", () => {
  it("leaves an executor alone after failures, tries it once later, and says so", async () => {
    const policy = { failures: 2, windowMs: 60_000, openMs: 10_000 };
    const { start, submit, mcp, clock, audit } = bench(job({ circuitBreaker: policy }));
    mcp.script(failed("transient_error"), failed("transient_error"));
    const open = await start();
    await submit(open, "run", { n: 1 });
    await submit(open, "run", { n: 2 });
    expect(brief(await submit(open, "run", { n: 3 }))).toEqual(["failed", "open", 0, "EXECUTOR_FAILED"]);
    expect(mcp.calls).toHaveLength(2);
    await clock.advance(10_000);
    expect((await submit(open, "run", { n: 4 })).status).toBe("completed");
    expect(audit.types().filter((type) => type.startsWith("circuit"))).toEqual([
      "circuit.opened",
      "circuit.closed",
    ]);
  });
});

describe("an outcome that nobody knows", () => {
  const lost = async (more = {}) => {
    const b = bench(job({}, buildMcp("job"), { output: { id: "$.output.id" }, ...more }));
    b.mcp.script(failed("timeout", "unknown"));
    const snapshot = await b.submit(await b.start(), "run", { a: 1 });
    const operator = { ...b.agent, subject: "op", permissions: ["workflow.*"] };
    const resolve = (outcome: "executed" | "not_executed" | "abandon", rest = {}) =>
      b.engine.resolveUnknown({
        workflowId: snapshot.instance!.id,
        outcome,
        reason: "looked it up",
        principal: operator,
        correlationId: "cor",
        ...rest,
      });
    return { b, snapshot, resolve };
  };

  it("stops the instance, says since when, and nothing can be submitted past it", async () => {
    const { b, snapshot } = await lost();
    expect(snapshot.message).toContain("since 2026-01-05T09:00:00.000Z");
    expect(rels(snapshot)).toEqual(["refresh"]);
    expect(brief(await b.submit(snapshot, "run", { a: 2 }))[3]).toBe("OUTCOME_UNKNOWN");
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("is resolved as executed with what the person found, which is then mapped", async () => {
    const { resolve, b } = await lost();
    const done = await resolve("executed", { result: { id: "r-1" } });
    expect(brief(done)).toEqual(["completed", "done", 1, undefined]);
    expect(done.context).toEqual({ id: "r-1" });
    expect(b.audit.types()).toContain("operation.resolved");
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("is resolved as not executed, and the step can be taken again", async () => {
    const { resolve, b } = await lost();
    const open = await resolve("not_executed");
    expect(open.instance?.status).toBe("idle");
    b.mcp.script(succeeded({ id: "r-2" }));
    expect((await b.submit(open, "run", { a: 1 })).status).toBe("completed");
  });

  it("is given up, which cancels the workflow", async () => {
    const { resolve } = await lost();
    expect(brief(await resolve("abandon"))).toEqual(["cancelled", "open", 1, undefined]);
  });

  it("needs a permission and a reason, and is resolved once", async () => {
    const { resolve, b } = await lost();
    expect((await resolve("executed", { principal: b.agent })).error?.code).toBe("FORBIDDEN");
    expect((await resolve("executed", { reason: " " })).error?.code).toBe("INVALID_ARGUMENTS");
    await resolve("executed", { result: { id: 1 } });
    expect((await resolve("not_executed")).error?.code).toBe("INVALID_TRANSITION");
  });

  it("leads where its author says", async () => {
    const { snapshot } = await lost({ onUnknown: { target: "elsewhere" } });
    expect(brief(snapshot)).toEqual(["completed", "elsewhere", 1, undefined]);
  });
});

describe("what goes wrong after an effect", () => {
  it("parks the operation with its result kept; nothing runs twice (F4)", async () => {
    const b = bench(job({}, buildMcp("job"), { output: { id: "$.output.missing" } }));
    b.mcp.script(succeeded({ id: "r-1" }));
    const parked = await b.submit(await b.start(), "run");
    expect(brief(parked)).toEqual(["failed", "open", 0, "EXECUTOR_FAILED"]);
    expect(parked.instance?.status).toBe("parked");
    expect(rels(parked)).toEqual(["refresh"]);
    expect((await b.store.load(parked.instance!.id))?.operation).toMatchObject({
      status: "waiting",
      result: { id: "r-1" },
    });
    expect(brief(await b.submit(parked, "run", { again: true }))[3]).toBe("TRANSITION_IN_PROGRESS");
    const operator = { ...b.agent, permissions: ["workflow.resolve"] };
    const request = {
      workflowId: parked.instance!.id,
      reason: "by hand",
      principal: operator,
      correlationId: "cor",
    };
    const done = await b.engine.resolveUnknown({ ...request, outcome: "executed", result: { missing: 1 } });
    expect(brief(done)).toEqual(["completed", "done", 1, undefined]);
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("checks the output schema, and keeps an output that is too large as a digest", async () => {
    const outputSchema = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
    const b = bench(job({}, buildMcp("job"), { outputSchema }), {
      limits: { outputBytes: 1000, spillBytes: 1000 },
    });
    b.mcp.script(succeeded({ id: 1 }), succeeded({ id: "x".repeat(2000) }));
    expect(brief(await b.submit(await b.start(), "run"))[3]).toBe("OUTPUT_SCHEMA_VIOLATION");
    const large = await b.submit(await b.start(), "run");
    expect(large.message).toContain("over the limit of 1000");
    expect((await b.store.load(large.instance!.id))?.operation?.result).toMatchObject({
      $truncated: { bytes: 2009 },
    });
  });

  it("is an ordinary failure where the effect was only a read", async () => {
    const b = bench(job({}, buildMcp("job", { effect: "read" }), { output: { id: "$.output.missing" } }));
    const snapshot = await b.submit(await b.start(), "run");
    expect(brief(snapshot)).toEqual(["failed", "open", 0, "EXECUTOR_FAILED"]);
    expect(rels(snapshot)).toEqual(["run"]);
  });

  it("bounds the context and the arguments", async () => {
    const b = bench(job({}, buildMcp("job", { effect: "read" }), { output: { all: "$.arguments" } }), {
      limits: { contextBytes: 100, argumentsBytes: 500 },
    });
    const open = await b.start();
    expect((await b.submit(open, "run", { a: "x".repeat(200) })).message).toContain("context would take");
    expect(brief(await b.submit(open, "run", { a: "x".repeat(600) }))[3]).toBe("INVALID_ARGUMENTS");
    await settled();
  });
});
