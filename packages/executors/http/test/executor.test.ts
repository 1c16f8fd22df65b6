import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createExecutor, failureOf, json, listen, outputOf, toCall, toContext } from "./fixture.ts";

describe("a request", () => {
  test("carries method, query, headers, body, key and trace context, and gives status, safe headers and body", async () => {
    const api = await listen((_seen, response) =>
      json(response, { id: 7 }, 201, {
        location: "/v1/items/7",
        "set-cookie": "session=secret",
        "x-request-id": "r1",
        "x-internal-token": "secret",
        "x-ratelimit-remaining": "9",
      }),
    );
    const executor = createExecutor({
      baseUrl: `${api.origin}/v1/`,
      headers: { "X-Own": "1", Accept: "application/json" },
    });
    const outcome = await executor.execute(
      toCall("/items", {
        method: "POST",
        query: [
          ["tag", "a b"],
          ["tag", "ü&="],
        ],
        headers: { "x-call": "2", "x-own": "3" },
        body: { name: "ü", n: null },
      }),
      toContext({
        idempotencyKey: "key-1",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      }),
    );
    expect(api.seen).toMatchObject([
      {
        method: "POST",
        url: "/v1/items?tag=a+b&tag=%C3%BC%26%3D",
        body: '{"name":"ü","n":null}',
        headers: {
          "content-type": "application/json",
          "idempotency-key": "key-1",
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "x-own": "3",
          "x-call": "2",
          accept: "application/json",
        },
      },
    ]);
    const output = outputOf(outcome);
    expect(output).toMatchObject({
      status: 201,
      headers: { location: "/v1/items/7", "x-request-id": "r1", "x-ratelimit-remaining": "9" },
      body: { id: 7 },
    });
    expect(JSON.stringify(outcome)).not.toContain("secret");
    expect(outcome).toMatchObject({
      evidence: [{ kind: "http_response", outcome: "success", summary: "api answered 201" }],
    });
  });

  test("that only reads carries no idempotency key", async () => {
    const api = await listen();
    await createExecutor({ baseUrl: api.origin }).execute(toCall("/"), toContext());
    expect(api.seen[0]?.headers["idempotency-key"]).toBeUndefined();
  });

  test.for([
    [
      "form",
      { a: "1 2", b: [1, true], c: null, d: { e: 1 } },
      "a=1+2&b=1&b=true&d=%7B%22e%22%3A1%7D",
      "application/x-www-form-urlencoded",
    ],
    ["text", "plain ü", "plain ü", "text/plain; charset=utf-8"],
    ["text", { a: 1 }, '{"a":1}', "text/plain; charset=utf-8"],
    ["json", "text", '"text"', "application/json"],
    ["json", null, "null", "application/json"],
  ] as const)("has its body as %s: %j", async ([bodyFormat, body, expected, type]) => {
    const api = await listen();
    await createExecutor({ baseUrl: api.origin }).execute(
      toCall("/", { method: "POST", bodyFormat, body }),
      toContext(),
    );
    expect(api.seen).toMatchObject([{ body: expected, headers: { "content-type": type } }]);
  });

  test("of form without an object is refused", async () => {
    const executor = createExecutor({ baseUrl: "http://127.0.0.1:9" });
    const call = toCall("/", { method: "POST", bodyFormat: "form", body: [1] });
    expect(failureOf(await executor.execute(call, toContext()))).toMatchObject({
      effect: "not_sent",
      errorClass: "permanent",
    });
  });

  test("uses the sockets of those before it, and no more than its connection allows", async () => {
    let most = 0;
    let now = 0;
    const sockets = new Set<unknown>();
    const api = await listen((_seen, response, request) => {
      sockets.add(request.socket);
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        json(response, null);
      }, 20);
    });
    const executor = createExecutor({ baseUrl: api.origin, maxConcurrency: 2 });
    await Promise.all(Array.from({ length: 8 }, () => executor.execute(toCall("/"), toContext())));
    expect(most).toBe(2);
    expect(sockets.size).toBe(2);
  });
});

describe("a response", () => {
  test.for([
    ["application/json", '{"a":1}', { a: 1 }],
    ["application/problem+json; charset=utf-8", '{"a":1}', { a: 1 }],
    ["application/json", "not json", "not json"],
    ["text/plain", "text ü", "text ü"],
    ["application/xml", "<a/>", "<a/>"],
    ["application/octet-stream", "\u0001\u0002", { base64: "AQI=", mediaType: "application/octet-stream" }],
    ["application/json", "", null],
    ["", '{"a":1}', '{"a":1}'],
  ] as const)("of type %j gives its body: %j", async ([type, text, body]) => {
    const api = await listen((_seen, response) => {
      response.writeHead(200, type === "" ? {} : { "content-type": type });
      response.end(text);
    });
    expect(
      outputOf(await createExecutor({ baseUrl: api.origin }).execute(toCall("/"), toContext())).body,
    ).toEqual(body);
  });

  test.for([
    ["GET", "failed"],
    ["POST", "unknown"],
  ] as const)("larger than allowed ends the transfer, and says of a %s: %s", async ([method, effect]) => {
    let sent = 0;
    const api = await listen((_seen, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const pour = (): void => {
        while (sent < 1000 && !response.destroyed) {
          sent++;
          if (!response.write("x".repeat(64 * 1024))) {
            response.once("drain", pour);
            return;
          }
        }
        response.end();
      };
      pour();
    });
    const call = toCall("/", { method, maxResponseBytes: 100_000 });
    expect(failureOf(await createExecutor({ baseUrl: api.origin }).execute(call, toContext()))).toMatchObject(
      {
        effect,
        errorClass: "permanent",
        message: "api answered 200 with more than 100000 bytes.",
      },
    );
    expect(sent).toBeLessThan(500);
  });

  test.for([
    [400, "failed", "permanent"],
    [404, "failed", "permanent"],
    [408, "failed", "timeout"],
    [409, "failed", "permanent"],
    [429, "failed", "rate_limited"],
    [500, "failed", "transient_error"],
    [502, "unknown", "transient_error"],
    [503, "failed", "transient_error"],
    [504, "unknown", "timeout"],
    [304, "failed", "permanent"],
  ] as const)("of status %i is %s, %s", async ([status, effect, errorClass]) => {
    const api = await listen((_seen, response) => json(response, { reason: "no" }, status));
    const failure = failureOf(
      await createExecutor({ baseUrl: api.origin }).execute(toCall("/", { method: "POST" }), toContext()),
    );
    // A 304 has no body.
    const body = status === 304 ? null : { reason: "no" };
    expect(failure).toMatchObject({ effect, errorClass, detail: { status, body } });
    expect(failure.message).toMatch(new RegExp(`^api answered ${status} \\(`));
  });

  test.for([
    ["7", 7000, 7000],
    ["0", 0, 0],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 0, 0],
    ["soon", undefined, undefined],
  ] as const)("says when to come again: %s", async ([value, least, most]) => {
    const api = await listen((_seen, response) => response.writeHead(429, { "retry-after": value }).end());
    const failure = failureOf(
      await createExecutor({ baseUrl: api.origin }).execute(toCall("/"), toContext()),
    );
    expect(failure.retryAfterMs ?? -1).toBeGreaterThanOrEqual(least ?? -1);
    expect(failure.retryAfterMs ?? -1).toBeLessThanOrEqual(most ?? -1);
  });

  test("that failed is quoted in part only", async () => {
    const api = await listen((_seen, response) =>
      response.writeHead(500, { "content-type": "text/plain" }).end("x".repeat(500_000)),
    );
    const failure = failureOf(
      await createExecutor({ baseUrl: api.origin }).execute(toCall("/"), toContext()),
    );
    expect(JSON.stringify(failure).length).toBeLessThan(5000);
  });
});

describe("a redirect (F49)", () => {
  test.for([
    [301, "GET", "GET /next "],
    [302, "POST", "GET /next "],
    [303, "PUT", "GET /next "],
    [307, "POST", 'POST /next {"a":1}'],
    [308, "PUT", 'PUT /next {"a":1}'],
  ] as const)("within the origin is followed: %i after %s", async ([status, method, next]) => {
    const api = await listen((seen, response) => {
      if (seen.url === "/next") json(response, "there");
      else response.writeHead(status, { location: "/next" }).end();
    });
    const call = toCall("/", { method, ...(method === "GET" ? {} : { body: { a: 1 } }) });
    expect(outputOf(await createExecutor({ baseUrl: api.origin }).execute(call, toContext())).body).toBe(
      "there",
    );
    expect(`${api.seen[1]?.method} ${api.seen[1]?.url} ${api.seen[1]?.body}`).toBe(next);
  });

  test.for([
    ["absolute", (origin: string) => `${origin}/take`],
    ["without a scheme", (origin: string) => `//${new URL(origin).host}/take`],
    ["to another scheme", (origin: string) => `https://${new URL(origin).host}/take`],
  ] as const)("to another origin is not followed: %s", async ([, toLocation]) => {
    const other = await listen();
    const location = toLocation(other.origin);
    const api = await listen((_seen, response) => response.writeHead(307, { location }).end());
    const executor = createExecutor({ baseUrl: api.origin, auth: { kind: "bearer", token: "secret" } });
    const call = toCall("/", { method: "POST", body: { pin: 1 } });
    expect(failureOf(await executor.execute(call, toContext()))).toEqual({
      status: "failed",
      effect: "failed",
      errorClass: "permanent",
      message: "api answered 307: it redirects to another origin, which is not followed.",
      detail: { status: 307 },
    });
    expect(api.seen).toHaveLength(1);
    expect(other.seen).toEqual([]);
  });

  test("without an end is given up (F50)", async () => {
    const api = await listen((_seen, response) => response.writeHead(302, { location: "/again" }).end());
    const failure = failureOf(
      await createExecutor({ baseUrl: api.origin }).execute(toCall("/"), toContext()),
    );
    expect(failure.message).toBe("api answered 302: it redirects too often, which is not followed.");
    expect(api.seen).toHaveLength(6);
  });
});

describe("a request without an answer", () => {
  test("because nobody listens was not sent", async () => {
    const api = await listen();
    await new Promise((resolve) => api.server.close(resolve));
    const failure = failureOf(
      await createExecutor({ baseUrl: api.origin }).execute(toCall("/", { method: "POST" }), toContext()),
    );
    expect(failure).toMatchObject({
      effect: "not_sent",
      errorClass: "connection_error",
      detail: { code: "ECONNREFUSED" },
    });
  });

  test("because the name does not exist was not sent", async () => {
    const executor = createExecutor({ baseUrl: "http://no-such-host.invalid" });
    expect(failureOf(await executor.execute(toCall("/"), toContext()))).toMatchObject({
      effect: "not_sent",
      errorClass: "connection_error",
    });
  });

  test("because the other side speaks no TLS was not sent", async () => {
    const api = await listen();
    const executor = createExecutor({ baseUrl: api.origin.replace("http:", "https:") });
    expect(failureOf(await executor.execute(toCall("/", { method: "POST" }), toContext()))).toMatchObject({
      effect: "not_sent",
      errorClass: "connection_error",
    });
  });

  test("because the socket was closed after it was written is unknown (F33)", async () => {
    const api = await listen((_seen, _response, request) => request.socket.destroy());
    expect(
      failureOf(
        await createExecutor({ baseUrl: api.origin }).execute(toCall("/", { method: "POST" }), toContext()),
      ),
    ).toMatchObject({
      effect: "unknown",
      errorClass: "connection_error",
    });
    expect(api.seen).toHaveLength(1);
  });

  test("because the answer broke off is unknown", async () => {
    const api = await listen((_seen, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("part", () => response.destroy());
    });
    expect(
      failureOf(await createExecutor({ baseUrl: api.origin }).execute(toCall("/"), toContext())).effect,
    ).toBe("unknown");
  });

  test("because what came is not HTTP is unknown", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const failure = failureOf(
      await createExecutor({ baseUrl }).execute(toCall("/", { method: "POST" }), toContext()),
    );
    server.close();
    expect(failure.effect).toBe("unknown");
  });

  test("until the deadline is unknown, and its socket is closed", async () => {
    let closed = false;
    const api = await listen((_seen, _response, request) =>
      request.socket.once("close", () => (closed = true)),
    );
    const failure = failureOf(
      await createExecutor({ baseUrl: api.origin }).execute(
        toCall("/"),
        toContext({ signal: AbortSignal.timeout(100) }),
      ),
    );
    expect(failure).toMatchObject({
      effect: "unknown",
      errorClass: "timeout",
      message: "api did not answer in time.",
    });
    await expect.poll(() => closed).toBe(true);
  });

  test("while it waited for its turn was not sent, and never is", async () => {
    const api = await listen((seen, response) => setTimeout(() => json(response, seen.url), 200));
    const executor = createExecutor({ baseUrl: api.origin, maxConcurrency: 1 });
    const first = executor.execute(toCall("/first"), toContext());
    const second = await executor.execute(toCall("/second"), toContext({ signal: AbortSignal.timeout(50) }));
    expect(failureOf(second)).toMatchObject({ effect: "not_sent", errorClass: "timeout" });
    expect(outputOf(await first).body).toBe("/first");
    expect(outputOf(await executor.execute(toCall("/third"), toContext())).body).toBe("/third");
    expect(api.seen.map(({ url }) => url)).toEqual(["/first", "/third"]);
  });

  test("within the connection's own time is unknown", async () => {
    const api = await listen(() => undefined);
    const executor = createExecutor({ baseUrl: api.origin, timeoutMs: 100 });
    expect(failureOf(await executor.execute(toCall("/"), toContext()))).toMatchObject({
      effect: "unknown",
      errorClass: "timeout",
    });
  });
});

test.for([
  ["a connection that is not there", {}, toCall("/", { connection: "other" })],
  ["a base URL of another scheme", { baseUrl: "ftp://127.0.0.1/" }, toCall("/")],
  ["a base URL that is none", { baseUrl: "payroll" }, toCall("/")],
  [
    "a method that is none",
    { baseUrl: "http://127.0.0.1:9" },
    toCall("/", { method: "GET /x HTTP/1.1\r\nHost: x" }),
  ],
] as const)("a call with %s is refused", async ([, connection, call]) => {
  expect(failureOf(await createExecutor(connection).execute(call, toContext()))).toMatchObject({
    effect: "not_sent",
    errorClass: "permanent",
  });
});
