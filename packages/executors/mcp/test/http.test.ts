import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  Server as HttpServer,
  ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Server as OldServer } from "@modelcontextprotocol/sdk/server/index.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { createAddressPolicy } from "@mcp-flowgate/outbound";
import { createMcpHandler, Server } from "@modelcontextprotocol/server";
import { afterEach, describe, expect, test } from "vitest";
import { createFixture, eventually, inTime, textOf, toEndpoint } from "./fixture.ts";

const servers: HttpServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

describe("an endpoint", () => {
  test("of the new era is listed and called", async () => {
    const { connections } = createFixture([toEndpoint("modern", await listen(toModern()))]);
    const listed = await connections.listTools("modern", inTime());
    expect(listed.ok && listed.value.tools.map(({ name }) => name)).toEqual(["echo", "slow", "routed"]);
    expect(await textOf(connections, "modern", "echo", { a: "ü" })).toBe('{"a":"ü"}');
    expect(connections.status()).toMatchObject([{ era: "modern", state: "ready" }]);
  });

  test("of the old era is listed and called", async () => {
    const { connections } = createFixture([toEndpoint("old", await listen(createOldEndpoint().listener))]);
    expect((await connections.listTools("old", inTime())).ok).toBe(true);
    expect(await textOf(connections, "old", "echo", { a: 1 })).toBe('{"a":1}');
    expect(connections.status()).toMatchObject([{ era: "legacy", starts: 1 }]);
  });

  test("that knows only the older transport is fallen back to, and remembered", async () => {
    const requests: string[] = [];
    const url = await listen(createSseEndpoint(requests));
    const { connections } = createFixture([toEndpoint("sse", `${url}/sse`, { idleTimeoutMs: 1 })]);
    expect(await textOf(connections, "sse", "echo", { a: 1 })).toBe('{"a":1}');
    await eventually(() => connections.status()[0]?.state === "idle");
    requests.length = 0;
    expect(await textOf(connections, "sse", "echo", { a: 2 })).toBe('{"a":2}');
    expect(requests[0]).toBe("GET /sse");
  });

  test("that forgot the session gets a new one, and the call is made once", async () => {
    const endpoint = createOldEndpoint();
    const { connections, events } = createFixture([toEndpoint("old", await listen(endpoint.listener))]);
    await textOf(connections, "old", "echo");
    endpoint.forget();
    expect(await textOf(connections, "old", "echo", { again: 1 })).toBe('{"again":1}');
    expect(endpoint.calls).toEqual([{}, { again: 1 }]);
    expect(events.map(({ type, reason }) => reason ?? type)).toEqual(["started", "expired", "started"]);
  });

  test("that nobody listens at is not_sent, and is reached as soon as somebody does", async () => {
    const listener = toModern();
    const url = await listen(listener);
    const port = Number(new URL(url).port);
    await stop();
    const { connections } = createFixture([toEndpoint("late", url)]);
    const result = await connections.call("late", { tool: "echo", arguments: {}, meta: {}, ...inTime() });
    expect(result).toMatchObject({
      ok: false,
      error: { effect: "not_sent", errorClass: "connection_error" },
    });
    await listen(listener, port);
    expect(await textOf(connections, "late", "echo")).toBe("{}");
    await stop();
    // The first may still have been written to a socket that had just lost its other end.
    await connections.call("late", { tool: "echo", arguments: {}, meta: {}, ...inTime() });
    expect(
      await connections.call("late", { tool: "echo", arguments: {}, meta: {}, ...inTime() }),
    ).toMatchObject({
      ok: false,
      error: { effect: "not_sent", errorClass: "connection_error" },
    });
  });

  test("is told what arguments are repeated as headers where the tool wants that", async () => {
    const seen: IncomingHttpHeaders[] = [];
    const handler = toModern();
    const { connections } = createFixture([
      toEndpoint(
        "modern",
        await listen((request, response) => {
          if (request.headers["mcp-method"] === "tools/call") seen.push(request.headers);
          handler(request, response);
        }),
      ),
    ]);
    await connections.listTools("modern", inTime());
    expect(await textOf(connections, "modern", "routed", { region: "eu" })).toBe('{"region":"eu"}');
    expect(seen.map((headers) => headers["mcp-param-region"])).toEqual(["eu"]);
  });
});

describe("a call over HTTP", () => {
  test.for(["modern", "old"] as const)("that is cancelled ends at the server: %s", async (era) => {
    const cancelled: string[] = [];
    const listener = era === "modern" ? toModern(cancelled) : createOldEndpoint(cancelled).listener;
    const { connections } = createFixture([toEndpoint("server", await listen(listener))]);
    await connections.listTools("server", inTime());
    const stopCalling = AbortSignal.timeout(200);
    const result = await connections.call("server", {
      tool: "slow",
      arguments: {},
      meta: {},
      signal: stopCalling,
    });
    expect(result).toMatchObject({ ok: false, error: { effect: "unknown", errorClass: "timeout" } });
    await eventually(() => cancelled.length === 1);
  });

  test("whose stream ends without an answer is unknown at once", async () => {
    const url = await listen(
      toOldWithCalls((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(": nothing\n\n");
      }),
    );
    const { connections } = createFixture([toEndpoint("old", url)]);
    const before = performance.now();
    const result = await connections.call("old", { tool: "echo", arguments: {}, meta: {}, ...inTime() });
    expect(result).toMatchObject({ ok: false, error: { effect: "unknown", errorClass: "connection_error" } });
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test.for([
    ["as JSON", "application/json", ""],
    ["as an event", "text/event-stream", "data: "],
  ] as const)("whose answer is larger than allowed is unknown, and ends: %s", async ([, type, prefix]) => {
    let sent = 0;
    const url = await listen(
      toOldWithCalls((response) => {
        response.writeHead(200, { "content-type": type });
        response.write(prefix);
        const part = Buffer.alloc(1024 * 1024, "x");
        const pour = (): void => {
          while (sent < 200 && !response.destroyed) {
            sent++;
            if (!response.write(part)) {
              response.once("drain", pour);
              return;
            }
          }
          response.end();
        };
        pour();
      }),
    );
    const { connections } = createFixture([toEndpoint("old", url)]);
    const result = await connections.call("old", { tool: "echo", arguments: {}, meta: {}, ...inTime() });
    expect(result).toMatchObject({ ok: false, error: { effect: "unknown" } });
    expect(sent).toBeLessThan(100);
  });

  test.for([
    [429, "failed", "rate_limited"],
    [500, "failed", "transient_error"],
    [502, "unknown", "transient_error"],
    [504, "unknown", "timeout"],
    [403, "failed", "permanent"],
  ] as const)("is classed by its status: %i", async ([status, effect, errorClass]) => {
    const url = await listen(toOldWithCalls((response) => response.writeHead(status).end("no")));
    const { connections } = createFixture([toEndpoint("old", url)]);
    const result = await connections.call("old", { tool: "echo", arguments: {}, meta: {}, ...inTime() });
    expect(result).toMatchObject({ ok: false, error: { effect, errorClass, detail: { status } } });
  });
});

describe("credentials", () => {
  test.for([
    ["bearer", { kind: "bearer", token: "t1" }, "authorization", "Bearer t1"],
    ["basic", { kind: "basic", username: "u", password: "p:ü" }, "authorization", "Basic dTpwOsO8"],
    ["a key in a header", { kind: "apiKey", in: "header", name: "X-Key", value: "k" }, "x-key", "k"],
  ] as const)("go with every request: %s", async ([, auth, header, value]) => {
    const seen: (string | string[] | undefined)[] = [];
    const handler = toModern();
    const url = await listen((request, response) => {
      seen.push(request.headers[header]);
      handler(request, response);
    });
    const { connections } = createFixture([toEndpoint("server", url, { auth, headers: { "x-own": "1" } })]);
    await textOf(connections, "server", "echo");
    expect(new Set(seen)).toEqual(new Set([value]));
  });

  test("of a client are exchanged for a token once, and again when the token is refused", async () => {
    let issued = 0;
    let valid = "";
    const tokenUrl = await listen(async (request, response) => {
      const body = new URLSearchParams(await readBody(request));
      expect(request.headers.authorization).toBe(`Basic ${Buffer.from("id:s%2Fecret").toString("base64")}`);
      expect(Object.fromEntries(body)).toEqual({
        grant_type: "client_credentials",
        scope: "a b",
        audience: "api",
      });
      valid = `token-${++issued}`;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ access_token: valid, expires_in: 3600, token_type: "Bearer" }));
    });
    const handler = toModern();
    const url = await listen((request, response) => {
      if (request.headers.authorization === `Bearer ${valid}`) handler(request, response);
      else response.writeHead(401).end();
    });
    const auth = {
      kind: "oauth2ClientCredentials",
      tokenUrl,
      clientId: "id",
      clientSecret: "s/ecret",
      scopes: ["a", "b"],
      audience: "api",
    } as const;
    const { connections } = createFixture([toEndpoint("server", url, { auth })]);
    await Promise.all([1, 2, 3].map(() => textOf(connections, "server", "echo")));
    expect(issued).toBe(1);
    valid = "revoked";
    expect(await textOf(connections, "server", "echo")).toBe("{}");
    expect(issued).toBe(2);
  });

  test("that are refused are a permanent failure", async () => {
    const { connections } = createFixture([
      toEndpoint("server", await listen((_request, response) => response.writeHead(401).end())),
    ]);
    expect(await connections.listTools("server", inTime())).toMatchObject({
      ok: false,
      error: { effect: "not_sent", errorClass: "permanent", detail: { status: 401 } },
    });
  });

  test("never follow a redirect to another origin", async () => {
    const seen: IncomingHttpHeaders[] = [];
    const other = await listen((request, response) => {
      seen.push(request.headers);
      response.writeHead(500).end();
    });
    const url = await listen((_request, response) => response.writeHead(307, { location: other }).end());
    const { connections } = createFixture([
      toEndpoint("server", url, { auth: { kind: "bearer", token: "secret" } }),
    ]);
    expect((await connections.listTools("server", inTime())).ok).toBe(false);
    expect(seen).toEqual([]);
  });

  test.for(["modern", "old"] as const)(
    "of callers go with their own calls, each over a session of their own: %s",
    async (era) => {
      const seen: (string | undefined)[] = [];
      const listener = era === "modern" ? toModern() : createOldEndpoint().listener;
      const url = await listen((request, response) => {
        seen.push(request.headers.authorization);
        listener(request, response);
      });
      const auth = { kind: "forward", hosts: ["127.0.0.1"], ownToken: "own" } as const;
      const { connections } = createFixture([toEndpoint("server", url, { auth })]);
      expect((await connections.listTools("server", inTime())).ok).toBe(true);
      expect(new Set(seen)).toEqual(new Set(["Bearer own"]));
      seen.length = 0;
      const callAs = (bearer: string | undefined) =>
        connections.call("server", {
          tool: "echo",
          arguments: {},
          meta: {},
          credentials: { bearer: () => bearer },
          ...inTime(),
        });
      const called = await Promise.all([callAs("ada"), callAs("bob"), callAs("ada")]);
      expect(called.map(({ ok }) => ok)).toEqual([true, true, true]);
      expect(new Set(seen)).toEqual(new Set(["Bearer ada", "Bearer bob"]));
      expect(connections.status()).toMatchObject([{ name: "server", starts: 3, inFlight: 0 }]);
      seen.length = 0;
      expect(await callAs(undefined)).toMatchObject({
        ok: false,
        error: { effect: "not_sent", errorClass: "permanent" },
      });
      expect(seen).toEqual([]);
    },
  );

  test("of a caller go to listed hosts only", async () => {
    const seen: string[] = [];
    const url = await listen((request, response) => {
      seen.push(request.url ?? "");
      response.writeHead(500).end();
    });
    const auth = { kind: "forward", hosts: ["127.0.0.1:1"] } as const;
    const { connections } = createFixture([toEndpoint("server", url, { auth })]);
    const credentials = { bearer: () => "ada" };
    const call = { tool: "echo", arguments: {}, meta: {}, credentials, ...inTime() };
    expect(await connections.call("server", call)).toMatchObject({
      ok: false,
      error: { effect: "not_sent", errorClass: "permanent" },
    });
    expect(seen).toEqual([]);
  });

  test("of a caller are exchanged, those of nobody are the gateway's own", async () => {
    const grants: (string | null)[] = [];
    const tokenUrl = await listen((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const form = new URLSearchParams(Buffer.concat(chunks).toString());
        grants.push(form.get("subject_token"));
        const body = { access_token: `for-${form.get("subject_token") ?? "gateway"}`, expires_in: 3600 };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
    const seen: (string | undefined)[] = [];
    const modern = toModern();
    const url = await listen((request, response) => {
      seen.push(request.headers.authorization);
      modern(request, response);
    });
    const auth = {
      kind: "tokenExchange",
      tokenUrl,
      clientId: "gw",
      clientSecret: "s",
      scopes: [],
      subjectTokenType: "urn:ietf:params:oauth:token-type:access_token",
    } as const;
    const { connections } = createFixture([toEndpoint("server", url, { auth })]);
    expect((await connections.listTools("server", inTime())).ok).toBe(true);
    const credentials = { bearer: () => "ada" };
    const call = { tool: "echo", arguments: {}, meta: {}, credentials, ...inTime() };
    expect((await connections.call("server", call)).ok).toBe(true);
    expect(new Set(seen)).toEqual(new Set(["Bearer for-gateway", "Bearer for-ada"]));
    expect(grants).toEqual([null, "ada"]);
  });

  test("end with the caller's session, which ends when it is not used", async () => {
    const auth = { kind: "forward", hosts: ["127.0.0.1"] } as const;
    const { connections, events } = createFixture([
      toEndpoint("server", await listen(toModern()), { auth, idleTimeoutMs: 1 }),
    ]);
    const credentials = { bearer: () => "ada" };
    const call = { tool: "echo", arguments: {}, meta: {}, credentials, ...inTime() };
    expect((await connections.call("server", call)).ok).toBe(true);
    await eventually(() => events.some(({ reason }) => reason === "idle"));
    expect(connections.status()).toEqual([]);
  });
});

test("an endpoint that the policy refuses is not dialled, and says so", async () => {
  const seen: string[] = [];
  const url = await listen((request, response) => {
    seen.push(request.url ?? "");
    response.writeHead(500).end();
  });
  const { connections } = createFixture([toEndpoint("server", url)], {
    addresses: createAddressPolicy({ egress: { allow: ["*.example.com"], deny: [] } }),
  });
  expect(await connections.listTools("server", inTime())).toMatchObject({
    ok: false,
    error: {
      effect: "not_sent",
      errorClass: "permanent",
      message: "server was not called: its host, or the address that it leads to, may not be dialled.",
      detail: { code: "FLOWGATE_REFUSED_ADDRESS" },
    },
  });
  expect(seen).toEqual([]);
});

test("an endpoint whose name leads to loopback behind the operator's back is not dialled", async () => {
  const seen: string[] = [];
  const url = await listen((request, response) => {
    seen.push(request.url ?? "");
    response.writeHead(500).end();
  });
  const { connections } = createFixture(
    [toEndpoint("server", url.replace("127.0.0.1", "rebind.example.com"))],
    {
      addresses: createAddressPolicy({
        resolve: (_host, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
      }),
    },
  );
  expect(await connections.listTools("server", inTime())).toMatchObject({
    ok: false,
    error: { effect: "not_sent", errorClass: "permanent", detail: { code: "FLOWGATE_REFUSED_ADDRESS" } },
  });
  expect(seen).toEqual([]);
});

function toModern(cancelled: string[] = []): RequestListener {
  const handler = createMcpHandler(() => {
    const server = new Server(
      { name: "modern", version: "1" },
      { capabilities: { tools: { listChanged: true } } },
    );
    server.setRequestHandler("tools/list", () => ({
      tools: [
        { name: "echo", inputSchema: { type: "object" } },
        { name: "slow", inputSchema: { type: "object" } },
        {
          name: "routed",
          inputSchema: {
            type: "object",
            properties: { region: { type: "string", "x-mcp-header": "Region" } },
          },
        },
      ],
    }));
    server.setRequestHandler("tools/call", async (request, context) => {
      if (request.params.name === "slow") await untilCancelled(context.mcpReq.signal, cancelled);
      return { content: [{ type: "text", text: JSON.stringify(request.params.arguments ?? {}) }] };
    });
    return server;
  });
  const listener = toNodeHandler(handler);
  return (request, response) => void listener(request as Parameters<typeof listener>[0], response);
}

interface OldEndpoint {
  readonly listener: RequestListener;
  readonly calls: unknown[];
  /** Loses every session. */
  forget(): void;
}

/** An endpoint of the old era whose calls are answered by hand. */
function toOldWithCalls(answer: (response: ServerResponse) => void): RequestListener {
  return createOldEndpoint([], answer).listener;
}

function createOldEndpoint(
  cancelled: string[] = [],
  answer?: (response: ServerResponse) => void,
): OldEndpoint {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const calls: unknown[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readBody(request);
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    if (answer !== undefined && text.includes('"tools/call"')) {
      answer(response);
      return;
    }
    const id = request.headers["mcp-session-id"];
    if (typeof id === "string") {
      const session = sessions.get(id);
      if (session === undefined) response.writeHead(404).end();
      else await session.handleRequest(request, response, body);
      return;
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => void sessions.set(session, transport),
    });
    await createOldServer(calls, cancelled).connect(transport);
    await transport.handleRequest(request, response, body);
  };
  return {
    listener: (request, response) => void handle(request, response),
    calls,
    forget: () => sessions.clear(),
  };
}

function createSseEndpoint(requests: string[]): RequestListener {
  const sessions = new Map<string, SSEServerTransport>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://localhost");
    requests.push(`${request.method} ${url.pathname}`);
    if (request.method === "GET" && url.pathname === "/sse") {
      const transport = new SSEServerTransport("/messages", response);
      sessions.set(transport.sessionId, transport);
      await createOldServer([], []).connect(transport);
      return;
    }
    const session = sessions.get(url.searchParams.get("sessionId") ?? "");
    if (session === undefined) response.writeHead(404).end();
    else await session.handlePostMessage(request, response);
  };
  return (request, response) => void handle(request, response);
}

function createOldServer(calls: unknown[], cancelled: string[]): OldServer {
  const server = new OldServer({ name: "old", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: ["echo", "slow"].map((name) => ({ name, inputSchema: { type: "object" as const } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    calls.push(request.params.arguments ?? {});
    if (request.params.name === "slow") await untilCancelled(extra.signal, cancelled);
    return { content: [{ type: "text", text: JSON.stringify(request.params.arguments ?? {}) }] };
  });
  return server;
}

function untilCancelled(signal: AbortSignal, cancelled: string[]): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      cancelled.push("slow");
      resolve();
    });
  });
}

async function listen(listener: RequestListener, port = 0): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(): Promise<void> {
  await Promise.all(
    servers.splice(0).map(
      (server) =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    ),
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
