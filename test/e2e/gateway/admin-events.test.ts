import { request as httpRequest, type IncomingMessage } from "node:http";
import { appendFileSync } from "node:fs";
import { startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const KEYS = {
  OLGA: "olgas-key-of-these-events-1",
  MIA: "mias-key-of-these-events-22",
  ADA: "adas-key-of-these-events-33",
  EVE: "eves-key-of-another-tenant-4",
};
const folder = temporaryFolder();
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  folder[Symbol.dispose]();
});

interface Stream {
  readonly events: readonly { readonly event: string; readonly data: any }[];
  readonly ended: () => boolean;
  close(): void;
}

async function listen(gateway: GatewayProcess, key: string): Promise<Stream> {
  const url = new URL("/admin/events", gateway.url);
  const headers = { authorization: `Bearer ${key}`, accept: "text/event-stream" };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(url, { headers }, resolve).on("error", reject).end();
  });
  expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "text/event-stream"]);
  const events: { event: string; data: any }[] = [];
  let text = "";
  let isOver = false;
  response.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== undefined && data !== undefined) events.push({ event, data: JSON.parse(data) });
    }
  });
  for (const end of ["end", "error", "close"]) response.on(end, () => (isOver = true));
  return { events, ended: () => isOver, close: () => response.destroy() };
}

const has = (stream: Stream, event: string, data: object): true | undefined =>
  stream.events.some((one) => one.event === event && JSON.stringify(one.data) === JSON.stringify(data)) ||
  undefined;

test("what changes at one replica is told to those who listen at another and may see it, until a reload ends the streams [R-ADMIN-3]", async () => {
  const database = await server.createDatabase();
  const env = { ...KEYS, DATABASE_URL: database, FLOWGATE_RUNTIME_DIR: folder.path };
  const file = writeConfig(folder.path, CONFIG);
  await using one = await startHttpGateway(file, { env });
  await using two = await startHttpGateway(file, { env });
  const [olga, mia, eve, ada] = (await Promise.all(
    [KEYS.OLGA, KEYS.MIA, KEYS.EVE, KEYS.ADA].map((key) => listen(two, key)),
  )) as [Stream, Stream, Stream, Stream];
  const headers = (key: string) => ({ authorization: `Bearer ${key}`, "content-type": "application/json" });
  const client = await connectClient({ url: one.url, headers: headers(KEYS.ADA) }, "2026-07-28");
  const asked = (await client.call("workflow.start", { definitionId: "ask" })).body as any;
  const [id, approval]: [string, string] = [asked.workflow.id, asked.approvals[0].id];
  await waitFor(() => has(olga, "workflow", { id }));
  await waitFor(() => has(ada, "workflow", { id }));
  await waitFor(() => has(mia, "approval", { id: approval, workflowId: id }));
  const before = mia.events.length;
  const decided = await fetch(new URL(`/admin/approvals/${approval}/approve`, one.url), {
    method: "POST",
    headers: headers(KEYS.MIA),
    body: "{}",
  });
  expect(decided.status).toBe(200);
  await waitFor(() => (mia.events.length > before ? true : undefined));

  for (const gateway of [one, two]) {
    const stopped = await fetch(new URL("/servers/api/stop", gateway.url), {
      method: "POST",
      headers: headers(KEYS.OLGA),
    });
    expect(stopped.status).toBe(200);
    await waitFor(() =>
      olga.events.filter(({ event }) => event === "server").length > 0 ? true : undefined,
    );
  }
  expect(has(olga, "server", { name: "api" })).toBe(true);

  appendFileSync(file, "  added: { initialState: a, states: { a: { terminal: true } } }\n");
  const reloaded = await fetch(new URL("/admin/reload", one.url), {
    method: "POST",
    headers: headers(KEYS.OLGA),
  });
  expect(reloaded.status).toBe(200);
  await waitFor(() => (olga.ended() && mia.ended() && eve.ended() && ada.ended() ? true : undefined));
  expect(has(olga, "reload", { ok: true })).toBe(true);
  // Another tenant hears nothing; who may not look at servers and the configuration hears nothing of them.
  expect(eve.events).toEqual([]);
  for (const { events } of [mia, ada])
    expect(events.filter(({ event }) => event === "server" || event === "reload")).toEqual([]);
  expect(mia.events.filter(({ event }) => event === "workflow")).toEqual([]);

  const again = await listen(two, KEYS.OLGA);
  await client.call("workflow.start", { definitionId: "ask" });
  await waitFor(() => (again.events.length > 0 ? true : undefined));
  await client.close();
  expect(await two.stop()).toBe(0);
  expect(again.ended()).toBe(true);
});

test("a stream is asked for, and bounded in number [R-ADMIN-3]", async () => {
  const env = { ...KEYS, DATABASE_URL: "", FLOWGATE_RUNTIME_DIR: folder.path };
  const file = writeConfig(
    folder.path,
    CONFIG.replace(/^store: .*$/m, "store: { kind: memory }"),
    "memory.yaml",
  );
  await using gateway = await startHttpGateway(file, { env });
  const headers = { authorization: `Bearer ${KEYS.OLGA}` };
  const plain = await fetch(new URL("/admin/events", gateway.url), { headers });
  expect(plain.status).toBe(406);
  await plain.text();
  expect((await fetch(new URL("/admin/events", gateway.url))).status).toBe(401);
  const streams = await Promise.all(Array.from({ length: 64 }, () => listen(gateway, KEYS.OLGA)));
  const refused = await fetch(new URL("/admin/events", gateway.url), {
    headers: { ...headers, accept: "text/event-stream" },
  });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  for (const stream of streams) stream.close();
  await waitFor(async () => {
    try {
      (await listen(gateway, KEYS.OLGA)).close();
      return true;
    } catch {
      return undefined;
    }
  });
});

const CONFIG = `version: "1.0.0"
store: { kind: postgres, url: "\${DATABASE_URL}", poolSize: 4 }
server: { admin: { listen: "127.0.0.1:9", inline: true } }
identity:
  kind: apiKeys
  keys:
    - { id: olga, key: "\${OLGA}", subject: olga, kind: human, permissions: ["gateway.*", "workflow.*"] }
    - { id: mia, key: "\${MIA}", subject: mia, kind: human, roles: [manager] }
    - { id: ada, key: "\${ADA}", subject: ada, kind: agent }
    - { id: eve, key: "\${EVE}", subject: eve, kind: human, tenant: other, roles: [manager], permissions: ["gateway.events", "workflow.*"] }
connections: { api: { kind: http, baseUrl: "http://127.0.0.1:9" } }
proxy:
  expose:
    - { name: ask, executor: { kind: human, assignees: { roles: [manager] } } }
    - { name: call, executor: { kind: http, connection: api, path: / } }
workflows:
  first: { initialState: a, states: { a: { terminal: true } } }
`;
