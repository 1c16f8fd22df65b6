import { buildEnd, buildMcp, buildTransition, buildWorkflow, succeeded } from "@mcp-flowgate/testkit";
import { describe, expect, it } from "vitest";
import { bench, brief } from "./bench.ts";

const calling = (effect: "read" | "once") =>
  buildWorkflow({
    open: {
      transitions: {
        run: buildTransition("done", { executor: buildMcp("t", { effect }), output: { got: "$.output" } }),
      },
    },
    done: buildEnd(),
  });

describe("an output of ten megabytes", () => {
  const huge = { text: "x".repeat(10 * 1024 * 1024) };

  it("of a once parks the operation with size, hash and beginning; a person resolves it (F4)", async () => {
    const b = bench(calling("once"));
    b.mcp.script(succeeded(huge));
    const parked = await b.submit(await b.start(), "run");
    expect(parked).toMatchObject({ status: "failed", instance: { status: "parked", version: 0 } });
    expect(parked.error?.message).toContain("over the limit");
    const [operation] = (await b.engine.journal(parked.instance!.id, b.agent)) ?? [];
    expect(operation?.result).toMatchObject({
      $truncated: { bytes: huge.text.length + 11, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(JSON.stringify(operation).length).toBeLessThan(4000);
    const resolved = await b.engine.resolveUnknown({
      workflowId: parked.instance!.id,
      outcome: "executed",
      result: { text: "seen" },
      reason: "looked it up",
      principal: { ...b.agent, kind: "human", permissions: ["workflow.resolve"] },
      correlationId: "cor",
    });
    expect(brief(resolved)).toEqual(["completed", "done", 1, undefined]);
    expect(b.mcp.calls).toHaveLength(1);
  });

  it("of a read is an ordinary failure: the instance stays where it was", async () => {
    const b = bench(calling("read"));
    b.mcp.script(succeeded(huge), succeeded({ text: "less" }));
    const open = await b.start();
    expect(brief(await b.submit(open, "run"))).toEqual(["failed", "open", 0, "EXECUTOR_FAILED"]);
    expect(brief(await b.submit(open, "run"))).toEqual(["completed", "done", 1, undefined]);
  });
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
