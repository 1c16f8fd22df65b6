import { describe, expect, test } from "vitest";
import { createFixture, eventually, inTime, isAlive, ROUGH_SERVER, textOf, toChild } from "./fixture.ts";

describe("a listing", () => {
  test("keeps the good tools, and names what is wrong with the others", async () => {
    const { connections } = createFixture([toChild("rough", ROUGH_SERVER, ["bad-tools"])]);
    const listed = await connections.listTools("rough", inTime());
    expect(listed.ok && listed.value.tools).toEqual([
      {
        name: "good",
        title: "Good",
        description: "A good tool",
        inputSchema: { type: "object" },
        annotations: { readOnlyHint: true },
      },
      { name: "odd-output", inputSchema: { type: "object" } },
    ]);
    expect(listed.ok && listed.value.problems).toEqual([
      { tool: "good", problem: "The name is listed more than once." },
      { tool: "no-schema", problem: "The input schema is not an object." },
      { tool: "array-schema", problem: "The input schema is not an object." },
      { tool: "string-schema", problem: "The input schema does not describe an object." },
      { problem: "A tool has no usable name." },
      { problem: "A tool has no usable name." },
      { tool: `${"x".repeat(64)}…`, problem: "The name is too long." },
      { tool: "odd-output", problem: "The output schema is not an object; it is ignored." },
      { problem: "A tool has no usable name." },
      { problem: "A tool has no usable name." },
    ]);
  });

  test.for([
    ["many-tools", 10_000, "The listing is longer than allowed; its end is left out."],
    ["endless-pages", 200, "The listing has more pages than allowed."],
    ["circle", 2, "The listing goes in a circle."],
  ] as const)("is bounded: %s", async ([mode, count, problem]) => {
    const { connections } = createFixture([toChild("rough", ROUGH_SERVER, [mode])]);
    const listed = await connections.listTools("rough", inTime());
    expect(listed.ok && listed.value.tools.length).toBe(count);
    expect(listed.ok && listed.value.problems).toEqual([{ problem }]);
  });
});

describe("a server", () => {
  test("that writes text between its messages is understood, and reported", async () => {
    const { connections, lines } = createFixture([toChild("rough", ROUGH_SERVER, ["garbage"])]);
    expect(await textOf(connections, "rough", "anything")).toMatch(/^\d+$/);
    const reports = lines.filter(({ level }) => level === "warn");
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.length).toBeLessThan(10);
    expect(reports[0]).toMatchObject({
      message: "An MCP server sent a line that is not JSON-RPC.",
      fields: { connection: "rough" },
    });
  });

  test("that answers twice gives its first answer, and the next call its own", async () => {
    const { connections } = createFixture([toChild("rough", ROUGH_SERVER, ["twice"])]);
    expect(await textOf(connections, "rough", "anything")).toBe("first");
    expect(await textOf(connections, "rough", "anything")).toBe("first");
    expect(connections.status()).toMatchObject([{ starts: 1 }]);
  });

  test("that sends 100 MB is ended, its call is unknown, and others go on", async () => {
    const { connections, events } = createFixture([
      toChild("huge", ROUGH_SERVER, ["huge"]),
      toChild("plain", ROUGH_SERVER, ["plain"]),
    ]);
    await textOf(connections, "plain", "anything");
    const before = process.memoryUsage.rss();
    const calling = connections.call("huge", { tool: "t", arguments: {}, meta: {}, ...inTime() });
    expect(await textOf(connections, "plain", "anything")).toMatch(/^\d+$/);
    expect(await calling).toMatchObject({ ok: false, error: { effect: "unknown" } });
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
    await eventually(() =>
      events.some(({ connection, type }) => connection === "huge" && type === "stopped"),
    );
  });

  test("that floods is slowed down, and does not delay another", async () => {
    const { connections } = createFixture([
      toChild("flood", ROUGH_SERVER, ["flood"]),
      toChild("plain", ROUGH_SERVER, ["plain"]),
    ]);
    let changes = 0;
    connections.onToolsChanged(() => changes++);
    await textOf(connections, "plain", "anything");
    const stop = new AbortController();
    const flooding = connections.call("flood", { tool: "t", arguments: {}, meta: {}, signal: stop.signal });
    await eventually(() => changes > 0);
    const times: number[] = [];
    for (let round = 0; round < 50; round++) {
      const before = performance.now();
      await textOf(connections, "plain", "anything");
      times.push(performance.now() - before);
    }
    stop.abort();
    await flooding;
    expect(times.sort((a, b) => a - b)[25]).toBeLessThan(20);
    expect(changes).toBeLessThan(10);
  });

  test("that dies during a call leaves it unknown, and the next call reaches a new one (F35)", async () => {
    const { connections, events } = createFixture([toChild("rough", ROUGH_SERVER, ["dies"])]);
    const result = await connections.call("rough", { tool: "t", arguments: {}, meta: {}, ...inTime() });
    expect(result).toMatchObject({ ok: false, error: { effect: "unknown", errorClass: "connection_error" } });
    expect(await textOf(connections, "rough", "safe")).toBe("alive");
    expect(events.map(({ type, reason, message }) => [type, reason, message])).toEqual([
      ["started", undefined, undefined],
      ["stopped", "crashed", "The server exited with code 9."],
      ["started", undefined, undefined],
    ]);
  });

  test("that was killed while idle is started again by the next call (F35)", async () => {
    const { connections } = createFixture([toChild("rough", ROUGH_SERVER, ["plain"])]);
    const pid = Number(await textOf(connections, "rough", "anything"));
    process.kill(pid, "SIGKILL");
    await eventually(() => connections.status()[0]?.failures === 1);
    expect(Number(await textOf(connections, "rough", "anything"))).not.toBe(pid);
  });

  test("that no longer reads gets no request, so the same call reaches a new one", async () => {
    const { connections, events } = createFixture([toChild("rough", ROUGH_SERVER, ["deaf"])]);
    const pid = Number(await textOf(connections, "rough", "anything"));
    const again = Number(await textOf(connections, "rough", "anything"));
    expect(again).not.toBe(pid);
    expect(events.map(({ type, reason }) => reason ?? type)).toEqual(["started", "crashed", "started"]);
    await eventually(() => !isAlive(pid));
  });

  test("that changes its tools all the time is heard at most once a second, and at least once", async () => {
    const { connections } = createFixture([toChild("rough", ROUGH_SERVER, ["changes"])]);
    const changes: string[] = [];
    connections.onToolsChanged((name) => changes.push(name));
    const started = performance.now();
    await textOf(connections, "rough", "anything");
    await eventually(() => changes.length === 2);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(changes).toEqual(["rough", "rough"]);
  });

  test("that fills its standard error is logged in part, without control characters", async () => {
    const { connections, lines } = createFixture([toChild("rough", ROUGH_SERVER, ["noisy-stderr"])]);
    expect(await textOf(connections, "rough", "anything")).toMatch(/^\d+$/);
    const logged = lines.filter(({ message }) => message === "stderr");
    expect(logged[0]?.fields["line"]).toBe("warning 0 ");
    expect(logged.length).toBeLessThan(1000);
  });

  test("that does not exist costs nobody else anything", async () => {
    const { connections } = createFixture([
      toChild("gone", "x", [], { command: "/no/such/command" }),
      toChild("mute", ROUGH_SERVER, ["mute"]),
      toChild("plain", ROUGH_SERVER, ["plain"]),
    ]);
    const stop = new AbortController();
    const mute = connections.listTools("mute", stop);
    const [gone, plain] = await Promise.all([
      connections.listTools("gone", inTime()),
      connections.listTools("plain", inTime(5000)),
    ]);
    stop.abort();
    expect(gone).toMatchObject({ ok: false, error: { message: "The command of gone was not found." } });
    expect(plain.ok).toBe(true);
    expect((await mute).ok).toBe(false);
  });
});
