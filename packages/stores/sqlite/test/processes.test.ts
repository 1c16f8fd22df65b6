import { expect, test } from "vitest";
import { createBench } from "./support/open.ts";
import { startChild } from "./support/processes.ts";
import { readStreams, startOf, stepOf } from "@mcp-flowgate/store-testkit";

test(
  "eight processes that start at once on an empty file all come up (F24)",
  { timeout: 60_000 },
  async () => {
    const bench = createBench();
    const children = Array.from({ length: 8 }, () => startChild(bench.path, "open"));
    expect(await Promise.all(children.map((child) => child.ended))).toEqual(
      Array.from({ length: 8 }, () => 0),
    );
    const store = await bench.open();
    expect(store.lease().epoch).toBe(9);
  },
);

test(
  "of four processes that fight for every version of an instance, one wins each, and none meets a lock (F22, F23)",
  { timeout: 60_000 },
  async () => {
    const bench = createBench();
    const store = await bench.open();
    await store.apply(startOf("wf_1"));
    const children = ["a", "b", "c", "d"].map((name) =>
      startChild(bench.path, "contend", "wf_1", "300", name),
    );
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0, 0]);
    const won = children.flatMap((child) =>
      child.lines.filter((line) => line.startsWith("applied ")).map((line) => Number(line.split(" ")[1])),
    );
    expect(won.toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 300 }, (_, version) => version),
    );
    expect((await store.load("wf_1"))?.instance.version).toBe(300);
    expect((await store.journal("wf_1")).map((operation) => operation.fromVersion)).toHaveLength(300);
    expect((await readStreams(store)).get("wf:wf_1")).toHaveLength(300);
  },
);

test("two processes that wait for each other's changes never miss one", { timeout: 60_000 }, async () => {
  const bench = createBench();
  const store = await bench.open();
  const hops = 16;
  const children = [0, 1].map((turn) => startChild(bench.path, "relay", "wf_1", String(turn), String(hops)));
  await Promise.all(children.map((child) => child.said("listening")));
  await store.apply(startOf("wf_1"));
  expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0]);
  const times = children
    .flatMap((child) =>
      child.lines.filter((line) => /^\d/.test(line)).map((line) => line.split(" ").map(Number)),
    )
    .toSorted((left, right) => (left[0] ?? 0) - (right[0] ?? 0))
    .map(([, at]) => at ?? 0);
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  // 200 ms between two looks, and what a busy machine adds.
  expect(Math.max(...waits)).toBeLessThan(1_500);
  expect(waits.toSorted((left, right) => left - right)[hops / 2]).toBeLessThan(400);
});

test(
  "what a killed process had claimed is found at once, long before its lease ends",
  { timeout: 60_000 },
  async () => {
    const bench = createBench();
    const store = await bench.open({ leaseMs: 600_000 });
    const child = startChild(bench.path, "claim", "wf_1");
    await child.said("claimed");
    expect((await store.due(10)).orphans).toEqual([]);
    child.process.kill("SIGKILL");
    await child.ended;
    expect((await store.due(10)).orphans).toMatchObject([{ id: "op_wf_1" }]);
  },
);

test(
  "what a process that hangs had claimed is found after its lease, and when it wakes up it may not dispatch",
  { timeout: 60_000 },
  async () => {
    const bench = createBench();
    const store = await bench.open({ leaseMs: 1_000 });
    const child = startChild(bench.path, "claim", "wf_1");
    await child.said("claimed");
    child.process.kill("SIGSTOP");
    const began = performance.now();
    await expect
      .poll(async () => (await store.due(10)).orphans.length, { timeout: 5_000, interval: 50 })
      .toBe(1);
    expect(performance.now() - began).toBeGreaterThan(600);
    const taken = await store.apply(stepOf("wf_1", 0, 0));
    expect(taken).toEqual({ status: "applied" });
    child.process.kill("SIGUSR2");
    child.process.kill("SIGCONT");
    // The signal is handled before the timer of the next heartbeat: this is what the process finds when it goes on.
    expect(await child.said("dispatch")).toBe("dispatch false");
  },
);
