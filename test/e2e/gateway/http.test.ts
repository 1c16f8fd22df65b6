import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../harness/is-alive.ts";
import { connectClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import {
  exitOf,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const folder = temporaryFolder();
const config = writeConfig(
  folder.path,
  `${HELLO}    - name: slow.step
      executor: { kind: cli, command: node, args: ["-e", "setTimeout(() => console.log('done'), 700)"] }
server: { http: { maxBodyBytes: 64KiB } }
`,
);
let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startHttpGateway(config);
});
afterAll(async () => {
  await gateway.stop();
  folder[Symbol.dispose]();
});

interface Sent {
  readonly status: number;
  readonly text: string;
}

/** A request with full control of its headers, which fetch does not give. */
function send(
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<Sent> {
  return new Promise((done, failed) => {
    const call = request(
      new URL(path, gateway.url),
      { method: options.method ?? "GET", headers: options.headers ?? {} },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => done({ status: response.statusCode ?? 0, text }));
      },
    );
    call.on("error", failed);
    call.end(options.body);
  });
}

const JSON_HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const listTools = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
const stillWorks = async (): Promise<void> => {
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const { body } = await client.call("workflow.start", {
    definitionId: "hello.echo",
    input: { message: "on" },
  });
  expect(body.result.output).toEqual({ message: "on" });
  await client.close();
};

describe("foreign names are refused on every route [R-HTTP-1]", () => {
  const routes = ["/mcp", "/health", "/ready", "/nothing"];
  const foreign = [
    { host: "evil.example" },
    { host: "127.0.0.1.evil.example" },
    { host: "localhost@evil.example" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1.evil.example" },
  ];
  test.each(routes.flatMap((route) => foreign.map((headers) => [route, headers] as const)))(
    "%s with %j",
    async (route, headers) => {
      for (const method of ["GET", "POST", "DELETE"]) {
        const sent = await send(route, {
          method,
          headers: { ...JSON_HEADERS, ...headers },
          ...(method === "POST" ? { body: listTools } : {}),
        });
        expect(sent.status).toBe(403);
      }
    },
  );

  test("own names pass", async () => {
    const port = new URL(gateway.url).port;
    for (const headers of [
      { host: `localhost:${port}` },
      { host: `127.0.0.1:${port}` },
      { host: `[::1]:${port}` },
      { origin: `http://localhost:${port}` },
    ]) {
      expect((await send("/health", { headers })).status).toBe(200);
    }
  });
});

test("health and readiness answer [R-HTTP-4]", async () => {
  expect(JSON.parse((await send("/health")).text)).toEqual({ status: "ok" });
  expect(JSON.parse((await send("/ready")).text)).toEqual({ status: "ready", failing: [] });
  const nowhere = await send("/nothing");
  expect(nowhere.status).toBe(404);
  expect(nowhere.text).toContain("/mcp");
});

describe("what is not a call gets a protocol error, and the next call works [R-HTTP-2]", () => {
  test("garbage", async () => {
    const sent = await send("/mcp", { method: "POST", headers: JSON_HEADERS, body: "{not json" });
    expect(sent.status).toBe(400);
    expect(JSON.parse(sent.text).error.code).toBe(-32_700);
    await stillWorks();
  });

  test("a body over the limit, announced or not", async () => {
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "workflow.start", arguments: { input: { message: "x".repeat(70_000) } } },
    });
    const announced = await send("/mcp", {
      method: "POST",
      headers: { ...JSON_HEADERS, "content-length": String(body.length) },
      body,
    });
    expect(announced.status).toBe(413);
    expect(announced.text).toContain("server.http.maxBodyBytes");
    const chunked = await send("/mcp", {
      method: "POST",
      headers: { ...JSON_HEADERS, "transfer-encoding": "chunked" },
      body,
    });
    expect(chunked.status).toBe(413);
    await stillWorks();
  });

  test("a body of exactly the limit is read", async () => {
    const shell = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {}, filler: "" });
    const fill = (size: number): string =>
      shell.replace('"filler":""', `"filler":"${"x".repeat(size - shell.length)}"`);
    const sent = await send("/mcp", { method: "POST", headers: JSON_HEADERS, body: fill(64 * 1024) });
    expect(sent.status).not.toBe(413);
    expect(
      (await send("/mcp", { method: "POST", headers: JSON_HEADERS, body: fill(64 * 1024 + 1) })).status,
    ).toBe(413);
  });

  test("a client that disconnects mid-call: the step is finished and can be read", async () => {
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "workflow.start", arguments: { definitionId: "slow.step", input: {} } },
    });
    const port = Number(new URL(gateway.url).port);
    await new Promise<void>((done) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.write(
          `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
        setTimeout(() => {
          socket.destroy();
          done();
        }, 200);
      });
    });
    await stillWorks();
    const client = await connectClient({ url: gateway.url }, "2026-07-28");
    const found = await waitFor(async () => {
      const { body: page } = await client.call("gateway.home");
      return page.active.every(({ definitionId }: any) => definitionId !== "slow.step") ? page : undefined;
    });
    expect(found.active).toEqual([]);
    await client.close();
  });
});

test("many parallel clients each get their own answers", async () => {
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      client.call("workflow.start", { definitionId: "hello.echo", input: { message: `m${index}` } }),
    ),
  );
  answers.forEach(({ body }, index) => expect(body.result.output).toEqual({ message: `m${index}` }));
  await client.close();
});

test("SIGTERM refuses starts by 503, lets what runs finish and exits 0 when nothing runs [R-STOP-1]", async () => {
  using own = temporaryFolder();
  const [began, until] = [join(own.path, "began"), join(own.path, "until")];
  const script =
    "const fs = require('fs'); fs.writeFileSync(process.argv[1], ''); const look = () => fs.existsSync(process.argv[2]) ? console.log('done') : setTimeout(look, 5); look()";
  const waiting = writeConfig(
    own.path,
    `${HELLO}    - name: slow.step
      executor: { kind: cli, command: node, args: ["-e", "${script}", "${began}", "${until}"] }
`,
  );
  const other = await startHttpGateway(waiting);
  const client = await connectClient({ url: other.url }, "2026-07-28");
  const running = client.call("workflow.start", { definitionId: "slow.step", input: {} });
  await waitFor(() => (existsSync(began) ? true : undefined));
  const code = other.stop();
  const ready = (): Promise<Response> => fetch(new URL("/ready", other.url));
  const draining = await waitFor(async () => ((await ready()).status === 503 ? await ready() : undefined));
  expect(await draining.json()).toEqual({ status: "not ready", failing: ["draining"] });
  const params = { name: "workflow.start", arguments: { definitionId: "hello.echo", input: {} } };
  const refused = await fetch(other.url, {
    method: "POST",
    headers: JSON_HEADERS,
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  });
  expect([refused.status, refused.headers.get("retry-after"), refused.headers.get("connection")]).toEqual([
    503,
    "1",
    "close",
  ]);
  expect(await refused.text()).toContain("DRAINING");
  writeFileSync(until, "");
  expect((await running).body.result).toMatchObject({ status: "completed", output: { success: true } });
  await client.close().catch(() => undefined);
  expect(await code).toBe(0);
});

test("a second SIGTERM ends a gateway that still drains at once [R-STOP-2]", async () => {
  using own = temporaryFolder();
  const began = join(own.path, "began");
  const script =
    "require('fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)";
  const endless = writeConfig(
    own.path,
    `${HELLO}    - name: slow.step
      executor: { kind: cli, command: node, args: ["-e", "${script}", "${began}"] }
`,
  );
  const other = await startHttpGateway(endless);
  const client = await connectClient({ url: other.url }, "2026-07-28");
  const cut = client.call("workflow.start", { definitionId: "slow.step", input: {} }).catch(() => "cut");
  const child = await waitFor(() => (existsSync(began) && Number(readFileSync(began, "utf8"))) || undefined);
  const code = exitOf(other.child);
  other.child.kill("SIGTERM");
  await waitFor(() => (other.stderr().includes("stopping") ? true : undefined));
  // Signals that come right after the first are of the same press.
  await waitFor(() => (other.child.exitCode === null ? void other.child.kill("SIGTERM") : true));
  expect(await code).toBe(143);
  expect(await cut).toBe("cut");
  await waitFor(() => (isAlive(child) ? undefined : true));
  await client.close().catch(() => undefined);
});

test("an open gateway without an identity refuses to start [R-HTTP-3]", async () => {
  const refused = await runGateway(["serve", "-c", config, "--listen", "0.0.0.0:0"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("no identity is configured");
});

test("an unknown key is refused, a known one decides who calls [R-ID-1]", async () => {
  using other = temporaryFolder();
  const keyed = writeConfig(
    other.path,
    `${HELLO}identity: { kind: apiKeys, keys: [{ id: ci, key: "a-long-enough-key", subject: ci }] }\n`,
  );
  await using guarded = await startHttpGateway(keyed);
  for (const headers of [{}, { authorization: "Bearer wrong" }, { "x-api-key": "a-long-enough-ke" }]) {
    const response = await fetch(guarded.url, {
      method: "POST",
      headers: { ...JSON_HEADERS, ...headers },
      body: listTools,
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    await response.body?.cancel();
  }
  const client = await connectClient(
    { url: guarded.url, headers: { "x-api-key": "a-long-enough-key" } },
    "2026-07-28",
  );
  expect((await client.call("gateway.home")).isError).toBe(false);
  await client.close();
});
