import {
  buildChild,
  buildEnd,
  buildHuman,
  buildMcp,
  buildPerson,
  buildTransition,
  buildWorkflow,
  failed,
  hangs,
  settled,
} from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief, rels, type Bench } from "./bench.ts";

const step = (name: string, target: string) =>
  buildTransition(target, {
    executor: buildMcp(name),
    output: { [name]: "$.output" },
    compensate: { executor: buildMcp(`undo_${name}`, { map: { was: "$.output", by: "$.arguments.by" } }) },
  });

const trip = buildWorkflow({
  a: { transitions: { flight: step("flight", "b") } },
  b: { transitions: { hotel: step("hotel", "c"), ask: buildTransition("c", { executor: buildHuman() }) } },
  c: { transitions: { pay: buildTransition("done", { executor: buildMcp("pay", { effect: "read" }) }) } },
  done: buildEnd(),
});

const cancelIt = (b: Bench, workflowId: string, more = {}) =>
  b.engine.cancel({
    workflowId,
    reason: "changed my mind",
    principal: b.agent,
    correlationId: "cor",
    ...more,
  });

const tools = (b: Bench) =>
  b.mcp.calls.map(({ call }) => (call.kind === "mcp" ? [call.tool, call.arguments] : []));

describe("cancellation", () => {
  it("undoes what was done, the last first, with what it gave, and ends (W18)", async () => {
    const b = bench(trip);
    const at = await b.submit(await b.submit(await b.start(), "flight", { by: "x" }), "hotel", { by: "y" });
    const cancelled = await cancelIt(b, at.instance!.id);
    expect(brief(cancelled)).toEqual(["cancelled", "c", 5, undefined]);
    expect(tools(b).slice(2)).toEqual([
      ["undo_hotel", { was: { by: "y" }, by: "y" }],
      ["undo_flight", { was: { by: "x" }, by: "x" }],
    ]);
    expect(rels(cancelled)).toEqual([]);
    expect((await b.submit(cancelled, "pay")).error?.code).toBe("WORKFLOW_TERMINAL");
    expect((await cancelIt(b, at.instance!.id)).error?.code).toBe("WORKFLOW_TERMINAL");
  });

  it("goes on with its compensations after a crash", async () => {
    const one = bench(trip);
    const at = await one.submit(await one.submit(await one.start(), "flight", { by: "x" }), "hotel", {
      by: "y",
    });
    one.mcp.script(failed("permanent"));
    const parked = await cancelIt(one, at.instance!.id);
    expect(parked.instance?.status).toBe("parked");
    expect(rels(parked)).toEqual(["hotel"]);
    const two = one.replica("two");
    expect(brief(await two.submit(parked, "hotel"))).toEqual(["cancelled", "c", 5, undefined]);
    expect(
      tools(two)
        .slice(-2)
        .map(([tool]) => tool),
    ).toEqual(["undo_hotel", "undo_flight"]);
  });

  it("goes on past a compensation that is given up, and undoes nothing twice", async () => {
    const b = bench(trip);
    const at = await b.submit(await b.submit(await b.start(), "flight", { by: "x" }), "hotel", { by: "y" });
    b.mcp.script(failed("timeout", "unknown"));
    expect((await cancelIt(b, at.instance!.id)).status).toBe("outcome_unknown");
    const operator = { ...b.agent, permissions: ["workflow.resolve"] };
    const ended = await b.engine.resolveUnknown({
      workflowId: at.instance!.id,
      outcome: "abandon",
      reason: "the hotel does not answer",
      principal: operator,
      correlationId: "cor",
    });
    expect(ended.status).toBe("cancelled");
    expect(tools(b).map(([tool]) => tool)).toEqual(["flight", "hotel", "undo_hotel", "undo_flight"]);
  });

  it("undoes each turn of a loop with a key of its own, though no version lies between (W10)", async () => {
    const b = bench(buildWorkflow({ a: { transitions: { flight: step("flight", "a") } } }));
    const at = await b.submit(await b.submit(await b.start(), "flight", { by: "x" }), "flight", { by: "x" });
    b.mcp.script(failed("timeout", "unknown"));
    await cancelIt(b, at.instance!.id);
    await b.engine.resolveUnknown({
      workflowId: at.instance!.id,
      outcome: "abandon",
      reason: "the airline does not answer",
      principal: { ...b.agent, permissions: ["workflow.resolve"] },
      correlationId: "cor",
    });
    const undone = b.mcp.calls.filter(({ call }) => call.kind === "mcp" && call.tool === "undo_flight");
    expect(undone.map(({ key }) => key.split(".").slice(1, 3).join("."))).toEqual([
      "1.compensate",
      "0.compensate",
    ]);
  });

  it("is not led elsewhere by a deadline that passes meanwhile", async () => {
    const retry = {
      maxAttempts: 2,
      backoff: "fixed",
      initialDelayMs: 5000,
      jitter: false,
      retryOn: ["connection_error"],
    } as const;
    const slow = buildWorkflow(
      {
        a: { transitions: { flight: step("flight", "b") } },
        b: {
          transitions: { stay: buildTransition("b", { reliability: { retry }, executor: buildMcp("stay") }) },
        },
        late: buildEnd("failure"),
      },
      { timeoutMs: 1000, onTimeout: { target: "late" } },
    );
    const b = bench(slow);
    const at = await b.submit(await b.start(), "flight", { by: "x" });
    b.mcp.script(failed("permanent"));
    const parked = await cancelIt(b, at.instance!.id);
    expect(parked.instance?.status).toBe("parked");
    await b.clock.advance(5000);
    await b.engine.sweep();
    expect(brief(await b.submit(parked, "flight"))).toEqual(["cancelled", "b", 3, undefined]);
  });

  it("stops an effect that runs in another process", async () => {
    const plain = bench(
      buildWorkflow({
        a: {
          transitions: { look: buildTransition("a", { executor: buildMcp("look", { effect: "read" }) }) },
        },
      }),
    );
    const other = plain.replica("two");
    plain.mcp.script(hangs());
    const open = await plain.start();
    const looking = plain.submit(open, "look");
    await settled();
    const asked = other.engine.cancel({
      workflowId: open.instance!.id,
      reason: "enough",
      principal: plain.agent,
      correlationId: "cor",
    });
    await settled();
    await plain.engine.sweep();
    await asked;
    await looking;
    await settled();
    expect((await plain.get(open)).status).toBe("cancelled");
  });

  it("waits for an effect that cannot be told: it is resolved first", async () => {
    const b = bench(trip);
    b.mcp.script(failed("timeout", "unknown"));
    const lost = await b.submit(await b.start(), "flight", { by: "x" });
    expect((await cancelIt(b, lost.instance!.id)).error?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("withdraws what people were asked", async () => {
    const b = bench(trip);
    const held = await b.submit(await b.submit(await b.start(), "flight", { by: "x" }), "ask");
    await cancelIt(b, held.instance!.id);
    const decided = await b.engine.decide({
      approvalId: held.approvals[0]!.id,
      decision: "approve",
      principal: buildPerson("ann"),
      correlationId: "cor",
    });
    expect(decided.error?.message).toContain("withdrawn");
    expect((await b.get(held)).status).toBe("cancelled");
  });

  it("reaches the child", async () => {
    const outer = buildWorkflow(
      { a: { transitions: { sub: buildTransition("b", { executor: buildChild("inner") }) } }, b: buildEnd() },
      { id: "outer" },
    );
    const inner = buildWorkflow(
      { wait: { transitions: { go: buildTransition("end") } }, end: buildEnd() },
      { id: "inner" },
    );
    const b = bench([outer, inner]);
    const waiting = await b.submit(await b.start(), "sub");
    await cancelIt(b, waiting.instance!.id);
    await settled();
    const child = await b.engine.get(String(waiting.links[1]?.args["workflowId"]), b.agent);
    expect(child.status).toBe("cancelled");
  });

  it("is for the owner and for operators of the tenant", async () => {
    const b = bench({ ...trip, visibility: "tenant" });
    const open = await b.start();
    const id = open.instance!.id;
    expect((await cancelIt(b, id, { principal: { ...b.agent, subject: "other" } })).error?.code).toBe(
      "FORBIDDEN",
    );
    const foreign = { ...b.agent, tenant: "other", permissions: ["*"] };
    expect((await cancelIt(b, id, { principal: foreign })).error?.code).toBe("UNKNOWN_WORKFLOW");
    const operator = { ...b.agent, subject: "op", permissions: ["workflow.cancel"] };
    expect((await cancelIt(b, id, { principal: operator })).status).toBe("cancelled");
  });
});
