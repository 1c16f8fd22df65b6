import type { Json } from "@mcp-flowgate/core";
import {
  buildEnd,
  buildMcp,
  buildPrincipal,
  buildTransition,
  buildWorkflow,
  settled,
  succeeded,
} from "@mcp-flowgate/testkit";
import { isKeptRef, type Snapshot } from "@mcp-flowgate/workflow-engine";
import { describe, expect, it } from "vitest";
import { bench, brief, type Bench } from "./bench.ts";

const calling = (effect: "read" | "once", output: Record<string, string> = { got: "$.output" }) =>
  buildWorkflow({
    open: {
      transitions: { run: buildTransition("done", { executor: buildMcp("t", { effect }), output }) },
    },
    done: buildEnd(),
  });

const hashOf = ({ output }: Snapshot): string =>
  isKeptRef(output) ? output.$truncated.sha256 : "not kept beside the rows";

const rowsOf = async (b: Bench, { instance }: Snapshot): Promise<string> =>
  JSON.stringify([await b.store.load(instance!.id), await b.store.journal(instance!.id)]);

const whole = async (b: Bench, { instance }: Snapshot, value: Json | undefined): Promise<Json | undefined> =>
  isKeptRef(value) ? await b.engine.kept(instance!.id, value.$truncated.sha256, b.agent) : value;

describe("an output of ten megabytes", () => {
  const huge = { id: "a-7", rows: Array.from({ length: 10 }, () => "x".repeat(1024 * 1024)) };
  const bytes = JSON.stringify(huge).length;

  it("is kept whole beside the rows: the step settles over all of it and succeeds, answers tell of it (F50)", async () => {
    const routed = buildWorkflow({
      open: {
        transitions: {
          run: buildTransition("none", {
            executor: buildMcp("t", { effect: "once" }),
            output: { id: "$.output.id" },
            outputSchema: { type: "object", properties: { rows: { minItems: 10 } } },
            branches: [{ when: { kind: "expr", expr: "size($.output.rows) == 10" }, target: "done" }],
          }),
        },
      },
      none: buildEnd(),
      done: buildEnd(),
    });
    const b = bench(routed);
    b.mcp.script(succeeded(huge, "made"));
    const open = await b.start();
    const done = await b.submit(open, "run");
    expect(brief(done)).toEqual(["completed", "done", 1, undefined]);
    expect(done.context).toEqual({ id: "a-7" });
    const preview = JSON.stringify(huge).slice(0, 500);
    const told = { bytes, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), preview };
    expect(done.output).toEqual({ $truncated: { ...told, members: { id: "a-7" }, kept: true } });
    expect((await b.get(done)).output).toEqual(done.output);
    expect((await rowsOf(b, done)).length).toBeLessThan(10_000);
    expect(JSON.stringify(b.audit.events).length).toBeLessThan(10_000);
    const { id } = done.instance!;
    expect(await b.engine.kept(id, hashOf(done), b.agent)).toEqual(huge);
    expect((await b.submit(open, "run")).output).toEqual(done.output);
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("is read by those who see its instance, through it alone (W20)", async () => {
    const b = bench(calling("once", {}));
    b.mcp.script(succeeded(huge), succeeded("small"));
    const done = await b.submit(await b.start(), "run");
    const other = await b.submit(await b.start(), "run");
    const stranger = buildPrincipal("agent", { tenant: "other", permissions: ["*"] });
    const neighbour = buildPrincipal("neighbour");
    const { id } = done.instance!;
    expect(await b.engine.kept(id, hashOf(done), stranger)).toBeUndefined();
    expect(await b.engine.kept(id, hashOf(done), neighbour)).toBeUndefined();
    expect(await b.engine.kept(other.instance!.id, hashOf(done), b.agent)).toBeUndefined();
    expect(await b.engine.kept(id, "0".repeat(64), b.agent)).toBeUndefined();
  });

  it("that is mapped whole into the context parks the operation, kept, and says what to map (F4)", async () => {
    const b = bench(calling("once"));
    b.mcp.script(succeeded(huge));
    const parked = await b.submit(await b.start(), "run");
    expect(parked).toMatchObject({ status: "failed", instance: { status: "parked", version: 0 } });
    const { id } = parked.instance!;
    const [operation] = (await b.engine.journal(id, b.agent)) ?? [];
    expect(operation?.result).toMatchObject({ $truncated: { bytes, kept: true } });
    const sha256 = hashOf({ ...parked, output: operation!.result! });
    expect(parked.error?.message).toBe(
      `\`run\` took effect, but the context would take ${bytes + 8} bytes, over the limit of 262144; ` +
        "map only what later steps need, such as `$.output.id`, not the whole output, or raise limits.contextBytes; " +
        `all ${bytes} bytes of its output are kept, and \`workflow.get\` reads them at $.blobs.${sha256}`,
    );
    expect(await b.engine.kept(id, sha256, b.agent)).toEqual(huge);
    const resolving = {
      workflowId: id,
      outcome: "executed" as const,
      reason: "looked it up",
      principal: { ...b.agent, kind: "human" as const, permissions: ["workflow.resolve"] },
      correlationId: "cor",
    };
    // Without a result of the person's it is all that was kept, not what stands for it.
    expect((await b.engine.resolveUnknown(resolving)).error?.message).toBe(parked.error?.message);
    const resolved = await b.engine.resolveUnknown({ ...resolving, result: { text: "seen" } });
    expect(brief(resolved)).toEqual(["completed", "done", 1, undefined]);
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("of a read that cannot be applied is an ordinary failure, and is not kept", async () => {
    const b = bench(calling("read"));
    b.mcp.script(succeeded(huge), succeeded({ text: "less" }));
    const open = await b.start();
    const failed = await b.submit(open, "run");
    expect(brief(failed)).toEqual(["failed", "open", 0, "EXECUTOR_FAILED"]);
    const [operation] = (await b.engine.journal(open.instance!.id, b.agent)) ?? [];
    expect([operation?.result, operation?.error?.message]).toEqual([
      undefined,
      expect.stringContaining("map only what later steps need"),
    ]);
    expect(brief(await b.submit(open, "run"))).toEqual(["completed", "done", 1, undefined]);
  });

  it("is there for the compensation of its step, which may not send all of it on", async () => {
    const undo = (map: Record<string, string>) =>
      buildWorkflow({
        open: {
          transitions: {
            run: buildTransition("more", {
              executor: buildMcp("t"),
              compensate: { executor: buildMcp("undo", { map }) },
            }),
          },
        },
        more: { transitions: { end: buildTransition("done") } },
        done: buildEnd(),
      });
    const cancelled = async (map: Record<string, string>) => {
      const b = bench(undo(map));
      b.mcp.script(succeeded(huge));
      const { id } = (await b.submit(await b.start(), "run")).instance!;
      const call = { workflowId: id, reason: "no", principal: b.agent, correlationId: "cor" };
      return { b, ended: await b.engine.cancel(call) };
    };
    const { b, ended } = await cancelled({ id: "$.output.id" });
    expect(brief(ended)).toEqual(["cancelled", "more", 3, undefined]);
    expect(b.mcp.calls[1]?.call).toMatchObject({ tool: "undo", arguments: { id: "a-7" } });
    const all = await cancelled({ all: "$.output" });
    expect(all.ended).toMatchObject({
      instance: { status: "parked" },
      message: expect.stringContaining("over the limit of 1048576; map only what it needs"),
    });
    expect(all.b.mcp.calls).toHaveLength(1);
  });
});

describe("an output at the edge of what is kept", () => {
  const limits = { outputBytes: 100, spillBytes: 1000 };
  const ofBytes = (bytes: number): string => "x".repeat(bytes - 2);

  it.each([
    [100, "in the row"],
    [101, "beside it"],
    [1000, "beside it"],
  ])("of %d bytes is %s", async (bytes, where) => {
    const b = bench(calling("once", {}), { limits });
    b.mcp.script(succeeded(ofBytes(bytes)));
    const done = await b.submit(await b.start(), "run");
    expect(brief(done)).toEqual(["completed", "done", 1, undefined]);
    expect([isKeptRef(done.output), await whole(b, done, done.output)]).toEqual([
      where === "beside it",
      ofBytes(bytes),
    ]);
  });

  it("of a byte more parks the operation with size, hash and beginning; a person resolves it (F4)", async () => {
    const b = bench(calling("once", {}), { limits });
    b.mcp.script(succeeded(ofBytes(1001)));
    const parked = await b.submit(await b.start(), "run");
    expect(parked).toMatchObject({ status: "failed", instance: { status: "parked", version: 0 } });
    expect(parked.error?.message).toContain("its output of 1001 bytes is over the limit of 1000");
    const [operation] = (await b.engine.journal(parked.instance!.id, b.agent)) ?? [];
    const preview = `"${ofBytes(1001).slice(0, 499)}`;
    expect(operation?.result).toEqual({
      $truncated: { bytes: 1001, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), preview },
    });
    const resolved = await b.engine.resolveUnknown({
      workflowId: parked.instance!.id,
      outcome: "executed",
      result: "seen",
      reason: "looked it up",
      principal: { ...b.agent, kind: "human", permissions: ["workflow.resolve"] },
      correlationId: "cor",
    });
    expect(brief(resolved)).toEqual(["completed", "done", 1, undefined]);
    expect(b.mcp.calls).toHaveLength(1);
  });

  it.each([
    [60, 60, "the output"],
    [40, 70, "the content"],
    [90, 101, "the content"],
    [101, 101, "both"],
  ])("of %d bytes with content of %d: %s goes beside the row", async (output, content, what) => {
    const b = bench(calling("once", {}), { limits });
    const blocks = [{ type: "image", data: "y".repeat(content - 28) }];
    b.mcp.script({ status: "succeeded", output: ofBytes(output), content: blocks, evidence: [] });
    const done = await b.submit(await b.start(), "run");
    expect(brief(done)).toEqual(["completed", "done", 1, undefined]);
    const [block] = done.content ?? [];
    expect([isKeptRef(done.output), isKeptRef(block)]).toEqual([
      what !== "the content",
      what !== "the output",
    ]);
    const shown = isKeptRef(block) ? await whole(b, done, block) : done.content;
    expect([await whole(b, done, done.output), shown]).toEqual([ofBytes(output), blocks]);
  });
});

it("a token of the caller that comes back in a large output is in no blob (W16)", async () => {
  const token = "canary-token-5b1e";
  const b = bench(calling("once", {}), { limits: { outputBytes: 300, spillBytes: 3000 } });
  const echo = { said: `Bearer ${token}`, rows: "x".repeat(900) };
  const blocks = [{ type: "image", data: `${token}${"y".repeat(900)}` }];
  b.mcp.script({ status: "succeeded", output: echo, content: blocks, evidence: [] });
  const credentials = { bearer: () => token };
  const done = await b.submit(await b.start(), "run", {}, { credentials });
  const [block] = done.content ?? [];
  const kept = [await whole(b, done, done.output), await whole(b, done, block)];
  expect(JSON.stringify(kept)).toContain("[caller's token]");
  expect(JSON.stringify([kept, done, await rowsOf(b, done)])).not.toContain(token);
});

it("a large result that comes after the fence has moved on is kept beside its row too (W7)", async () => {
  const flow = calling("once", {});
  const one = bench(flow, { limits: { outputBytes: 300, spillBytes: 3000 } });
  const open = await one.start();
  const release = one.mcp.hold();
  one.mcp.script(succeeded("x".repeat(1000)));
  const lost = one.submit(open, "run");
  await settled();
  const { operation, instance } = (await one.store.load(open.instance!.id))!;
  const taken = {
    expect: { instance: { id: instance.id, version: instance.version, fence: instance.fence } },
    instance: { ...instance, fence: instance.fence + 1 },
    operations: [{ ...operation!, fence: instance.fence + 1 }],
    audit: [],
  };
  expect(await one.store.apply(taken)).toEqual({ status: "applied" });
  release();
  await lost;
  const late = (await one.store.operation(operation!.id))?.lateResult;
  expect(late).toMatchObject({ $truncated: { bytes: 1002, kept: true } });
  expect(await whole(one, open, late)).toBe("x".repeat(1000));
});

it("what looks like a reference in an output names nothing that its own instance does not have (W20)", async () => {
  const b = bench(calling("once", {}), { limits: { outputBytes: 700, spillBytes: 2000 } });
  b.mcp.script(succeeded("x".repeat(900)));
  const secret = await b.submit(await b.start(), "run");
  b.mcp.script(succeeded(secret.output!));
  const forged = await b.submit(await b.start(), "run");
  expect(forged.output).toEqual(secret.output);
  expect(await b.engine.kept(forged.instance!.id, hashOf(forged), b.agent)).toBeUndefined();
});

it("NUL, lone surrogates and numbers at the edge go through a step as they are (F25)", async () => {
  const b = bench(calling("once"));
  const output = { nul: "a\u0000b", lone: "\ud800x\udc00", big: 2 ** 63, small: -1e-300, zero: 0 };
  b.mcp.script(succeeded(output));
  const done = await b.submit(await b.start(), "run");
  expect(brief(done)).toEqual(["completed", "done", 1, undefined]);
  expect(done.output).toEqual(output);
  expect((await b.get(done)).context["got"]).toEqual(output);
});

it("a definition that vanished is a clear error with a code, and the instance is intact when it is back", async () => {
  const one = bench(calling("once"));
  const open = await one.start();
  const lost = new Proxy(one.store, {
    get(target, name) {
      if (name === "definition") return async () => undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const gone = { current: () => undefined, byHash: () => undefined };
  const without = bench(calling("once"), { engine: { store: lost, definitions: gone } });
  const refused = await without.submit(open, "run");
  expect(refused.error?.code).toBe("STORE_UNAVAILABLE");
  expect(refused.message).toContain("definition");
  expect(brief(await one.submit(open, "run"))).toEqual(["completed", "done", 1, undefined]);
});
