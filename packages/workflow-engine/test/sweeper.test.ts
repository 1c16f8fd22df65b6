import { buildEnd, buildMcp, buildTransition, buildWorkflow, failed, settled } from "@mcp-flowgate/testkit";
import type { WorkflowStore } from "@mcp-flowgate/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bench, type Bench } from "./bench.ts";

const job = buildWorkflow({
  open: {
    transitions: { run: buildTransition("done", { executor: buildMcp("job", { effect: "once" }) }) },
  },
  done: buildEnd(),
});

/** What a look takes up, and more than that. */
const [BATCH, MANY] = [256, 300];

/** A cancellation that was asked for by a process that ended before it took it up. */
async function leaveCancel(store: WorkflowStore, workflowId: string): Promise<void> {
  const payload = { reason: "enough", by: { subject: "agent" } };
  const signal = { id: `sig_${workflowId}`, workflowId, kind: "cancel" as const, payload, at: store.now() };
  await store.apply({ expect: {}, signals: [signal], audit: [] });
}

/** Instances whose outcome somebody has to look up, and whose cancellation waits for that. */
async function leaveStuck(at: Bench): Promise<void> {
  for (let index = 0; index < MANY; index += 1) {
    const open = await at.start();
    at.mcp.script(failed("timeout", "unknown"));
    await at.submit(open, "run");
    await leaveCancel(at.store, open.instance!.id);
  }
}

describe("the sweeper", () => {
  afterEach(() => vi.restoreAllMocks());

  it("takes up a signal behind any number that cannot be taken up yet (W11)", async () => {
    const at = bench(job);
    await leaveStuck(at);
    const open = await at.start();
    await leaveCancel(at.store, open.instance!.id);
    at.engine.run();
    await at.clock.advance(3000);
    expect((await at.get(open)).status).toBe("cancelled");
    await at.engine.close();
  });

  it("goes on where half of what it began is on record, and leaves the others alone (P3)", async () => {
    const timed = buildWorkflow({
      open: { timeoutMs: 1000, onTimeout: { target: "done" }, transitions: {} },
      done: buildEnd(),
    });
    const at = bench(timed);
    const open: Awaited<ReturnType<Bench["start"]>>[] = [];
    for (let index = 0; index < MANY; index += 1) open.push(await at.start());
    await at.clock.advance(1000);
    const slow = Promise.withResolvers<void>();
    const apply = at.store.apply.bind(at.store);
    let begun = 0;
    const applies = vi.spyOn(at.store, "apply").mockImplementation(async (batch) => {
      begun += 1;
      if (begun > BATCH / 2 && begun <= BATCH) await slow.promise;
      return await apply(batch);
    });
    at.engine.run();
    await at.clock.advance(20);
    await settled();
    const ended = async (): Promise<number> => {
      const all = await Promise.all(open.map(({ instance }) => at.store.load(instance!.id)));
      return all.filter((one) => one?.instance.status === "terminal").length;
    };
    expect(await ended()).toBe(MANY - BATCH / 2);
    slow.resolve();
    await settled();
    expect(await ended()).toBe(MANY);
    expect(applies).toHaveBeenCalledTimes(MANY);
    await at.engine.close();
  });

  it("looks less and less often at what cannot be taken up", async () => {
    const at = bench(job);
    await leaveStuck(at);
    const looks = vi.spyOn(at.store, "due");
    const reads = vi.spyOn(at.store, "loadAll");
    at.engine.run();
    await at.clock.advance(60_000);
    await settled();
    await at.engine.close();
    const read = reads.mock.calls.reduce((sum, [ids]) => sum + ids.length, 0);
    expect(read).toBeLessThan(14 * MANY);
    expect(looks.mock.calls.length).toBeLessThan(100);
  });
});
