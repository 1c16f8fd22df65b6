import {
  buildChild,
  buildEnd,
  buildMcp,
  buildTransition,
  buildWorkflow,
  settled,
  succeeded,
} from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief, rels } from "./bench.ts";

const parent = (executor = buildChild("child", { input: { n: "$.arguments.n" } })) =>
  buildWorkflow(
    {
      open: {
        transitions: { delegate: buildTransition("done", { executor, output: { got: "$.output.result" } }) },
      },
      done: buildEnd(),
    },
    { id: "parent" },
  );

const auto = (target: string, more = {}) => buildTransition(target, { actor: "deterministic", ...more });

const child = buildWorkflow(
  {
    work: {
      transitions: {
        compute: auto("ready", {
          executor: buildMcp("compute", { map: { n: "$.workflow.input.n" }, effect: "idempotent" }),
          output: { result: "$.output.value" },
        }),
      },
    },
    ready: buildEnd(),
    broken: buildEnd("failure"),
  },
  { id: "child" },
);

const asking = buildWorkflow(
  {
    ask: {
      transitions: {
        answer: buildTransition("ready", { output: { result: "$.arguments.value" } }),
        fail: buildTransition("broken"),
      },
    },
    ready: buildEnd(),
    broken: buildEnd("failure"),
  },
  { id: "child" },
);

describe("sub-workflows", () => {
  it("that end by themselves give their context as the step's output, in one call (F21)", async () => {
    const b = bench([parent(), child]);
    b.mcp.script(succeeded({ value: 42 }));
    const done = await b.submit(await b.start(), "delegate", { n: 7 });
    expect(brief(done)).toEqual(["completed", "done", 1, undefined]);
    expect(done.context).toEqual({ got: 42 });
    expect(done.evidence).toMatchObject([{ kind: "sub_workflow" }]);
    expect(b.mcp.calls[0]?.call).toMatchObject({ arguments: { n: 7 } });
  });

  it("that wait are the caller's to go on with; the parent goes on when they end", async () => {
    const b = bench([parent(), asking]);
    const waiting = await b.submit(await b.start(), "delegate", { n: 7 });
    expect(brief(waiting)).toEqual(["pending", "open", 0, undefined]);
    expect(rels(waiting)).toEqual(["refresh", "child"]);
    const inner = await b.engine.get(String(waiting.links[1]?.args["workflowId"]), b.agent);
    expect(inner.instance?.parent?.workflowId).toBe(waiting.instance!.id);
    await b.submit(inner, "answer", { value: "yes" });
    await settled();
    expect(brief(await b.get(waiting))).toEqual(["completed", "done", 1, undefined]);
    expect((await b.get(waiting)).context).toEqual({ got: "yes" });
  });

  it("that end while an equal call is answered are told with their output, or not yet (W9)", async () => {
    const b = bench([parent(), asking]);
    const open = await b.start();
    const waiting = await b.submit(open, "delegate", { n: 7 });
    const inner = await b.engine.get(String(waiting.links[1]?.args["workflowId"]), b.agent);
    const journal = b.store.journal.bind(b.store);
    let reads = 0;
    b.store.journal = async (...asked) => {
      const seen = await journal(...asked);
      reads += 1;
      if (reads === 2) await b.submit(inner, "answer", { value: "yes" });
      await settled();
      return seen;
    };
    const again = await b.submit(open, "delegate", { n: 7 });
    expect(brief(again)).toEqual(["completed", "done", 1, undefined]);
    expect(again.output).toEqual({ result: "yes" });
  });

  it("that end without success fail the step, which a new submit starts anew", async () => {
    const b = bench([parent(), asking]);
    const open = await b.start();
    const waiting = await b.submit(open, "delegate", { n: 7 });
    const first = String(waiting.links[1]?.args["workflowId"]);
    await b.submit(await b.engine.get(first, b.agent), "fail");
    await settled();
    const after = await b.get(waiting);
    expect(brief(after)).toEqual(["waiting_for_action", "open", 0, "EXECUTOR_FAILED"]);
    const again = await b.submit(after, "delegate", { n: 7 });
    expect(again.links[1]?.args["workflowId"]).not.toBe(first);
  });

  it("are started once, whoever takes the parent over", async () => {
    const one = bench([parent(), child]);
    const open = await one.start();
    one.mcp.hold();
    void one.submit(open, "delegate", { n: 7 });
    await settled();
    await one.crash();
    const two = one.replica("two");
    two.mcp.hold()();
    two.mcp.script(succeeded({ value: 1 }), succeeded({ value: 1 }));
    await two.engine.sweep();
    await two.engine.sweep();
    await settled();
    expect(brief(await two.get(open))).toEqual(["completed", "done", 1, undefined]);
    expect((await two.engine.instances({ principal: two.agent })).items).toHaveLength(2);
  });

  it("that take too long are told to stop, and the step has failed", async () => {
    const b = bench([parent(buildChild("child", { timeoutMs: 1000 })), asking]);
    const waiting = await b.submit(await b.start(), "delegate");
    await b.clock.advance(1000);
    await b.engine.sweep();
    await b.engine.sweep();
    expect(brief(await b.get(waiting))).toEqual(["waiting_for_action", "open", 0, "EXECUTOR_FAILED"]);
    const inner = await b.engine.get(String(waiting.links[1]?.args["workflowId"]), b.agent);
    expect(inner.status).toBe("cancelled");
  });

  it("nest to a depth, and no deeper", async () => {
    const endless = buildWorkflow(
      {
        work: { transitions: { deeper: auto("done", { executor: buildChild("endless") }) } },
        done: buildEnd(),
      },
      { id: "endless" },
    );
    const b = bench(endless, { limits: { depth: 3 } });
    const top = await b.start();
    expect(top.status).toBe("pending");
    const all = (await b.engine.instances({ principal: b.agent })).items;
    expect(all.map(({ parent: above }) => above?.depth ?? 0).sort()).toEqual([0, 1, 2, 3]);
    expect(all[0]?.recovery).toMatchObject({ slot: "chain" });
  });

  it("that do not exist fail the step", async () => {
    const b = bench(parent(buildChild("nobody")));
    const failedStep = await b.submit(await b.start(), "delegate");
    expect(failedStep.error?.message).toContain("no workflow `nobody`");
  });

  it("that fail into a fallback leave nothing behind if the process dies there (W19)", async () => {
    const falls = buildWorkflow(
      {
        open: {
          transitions: {
            delegate: buildTransition("done", {
              executor: buildChild("child"),
              reliability: {
                fallback: { strategy: "first_success", executors: [buildMcp("other", { effect: "read" })] },
              },
            }),
          },
        },
        done: buildEnd(),
      },
      { id: "parent" },
    );
    const b = bench([falls, asking]);
    const open = await b.start();
    const waiting = await b.submit(open, "delegate");
    expect(waiting.status).toBe("pending");
    const [inner] = (await b.engine.instances({ principal: b.agent, definitionId: "child" })).items;
    b.mcp.hold();
    await b.submit({ ...waiting, instance: inner! }, "fail");
    await settled();
    expect(b.mcp.calls).toHaveLength(1);
    await b.crash();
    const two = b.replica("two");
    two.mcp.hold()();
    await two.engine.sweep();
    expect(brief(await two.get(open))).toEqual(["completed", "done", 1, undefined]);
  });
});
