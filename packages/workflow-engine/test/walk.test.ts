import {
  buildCapability,
  buildDefinition,
  buildEnd,
  buildMcp,
  buildNoop,
  buildTransition,
  buildWorkflow,
  failed,
  succeeded,
} from "@mcp-flowgate/testkit";
import { capabilityDefinition, RUN, sessionDefinition } from "@mcp-flowgate/workflow-engine";
import { describe, expect, it } from "vitest";
import { bench, brief, rels } from "./bench.ts";

const publish = buildWorkflow({
  drafting: {
    goal: "A draft",
    guidance: "Write it.",
    transitions: {
      submit: buildTransition("review", {
        title: "Submit the draft",
        inputSchema: {
          type: "object",
          properties: { text: { type: "string" }, words: { type: "integer", default: 3 } },
          required: ["text"],
        },
        output: { text: "$.arguments.text", words: "$.arguments.words" },
        prefill: { text: "{{ $.workflow.input.topic }}!" },
      }),
      drop: buildTransition("dropped"),
    },
  },
  review: {
    transitions: {
      publish: buildTransition("done", {
        executor: buildMcp("publish", { map: { body: "$.context.text" } }),
        output: { url: "$.output.url" },
        evidence: ["published"],
      }),
    },
  },
  done: buildEnd(),
  dropped: buildEnd("failure"),
});

describe("a workflow walked by links", () => {
  it("starts, offers its links with prefill resolved, and says what it wants", async () => {
    const { start } = bench(publish);
    const snapshot = await start({ input: { topic: "Cats" } });
    expect(brief(snapshot)).toEqual(["started", "drafting", 0, undefined]);
    expect(snapshot.guidance).toEqual({ goal: "A draft", instructions: "Write it." });
    expect(snapshot.links[0]).toMatchObject({
      rel: "submit",
      title: "Submit the draft",
      method: "workflow.submit",
      actor: "agent",
      args: { expectedVersion: 0, transition: "submit", arguments: { text: "Cats!" } },
    });
    expect(rels(snapshot)).toEqual(["submit", "drop"]);
  });

  it("applies defaults, maps arguments into the context and moves on", async () => {
    const { start, submit } = bench(publish);
    const snapshot = await submit(await start(), "submit", { text: "hello" });
    expect(brief(snapshot)).toEqual(["executed", "review", 1, undefined]);
    expect(snapshot.context).toEqual({ text: "hello", words: 3 });
  });

  it("performs the effect with resolved values and records its evidence once", async () => {
    const { start, submit, mcp, audit } = bench(publish);
    mcp.script(succeeded({ url: "https://example.com/1" }, "mcp_tool_result"));
    const review = await submit(await start(), "submit", { text: "hello" });
    const done = await submit(review, "publish");
    expect(brief(done)).toEqual(["completed", "done", 2, undefined]);
    expect(done.output).toEqual({ url: "https://example.com/1" });
    expect(done.context).toMatchObject({ url: "https://example.com/1" });
    expect(done.evidence.map(({ kind }) => kind)).toEqual(["mcp_tool_result", "published"]);
    expect(done.links).toEqual([]);
    expect(mcp.calls.map(({ call }) => call)).toEqual([
      { kind: "mcp", connection: "server", tool: "publish", arguments: { body: "hello" } },
    ]);
    expect(audit.types(done.instance!.id)).toEqual([
      "workflow.started",
      "transition.requested",
      "workflow.transitioned",
      "transition.requested",
      "executor.started",
      "executor.succeeded",
      "workflow.transitioned",
      "workflow.completed",
    ]);
  });

  it.each([
    ["STALE_WORKFLOW_VERSION", "submit", { text: "x" }, 7],
    ["INVALID_TRANSITION", "publish", {}, 0],
    ["INPUT_SCHEMA_VIOLATION", "submit", { text: 1 }, 0],
  ])(
    "refuses with %s, keeps the state and returns the links",
    async (code, transition, args, expectedVersion) => {
      const { start, submit, audit } = bench(publish);
      const refused = await submit(await start(), transition, args, { expectedVersion });
      expect(brief(refused)).toEqual(["rejected", "drafting", 0, code]);
      expect(rels(refused)).toEqual(["submit", "drop"]);
      expect(audit.types().at(-1)).toBe("transition.rejected");
    },
  );

  it("keeps the state when the executor fails, and offers the step again with what was sent", async () => {
    const { start, submit, mcp, get } = bench(publish);
    mcp.script(failed("permanent"), succeeded({ url: "u" }));
    const review = await submit(await start(), "submit", { text: "hello" });
    const refused = await submit(review, "publish", { note: 1 });
    expect(brief(refused)).toEqual(["failed", "review", 1, "EXECUTOR_FAILED"]);
    expect(refused.error).toMatchObject({ errorClass: "permanent", attemptedTransition: "publish" });
    expect(refused.links[0]?.args).toMatchObject({ arguments: { note: 1 } });
    expect(brief(await get(refused))).toEqual(["waiting_for_action", "review", 1, "EXECUTOR_FAILED"]);
    expect(brief(await submit(refused, "publish", { note: 1 }))).toEqual(["completed", "done", 2, undefined]);
  });
});

describe("a capability", () => {
  const echo = buildCapability("hello.echo", {
    executor: buildNoop(),
    inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  });

  it("runs in one call, and in one commit where it has no effect", async () => {
    const { start, audit, engine, agent } = bench(capabilityDefinition(echo));
    const input = { text: "hi" };
    const snapshot = await start({ input, submit: { transition: RUN, arguments: input } });
    expect(brief(snapshot)).toEqual(["completed", "done", 1, undefined]);
    expect(snapshot.output).toEqual({ text: "hi" });
    expect(await engine.journal(snapshot.instance!.id, agent)).toHaveLength(1);
    expect(audit.types()).toEqual([
      "workflow.started",
      "transition.requested",
      "workflow.transitioned",
      "workflow.completed",
    ]);
  });

  it("starts nothing where it is refused", async () => {
    const guarded = { ...echo, guards: [{ kind: "role" as const, role: "admin" }] };
    const { start, engine, agent } = bench(capabilityDefinition(guarded));
    const input = { text: "hi" };
    const refused = await start({ input, submit: { transition: RUN, arguments: input } });
    expect(brief(refused)).toEqual(["rejected", undefined, undefined, "GUARD_REJECTED"]);
    expect(refused.links).toEqual([
      { rel: "start", method: "workflow.start", args: { definitionId: "hello.echo", input } },
    ]);
    expect((await engine.instances({ principal: agent })).items).toEqual([]);
  });

  it("stays ready after a failure, with its arguments in the link", async () => {
    const { start, submit, mcp } = bench(capabilityDefinition(buildCapability("tool")));
    mcp.script(failed("transient_error"));
    const first = await start({ input: { a: 1 }, submit: { transition: RUN, arguments: { a: 1 } } });
    expect(brief(first)).toEqual(["failed", "ready", 0, "EXECUTOR_FAILED"]);
    expect(first.links[0]?.args).toMatchObject({ transition: "run", arguments: { a: 1 } });
    expect(brief(await submit(first, "run", { a: 1 }))).toEqual(["completed", "done", 1, undefined]);
  });

  it("can be called again and again in a session", async () => {
    const session = sessionDefinition([echo, buildCapability("tool")]);
    const { start, submit } = bench(session);
    const first = await submit(await start(), "hello.echo", { text: "a" });
    expect(brief(first)).toEqual(["executed", "ready", 1, undefined]);
    const second = await submit(first, "tool", { b: 2 });
    expect(second.output).toEqual({ b: 2 });
    expect(rels(second)).toEqual(["hello.echo", "tool"]);
    expect(buildDefinition(session).hash).toBe(
      buildDefinition(sessionDefinition([echo, buildCapability("tool")])).hash,
    );
  });
});
