import type { GuardIr, ProbeIr, ReliabilityIr } from "@mcp-flowgate/core";
import {
  buildEnd,
  buildMcp,
  buildPerson,
  buildTransition,
  buildWorkflow,
  failed,
  settled,
  succeeded,
} from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief, type Bench } from "./bench.ts";

const FIND = buildMcp("find", {
  effect: "read",
  map: { key: "$.arguments.idempotencyKey", invoice: "$.arguments.invoice" },
});

const payment = (probe: Partial<ProbeIr> = {}, reliability: ReliabilityIr = {}) =>
  buildWorkflow(
    {
      open: {
        transitions: {
          pay: buildTransition("paid", {
            executor: buildMcp("pay", {
              effect: "reconcile",
              probe: { executor: FIND, attempts: 3, delayMs: 1000, ...probe },
            }),
            output: { receipt: "$.output.receipt" },
            reliability,
          }),
        },
        timeoutMs: 3_600_000,
        onTimeout: { target: "late" },
      },
      paid: buildEnd(),
      late: buildEnd("failure"),
    },
    {},
  );

const INVOICE = { invoice: "i1" };
const uncertain = failed("timeout", "unknown");
const executed = succeeded({ outcome: "executed", result: { receipt: 7 } });
const notExecuted = succeeded({ outcome: "not_executed" });
const toolsOf = ({ mcp }: Bench): readonly string[] =>
  mcp.calls.map(({ call }) => (call.kind === "mcp" ? call.tool : call.kind));

/** Lets every probe, wait and attempt that is due within a while happen. */
async function pass(one: Bench, times = 1): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) {
    await one.clock.advance(60_000);
    await one.engine.sweep();
  }
}

/** Another process on the store of one that is gone, which may still send what it was about to for a minute. */
function successorOf(one: Bench): Bench {
  const store = new Proxy(one.replica("two").store, {
    get(target, name) {
      if (name === "lease") return () => ({ ...target.lease(), quarantineMs: 60_000 });
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return bench(payment({ delayMs: 0 }), { engine: { store, clock: one.clock } });
}

/** A process that is gone while it pays, and the one that finds that. */
async function lostWhilePaying() {
  const one = bench(payment({ delayMs: 0 }));
  const open = await one.start();
  one.mcp.script(() => new Promise<never>(() => undefined));
  void one.submit(open, "pay", INVOICE);
  await settled();
  await one.crash();
  return { one, two: successorOf(one), open };
}

describe("a reconcile call of which nobody knows", () => {
  it("ends with what its probe found, asked by the call's key, and is not made again (W5)", async () => {
    const one = bench(payment());
    one.mcp.script(uncertain, executed);
    const open = await one.start();
    const waiting = await one.submit(open, "pay", INVOICE);
    expect(waiting.status).toBe("pending");
    expect(waiting.message).toContain("probe");
    await pass(one);
    const done = await one.get(open);
    expect(brief(done)).toEqual(["completed", "paid", 1, undefined]);
    expect(done.instance?.context).toEqual({ receipt: 7 });
    expect(toolsOf(one)).toEqual(["pay", "find"]);
    const [pay, find] = one.mcp.calls;
    expect(find?.call).toMatchObject({ arguments: { key: pay?.key, invoice: "i1" } });
    expect(one.audit.types()).toContain("operation.probed");
    const [operation] = (await one.engine.journal(open.instance!.id, one.agent)) ?? [];
    expect(operation).toMatchObject({ status: "committed", attempt: 1, call: { tool: "pay" } });
    expect(operation?.error).toBeUndefined();
  });

  it("is made again with the same key where it did not take effect", async () => {
    const one = bench(payment());
    one.mcp.script(uncertain, notExecuted, succeeded({ receipt: 8 }));
    const open = await one.start();
    await one.submit(open, "pay", INVOICE);
    await pass(one);
    expect((await one.get(open)).instance?.context).toEqual({ receipt: 8 });
    expect(toolsOf(one)).toEqual(["pay", "find", "pay"]);
    expect(new Set(one.mcp.calls.map(({ key }) => key)).size).toBe(1);
  });

  const upTo = (maxAttempts: number): ReliabilityIr => ({
    retry: { maxAttempts, backoff: "none", initialDelayMs: 0, jitter: false, retryOn: [] },
  });

  it.each<readonly [number, ReliabilityIr]>([
    [3, {}],
    [2, upTo(2)],
    [1, upTo(1)],
  ])("is made %i times at most, and has then failed for certain", async (times, reliability) => {
    const one = bench(payment({}, reliability));
    for (let turn = 0; turn < times; turn += 1) one.mcp.script(uncertain, notExecuted);
    const open = await one.start();
    await one.submit(open, "pay", INVOICE);
    await pass(one, 5);
    expect(toolsOf(one).filter((tool) => tool === "pay")).toHaveLength(times);
    const after = await one.get(open);
    expect(after.instance?.status).toBe("idle");
    one.mcp.script(succeeded({ receipt: 1 }));
    expect((await one.submit(open, "pay", { ...INVOICE, again: true })).status).toBe("completed");
  });

  it("is a person's to decide once its probe was asked in vain, no sooner and no later", async () => {
    const one = bench(payment());
    one.mcp.script(uncertain, failed("connection_error", "not_sent"), succeeded({ outcome: "unknown" }));
    one.mcp.script(succeeded("what?"));
    const open = await one.start();
    await one.submit(open, "pay", INVOICE);
    await pass(one, 2);
    expect((await one.get(open)).status).toBe("pending");
    await pass(one, 3);
    expect(brief(await one.get(open))).toEqual(["outcome_unknown", "open", 0, "OUTCOME_UNKNOWN"]);
    expect(toolsOf(one)).toEqual(["pay", "find", "find", "find"]);
    const resolved = await one.engine.resolveUnknown({
      workflowId: open.instance!.id,
      principal: buildPerson("ann", { permissions: ["workflow.resolve"] }),
      outcome: "executed",
      result: { receipt: 9 },
      reason: "it is in the ledger",
      correlationId: "cor",
    });
    expect(resolved.instance?.context).toEqual({ receipt: 9 });
  });

  it("is judged by guards over the answer, a definite failure by its detail", async () => {
    const guard = (expr: string): GuardIr => ({ kind: "expr", expr });
    const probe = {
      executed: guard("$.output.status == 200"),
      notExecuted: guard("$.output.status == 404"),
    };
    const found = bench(payment(probe));
    found.mcp.script(uncertain, succeeded({ status: 200, receipt: 3 }));
    const open = await found.start();
    await found.submit(open, "pay", INVOICE);
    await pass(found);
    expect((await found.get(open)).instance?.context).toEqual({ receipt: 3 });

    const missing = bench(payment(probe));
    missing.mcp.script(uncertain, failed("permanent", "failed", { detail: { status: 500 } }));
    missing.mcp.script(failed("permanent", "failed", { detail: { status: 404 } }), succeeded({ receipt: 4 }));
    const other = await missing.start();
    await missing.submit(other, "pay", INVOICE);
    await pass(missing, 3);
    expect((await missing.get(other)).instance?.context).toEqual({ receipt: 4 });
    expect(toolsOf(missing)).toEqual(["pay", "find", "find", "pay"]);
  });

  it("is not cut across by a deadline or a cancellation: they wait for what became of it (W11)", async () => {
    const one = bench(payment());
    one.mcp.script(uncertain, succeeded({ outcome: "unknown" }), executed);
    const open = await one.start();
    await one.submit(open, "pay", INVOICE);
    await one.clock.advance(3_600_001);
    await one.engine.cancel({
      workflowId: open.instance!.id,
      principal: one.agent,
      reason: "no longer wanted",
      correlationId: "cor",
    });
    await one.engine.sweep();
    expect((await one.get(open)).instance?.state).toBe("open");
    await pass(one, 2);
    const [operation] = (await one.engine.journal(open.instance!.id, one.agent)) ?? [];
    expect(operation).toMatchObject({ status: "committed", result: { receipt: 7 } });
    expect((await one.get(open)).instance?.state).toBe("paid");
  });
});

describe("a process that dies during a reconcile call", () => {
  it("at any point of it leaves it to the probe, and it takes effect once (W5)", async () => {
    // What each life meets; it dies in the last of its calls.
    const lives = [["pay"], ["find"], ["find", "pay"], ["find"], []];
    let at = bench(payment({ attempts: 20 }));
    const open = await at.start();
    const never = () => new Promise<never>(() => undefined);
    at.mcp.script(never);
    void at.submit(open, "pay", INVOICE);
    await settled();
    for (const [index, life] of lives.entries()) {
      if (index === 0) continue;
      await at.crash();
      at = at.replica(`r${index}`);
      for (let call = 0; call < life.length; call += 1) {
        if (call === life.length - 1) at.mcp.script(never);
        else at.mcp.script(notExecuted);
      }
      if (index === lives.length - 1) at.mcp.script(executed);
      const before = at.mcp.calls.length;
      for (let turn = 0; turn < 6 && at.mcp.calls.length < before + Math.max(1, life.length); turn += 1) {
        await at.clock.advance(30_000);
        void at.engine.sweep();
        await settled();
      }
    }
    await pass(at, 2);
    expect(brief(await at.get(open))).toEqual(["completed", "paid", 1, undefined]);
    expect((await at.get(open)).instance?.context).toEqual({ receipt: 7 });
    expect(toolsOf(at).filter((tool) => tool === "pay")).toHaveLength(2);
    expect(new Set(at.mcp.calls.map(({ key }) => key)).size).toBe(1);
  });

  it("is not believed to have sent nothing while it may still send", async () => {
    const { one, two, open } = await lostWhilePaying();
    two.mcp.script(notExecuted, notExecuted, succeeded({ receipt: 1 }));
    await two.engine.sweep();
    await two.engine.sweep();
    await one.clock.advance(59_999);
    await two.engine.sweep();
    expect(toolsOf(two)).toEqual(["find"]);
    await one.clock.advance(1);
    await two.engine.sweep();
    expect(toolsOf(two)).toEqual(["find", "find", "pay"]);
    expect((await two.get(open)).status).toBe("completed");
  });

  it("is not believed on an answer that was asked for while it might still send, however late it comes", async () => {
    const { one, two, open } = await lostWhilePaying();
    const early = Promise.withResolvers<typeof notExecuted>();
    two.mcp.script(() => early.promise, executed);
    await two.engine.sweep();
    void two.engine.sweep();
    await settled();
    await one.clock.advance(60_000);
    early.resolve(notExecuted);
    await settled();
    await two.engine.sweep();
    expect(toolsOf(two)).toEqual(["find", "find"]);
    expect((await two.get(open)).instance?.context).toEqual({ receipt: 7 });
  });

  it("ten times and more is a person's to look at", async () => {
    let at = bench(payment({ attempts: 100 }));
    const open = await at.start();
    at.mcp.hold();
    void at.submit(open, "pay", INVOICE);
    await settled();
    for (let life = 0; life < 13; life += 1) {
      await at.crash();
      at = at.replica(`r${life}`);
      at.mcp.hold();
      for (let turn = 0; turn < 2; turn += 1) {
        void at.engine.sweep();
        await settled();
        await at.clock.advance(2000);
      }
    }
    expect((await at.get(open)).status).toBe("outcome_unknown");
  });
});
