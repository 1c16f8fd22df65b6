import type { StateIr, WorkflowIr } from "@mcp-flowgate/core";
import {
  buildDefinition,
  buildEnd,
  buildHuman,
  buildMcp,
  buildPerson,
  buildTransition,
  buildWorkflow,
  createCountingIds,
  failed,
  settled,
} from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief, rels, type Bench } from "./bench.ts";

const ann = buildPerson("ann", { permissions: ["workflow.*"] });

const first = (open: Partial<StateIr> = {}, more: Partial<WorkflowIr> = {}): WorkflowIr =>
  buildWorkflow(
    {
      open: { transitions: { go: buildTransition("done") }, ...open },
      done: buildEnd(),
    },
    more,
  );

const second = (review: Partial<StateIr> = {}, more: Partial<WorkflowIr> = {}): WorkflowIr =>
  buildWorkflow(
    {
      review: { transitions: { pass: buildTransition("done") }, ...review },
      done: buildEnd(),
    },
    { version: "2.0.0", ...more },
  );

/** An instance of `from`, at its start, in a process that is configured with `to` by now. */
async function begun(
  from: WorkflowIr,
  to: WorkflowIr,
): Promise<{ at: Bench; open: Awaited<ReturnType<Bench["start"]>> }> {
  const ids = createCountingIds();
  const before = bench(from, { engine: { ids } });
  const open = await before.start();
  const { store, clock } = before;
  return { at: { ...bench(to, { engine: { store, clock, ids } }), store, clock }, open };
}

const move = (
  { at, open }: Awaited<ReturnType<typeof begun>>,
  map: { readonly [state: string]: string } = { open: "review" },
  more: Partial<Parameters<Bench["engine"]["migrate"]>[0]> = {},
) =>
  at.engine.migrate({
    workflowId: open.instance!.id,
    to: "current",
    map,
    reason: "the review was missing",
    principal: ann,
    correlationId: "cor",
    ...more,
  });

describe("an instance that is migrated", () => {
  it("goes on by the new definition, from the mapped state, at the next version (W2, W14)", async () => {
    const one = await begun(first(), second({}, { initialContext: { attempts: 0 } }));
    const moved = await move(one);
    expect(brief(moved)).toEqual(["executed", "review", 1, undefined]);
    expect(rels(moved)).toContain("pass");
    expect(moved.instance).toMatchObject({
      definitionHash: one.at.definition().hash,
      definitionVersion: "2.0.0",
      context: { attempts: 0 },
    });
    const journal = await one.at.engine.journal(one.open.instance!.id, ann);
    expect(journal).toMatchObject([
      {
        slot: "migrate",
        status: "committed",
        fromState: "open",
        toState: "review",
        actor: { subject: "ann" },
      },
    ]);
    expect((await one.at.submit(one.open, "go")).error?.code).toBe("STALE_WORKFLOW_VERSION");
    expect((await one.at.submit(moved, "pass")).status).toBe("completed");
  });

  it("leaves its record, with both definitions, both states, who and why", async () => {
    const before = bench(first());
    const open = await before.start();
    const to = buildDefinition(second());
    const at = bench(second(), { engine: { store: before.store, clock: before.clock } });
    await move({ at, open }, { open: "review" }, { to: to.hash });
    const event = before.audit.events.find(({ type }) => type === "workflow.migrated");
    expect(event).toMatchObject({
      principal: { subject: "ann" },
      payload: {
        from: before.definition().hash,
        to: to.hash,
        fromState: "open",
        toState: "review",
        reason: "the review was missing",
      },
    });
  });

  it("has the deadlines of the new definition, counted from its beginnings", async () => {
    const one = await begun(
      first({ timeoutMs: 50_000 }, { timeoutMs: 100_000 }),
      second({ timeoutMs: 30_000, onTimeout: { target: "done" } }, { timeoutMs: 400_000 }),
    );
    await one.at.clock.advance(20_000);
    await move(one);
    const { timers, instance } = (await one.at.store.load(one.open.instance!.id))!;
    const due = new Map(timers.map(({ kind, dueAt }) => [kind, dueAt]));
    expect(due.get("workflow")).toBe(instance.createdAt + 400_000);
    expect(due.get("state")).toBe(instance.createdAt + 50_000);
    await one.at.clock.advance(30_000);
    await one.at.engine.sweep();
    expect((await one.at.get(one.open)).instance?.state).toBe("done");
  });

  it("withdraws what people were asked, and asks what the new state asks", async () => {
    const choice = { transitions: { choose: buildTransition("done", { actor: "human" }) } };
    const one = await begun(first(choice), second({ ...choice }));
    const [asked] = (await one.at.engine.approvals({ principal: ann })).items;
    await move(one);
    expect((await one.at.engine.approval(asked!.id, ann))?.status).toBe("withdrawn");
    const [now] = (await one.at.engine.approvals({ principal: ann })).items;
    expect(now).toMatchObject({ state: "review", status: "pending" });
  });

  it("does what the new definition does by itself, and does not enter its state again", async () => {
    const executor = buildMcp("enter");
    const one = await begun(
      first(),
      second({
        onEnter: { executor, output: {}, reliability: {} },
        transitions: {
          auto: buildTransition("done", { actor: "deterministic", executor: buildMcp("auto") }),
        },
      }),
    );
    expect((await move(one)).instance?.state).toBe("done");
    expect(one.at.mcp.calls.map(({ call }) => (call.kind === "mcp" ? call.tool : ""))).toEqual(["auto"]);
  });

  it("keeps a state that has the same name, and a step that is owed there", async () => {
    const state = (executor = buildMcp("enter")): Partial<StateIr> => ({
      onEnter: { executor, output: {}, reliability: {} },
    });
    const before = bench(first(state()));
    before.mcp.script(failed("permanent"));
    const open = await before.start();
    const fixed = first(state(buildMcp("fixed")), { version: "2.0.0" });
    const at = bench(fixed, { engine: { store: before.store, clock: before.clock } });
    const moved = await move({ at, open }, {});
    expect(moved.instance).toMatchObject({ state: "open", recovery: { slot: "onEnter" } });
    expect(at.mcp.calls).toEqual([]);
  });
});

describe("a migration is refused", () => {
  it.each([
    ["without the permission", {}, { principal: buildPerson("bob", { permissions: ["workflow.read"] }) }],
    ["without a reason", {}, { reason: " " }],
    ["to a definition that there is not", {}, { to: "0".repeat(64) }],
    ["to a state that there is not", { map: { open: "nowhere" } }, {}],
    ["from a state that there is not", { map: { nowhere: "review" } }, {}],
    ["where its state is not mapped", { map: {} }, {}],
  ] as const)("%s", async (_name, { map = { open: "review" } }: { map?: object }, more) => {
    const one = await begun(first(), second());
    const refused = await move(one, map as { [state: string]: string }, more);
    expect(refused.status).toBe("rejected");
    expect((await one.at.get(one.open)).instance).toMatchObject({ state: "open", version: 0 });
  });

  it.each([
    ["input", second({}, { inputSchema: { type: "object", required: ["who"] } })],
    ["context", second({}, { initialContext: { count: "none" } })],
    [
      "context",
      second({
        transitions: {
          pass: buildTransition("done", { executor: buildMcp("t", { map: { x: "$.context.absent" } }) }),
        },
      }),
    ],
  ] as const)("where the %s does not fit", async (what, to) => {
    const refused = await move(await begun(first({}, { initialContext: { count: 1 } }), to));
    expect(refused.status).toBe("rejected");
    expect(refused.message).toContain(what);
  });

  it("where what was done could not be undone any more", async () => {
    const from = buildWorkflow({
      open: {
        transitions: {
          book: buildTransition("booked", {
            executor: buildMcp("book"),
            compensate: { executor: buildMcp("unbook") },
          }),
        },
      },
      booked: { transitions: { go: buildTransition("done") } },
      done: buildEnd(),
    });
    const before = bench(from);
    const open = await before.submit(await before.start(), "book");
    const at = bench(second(), { engine: { store: before.store, clock: before.clock } });
    expect((await move({ at, open }, { booked: "review" })).message).toContain("undo");
  });

  it("while an operation is live: running, waiting for people, or open", async () => {
    const step = (executor: StateIr["transitions"][string]["executor"]) =>
      first({ transitions: { go: buildTransition("done", executor === undefined ? {} : { executor }) } });
    const running = bench(step(buildMcp("go")));
    const open = await running.start();
    running.mcp.hold();
    void running.submit(open, "go");
    await settled();
    const at = bench(second(), { engine: { store: running.store, clock: running.clock } });
    expect((await move({ at, open })).error?.code).toBe("TRANSITION_IN_PROGRESS");

    const gated = bench(step(buildHuman({ onApprove: buildMcp("go") })));
    const waiting = await gated.start();
    await gated.submit(waiting, "go");
    const next = bench(second(), { engine: { store: gated.store, clock: gated.clock } });
    expect((await move({ at: next, open: waiting })).error?.code).toBe("TRANSITION_IN_PROGRESS");

    const uncertain = bench(step(buildMcp("go")));
    const lost = await uncertain.start();
    uncertain.mcp.script(failed("timeout", "unknown"));
    await uncertain.submit(lost, "go");
    const after = bench(second(), { engine: { store: uncertain.store, clock: uncertain.clock } });
    expect((await move({ at: after, open: lost })).error?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("once it has ended, and where it runs on that definition already", async () => {
    const one = await begun(first(), second());
    const moved = await move(one);
    expect((await move(one, {})).status).toBe("rejected");
    await one.at.submit(moved, "pass");
    expect((await move(one, {})).error?.code).toBe("WORKFLOW_TERMINAL");
  });
});
