import {
  buildCapability,
  buildEnd,
  buildHuman,
  buildMcp,
  buildPerson,
  buildPrincipal,
  buildTransition,
  buildWorkflow,
  settled,
} from "@mcp-flowgate/testkit";
import { capabilityDefinition, RUN, type Snapshot } from "@mcp-flowgate/workflow-engine";
import { describe, expect, it } from "vitest";
import { bench, brief, rels, type Bench } from "./bench.ts";

const ann = buildPerson("ann");
const bob = buildPerson("bob");
const DAY = 86_400_000;

const decideAs =
  ({ engine }: Bench) =>
  (snapshot: Snapshot, more: Partial<Parameters<Bench["engine"]["decide"]>[0]> = {}) =>
    engine.decide({
      approvalId: snapshot.approvals[0]!.id,
      decision: "approve",
      principal: ann,
      correlationId: "cor",
      ...more,
    });

const deploy = (more = {}) =>
  buildWorkflow({
    ready: {
      transitions: {
        deploy: buildTransition("live", {
          executor: buildHuman({
            title: "Deploy {{ $.arguments.what }}?",
            onApprove: buildMcp("deploy", { map: { what: "$.arguments.what" } }),
            ...more,
          }),
          output: { version: "$.output.what" },
        }),
        leave: buildTransition("left"),
      },
    },
    live: buildEnd(),
    left: buildEnd(),
    refused: buildEnd("failure"),
  });

describe("a gate", () => {
  it("holds the step until a person approves, then runs exactly what was shown", async () => {
    const b = bench(deploy());
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    expect(brief(held)).toEqual(["pending", "ready", 0, undefined]);
    expect(rels(held)).toEqual(["refresh"]);
    expect(held.approvals).toMatchObject([
      { kind: "gate", queue: "approvals", title: "Deploy v2?", transitions: ["deploy"] },
    ]);
    expect(b.mcp.calls).toEqual([]);

    const done = await decideAs(b)(held, { reason: "looks good" });
    expect(brief(done)).toEqual(["completed", "live", 1, undefined]);
    expect(b.mcp.calls.map(({ call }) => call)).toMatchObject([
      { tool: "deploy", arguments: { what: "v2" } },
    ]);
    expect(done.context).toEqual({ version: "v2" });
    expect(done.evidence).toMatchObject([{ kind: "human_approval", actor: "ann", outcome: "success" }]);
    expect(brief(await b.get(held))).toEqual(["completed", "live", 1, undefined]);
  });

  it("is asked for in one commit, which is no evidence of approval (F12)", async () => {
    const b = bench(deploy());
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    expect((await b.store.load(held.instance!.id))?.evidence).toEqual([]);
    expect(b.audit.types()).toEqual([
      "workflow.started",
      "transition.requested",
      "human.approval.requested",
      "approval.pending",
    ]);
  });

  it("answers an equal call as it answered the first", async () => {
    const b = bench(deploy());
    const ready = await b.start();
    const held = await b.submit(ready, "deploy", { what: "v2" });
    expect(await b.submit(ready, "deploy", { what: "v2" })).toEqual(held);
    expect(brief(await b.submit(ready, "deploy", { what: "v3" }))[3]).toBe("TRANSITION_IN_PROGRESS");
  });

  it.each([
    ["the requester", { kind: "human" as const, subject: "agent" }],
    ["an agent", { kind: "agent" as const, subject: "other" }],
    ["a service", { kind: "service" as const, subject: "other" }],
  ])("cannot be opened by %s (W12)", async (_who, more) => {
    const b = bench(deploy());
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    const refused = await decideAs(b)(held, { principal: buildPrincipal(more.subject, more) });
    expect(refused.error?.code).toBe("FORBIDDEN");
    expect(b.mcp.calls).toEqual([]);
  });

  it("does not exist for another tenant (W20)", async () => {
    const b = bench(deploy());
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    const refused = await decideAs(b)(held, { principal: buildPerson("eve", { tenant: "other" }) });
    expect(refused).toMatchObject({ status: "rejected", error: { code: "UNKNOWN_ID" }, context: {} });
    expect((await b.engine.approvals({ principal: buildPerson("eve", { tenant: "other" }) })).items).toEqual(
      [],
    );
  });

  it("is listed for people and operators of the tenant, and for whoever asked", async () => {
    const b = bench(deploy());
    await b.submit(await b.start(), "deploy", { what: "v2" });
    const count = async (principal: ReturnType<typeof buildPrincipal>) =>
      (await b.engine.approvals({ principal })).items.length;
    expect(await count(ann)).toBe(1);
    expect(await count(b.agent)).toBe(1);
    expect(await count(buildPrincipal("op", { permissions: ["workflow.*"] }))).toBe(1);
    expect(await count(buildPrincipal("other"))).toBe(0);
  });

  it("is for those it is assigned to, by role or permission", async () => {
    const b = bench(deploy({ assignees: { roles: ["lead"], permissions: ["deploy.approve"] } }));
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    expect((await decideAs(b)(held)).error?.code).toBe("FORBIDDEN");
    const granted = buildPerson("cid", { permissions: ["deploy.*"] });
    expect(brief(await decideAs(b)(held, { principal: granted }))[0]).toBe("completed");
  });

  it("needs as many different people as its quorum", async () => {
    const b = bench(deploy({ quorum: 2 }));
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    expect(brief(await decideAs(b)(held))[0]).toBe("pending");
    expect((await decideAs(b)(held)).error?.message).toContain("decided already");
    expect(b.mcp.calls).toEqual([]);
    const done = await decideAs(b)(held, { principal: bob });
    expect(done.status).toBe("completed");
    expect(done.evidence.map(({ actor }) => actor)).toEqual(["ann", "bob"]);
  });

  it("is closed by one rejection, whatever others said", async () => {
    const b = bench(deploy({ quorum: 2 }));
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    await decideAs(b)(held);
    const denied = await decideAs(b)(held, { principal: bob, decision: "reject", reason: "not today" });
    expect(brief(denied)).toEqual(["executed", "ready", 0, "GUARD_REJECTED"]);
    expect(denied.error?.message).toContain("not today");
    expect(rels(denied)).toEqual(["deploy", "leave"]);
    expect(b.mcp.calls).toEqual([]);
    expect((await b.get(denied)).error?.message).toContain("rejected by bob: not today");
  });

  it("leads where its author says when it is rejected", async () => {
    const b = bench(deploy({ onReject: { target: "refused" } }));
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    expect(brief(await decideAs(b)(held, { decision: "reject" }))).toEqual([
      "completed",
      "refused",
      1,
      undefined,
    ]);
  });

  it("is used once: a second decision changes nothing", async () => {
    const b = bench(deploy());
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    const [first, second] = await Promise.all([decideAs(b)(held), decideAs(b)(held, { principal: bob })]);
    expect([first.status, second.status].sort()).toEqual(["completed", "rejected"]);
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("expires by itself, nobody looking, and the step can be asked for again", async () => {
    const b = bench(deploy({ expiresMs: 60_000 }));
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    b.engine.run();
    await b.clock.advance(62_000);
    const expired = await b.get(held);
    expect(brief(expired)).toEqual(["waiting_for_action", "ready", 0, "GUARD_REJECTED"]);
    expect(expired.approvals).toEqual([]);
    expect((await decideAs(b)(held)).error?.code).toBe("INVALID_TRANSITION");
    expect(brief(await b.submit(expired, "deploy", { what: "v2" }))[0]).toBe("pending");
    await b.engine.close();
  });

  it("gives what people filled in to what it lets run", async () => {
    const form = { type: "object", properties: { window: { type: "string" } }, required: ["window"] };
    const onApprove = buildMcp("deploy", { map: { what: "$.arguments.what", at: "$.output.input.window" } });
    const b = bench(deploy({ form, onApprove }));
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    expect((await decideAs(b)(held)).error?.code).toBe("INPUT_SCHEMA_VIOLATION");
    await decideAs(b)(held, { input: { window: "night" } });
    expect(b.mcp.calls[0]?.call).toMatchObject({ arguments: { what: "v2", at: "night" } });
  });

  it("refuses a decision about another version than the one that was seen", async () => {
    const b = bench(deploy());
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    expect((await decideAs(b)(held, { seenVersion: 9 })).error?.code).toBe("STALE_WORKFLOW_VERSION");
  });

  it("lets nothing run but what was seen: a call that was changed meanwhile is refused (W12)", async () => {
    const b = bench(deploy());
    const held = await b.submit(await b.start(), "deploy", { what: "v2" });
    const { operation, instance } = (await b.store.load(held.instance!.id))!;
    const call = { kind: "mcp" as const, connection: "server", tool: "deploy", arguments: { what: "v3" } };
    await b.store.apply({
      expect: { instance: { id: instance.id, version: instance.version, fence: instance.fence } },
      operations: [{ ...operation!, call }],
      audit: [],
    });
    const refused = await decideAs(b)(held);
    expect(refused.error?.message).toContain("what was approved is not what would run");
    expect(b.mcp.calls).toEqual([]);
  });

  it("is taken up by any process after the one that recorded the decision is gone, but not too late (W12)", async () => {
    const decided = async (waitMs: number) => {
      const b = bench(deploy());
      const held = await b.submit(await b.start(), "deploy", { what: "v2" });
      const approval = (await b.store.approval(held.approvals[0]!.id))!;
      const now = b.clock.now();
      const decision = {
        approver: ann,
        decision: "approve" as const,
        input: {},
        seenVersion: 0,
        decidedAt: now,
      };
      await b.store.apply({
        expect: { approvals: [{ id: approval.id, revision: 1 }] },
        approvals: [
          { ...approval, status: "approved", revision: 2, decisions: [decision], useBefore: now + DAY },
        ],
        signals: [
          {
            id: "sig_x",
            workflowId: approval.workflowId,
            kind: "approval_settled",
            payload: { approvalId: approval.id },
            at: now,
          },
        ],
        audit: [],
      });
      await b.crash();
      const two = b.replica("two");
      await two.clock.advance(waitMs);
      await two.engine.sweep();
      return await two.get(held);
    };
    expect((await decided(1000)).status).toBe("completed");
    expect((await decided(DAY + 1)).error?.message).toContain("too late");
  });

  it("works for a capability", async () => {
    const capability = buildCapability("pay", { executor: buildHuman({ onApprove: buildMcp("pay") }) });
    const b = bench(capabilityDefinition(capability));
    const held = await b.start({ input: { eur: 5 }, submit: { transition: RUN, arguments: { eur: 5 } } });
    expect(brief(held)).toEqual(["pending", "ready", 0, undefined]);
    expect(brief(await decideAs(b)(held))).toEqual(["completed", "done", 1, undefined]);
    expect(b.mcp.calls[0]?.call).toMatchObject({ arguments: { eur: 5 } });
  });
});

describe("a choice beside a step that waits", () => {
  const desk = (executor: Parameters<typeof buildTransition>[1]) =>
    buildWorkflow({
      ready: {
        transitions: {
          step: buildTransition("live", executor),
          abort: buildTransition("aborted", { actor: "human" }),
        },
      },
      live: buildEnd(),
      aborted: buildEnd("failure"),
    });

  it("takes the step's place, so that nothing is left waiting (W19)", async () => {
    const b = bench(desk({ executor: buildHuman() }));
    const held = await b.submit(await b.start(), "step");
    const [choice, gate] = held.approvals;
    expect([choice?.kind, gate?.kind]).toEqual(["choice", "gate"]);
    const chosen = await b.engine.decide({
      approvalId: choice!.id,
      decision: "approve",
      principal: ann,
      correlationId: "cor",
    });
    expect(brief(chosen)).toEqual(["completed", "aborted", 1, undefined]);
    const late = await b.engine.decide({
      approvalId: gate!.id,
      decision: "approve",
      principal: bob,
      correlationId: "cor",
    });
    expect(late.error?.message).toBe("the approval is withdrawn already");
  });

  it("waits while an effect's outcome is unknown, and is taken once that is resolved (W19)", async () => {
    const one = bench(desk({ executor: buildMcp("deploy") }));
    const open = await one.start();
    one.mcp.hold();
    void one.submit(open, "step");
    await settled();
    await one.crash();
    const two = one.replica("two");
    await two.engine.sweep();
    expect((await two.get(open)).status).toBe("outcome_unknown");
    const waiting = await two.engine.decide({
      approvalId: open.approvals[0]!.id,
      decision: "approve",
      principal: ann,
      correlationId: "cor",
    });
    expect(waiting.status).toBe("outcome_unknown");
    await two.clock.advance(DAY);
    await two.engine.resolveUnknown({
      workflowId: open.instance!.id,
      outcome: "not_executed",
      reason: "looked",
      principal: buildPerson("ann", { permissions: ["workflow.resolve"] }),
      correlationId: "cor",
    });
    await two.engine.sweep();
    expect(brief(await two.get(open))).toEqual(["completed", "aborted", 1, undefined]);
  });
});

describe("a choice of people", () => {
  const review = buildWorkflow({
    drafting: {
      transitions: {
        submit: buildTransition("review", {
          executor: buildHuman({ queue: "editors", title: "Review {{ $.workflow.id }}", quorum: 2 }),
        }),
      },
    },
    review: {
      transitions: {
        approve: buildTransition("published", {
          actor: "human",
          inputSchema: { type: "object", properties: { note: { type: "string" } }, required: ["note"] },
          output: { note: "$.arguments.note" },
          evidence: ["signed_off"],
        }),
        reject: buildTransition("drafting", { actor: "human" }),
        withdraw: buildTransition("gone"),
      },
    },
    published: buildEnd(),
    gone: buildEnd("failure"),
  });

  it("is queued when the step completes, and a quorum picks one transition", async () => {
    const b = bench(review);
    const queued = await b.submit(await b.start(), "submit");
    expect(brief(queued)).toEqual(["executed", "review", 1, undefined]);
    expect(queued.approvals).toMatchObject([
      { kind: "choice", queue: "editors", transitions: ["approve", "reject"] },
    ]);
    expect(rels(queued)).toEqual(["withdraw"]);
    await decideAs(b)(queued, { input: { note: "fine" } });
    const done = await decideAs(b)(queued, { principal: bob, input: { note: "good" } });
    expect(brief(done)).toEqual(["completed", "published", 2, undefined]);
    expect(done.context).toEqual({ note: "good" });
    expect(done.evidence.map(({ kind, actor }) => [kind, actor])).toEqual([
      ["signed_off", "bob"],
      ["human_decision", "ann"],
      ["human_decision", "bob"],
    ]);
  });

  it("is withdrawn when the state is left another way", async () => {
    const b = bench(review);
    const queued = await b.submit(await b.start(), "submit");
    expect(brief(await b.submit(queued, "withdraw"))).toEqual(["completed", "gone", 2, undefined]);
    expect((await decideAs(b)(queued)).error?.message).toContain("withdrawn");
  });

  it("validates what is picked, and keeps waiting", async () => {
    const b = bench(review);
    const queued = await b.submit(await b.start(), "submit");
    expect((await decideAs(b)(queued, { input: {} })).error?.code).toBe("INPUT_SCHEMA_VIOLATION");
    expect((await decideAs(b)(queued, { transition: "publish" })).error?.code).toBe("INVALID_ARGUMENTS");
    expect((await b.get(queued)).approvals).toHaveLength(1);
  });

  it("exists for a state with human transitions even without a human executor, and is asked again when it expires", async () => {
    const plain = buildWorkflow({
      a: { transitions: { next: buildTransition("b") } },
      b: { goal: "Sign it", transitions: { sign: buildTransition("done", { actor: "human" }) } },
      done: buildEnd(),
    });
    const b = bench(plain);
    const waiting = await b.submit(await b.start(), "next");
    expect(brief(waiting)).toEqual(["pending", "b", 1, undefined]);
    expect(waiting.approvals).toMatchObject([{ kind: "choice", queue: "flow", title: "Sign it" }]);
    await b.clock.advance(7 * DAY);
    await b.engine.sweep();
    const later = await b.get(waiting);
    expect(later.approvals).toHaveLength(1);
    expect(later.approvals[0]?.id).not.toBe(waiting.approvals[0]?.id);
    expect(brief(await decideAs(b)(later))).toEqual(["completed", "done", 2, undefined]);
  });
});
