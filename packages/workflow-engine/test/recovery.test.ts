import {
  buildChild,
  buildEnd,
  buildMcp,
  buildNoop,
  buildTransition,
  buildWorkflow,
  createManualClock,
  createRecordingAudit,
  failed,
  settled,
  succeeded,
} from "@mcp-flowgate/testkit";
import { FlowgateError, type Batch, type ReliabilityIr, type WorkflowStore } from "@mcp-flowgate/core";
import { createMemoryData, createMemoryStore } from "@mcp-flowgate/store-memory";
import { describe, expect, it, vi } from "vitest";
import { bench, brief, rels, type Bench } from "./bench.ts";

const job = (effect: "read" | "idempotent" | "once" | "reconcile", reliability: ReliabilityIr = {}) =>
  buildWorkflow({
    open: {
      transitions: { run: buildTransition("done", { executor: buildMcp("job", { effect }), reliability }) },
    },
    done: buildEnd(),
  });

/** A process that dies while its effect is on the way. */
async function die(one: Bench): Promise<Awaited<ReturnType<Bench["start"]>>> {
  const open = await one.start();
  one.mcp.hold();
  void one.submit(open, "run", { a: 1 });
  await settled();
  await one.crash();
  return open;
}

/** A process whose lease can run out, and another beside it. */
function leased(reliability?: ReliabilityIr) {
  const lease = { isValid: true, looks: Number.POSITIVE_INFINITY };
  const parts = { clock: createManualClock(), data: createMemoryData(), audit: createRecordingAudit() };
  const memory = createMemoryStore({ ...parts, replica: "one" });
  const store = new Proxy(memory, {
    get(target, name) {
      if (name === "lease")
        return () => {
          lease.looks -= 1;
          const isValid = lease.isValid && lease.looks >= 0;
          return { ...target.lease(), validUntil: isValid ? Number.POSITIVE_INFINITY : -1 };
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const on = (own: WorkflowStore) =>
    bench(job("idempotent", reliability), { engine: { store: own, clock: parts.clock } });
  return {
    ...parts,
    lease,
    memory,
    one: on(store),
    two: on(createMemoryStore({ ...parts, replica: "two" })),
  };
}

describe("a process that dies during an effect", () => {
  it.each(["read", "idempotent"] as const)(
    "is taken over where the effect is %s, with the same key (F2)",
    async (effect) => {
      const one = bench(job(effect));
      const open = await die(one);
      const two = one.replica("two");
      const release = two.mcp.hold();
      release();
      await two.engine.sweep();
      expect(brief(await two.get(open))).toEqual(["completed", "done", 1, undefined]);
      expect(two.mcp.calls).toHaveLength(2);
      expect(new Set(two.mcp.calls.map(({ key }) => key)).size).toBe(1);
      expect(two.audit.types()).toContain("executor.recovered");
    },
  );

  it.each(["once", "reconcile"] as const)(
    "leaves an open outcome where the effect is %s, and never runs it again (W5)",
    async (effect) => {
      const one = bench(job(effect));
      const open = await die(one);
      const two = one.replica("two");
      await two.engine.sweep();
      await two.engine.sweep();
      expect(brief(await two.get(open))).toEqual(["outcome_unknown", "open", 0, "OUTCOME_UNKNOWN"]);
      expect(two.mcp.calls).toHaveLength(1);
    },
  );

  it("cannot write its result once another has taken over; the result is kept beside (W7)", async () => {
    const one = bench(job("idempotent"));
    const open = await one.start();
    const release = one.mcp.hold();
    const answer = one.submit(open, "run", { a: 1 });
    await settled();
    const two = one.replica("two");
    // The deadline and its grace pass while the first is paused: the second takes over.
    one.clock.skew(600_000);
    release();
    const held = two.mcp.hold();
    const sweeping = two.engine.sweep();
    await settled();
    held();
    await sweeping;
    await answer;
    const journal = await two.engine.journal(open.instance!.id, two.agent);
    expect(journal).toHaveLength(1);
    expect(journal?.[0]).toMatchObject({ status: "committed", takeovers: 1 });
    expect(brief(await two.get(open))).toEqual(["completed", "done", 1, undefined]);
  });

  it("sends nothing while its lease has run out, though its claim is on record, and sends it once that is back (W7)", async () => {
    const { one, lease, memory, clock, audit } = leased();
    const open = await one.start();
    lease.isValid = false;
    expect((await one.submit(open, "run", { a: 1 })).status).toBe("pending");
    await clock.advance(60_000);
    expect(one.mcp.calls).toEqual([]);
    expect(await memory.journal(open.instance!.id)).toMatchObject([{ status: "running" }]);
    lease.isValid = true;
    await clock.advance(100);
    await settled();
    expect(brief(await one.get(open))).toEqual(["completed", "done", 1, undefined]);
    expect(one.mcp.calls).toMatchObject([{ attempt: 1 }]);
    expect(audit.types().filter((type) => type === "executor.started")).toHaveLength(1);
  });

  it("never asks for an effect that it has to stop at once, whenever its lease runs out (W7)", async () => {
    const stopped: boolean[] = [];
    for (let looks = 0; looks < 12; looks += 1) {
      const { one, lease } = leased();
      const open = await one.start();
      one.mcp.script((_call, { signal }) => {
        stopped.push(signal.aborted);
        return succeeded(null);
      });
      lease.looks = looks;
      await one.submit(open, "run", { a: 1 });
    }
    expect(stopped.length).toBeGreaterThan(0);
    expect(stopped).not.toContain(true);
  });

  it("sends nothing where its time is up when its claim is on record at last", async () => {
    const { one, memory, clock } = leased();
    const open = await one.start();
    const apply = memory.apply.bind(memory);
    vi.spyOn(memory, "apply").mockImplementationOnce(async (batch) => {
      const applied = await apply(batch);
      clock.skew(600_000);
      return applied;
    });
    expect(brief(await one.submit(open, "run"))).toEqual(["failed", "open", 0, "EXECUTOR_FAILED"]);
    expect(one.mcp.calls).toEqual([]);
  });

  it("tries a circuit again that it was about to try when its lease ran out", async () => {
    const policy = { failures: 1, windowMs: 60_000, openMs: 1000 };
    const { one, lease, clock } = leased({ circuitBreaker: policy });
    one.mcp.script(failed("transient_error"));
    const open = await one.start();
    await one.submit(open, "run", { n: 1 });
    await clock.advance(1000);
    lease.isValid = false;
    await one.submit(open, "run", { n: 2 });
    lease.isValid = true;
    await clock.advance(100);
    await settled();
    expect(brief(await one.get(open))).toEqual(["completed", "done", 1, undefined]);
  });

  it("leaves what it could not send to whoever has taken it over by the time its lease is back (W7)", async () => {
    const { one, two, lease, clock } = leased();
    const open = await one.start();
    lease.isValid = false;
    await one.submit(open, "run", { a: 1 });
    clock.skew(600_000);
    const release = two.mcp.hold();
    const sweeping = two.engine.sweep();
    await settled();
    lease.isValid = true;
    await clock.advance(100);
    await settled();
    expect([one, two].map(({ mcp }) => mcp.calls.length)).toEqual([0, 1]);
    release();
    await sweeping;
    expect(brief(await two.get(open))).toEqual(["completed", "done", 1, undefined]);
  });

  it("whose step another has brought to an end says how that ended, and not nothing (W9)", async () => {
    const { one, two, clock } = leased();
    const open = await one.start();
    const release = one.mcp.hold();
    const answer = one.submit(open, "run", { a: 1 });
    await settled();
    clock.skew(600_000);
    await two.engine.sweep();
    release();
    const told = await answer;
    expect(brief(told)).toEqual(["completed", "done", 1, undefined]);
    expect(told.output).toEqual({ a: 1 });
    expect(told.output).toEqual((await two.submit(open, "run", { a: 1 })).output);
  });

  it("is taken over ten times at most", async () => {
    let at = bench(job("idempotent"));
    const open = await die(at);
    for (let life = 0; life < 12; life += 1) {
      at = at.replica(`r${life}`);
      at.mcp.hold();
      void at.engine.sweep();
      await settled();
      await at.crash();
    }
    at = at.replica("last");
    await at.engine.sweep();
    expect((await at.get(open)).status).toBe("outcome_unknown");
    expect(at.mcp.calls).toHaveLength(11);
  });

  it("between two steps of a chain loses nothing: the next step is claimed with the one before (F8)", async () => {
    const auto = (target: string) =>
      buildTransition(target, {
        actor: "deterministic",
        executor: buildMcp(target, { effect: "idempotent" }),
      });
    const chain = buildWorkflow({
      start: { transitions: { run: buildTransition("a", { executor: buildNoop() }) } },
      a: { transitions: { to_b: auto("b") } },
      b: {
        onEnter: { executor: buildMcp("enter", { effect: "idempotent" }), output: {}, reliability: {} },
        transitions: { to_c: auto("c") },
      },
      c: buildEnd(),
    });
    let at = bench(chain);
    const open = await die(at);
    for (let life = 0; life < 6; life += 1) {
      at = at.replica(`r${life}`);
      // Each life brings one more step to its end, and dies in the next.
      at.mcp.script(succeeded({}), () => new Promise(() => undefined));
      at.mcp.hold()();
      void at.engine.sweep();
      await settled();
      if ((await at.get(open)).status === "completed") break;
      await at.crash();
    }
    expect(brief(await at.get(open))).toEqual(["completed", "c", 4, undefined]);
    const journal = await at.engine.journal(open.instance!.id, at.agent);
    expect(journal?.map(({ slot, status }) => [slot, status])).toEqual([
      ["submit", "committed"],
      ["chain", "committed"],
      ["onEnter", "committed"],
      ["chain", "committed"],
    ]);
  });
});

/** A store that applies a batch and then loses its answer, once, where it is told to. */
function losing(...irs: readonly ReturnType<typeof job>[]) {
  const clock = createManualClock();
  const memory = createMemoryStore({ clock, audit: createRecordingAudit(), replica: "one" });
  const lost: { next?: (batch: Batch) => boolean } = {};
  const apply: WorkflowStore["apply"] = async (batch) => {
    const result = await memory.apply(batch);
    if (lost.next?.(batch) !== true) return result;
    delete lost.next;
    throw new FlowgateError("STORE_UNAVAILABLE", "the connection was lost");
  };
  const store = new Proxy(memory, {
    get(target, name) {
      const value: unknown = name === "apply" ? apply : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...bench(irs, { engine: { store, clock } }), clock, lost };
}

describe("a commit whose answer was lost", () => {
  it("of a claim is gone on with: the effect happens once, and its equal call is told (O3, W6, W9)", async () => {
    const at = losing(job("once"));
    const open = await at.start();
    at.lost.next = () => true;
    expect((await at.submit(open, "run", { a: 1 })).error?.code).toBe("STORE_UNAVAILABLE");
    await at.clock.advance(1000);
    expect(brief(await at.get(open))).toEqual(["completed", "done", 1, undefined]);
    expect(brief(await at.submit(open, "run", { a: 1 }))).toEqual(["completed", "done", 1, undefined]);
    expect(at.mcp.calls).toHaveLength(1);
  });

  it("of an outcome and the claim of the next step leaves neither to a deadline (O3)", async () => {
    const at = losing(
      buildWorkflow({
        open: {
          transitions: { run: buildTransition("next", { executor: buildMcp("job", { effect: "once" }) }) },
        },
        next: {
          transitions: {
            go: buildTransition("done", {
              actor: "deterministic",
              executor: buildMcp("more", { effect: "once" }),
            }),
          },
        },
        done: buildEnd(),
      }),
    );
    const open = await at.start();
    at.mcp.script(() => {
      at.lost.next = () => true;
      return succeeded({});
    });
    const submitting = at.submit(open, "run");
    await at.clock.advance(1000);
    await submitting;
    expect(brief(await at.get(open))).toEqual(["completed", "done", 2, undefined]);
    expect(at.mcp.calls).toHaveLength(2);
  });

  it("of the start of a sub-workflow leaves its parent to no deadline (O3, F21)", async () => {
    const at = losing(
      buildWorkflow({
        open: { transitions: { run: buildTransition("done", { executor: buildChild("child") }) } },
        done: buildEnd(),
      }),
      buildWorkflow(
        { open: { transitions: { end: buildTransition("done") } }, done: buildEnd() },
        { id: "child" },
      ),
    );
    const open = await at.start();
    at.lost.next = ({ instance }) => instance?.definitionId === "child";
    expect((await at.submit(open, "run")).error?.code).toBe("STORE_UNAVAILABLE");
    await at.clock.advance(1000);
    const { items } = await at.engine.instances({ principal: at.agent });
    const child = items.filter(({ definitionId }) => definitionId === "child");
    expect(child).toHaveLength(1);
    const { id, version } = child[0]!;
    await at.engine.submit({
      workflowId: id,
      expectedVersion: version,
      transition: "end",
      arguments: {},
      principal: at.agent,
      correlationId: "cor",
    });
    await at.clock.advance(1000);
    expect(brief(await at.get(open))).toEqual(["completed", "done", 1, undefined]);
  });
});

describe("a store or an audit trail that refuses", () => {
  it("lets no effect happen without its record (F60, F62, W6)", async () => {
    const b = bench(job("once"));
    const open = await b.start();
    b.audit.refuse(["executor.started"]);
    expect(brief(await b.submit(open, "run"))).toEqual([
      "rejected",
      undefined,
      undefined,
      "AUDIT_UNAVAILABLE",
    ]);
    expect(b.mcp.calls).toEqual([]);
    b.audit.refuse();
    expect((await b.submit(open, "run")).status).toBe("completed");
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("after the effect is waited for: the outcome is held, written later, and never performed again (F61)", async () => {
    const b = bench(job("once"));
    const open = await b.start();
    b.audit.refuse(["executor.succeeded"]);
    const answer = await b.submit(open, "run");
    expect([answer.status, answer.error?.code]).toEqual(["pending", "AUDIT_UNAVAILABLE"]);
    expect(brief(await b.get(open))).toEqual(["pending", "open", 0, undefined]);
    b.audit.refuse();
    await b.clock.advance(10_000);
    expect(brief(await b.get(open))).toEqual(["completed", "done", 1, undefined]);
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("refuses a start, a decision and a cancellation alike, and leaves nothing behind", async () => {
    const b = bench(job("once"));
    b.audit.refuse("all");
    expect((await b.start()).error?.code).toBe("AUDIT_UNAVAILABLE");
    expect((await b.engine.instances({ principal: b.agent })).items).toEqual([]);
  });

  it("is told with its code when it is closed", async () => {
    const b = bench(job("once"));
    const open = await b.start();
    await b.crash();
    expect((await b.submit(open, "run")).error?.code).toBe("STORE_UNAVAILABLE");
    expect((await b.get(open)).error?.code).toBe("STORE_UNAVAILABLE");
  });
});

describe("closing", () => {
  it("waits for what runs and refuses what is new (F20)", async () => {
    const b = bench(job("once"));
    const open = await b.start();
    const other = await b.start();
    const release = b.mcp.hold();
    const running = b.submit(open, "run");
    await settled();
    const closed = b.engine.close({ deadlineMs: 5000 });
    expect((await b.submit(other, "run")).error?.code).toBe("DRAINING");
    expect((await b.start()).error?.code).toBe("DRAINING");
    release();
    expect((await running).status).toBe("completed");
    expect(await closed).toBe(true);
  });

  it("says when its deadline passes first", async () => {
    const b = bench(job("once"));
    b.mcp.hold();
    void b.submit(await b.start(), "run");
    await settled();
    const closed = b.engine.close({ deadlineMs: 5000 });
    await b.clock.advance(5000);
    expect(await closed).toBe(false);
  });
});

describe("a definition that changes", () => {
  it("leaves instances on the one that they started with (F18, W14)", async () => {
    const before = job("once");
    const one = bench(before);
    const open = await one.start();
    const renamed = buildWorkflow({
      other: { transitions: { go: buildTransition("end") } },
      end: buildEnd(),
    });
    const two = bench(renamed);
    expect(two.definition().hash).not.toBe(one.definition().hash);
    const later = one.replica("later");
    const snapshot = await later.submit(open, "run");
    expect(brief(snapshot)).toEqual(["completed", "done", 1, undefined]);
    expect(snapshot.instance?.definitionHash).toBe(one.definition().hash);
  });

  it("that nobody knows any more is found in the store", async () => {
    const one = bench(job("once"), {
      engine: { definitions: { current: () => undefined, byHash: () => undefined } },
    });
    const open = await one.start();
    expect(rels(await one.replica("two").get(open))).toEqual(["run"]);
    expect((await one.replica("three").submit(open, "run")).status).toBe("completed");
  });
});
