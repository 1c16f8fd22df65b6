import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { HELLO, realServers } from "../harness/configs.ts";
import {
  collect,
  exitOf,
  gatewayBin,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

/** Speaks raw JSON-RPC lines, as a client would that was written without any SDK. */
function speak(config: string, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [gatewayBin, "serve", "-c", config], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const output = collect(child);
  const send = (message: unknown): void =>
    void child.stdin.write(typeof message === "string" ? message : `${JSON.stringify(message)}\n`);
  const lines = (): any[] =>
    output
      .stdout()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);
  const answer = (id: number): Promise<any> =>
    waitFor(
      () => lines().find((line) => line.id === id),
      () => child.exitCode !== null,
      () => `ended: ${output.stderr()}`,
    );
  return { child, ...output, send, lines, answer };
}

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

test("nothing but protocol reaches standard output, logs go to standard error (F54) [R-STDIO-1]", async () => {
  using folder = temporaryFolder();
  const gateway = speak(
    writeConfig(
      folder.path,
      `${realServers(folder.path)}telemetry: { logs: { level: debug } }\naudit: { sink: stdout }\n`,
    ),
  );
  gateway.send(INITIALIZE);
  expect((await gateway.answer(1)).result.serverInfo.name).toBe("mcp-flowgate");
  gateway.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  gateway.send({
    jsonrpc: "2.0",
    id: 2,
    method: "tools/call",
    params: { name: "gateway.home", arguments: {} },
  });
  expect((await gateway.answer(2)).result.structuredContent.gateway.name).toBe("mcp-flowgate");
  gateway.child.stdin.end();
  expect(await exitOf(gateway.child)).toBe(0);
  for (const line of gateway.lines()) expect(line.jsonrpc).toBe("2.0");
  expect(gateway.stderr()).toContain('connection "dead" cannot be listed');
});

test("garbage lines do not end it: the next call is answered [R-HTTP-2]", async () => {
  using folder = temporaryFolder();
  const gateway = speak(writeConfig(folder.path, HELLO));
  gateway.send("this is not JSON\n");
  gateway.send("\u0000\u0001{]\n");
  gateway.send(INITIALIZE);
  await gateway.answer(1);
  gateway.send('{"jsonrpc":"2.0","id":\n');
  gateway.send({
    jsonrpc: "2.0",
    id: 3,
    method: "tools/call",
    params: {
      name: "workflow.start",
      arguments: { definitionId: "hello.echo", input: { message: "still here" } },
    },
  });
  expect((await gateway.answer(3)).result.structuredContent.result.output).toEqual({ message: "still here" });
  gateway.child.stdin.end();
  expect(await exitOf(gateway.child)).toBe(0);
});

test("a huge message gets a protocol error with its id, and the gateway goes on [R-HTTP-2]", async () => {
  using folder = temporaryFolder();
  const gateway = speak(writeConfig(folder.path, `${HELLO}server: { http: { maxBodyBytes: 64KiB } }\n`));
  gateway.send(INITIALIZE);
  await gateway.answer(1);
  const call = (id: number, size: number) => {
    const message = {
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name: "workflow.start", arguments: { definitionId: "hello.echo", input: { message: "" } } },
    };
    const text = JSON.stringify(message);
    // With the line feed, exactly `size` bytes.
    return text.replace('"message":""', `"message":"${"x".repeat(size - text.length - 1)}"`);
  };
  gateway.send(`${call(2, 64 * 1024)}\n`);
  expect((await gateway.answer(2)).result.structuredContent.result.status).toBe("completed");
  gateway.send(`${call(3, 64 * 1024 + 1)}\n`);
  expect((await gateway.answer(3)).error.message).toContain("65536 bytes");
  gateway.send(`${call(4, 20 * 1024 * 1024)}\n`);
  expect((await gateway.answer(4)).error.code).toBe(-32_600);
  gateway.send(`${call(5, 1000)}\n`);
  expect((await gateway.answer(5)).result.structuredContent.result.status).toBe("completed");
  gateway.child.stdin.end();
  expect(await exitOf(gateway.child)).toBe(0);
});

test("it ends with the client and leaves no child behind [R-STDIO-2]", async () => {
  using folder = temporaryFolder();
  const gateway = speak(writeConfig(folder.path, realServers(folder.path)));
  gateway.send(INITIALIZE);
  await gateway.answer(1);
  gateway.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  gateway.send({
    jsonrpc: "2.0",
    id: 2,
    method: "tools/call",
    params: { name: "workflow.start", arguments: { definitionId: "every.echo", input: { message: "hi" } } },
  });
  await waitFor(() => (/tools imported connection=everything/.test(gateway.stderr()) ? true : undefined));
  await gateway.answer(2);
  const children = await childrenOf(gateway.child.pid as number);
  expect(children.length).toBeGreaterThan(0);
  gateway.child.stdin.end();
  expect(await exitOf(gateway.child)).toBe(0);
  await waitFor(async () =>
    (await Promise.all(children.map(isAlive))).every((alive) => !alive) ? true : undefined,
  );
});

test("a killed gateway leaves no child behind either [R-STDIO-2]", async () => {
  using folder = temporaryFolder();
  const gateway = speak(writeConfig(folder.path, realServers(folder.path)));
  gateway.send(INITIALIZE);
  await gateway.answer(1);
  await waitFor(() => (/tools imported connection=everything/.test(gateway.stderr()) ? true : undefined));
  const children = await childrenOf(gateway.child.pid as number);
  expect(children.length).toBeGreaterThan(0);
  gateway.child.kill("SIGKILL");
  await waitFor(async () =>
    (await Promise.all(children.map(isAlive))).every((alive) => !alive) ? true : undefined,
  );
});

async function childrenOf(pid: number): Promise<readonly number[]> {
  const { readFile, readdir } = await import("node:fs/promises");
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    all.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    }),
  );
  return all.map(Number).filter((_, index) => parents[index] === pid);
}

async function isAlive(pid: number): Promise<boolean> {
  const { readFile } = await import("node:fs/promises");
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}
