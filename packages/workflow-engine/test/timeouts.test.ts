import { buildEnd, buildMcp, buildTransition, buildWorkflow, failed, settled } from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief, rels } from "./bench.ts";

const auto = (target: string) =>
  buildTransition(target, { actor: "deterministic", executor: buildMcp(target) });

const flow = buildWorkflow(
  {
    a: {
      timeoutMs: 1000,
      onTimeout: { target: "late", executor: buildMcp("notify"), output: { notified: "$.output" } },
      transitions: { next: buildTransition("b"), work: buildTransition("b", { executor: buildMcp("work") }) },
    },
    b: { transitions: { back: buildTransition("a") } },
    late: {
      onEnter: { executor: buildMcp("enter"), output: {}, reliability: {} },
      transitions: { clean: auto("expired") },
    },
    expired: buildEnd("failure"),
    over: buildEnd("failure"),
  },
  { timeoutMs: 60_000, onTimeout: { target: "over" } },
);

describe("deadlines of states and workflows", () => {
  it("fire with nobody asking, within the bound, as ordinary transitions (F13, F14, W11)", async () => {
    const b = bench(flow);
    const open = await b.start();
    b.engine.run();
    await b.clock.advance(999);
    expect((await b.get(open)).instance?.state).toBe("a");
    await b.clock.advance(1001);
    const late = await b.get(open);
    expect(brief(late)).toEqual(["completed", "expired", 3, undefined]);
    expect(late.context).toEqual({ notified: {} });
    expect(b.mcp.calls.map(({ call }) => call.kind === "mcp" && call.tool)).toEqual([
      "notify",
      "enter",
      "expired",
    ]);
    expect(late.instance!.terminalAt! - open.instance!.createdAt).toBeLessThanOrEqual(2500);
    await b.engine.close();
  });

  it("that park an instance change nothing of the answer to the call before them (W9)", async () => {
    const b = bench(flow);
    const left = await b.submit(await b.start(), "next");
    const first = await b.submit(left, "back");
    b.mcp.script(failed("permanent"));
    await b.clock.advance(1000);
    await b.engine.sweep();
    expect((await b.get(left)).instance?.status).toBe("parked");
    const again = await b.submit(left, "back");
    expect(again.error).toEqual(first.error);
    expect(again.status).toBe(first.status);
  });

  it("of a state end when it is left and begin anew when it is entered again", async () => {
    const b = bench(flow);
    const open = await b.start();
    await b.clock.advance(900);
    const left = await b.submit(open, "next");
    await b.clock.advance(5000);
    expect(await b.engine.sweep()).toBe(0);
    await b.submit(left, "back");
    await b.clock.advance(999);
    expect(await b.engine.sweep()).toBe(0);
    await b.clock.advance(1);
    await b.engine.sweep();
    expect((await b.get(open)).instance?.state).toBe("expired");
  });

  it("come before a submit that is too late, which then does nothing", async () => {
    const b = bench(flow);
    const open = await b.start();
    await b.clock.advance(1000);
    const late = await b.submit(open, "work");
    expect(brief(late)).toEqual(["timed_out", "expired", 3, "STALE_WORKFLOW_VERSION"]);
    expect(b.mcp.calls.map(({ call }) => call.kind === "mcp" && call.tool)).not.toContain("work");
  });

  it("never cut across an effect: the effect wins, and the deadline comes after it (F16)", async () => {
    const b = bench(flow);
    const open = await b.start();
    const release = b.mcp.hold();
    const working = b.submit(open, "work");
    await settled();
    await b.clock.advance(60_000);
    expect(await b.engine.sweep()).toBe(0);
    release();
    // The state's deadline ended with the state; the workflow's fires in the same commit.
    expect(brief(await working)).toEqual(["timed_out", "over", 2, undefined]);
  });

  it("of a workflow without a target end it where it stands (F15)", async () => {
    const b = bench(buildWorkflow({ a: { transitions: { go: buildTransition("a") } } }, { timeoutMs: 1000 }));
    const open = await b.start();
    await b.clock.advance(1000);
    await b.engine.sweep();
    expect(brief(await b.get(open))).toEqual(["timed_out", "a", 1, undefined]);
    expect((await b.submit(open, "go")).error?.code).toBe("WORKFLOW_TERMINAL");
  });

  it("whose executor fails park the workflow with a link to run it again", async () => {
    const b = bench(flow);
    const open = await b.start();
    b.mcp.script(failed("permanent"));
    await b.clock.advance(1000);
    await b.engine.sweep();
    const parked = await b.get(open);
    expect(parked.instance?.status).toBe("parked");
    expect(rels(parked)).toEqual(["timeout:state"]);
    expect((await b.submit(parked, "timeout:state")).instance?.state).toBe("expired");
  });

  it("are read from the store's clock, so reading changes nothing (F16, W17)", async () => {
    const b = bench(flow);
    const open = await b.start();
    await b.clock.advance(5000);
    const before = b.audit.events.length;
    expect(brief(await b.get(open))).toEqual(["waiting_for_action", "a", 0, undefined]);
    await b.engine.explain({ workflowId: open.instance!.id, principal: b.agent });
    expect(b.audit.events).toHaveLength(before);
  });

  it("are taken up by whichever replica comes first, once (W11)", async () => {
    const one = bench(flow);
    const two = one.replica("two");
    const open = await one.start();
    await one.clock.advance(1000);
    await Promise.all([one.engine.sweep(), two.engine.sweep()]);
    const journal = await one.engine.journal(open.instance!.id, one.agent);
    expect(journal?.filter(({ slot }) => slot === "timeout")).toHaveLength(1);
    expect(one.mcp.calls.filter(({ call }) => call.kind === "mcp" && call.tool === "notify")).toHaveLength(1);
  });
});
