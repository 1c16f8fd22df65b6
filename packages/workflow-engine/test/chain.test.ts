import {
  buildEnd,
  buildMcp,
  buildNoop,
  buildTransition,
  buildWorkflow,
  failed,
  succeeded,
} from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief, rels } from "./bench.ts";

const auto = (target: string, more = {}) => buildTransition(target, { actor: "deterministic", ...more });

const pipeline = buildWorkflow({
  idle: { transitions: { go: buildTransition("lint") } },
  lint: { transitions: { run_lint: auto("test", { executor: buildMcp("lint") }) } },
  test: {
    transitions: {
      run_test: auto("judge", { executor: buildMcp("test"), output: { passed: "$.output.passed" } }),
    },
  },
  judge: {
    transitions: {
      decide: auto("failed", {
        executor: buildNoop(),
        branches: [{ when: { kind: "expr", expr: "$.context.passed == true" }, target: "passed" }],
      }),
    },
  },
  passed: { transitions: { finish: buildTransition("done") } },
  failed: { transitions: { again: buildTransition("lint") } },
  done: buildEnd(),
});

describe("deterministic chains", () => {
  it("run by themselves after a submit, branch, and are told step by step", async () => {
    const { start, submit, mcp, audit } = bench(pipeline);
    mcp.script(succeeded({}), succeeded({ passed: true }));
    const snapshot = await submit(await start(), "go");
    expect(brief(snapshot)).toEqual(["executed", "passed", 4, undefined]);
    expect(snapshot.chain).toEqual([
      { fromState: "lint", transition: "run_lint", toState: "test", version: 2 },
      { fromState: "test", transition: "run_test", toState: "judge", version: 3 },
      { fromState: "judge", transition: "decide", toState: "passed", version: 4 },
    ]);
    expect(audit.types().filter((type) => type.startsWith("chain."))).toEqual([
      "chain.step",
      "chain.step",
      "chain.step",
      "chain.completed",
    ]);
  });

  it("record evidence once for each step (W13, F10)", async () => {
    const { start, submit, mcp, store } = bench(pipeline);
    mcp.script(succeeded({}, "lint"), succeeded({ passed: false }, "test"));
    const snapshot = await submit(await start(), "go");
    const aggregate = await store.load(snapshot.instance!.id);
    expect(aggregate?.evidence.map(({ kind, version }) => [kind, version])).toEqual([
      ["lint", 2],
      ["test", 3],
    ]);
  });

  it("stop where a step fails: what was done stays, and the step is offered again", async () => {
    const { start, submit, mcp } = bench(pipeline);
    mcp.script(succeeded({}), failed("permanent"));
    const snapshot = await submit(await start(), "go");
    expect(brief(snapshot)).toEqual(["failed", "test", 2, "CHAIN_FAILED"]);
    expect(snapshot.error).toMatchObject({ attemptedTransition: "run_test", errorClass: "permanent" });
    expect(snapshot.links).toEqual([
      expect.objectContaining({
        rel: "run_test",
        actor: "deterministic",
        args: {
          workflowId: snapshot.instance!.id,
          expectedVersion: 2,
          transition: "run_test",
          arguments: {},
        },
      }),
    ]);
    mcp.script(succeeded({ passed: true }));
    expect(brief(await submit(snapshot, "run_test"))).toEqual(["executed", "passed", 4, undefined]);
  });

  it("stop at their depth limit, parked with a link that goes on (F8, W19)", async () => {
    const loop = buildWorkflow(
      { start: { transitions: { go: buildTransition("a") } }, a: { transitions: { spin: auto("a") } } },
      { maxChainDepth: 3 },
    );
    const { start, submit, get } = bench(loop);
    const snapshot = await submit(await start(), "go");
    expect(brief(snapshot)).toEqual(["failed", "a", 4, "CHAIN_FAILED"]);
    expect(snapshot.instance?.status).toBe("parked");
    expect(rels(await get(snapshot))).toEqual(["spin"]);
    const again = await submit(snapshot, "spin");
    expect(again.instance?.version).toBe(7);
  });

  it("never take a single candidate past its guards (F38)", async () => {
    const guarded = buildWorkflow({
      start: { transitions: { go: buildTransition("check") } },
      check: {
        transitions: {
          promote: auto("done", { guards: [{ kind: "role", role: "admin" }], executor: buildMcp("promote") }),
        },
      },
      done: buildEnd(),
    });
    const { start, submit, mcp } = bench(guarded);
    const snapshot = await submit(await start(), "go");
    expect(snapshot.instance?.status).toBe("parked");
    expect(mcp.calls).toEqual([]);
    expect(brief(await submit(snapshot, "promote"))).toEqual(["rejected", "check", 1, "GUARD_REJECTED"]);
    expect(mcp.calls).toEqual([]);
  });

  it("tell a caller who wants to know of each step and each retry, with numbers that grow", async () => {
    const { start, submit, mcp } = bench(pipeline);
    mcp.script(
      (_call, { onProgress }) => {
        onProgress?.({ progress: 50, total: 100, message: "half" });
        return succeeded({});
      },
      succeeded({ passed: true }),
    );
    const told: unknown[] = [];
    await submit(await start(), "go", {}, { onProgress: (progress) => told.push(progress) });
    expect(told).toEqual([
      { progress: 1, message: "half" },
      { progress: 2, message: "run_lint: test" },
      { progress: 3, message: "run_test: judge" },
      { progress: 4, message: "decide: passed" },
    ]);
  });

  it("act with the authority of whoever started, not of whoever submits", async () => {
    const { start, submit, mcp } = bench(pipeline);
    mcp.script(succeeded({}), succeeded({ passed: true }));
    await submit(await start(), "go");
    expect(new Set(mcp.calls.map(({ principal }) => principal))).toEqual(new Set(["agent"]));
  });
});

describe("actors", () => {
  const actors = buildWorkflow({
    open: {
      transitions: {
        auto: auto("done", { guards: [{ kind: "expr", expr: "$.arguments.score > 90" }] }),
        person: buildTransition("done", { actor: "human" }),
        machine: buildTransition("done", { actor: "system" }),
        mine: buildTransition("done"),
      },
    },
    done: buildEnd(),
  });

  it.each([
    ["auto", { score: 99 }],
    ["person", {}],
    ["machine", {}],
  ])("cannot be borrowed by a caller: %s (F39)", async (transition, args) => {
    const { start, submit } = bench(actors);
    const opened = await start();
    expect(rels(opened)).toEqual(["mine"]);
    expect(brief(await submit(opened, transition, args))).toEqual(["rejected", "open", 0, "ACTOR_MISMATCH"]);
  });

  it("let an operator take a system transition", async () => {
    const { start, submit } = bench(actors);
    expect(brief(await submit(await start(), "machine", {}, { admin: true }))).toEqual([
      "completed",
      "done",
      1,
      undefined,
    ]);
  });

  it("take no arguments for a step that the gateway owes", async () => {
    const { start, submit, mcp } = bench(pipeline);
    mcp.script(failed("permanent"));
    const snapshot = await submit(await start(), "go");
    const forged = await submit(snapshot, "run_lint", { target: "/" });
    expect(brief(forged)).toEqual(["rejected", "lint", 1, "ACTOR_MISMATCH"]);
    expect(mcp.calls).toHaveLength(1);
  });
});

describe("onEnter", () => {
  const entering = (onFailure?: { readonly target: string }) =>
    buildWorkflow({
      a: { transitions: { next: buildTransition("b") } },
      b: {
        onEnter: {
          executor: buildMcp("prepare"),
          output: { prepared: "$.output.id" },
          reliability: {},
          ...(onFailure === undefined ? {} : { onFailure }),
        },
        transitions: { back: buildTransition("a"), again: buildTransition("b") },
      },
      lost: buildEnd("failure"),
    });

  it("is an operation of its own: it runs once for each entry, with a key of its own (F5, F29)", async () => {
    const { start, submit, mcp, audit } = bench(entering());
    mcp.script(succeeded({ id: 1 }), succeeded({ id: 2 }));
    const b = await submit(await start(), "next");
    expect(brief(b)).toEqual(["executed", "b", 2, undefined]);
    expect(b.chain).toEqual([{ fromState: "b", transition: "onEnter", toState: "b", version: 2 }]);
    const again = await submit(b, "again");
    expect(again.context).toEqual({ prepared: 2 });
    expect(new Set(mcp.calls.map(({ key }) => key)).size).toBe(2);
    expect(audit.types()).toContain("workflow.transitioned");
  });

  it("of the first state runs at the start, which always returns the id (F6)", async () => {
    const first = buildWorkflow({
      boot: {
        onEnter: { executor: buildMcp("boot"), output: {}, reliability: {} },
        transitions: { go: buildTransition("done") },
      },
      done: buildEnd(),
    });
    const { start, submit, mcp } = bench(first);
    mcp.script(failed("connection_error", "not_sent"));
    const snapshot = await start();
    expect(brief(snapshot)).toEqual(["failed", "boot", 0, "CHAIN_FAILED"]);
    expect(rels(snapshot)).toEqual(["go", "onEnter"]);
    expect(brief(await submit(snapshot, "onEnter"))).toEqual(["executed", "boot", 1, undefined]);
  });

  it("leads where its author says when it fails", async () => {
    const { start, submit, mcp } = bench(entering({ target: "lost" }));
    mcp.script(failed("permanent"));
    const snapshot = await submit(await start(), "next");
    expect(brief(snapshot)).toEqual(["completed", "lost", 2, undefined]);
    expect(snapshot.instance?.outcome).toBe("failure");
  });
});
