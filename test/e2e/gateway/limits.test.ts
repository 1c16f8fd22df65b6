import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HELLO } from "../harness/configs.ts";
import {
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const folder = temporaryFolder();
const KEYS = { ann: "a-key-only-for-ann-1", bob: "a-key-only-for-bob-2", eve: "a-key-only-for-eve-3" };
let gateway: GatewayProcess;
let port: number;

beforeAll(async () => {
  gateway = await startHttpGateway(
    writeConfig(
      folder.path,
      `${HELLO}    - name: slow.step
      executor: { kind: cli, command: node, args: ["-e", "setTimeout(() => {}, 1500)"] }
identity:
  kind: apiKeys
  keys: [${Object.entries(KEYS)
    .map(([id, key]) => `{ id: ${id}, key: ${key}, subject: ${id} }`)
    .join(", ")}]
limits: { callsPerMinute: 50, concurrentCalls: 3 }
server:
  http: { maxHeaderBytes: 4KiB, headersTimeoutMs: 300, requestTimeoutMs: 600, maxConnections: 30, allowedOrigins: ["https://app.example.com"] }
audit: { sink: file, path: audit.jsonl }
`,
    ),
  );
  port = Number(new URL(gateway.url).port);
});
afterAll(async () => {
  await gateway.stop();
  folder[Symbol.dispose]();
});

const records = (type: string): readonly any[] =>
  readFileSync(join(folder.path, "audit.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.includes(`"${type}"`))
    .map((line) => JSON.parse(line));

function call(key: string, definitionId = "hello.echo"): Promise<Response> {
  return fetch(gateway.url, {
    method: "POST",
    headers: {
      "x-api-key": key,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name: "workflow.start",
        arguments: { definitionId, input: definitionId === "hello.echo" ? { message: "m" } : {} },
      },
    }),
  });
}

/** What comes back on a socket until the other side ends it. */
function whole(socket: Socket): Promise<string> {
  return new Promise((done) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.on("error", () => done(text));
    socket.on("close", () => done(text));
  });
}

test("headers and bodies that trickle in lose their connection [R-HTTP-5]", async () => {
  const headers = connect(port, "127.0.0.1", () =>
    headers.write("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "),
  );
  expect(await whole(headers)).toContain("408");
  const body = connect(port, "127.0.0.1", () =>
    body.write(
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-API-Key: ${KEYS.eve}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    ),
  );
  expect(await whole(body)).toMatch(/^(HTTP\/1.1 4\d\d|$)/);
});

test("headers over the limit are refused [R-HTTP-5]", async () => {
  const status = await new Promise<number | undefined>((done, failed) => {
    request(gateway.url, { headers: { "x-filler": "x".repeat(5000) } }, (response) =>
      done(response.statusCode),
    )
      .on("error", failed)
      .end();
  });
  expect(status).toBe(431);
});

test("connections beyond the limit are closed, and the others work [R-HTTP-5]", async () => {
  const sockets = Array.from({ length: 60 }, () => connect(port, "127.0.0.1"));
  let closed = 0;
  for (const socket of sockets) socket.on("error", () => undefined).on("close", () => (closed += 1));
  await waitFor(() => (closed >= 30 ? true : undefined));
  for (const socket of sockets) socket.destroy();
  const health = await waitFor(() => fetch(new URL("/health", gateway.url)).catch(() => undefined));
  expect(health.status).toBe(200);
});

test("a caller that asks too often waits, and others do not [R-HTTP-5]", async () => {
  const answers: Response[] = [];
  for (let index = 0; index < 8; index++) answers.push(await call(KEYS.ann));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers[0]?.status).toBe(200);
  expect(refused.length).toBeGreaterThan(0);
  expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect((await call(KEYS.bob)).status).toBe(200);
  const [record] = await waitFor(() =>
    records("rate.limited").length > 0 ? records("rate.limited") : undefined,
  );
  expect(record).toMatchObject({ principal: { subject: "ann" }, payload: { limit: "callsPerMinute" } });
});

test("a caller has only so many calls running [R-HTTP-5]", async () => {
  const answers = await Promise.all(Array.from({ length: 4 }, () => call(KEYS.eve, "slow.step")));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429]);
  await waitFor(() => records("rate.limited").find(({ payload }) => payload.limit === "concurrentCalls"));
  for (const answer of answers) await answer.text();
});

test("a stranger is refused before anything is looked up, and recorded without the key [R-HTTP-5]", async () => {
  for (const path of ["/mcp", "/nowhere", "/admin/workflows", "/console"]) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      const response = await fetch(new URL(path, gateway.url), {
        method,
        headers: { "x-api-key": "a-guessed-key-of-nobody" },
      });
      expect(response.status).toBe(401);
      expect(await response.text()).toBe(
        '{"jsonrpc":"2.0","error":{"code":-32001,"message":"The API key is not known."},"id":null}',
      );
    }
  }
  const [record] = await waitFor(() =>
    records("auth.rejected").length > 0 ? records("auth.rejected") : undefined,
  );
  expect(record.payload).toMatchObject({ reason: "The API key is not known." });
  expect(JSON.stringify(records("auth.rejected"))).not.toContain("guessed");
  expect(records("auth.rejected").length).toBeLessThan(4);
});

test("pages of the listed origins may read answers, others get nothing [R-HTTP-1]", async () => {
  const ask = (origin: string): Promise<Response> =>
    fetch(gateway.url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, mcp-method, x-evil",
      },
    });
  const allowed = await ask("https://app.example.com");
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
  expect(allowed.headers.get("access-control-allow-headers")).toBe("authorization, content-type, mcp-method");
  expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
  const other = await ask("https://app.example.com.evil.example");
  expect(other.status).toBe(403);
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
});
