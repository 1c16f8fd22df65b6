import {
  buildEnd,
  buildMcp,
  buildTransition,
  buildWorkflow,
  failed,
  settled,
  succeeded,
} from "@mcp-flowgate/testkit";
import type { Snapshot } from "@mcp-flowgate/workflow-engine";
import { describe, expect, it, vi } from "vitest";
import { bench, brief } from "./bench.ts";

const charge = buildWorkflow({
  open: {
    transitions: {
      charge: buildTransition("open", { executor: buildMcp("charge"), output: { last: "$.output" } }),
      close: buildTransition("done"),
    },
  },
  done: buildEnd(),
});

describe("calls at the same time", () => {
  it("fifty equal submits have one effect and one answer (F1, W1, W9)", async () => {
    const { start, submit, mcp } = bench(charge);
    const open = await start();
    const release = mcp.hold();
    const calls = Array.from({ length: 50 }, () => submit(open, "charge", { eur: 5 }));
    await settled();
    release();
    const answers = await Promise.all(calls);
    expect(mcp.calls).toHaveLength(1);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(brief(answers[0]!)).toEqual(["executed", "open", 1, undefined]);
  });

  it("fifty equal submits over two replicas have one effect (F1, W1)", async () => {
    const one = bench(charge);
    const two = one.replica("two");
    const open = await one.start();
    const release = one.mcp.hold();
    const calls = Array.from({ length: 50 }, (_, index) =>
      (index % 2 ? one : two).submit(open, "charge", { eur: 5 }),
    );
    await settled();
    release();
    await one.clock.advance(1000);
    const answers = await Promise.all(calls);
    expect(one.mcp.calls).toHaveLength(1);
    for (const answer of answers) expect(answer.output).toEqual({ eur: 5 });
  });

  it("another submit of the same version is told to wait, then that it came too late", async () => {
    const { start, submit, mcp } = bench(charge);
    const open = await start();
    const release = mcp.hold();
    const first = submit(open, "charge", { eur: 5 });
    await settled();
    expect(brief(await submit(open, "charge", { eur: 6 }))).toEqual([
      "rejected",
      "open",
      0,
      "TRANSITION_IN_PROGRESS",
    ]);
    release();
    await first;
    expect(brief(await submit(open, "charge", { eur: 6 }))).toEqual([
      "rejected",
      "open",
      1,
      "STALE_WORKFLOW_VERSION",
    ]);
    expect(mcp.calls).toHaveLength(1);
  });

  it("an equal call that waits too long is told that the first is still running", async () => {
    const { start, submit, mcp, clock } = bench(charge, { engine: { joinMs: 1000 } });
    const open = await start();
    const release = mcp.hold();
    const first = submit(open, "charge", { eur: 5 });
    await settled();
    const second = submit(open, "charge", { eur: 5 });
    await clock.advance(1000);
    expect(brief(await second)).toEqual(["rejected", "open", 0, "TRANSITION_IN_PROGRESS"]);
    release();
    expect((await first).status).toBe("executed");
  });

  it("an equal call after the end gets the same answer, also from another replica (W9)", async () => {
    const one = bench(charge);
    const open = await one.start();
    const first = await one.submit(open, "charge", { eur: 5 });
    expect(await one.submit(open, "charge", { eur: 5 })).toEqual(first);
    expect(await one.replica("two").submit(open, "charge", { eur: 5 })).toEqual(first);
    expect(one.mcp.calls).toHaveLength(1);
  });

  it.each([
    ["another call may or may not have taken effect", "charge", failed("timeout", "unknown")],
    ["another call has failed", "charge", failed("permanent")],
    ["another call has gone through", "charge", succeeded({ eur: 6 })],
    ["it has ended", "close", undefined],
    ["it was cancelled", "cancel", undefined],
  ] as const)("an equal call gets the same answer where since then %s (W9)", async (_what, next, outcome) => {
    const { engine, start, submit, mcp, agent } = bench(charge);
    const open = await start();
    const told = ({ status, output, chain, evidence, error }: Snapshot) => ({
      status,
      output,
      chain,
      evidence,
      error,
    });
    const first = await submit(open, "charge", { eur: 5 });
    if (outcome !== undefined) mcp.script(outcome);
    const { id: workflowId } = open.instance!;
    if (next === "cancel")
      await engine.cancel({
        workflowId,
        reason: "enough",
        principal: agent,
        correlationId: "cor",
      });
    else await submit(first, next, { eur: 6 });
    expect(told(await submit(open, "charge", { eur: 5 }))).toEqual(told(first));
  });

  it("an equal call of another principal is not an equal call", async () => {
    const shared = { ...charge, visibility: "tenant" as const };
    const { start, submit, agent } = bench(shared);
    const open = await start();
    await submit(open, "charge", { eur: 5 });
    const other = { ...agent, subject: "other" };
    expect(brief(await submit(open, "charge", { eur: 5 }, { principal: other }))[3]).toBe(
      "STALE_WORKFLOW_VERSION",
    );
  });

  it("each turn of a loop has a key of its own, and every attempt of a turn the same (F29, W10)", async () => {
    const { start, submit, mcp } = bench(charge);
    let at = await start();
    for (let turn = 0; turn < 3; turn += 1) at = await submit(at, "charge", { eur: 5 });
    expect(new Set(mcp.calls.map(({ key }) => key)).size).toBe(3);
    expect(mcp.calls[0]?.key).toMatch(new RegExp(`^${at.instance!.id}\\.0\\.submit\\.[0-9a-f]{16}$`));
  });
});

describe("request keys", () => {
  it("give the first instance, however often and from wherever it is asked (F7)", async () => {
    const one = bench(charge);
    const two = one.replica("two");
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? one : two).start({ requestKey: "k" })),
    );
    expect(new Set(answers.map(({ instance }) => instance?.id)).size).toBe(1);
    expect((await one.engine.instances({ principal: one.agent })).items).toHaveLength(1);
  });

  it("give the result of a capability that was started and run with them", async () => {
    const { start, mcp } = bench(charge);
    mcp.script(succeeded({ receipt: 1 }));
    const request = { requestKey: "k", submit: { transition: "charge", arguments: { eur: 1 } } };
    const first = await start(request);
    expect(first.output).toEqual({ receipt: 1 });
    expect(await start(request)).toEqual(first);
    expect(mcp.calls).toHaveLength(1);
  });

  it("are the principal's own, and end after a day", async () => {
    const { start, clock, agent } = bench(charge);
    const first = await start({ requestKey: "k" });
    const other = await start({ requestKey: "k", principal: { ...agent, subject: "other" } });
    await clock.advance(86_400_000);
    const later = await start({ requestKey: "k" });
    expect(new Set([first, other, later].map(({ instance }) => instance?.id)).size).toBe(3);
  });
});

describe("an instance that this process left at rest", () => {
  it("is not read again to go on with it", async () => {
    const { start, submit, store, mcp } = bench(charge);
    const load = vi.spyOn(store, "load");
    const open = await submit(await start(), "charge", { eur: 5 });
    expect(brief(await submit(open, "close"))).toEqual(["completed", "done", 2, undefined]);
    expect(load).not.toHaveBeenCalled();
    expect(mcp.calls).toHaveLength(1);
  });

  it("is read before anything is refused, and where another has gone on with it (W1)", async () => {
    const one = bench(charge);
    const two = one.replica("two");
    const open = await one.start();
    const charged = await two.submit(open, "charge", { eur: 5 });
    expect(brief(await one.submit(open, "charge", { eur: 6 }))).toEqual([
      "rejected",
      "open",
      1,
      "STALE_WORKFLOW_VERSION",
    ]);
    // Equal to one of the other, which this process knows nothing of.
    const again = await one.start({ requestKey: "again" });
    const there = await two.submit(again, "charge", { eur: 7 });
    expect(await one.submit(again, "charge", { eur: 7 })).toEqual(there);
    expect(brief(await one.submit(charged, "close"))).toEqual(["completed", "done", 2, undefined]);
    expect(one.mcp.calls).toHaveLength(2);
  });

  it("is gone where another has cancelled it", async () => {
    const one = bench(charge);
    const two = one.replica("two");
    const open = await one.start();
    const { agent } = two;
    await two.engine.cancel({
      workflowId: open.instance!.id,
      reason: "no",
      principal: agent,
      correlationId: "cor",
    });
    expect(brief(await one.submit(open, "charge", { eur: 5 }))[3]).toBe("WORKFLOW_TERMINAL");
    expect(one.mcp.calls).toHaveLength(0);
  });
});
