import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, Server } from "@modelcontextprotocol/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const TOKEN = "canary-3c1f-token-of-ada";
const OTHER = "canary-9b7d-token-of-bob";
const PERMITTED = "canary-own-token-for-listing";

/** An API that repeats the token it was sent, a token endpoint, and an MCP server. */
const seen: { path: string; authorization: string | undefined }[] = [];
const mcp = toNodeHandler(
  createMcpHandler(() => {
    const server = new Server({ name: "downstream", version: "1" }, { capabilities: { tools: {} } });
    server.setRequestHandler("tools/list", () => ({
      tools: [{ name: "whoami", inputSchema: { type: "object" } }],
    }));
    server.setRequestHandler("tools/call", () => ({ content: [{ type: "text", text: "somebody" }] }));
    return server;
  }),
);
const downstream = createServer((request, response) => {
  const { authorization } = request.headers;
  const path = request.url ?? "";
  seen.push({ path, authorization });
  if (path === "/mcp") {
    void mcp(request as Parameters<typeof mcp>[0], response);
    return;
  }
  response.setHeader("content-type", "application/json");
  if (path !== "/token") {
    response.end(JSON.stringify({ echo: authorization ?? null }));
    return;
  }
  void bodyOf(request).then((body) => {
    const subject = new URLSearchParams(body).get("subject_token");
    response.end(
      JSON.stringify({ access_token: subject === TOKEN ? "for-ada" : "for-bob", expires_in: 3600 }),
    );
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

const folder = temporaryFolder();
const env = { FLOWGATE_RUNTIME_DIR: folder.path, LISTING_TOKEN: PERMITTED };
let config: string;
let gateway: GatewayProcess;

beforeAll(async () => {
  await new Promise<void>((done) => downstream.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${(downstream.address() as AddressInfo).port}`;
  config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  api: { kind: http, baseUrl: "${origin}", auth: { kind: forward, hosts: [127.0.0.1] } }
  elsewhere: { kind: http, baseUrl: "${origin}", auth: { kind: forward, hosts: [api.example.com] } }
  plain: { kind: http, baseUrl: "${origin}" }
  exchanged: { kind: http, baseUrl: "${origin}", auth: { kind: tokenExchange, tokenUrl: "${origin}/token" } }
  tools: { kind: mcp, url: "${origin}/mcp", auth: { kind: forward, hosts: [127.0.0.1], ownToken: "\${LISTING_TOKEN}" } }
proxy:
  import: [{ connection: tools, prefix: tools }]
  expose:
    - { name: api.call, executor: { kind: http, connection: api, path: /api } }
    - { name: elsewhere.call, executor: { kind: http, connection: elsewhere, path: /elsewhere } }
    - { name: plain.call, executor: { kind: http, connection: plain, path: /plain } }
    - { name: exchanged.call, executor: { kind: http, connection: exchanged, path: /exchanged } }
workflows:
  later:
    initialState: draft
    states:
      draft:
        transitions:
          chain: { target: between }
          ask:
            target: done
            executor:
              kind: human
              queue: q
              assignees: { roles: [boss] }
              onApprove: { executor: { kind: http, connection: api, path: /approved } }
          wait: { target: waiting }
      between:
        transitions: { on: { target: done, actor: deterministic, executor: { kind: http, connection: api, path: /chained } } }
      waiting:
        timeoutMs: 50
        onTimeout: { target: done, executor: { kind: http, connection: api, path: /timer } }
      done: { terminal: true }
store: { kind: sqlite, path: ./flowgate.sqlite }
audit: { sink: file, path: ./audit.jsonl, payloads: full }
telemetry: { logs: { level: trace } }
`,
  );
  gateway = await startHttpGateway(config, { env });
});
afterAll(async () => {
  await gateway.stop();
  downstream.closeAllConnections();
  downstream.close();
  folder[Symbol.dispose]();
});

const connectAs = (token: string | undefined, era: (typeof ERAS)[number] = ERAS[0]): Promise<TestClient> =>
  connectClient(
    { url: gateway.url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } },
    era,
  );
const tokensAt = (path: string): readonly (string | undefined)[] =>
  seen.filter((one) => one.path === path).map(({ authorization }) => authorization);

describe("the caller's own token goes with the caller's own calls, to listed hosts only [R-ID-2]", () => {
  test.for(ERAS)("%s", async (era) => {
    seen.length = 0;
    const ada = await connectAs(TOKEN, era);
    const bob = await connectAs(OTHER, era);
    const answers = await Promise.all([
      ada.call("workflow.start", { definitionId: "api.call" }),
      bob.call("workflow.start", { definitionId: "api.call" }),
    ]);
    // The API repeats the token; the answer does not.
    for (const { body } of answers)
      expect(body.result.output.body).toEqual({ echo: "Bearer [caller's token]" });
    expect(tokensAt("/api").toSorted()).toEqual([`Bearer ${TOKEN}`, `Bearer ${OTHER}`]);

    for (const caller of [ada, bob])
      expect(
        (await caller.call("workflow.start", { definitionId: "exchanged.call" })).body.result.output.body,
      ).toEqual({ echo: caller === ada ? "Bearer for-ada" : "Bearer for-bob" });

    await ada.call("workflow.start", { definitionId: "tools.whoami" });
    expect(new Set(tokensAt("/mcp"))).toEqual(new Set([`Bearer ${TOKEN}`]));

    const refused = await ada.call("workflow.start", { definitionId: "elsewhere.call" });
    expect(refused.body.error).toMatchObject({ code: "EXECUTOR_FAILED", errorClass: "permanent" });
    await ada.call("workflow.start", { definitionId: "plain.call" });
    expect([...tokensAt("/elsewhere"), ...tokensAt("/plain")]).toEqual([undefined]);
    await Promise.all([ada.close(), bob.close()]);
  });

  test("and a call without one is not sent, and says what is missing", async () => {
    seen.length = 0;
    const nobody = await connectAs(undefined);
    for (const definitionId of ["api.call", "exchanged.call", "tools.whoami"]) {
      const { body } = await nobody.call("workflow.start", { definitionId });
      expect(body.error).toMatchObject({ code: "EXECUTOR_FAILED", errorClass: "permanent" });
      expect(JSON.stringify(body)).toContain("call again with a bearer token");
    }
    expect(seen).toEqual([]);
    await nobody.close();
  });
});

test("a step of the same call has the token; one after a decision or a deadline has not [R-ID-2]", async () => {
  seen.length = 0;
  const ada = await connectAs(TOKEN);
  const start = async (transition: string): Promise<any> => {
    const { body } = await ada.call("workflow.start", { definitionId: "later" });
    const link = body.links.find(({ args }: any) => args?.transition === transition);
    return (await ada.call("workflow.submit", { ...link.args, arguments: {} })).body;
  };
  expect((await start("chain")).workflow.state).toBe("done");
  expect(tokensAt("/chained")).toEqual([`Bearer ${TOKEN}`]);

  const waiting = await start("wait");
  const asked = await start("ask");
  const [approval] = JSON.parse(
    (await runGateway(["approvals", "list", "-c", config, "--json"], { env })).stdout,
  );
  const decision = ["approve", approval.id, "-c", config, "--as", "eve", "--role", "boss"];
  await runGateway(["approvals", ...decision], { env });
  for (const { workflow } of [waiting, asked]) {
    await waitFor(async () => {
      const { body } = await ada.call("workflow.get", { workflowId: workflow.id });
      return JSON.stringify(body).includes("call again with a bearer token") ? body : undefined;
    });
  }
  expect([...tokensAt("/approved"), ...tokensAt("/timer")]).toEqual([]);
  await ada.close();
});

test("the token is in no log, no record and no file [R-ID-2]", async () => {
  expect(await gateway.stop()).toBe(0);
  const texts = readdirSync(folder.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  expect(texts.length).toBeGreaterThan(2);
  for (const text of [...texts, gateway.stderr(), gateway.stdout()]) {
    for (const token of [TOKEN, OTHER, PERMITTED]) expect(text).not.toContain(token);
  }
  expect(texts.some((text) => text.includes("executor.succeeded"))).toBe(true);
});
