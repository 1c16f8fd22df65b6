import type { ExecutorOutcome } from "@mcp-flowgate/core";
import { buildContext } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSinkExecutor } from "./sink-executor.ts";
import { startSink, type Sink } from "./sink.ts";

/** What the oracle rests on: the executor of a run says of each call what became of it. */
const FINE = { refused: 0, dropped: 0, lost: 0, slowMs: 0 };

describe("the sink and its executor", () => {
  let sink: Sink;
  beforeAll(async () => {
    sink = await startSink(FINE);
  });
  afterAll(() => sink.close());

  const call = async (
    key: string,
    more: Parameters<typeof buildContext>[0] = {},
  ): Promise<ExecutorOutcome> => {
    const executor = createSinkExecutor({ port: sink.port, replica: "r1", reach: () => undefined });
    return await executor.execute(
      { kind: "mcp", connection: "sink", tool: "reconcile", arguments: {} },
      buildContext({ idempotencyKey: key, ...more }),
    );
  };

  it("says what took effect, and the same again", async () => {
    sink.behave(FINE);
    const first = await call("a");
    expect(first).toMatchObject({ status: "succeeded" });
    expect(await call("a")).toEqual(first);
    expect(sink.count("a")).toBe(2);
  });

  it("says that nothing was sent where the sink turned the call away", async () => {
    sink.behave({ ...FINE, refused: 1 });
    expect(await call("b")).toMatchObject({ status: "failed", effect: "not_sent" });
    expect(sink.count("b")).toBe(0);
  });

  it("sends nothing where it was stopped before", async () => {
    sink.behave(FINE);
    expect(await call("e", { signal: AbortSignal.abort() })).toMatchObject({
      status: "failed",
      effect: "not_sent",
    });
    await call("f");
    expect([sink.count("e"), sink.count("f")]).toEqual([0, 1]);
  });

  it("says that nothing is known where there was no answer, whether it took effect or not", async () => {
    sink.behave({ ...FINE, lost: 1 });
    expect(await call("c")).toMatchObject({ status: "failed", effect: "unknown" });
    sink.behave({ ...FINE, dropped: 1 });
    expect(await call("d")).toMatchObject({ status: "failed", effect: "unknown" });
    expect([sink.count("c"), sink.count("d")]).toEqual([0, 1]);
  });
});
