import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createManualClock } from "@mcp-flowgate/testkit";
import { describe, expect, test } from "vitest";
import {
  createFixture,
  DUAL_SERVER,
  eventually,
  inTime,
  isAlive,
  ROUGH_SERVER,
  textOf,
  toChild,
} from "./fixture.ts";

describe("an idle server", () => {
  test("is stopped after its idle time, counted from the end of its last call, and starts again on demand", async () => {
    const clock = createManualClock();
    const { connections, events } = createFixture(
      [toChild("rough", ROUGH_SERVER, ["plain"], { idleTimeoutMs: 60_000 })],
      { clock },
    );
    const pid = Number(await textOf(connections, "rough", "anything"));
    await clock.advance(59_000);
    await textOf(connections, "rough", "anything");
    await clock.advance(59_000);
    expect(connections.status()).toMatchObject([{ state: "ready", starts: 1 }]);
    await clock.advance(1000);
    await eventually(() => !isAlive(pid));
    expect(events.at(-1)).toEqual({ connection: "rough", type: "stopped", reason: "idle" });
    expect(Number(await textOf(connections, "rough", "anything"))).not.toBe(pid);
  });

  test("is not stopped while a call is under way", async () => {
    const clock = createManualClock();
    const { connections } = createFixture(
      [toChild("rough", ROUGH_SERVER, ["plain"], { idleTimeoutMs: 1000 })],
      { clock },
    );
    const calling = textOf(connections, "rough", "anything", { ms: 300 });
    await eventually(() => connections.status()[0]?.state === "ready");
    await clock.advance(5000);
    expect(await calling).toMatch(/^\d+$/);
    expect(connections.status()).toMatchObject([{ state: "ready", starts: 1 }]);
  });
});

describe("a server that does not start", () => {
  test("is tried again at once after a first failure, then after a wait that doubles, and calls are told how long", async () => {
    const clock = createManualClock();
    const { connections, directory } = createFixture(
      [toChild("gone", "x", [], { command: "no-such-command-here" })],
      { clock },
    );
    const attempt = async () => await connections.listTools("gone", inTime());
    await attempt();
    await attempt();
    expect(connections.status()).toMatchObject([{ state: "backoff", starts: 2, failures: 2 }]);
    for (let failures = 3; failures <= 8; failures++) {
      await clock.advance(120_000);
      await attempt();
    }
    expect(connections.status()).toMatchObject([{ starts: 8, failures: 8 }]);
    const refused = await attempt();
    expect(refused).toMatchObject({
      ok: false,
      error: { effect: "not_sent", errorClass: "connection_error" },
    });
    const wait = refused.ok ? 0 : (refused.error.retryAfterMs ?? 0);
    expect(wait).toBeGreaterThan(10_000);
    expect(wait).toBeLessThan(40_000);
    expect(connections.status()).toMatchObject([{ starts: 8 }]);

    directory.set("gone", toChild("gone", ROUGH_SERVER, ["plain"]));
    await connections.reconfigure();
    expect(await textOf(connections, "gone", "anything")).toMatch(/^\d+$/);
  });

  test("makes a call wait where the wait is short", async () => {
    const clock = createManualClock();
    const { connections } = createFixture([toChild("gone", "x", [], { command: "no-such-command-here" })], {
      clock,
    });
    await connections.listTools("gone", inTime());
    await connections.listTools("gone", inTime());
    const third = connections.listTools("gone", inTime());
    await clock.advance(1000);
    await third;
    expect(connections.status()).toMatchObject([{ starts: 3 }]);
  });
});

describe("a health check", () => {
  test.for([
    ["modern", toChild("server", DUAL_SERVER)],
    ["legacy", toChild("server", ROUGH_SERVER, ["plain"])],
  ] as const)("leaves a healthy server alone: %s", async ([, connection]) => {
    const clock = createManualClock();
    const { connections } = createFixture([{ ...connection, healthCheckMs: 1000 }], { clock });
    await connections.listTools("server", inTime());
    for (let round = 0; round < 3; round++) {
      await clock.advance(1000);
      await eventually(() => clock.pending > 0);
    }
    expect(connections.status()).toMatchObject([{ state: "ready", starts: 1 }]);
  });

  test(
    "ends a server that does not answer, and the next call gets a new one",
    { timeout: 20_000 },
    async () => {
      const clock = createManualClock();
      const { connections, events } = createFixture(
        [toChild("rough", ROUGH_SERVER, ["no-ping"], { healthCheckMs: 1000 })],
        { clock },
      );
      const pid = Number(await textOf(connections, "rough", "anything"));
      await clock.advance(1000);
      await eventually(() => events.some(({ reason }) => reason === "unhealthy"));
      expect(Number(await textOf(connections, "rough", "anything"))).not.toBe(pid);
    },
  );
});

describe("a bound on concurrency", () => {
  test("lets calls go in the order they came, and a call that gives up leaves the queue", async () => {
    const { connections } = createFixture([toChild("rough", ROUGH_SERVER, ["plain"], { maxConcurrency: 2 })]);
    const done: number[] = [];
    const call = async (index: number, signal?: AbortSignal): Promise<void> => {
      await textOf(connections, "rough", "anything", { ms: 30 }, signal);
      done.push(index);
    };
    const impatient = new AbortController();
    const calls = [call(0), call(1), call(2), call(3)];
    const given = call(99, impatient.signal);
    calls.push(call(4), call(5));
    impatient.abort();
    await expect(given).rejects.toThrow("not_sent timeout");
    await Promise.all(calls);
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("a change of configuration", () => {
  test("leaves equal connections alone, and lets calls of the others finish before they end", async () => {
    const { connections, directory, events } = createFixture([
      toChild("same", ROUGH_SERVER, ["plain"]),
      toChild("changed", ROUGH_SERVER, ["plain"]),
      toChild("gone", ROUGH_SERVER, ["plain"]),
    ]);
    const pids = await Promise.all(
      ["same", "changed", "gone"].map((name) => textOf(connections, name, "anything")),
    );
    const running = textOf(connections, "changed", "anything", { ms: 400 });
    directory.set("same", toChild("same", ROUGH_SERVER, ["plain"]));
    directory.set("changed", toChild("changed", ROUGH_SERVER, ["plain"], { env: { A: "1" } }));
    directory.delete("gone");
    await connections.reconfigure();
    expect(await textOf(connections, "same", "anything")).toBe(pids[0]);
    expect(await textOf(connections, "changed", "anything")).not.toBe(pids[1]);
    expect(await running).toBe(pids[1]);
    await expect(textOf(connections, "gone", "anything")).rejects.toThrow("not_sent permanent");
    await eventually(() => !isAlive(Number(pids[1])) && !isAlive(Number(pids[2])));
    await eventually(() => events.filter(({ reason }) => reason === "replaced").length === 2);
  });
});

describe("another directory beside the one in use", () => {
  test("shares what is equal, has its own of what differs, and hears of its own only", async () => {
    const first = toChild("changed", ROUGH_SERVER, ["plain"]);
    const next = toChild("changed", ROUGH_SERVER, ["plain"], { env: { A: "1" } });
    const same = toChild("same", ROUGH_SERVER, ["plain"]);
    const { connections, directory } = createFixture([same, first]);
    const started: string[] = [];
    const other = connections.over({
      get: (name) => (name === "changed" ? next : name === "same" ? { ...same } : undefined),
    });
    const own: string[] = [];
    connections.onLifecycle(({ connection, type }) => started.push(`${type} ${connection}`));
    other.onLifecycle(({ connection, type }) => own.push(`${type} ${connection}`));
    const pids = await Promise.all(["same", "changed"].map((name) => textOf(connections, name, "anything")));
    expect(await textOf(other, "same", "anything")).toBe(pids[0]);
    const pid = await textOf(other, "changed", "anything");
    expect(pid).not.toBe(pids[1]);
    expect(await textOf(connections, "changed", "anything")).toBe(pids[1]);
    expect(started.toSorted()).toEqual(["started changed", "started changed", "started same"]);
    expect(own.toSorted()).toEqual(["started changed", "started same"]);
    expect(
      other
        .status()
        .map(({ name, pid: one }) => [name, String(one)])
        .sort(),
    ).toEqual([
      ["changed", pid],
      ["same", pids[0]],
    ]);
    // Given up: the directory in use does not have it.
    await connections.reconfigure();
    await eventually(() => !isAlive(Number(pid)));
    expect(await textOf(connections, "changed", "anything")).toBe(pids[1]);
    // Taken over: what it starts stays.
    const taken = await textOf(other, "changed", "anything");
    directory.set("changed", next);
    await connections.reconfigure();
    expect(await textOf(connections, "changed", "anything")).toBe(taken);
    await eventually(() => !isAlive(Number(pids[1])));
  });
});

describe("a list of tools that changes", () => {
  test.for([
    ["modern", []],
    ["legacy", ["old"]],
  ] as const)("is told of: %s", async ([era, args]) => {
    const { connections } = createFixture([toChild("dual", DUAL_SERVER, args)]);
    const changes: string[] = [];
    connections.onToolsChanged((name) => changes.push(name));
    await connections.listTools("dual", inTime());
    expect(connections.status()).toMatchObject([{ era }]);
    await textOf(connections, "dual", "echo");
    await connections.call("dual", { tool: "grow", arguments: {}, meta: {}, ...inTime() });
    await eventually(() => changes.length > 0);
    const listed = await connections.listTools("dual", inTime());
    expect(listed.ok && listed.value.tools.at(-1)?.name).toMatch(/^grown-/);
  });
});

describe("a gateway that is killed", () => {
  test("leaves no child behind, not even one that cares for nothing", { timeout: 30_000 }, async () => {
    const journal = join(mkdtempSync(join(tmpdir(), "flowgate-")), "pids");
    const host = spawn(
      process.execPath,
      [
        "--conditions=@mcp-flowgate/source",
        fileURLToPath(new URL("servers/host.ts", import.meta.url)),
        ROUGH_SERVER,
        journal,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const exited = new Promise((resolve) => host.once("exit", resolve));
    await new Promise((resolve) => host.stdout.once("data", resolve));
    const pids = readFileSync(journal, "utf8").trim().split("\n").map(Number);
    expect(pids).toHaveLength(3);
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    host.kill("SIGKILL");
    await exited;
    await eventually(() => !pids.some(isAlive), 10_000);
  });
});
