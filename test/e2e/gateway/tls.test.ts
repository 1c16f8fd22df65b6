import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { Agent, request } from "node:https";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { createTestAuthority, type TestCertificate } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const folder = temporaryFolder();
const own = (name: string): string => join(folder.path, name);
const authority = createTestAuthority(folder.path, "ca");
const local = "DNS:localhost,IP:127.0.0.1";
const [first, second] = ["one", "two"].map((name) => authority.issue(name, "/CN=localhost", local)) as [
  TestCertificate,
  TestCertificate,
];
const ci = authority.issue("ci", "/CN=ci", "URI:spiffe://acme/ci");
const leaver = authority.issue("leaver", "/CN=leaver", "URI:spiffe://acme/leaver");
const held: (() => void)[] = [];
const api = createServer((_request, response) => {
  held.push(() => response.setHeader("content-type", "application/json").end('{"late":true}'));
});
let gateway: GatewayProcess;

const use = ({ cert, key }: TestCertificate): void => {
  writeFileSync(own("cert.pem"), cert);
  writeFileSync(own("key.pem"), key);
};

beforeAll(async () => {
  await new Promise<void>((listening) => api.listen(0, "127.0.0.1", listening));
  use(first);
  writeFileSync(own("clients.pem"), authority.cert);
  writeFileSync(own("revoked.pem"), authority.revocationList());
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
identity:
  - { kind: mtls, subject: uri }
  - { kind: apiKeys, keys: [{ id: someone, key: a-key-of-someone-1, subject: someone }] }
server:
  http: { tls: { cert: cert.pem, key: key.pem, ca: clients.pem, crl: revoked.pem } }
connections: { api: { kind: http, baseUrl: "http://127.0.0.1:${(api.address() as AddressInfo).port}" } }
proxy:
  expose:
    - { name: slow, executor: { kind: http, connection: api, path: /slow } }
    - { name: quick, executor: { kind: noop } }
`,
  );
  gateway = await startHttpGateway(config);
});
afterAll(async () => {
  await gateway.stop();
  api.close();
  folder[Symbol.dispose]();
});

interface Answer {
  readonly status: number;
  readonly body: any;
  readonly socket: object;
}

function start(definitionId: string, options: object): Promise<Answer> {
  const params = { name: "workflow.start", arguments: { definitionId, input: {} } };
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  return new Promise((done, failed) => {
    const call = request(
      gateway.url,
      {
        method: "POST",
        ca: authority.cert,
        ...options,
        headers: { ...headers, ...(options as any).headers },
      },
      (response) => {
        let text = "";
        const { socket } = response;
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("error", failed);
        response.on("end", () => {
          const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
          done({ status: response.statusCode ?? 0, body: JSON.parse(data), socket });
        });
      },
    );
    call.on("error", failed).end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
  });
}
const byKey = { headers: { "x-api-key": "a-key-of-someone-1" } };

/** A connection of its own, and which certificate it was shown. */
async function shown(
  options: object = {},
  by = gateway,
): Promise<{ readonly certificate: string; readonly socket: TLSSocket }> {
  const { hostname, port } = new URL(by.url);
  const socket = connect({ host: hostname, port: Number(port), ca: authority.cert, ...options });
  await new Promise((done, failed) => socket.once("secureConnect", done).once("error", failed));
  return { certificate: socket.getPeerX509Certificate()?.raw.toString("base64") ?? "", socket };
}
const served = async (by = gateway): Promise<string> => {
  const { certificate, socket } = await shown({}, by);
  socket.destroy();
  return certificate;
};
const derOf = ({ cert }: TestCertificate): string => cert.replaceAll(/-----[^-]+-----|\s/g, "");

/** What the log says of the reload that a SIGHUP brings. */
async function hangUp(): Promise<string> {
  const before = gateway.stderr().length;
  gateway.child.kill("SIGHUP");
  return await waitFor(() => /[^\n]*was (?:not )?reloaded[^\n]*\n/.exec(gateway.stderr().slice(before))?.[0]);
}

test("a renewed certificate is served after SIGHUP; calls and connections go on [R-TLS-1]", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await served()).toBe(derOf(first));
  const running = start("slow", { ...byKey, agent });
  const answer = await waitFor(() => held.shift());
  use(second);
  expect(await hangUp()).toContain("was reloaded");
  expect(await served()).toBe(derOf(second));
  answer();
  const { body, socket } = await running;
  expect(body.result.structuredContent.result.output.body).toEqual({ late: true });
  expect((await start("quick", { ...byKey, agent })).socket).toBe(socket);
  agent.destroy();
});

test("files that do not belong together, or are none, change nothing and are named [R-TLS-1]", async () => {
  const before = await served();
  writeFileSync(own("key.pem"), first.key);
  expect(await hangUp()).toMatch(/not reloaded, nothing changed.*key\.pem cannot be used together/);
  writeFileSync(own("key.pem"), second.key);
  const list = readFileSync(own("revoked.pem"), "utf8");
  writeFileSync(own("revoked.pem"), "");
  expect(await hangUp()).toMatch(/not reloaded.*revoked\.pem holds no revocation list/);
  writeFileSync(own("revoked.pem"), list);
  expect(await served()).toBe(before);
  expect((await start("quick", { ...byKey, agent: false })).status).toBe(200);
});

test("a revoked client is refused after a reload, also on the connection and with the session that it had [R-TLS-2]", async () => {
  const agents = { leaver: new Agent({ keepAlive: true }), ci: new Agent({ keepAlive: true }) };
  const as = (who: TestCertificate, agent: Agent | false) =>
    start("quick", { cert: who.cert, key: who.key, agent });
  expect((await as(leaver, agents.leaver)).status).toBe(200);
  expect((await as(ci, agents.ci)).status).toBe(200);
  const quiet = await shown({ cert: leaver.cert, key: leaver.key });
  const session = await new Promise<Buffer>((done) => quiet.socket.once("session", done));

  authority.revoke(leaver);
  writeFileSync(own("revoked.pem"), authority.revocationList());
  expect(await hangUp()).toContain("was reloaded");

  const over = new Promise<string>((done) => {
    let text = "";
    quiet.socket.on("data", (part) => (text += String(part)));
    quiet.socket.once("close", () => done(text)).once("error", () => done(text));
  });
  quiet.socket.write("GET /admin/nothing HTTP/1.1\r\nhost: localhost\r\n\r\n");
  expect(await over).toBe("");
  const resumed = await start("quick", { cert: leaver.cert, key: leaver.key, agent: false, session });
  expect([resumed.status, resumed.body.error.message]).toEqual([
    401,
    "The client certificate is not accepted.",
  ]);
  const again = await as(leaver, agents.leaver).catch(() => as(leaver, false));
  expect([again.status, again.body.error.message]).toEqual([401, "The client certificate is not accepted."]);
  expect((await as(ci, false)).status).toBe(200);
  expect((await start("quick", { ...byKey, agent: false })).status).toBe(200);
  for (const agent of Object.values(agents)) agent.destroy();
});

test("with server.watch a renewed certificate is served by itself [R-TLS-1] [R-RELOAD-5]", async () => {
  using other = temporaryFolder();
  const write = ({ cert, key }: TestCertificate): void => {
    writeFileSync(join(other.path, "cert.pem"), cert);
    writeFileSync(join(other.path, "key.pem"), key);
  };
  write(first);
  const tls = "{ cert: cert.pem, key: key.pem }";
  const config = writeConfig(
    other.path,
    `version: "1.0.0"\nserver: { watch: true, http: { tls: ${tls} } }\n`,
  );
  await using watching = await startHttpGateway(config);
  write(second);
  const now = await waitFor(async () => {
    const certificate = await served(watching);
    return certificate === derOf(first) ? undefined : certificate;
  });
  expect(now).toBe(derOf(second));
});

test("what cannot be served with is said before the start [R-TLS-1] [R-BAD-1]", async () => {
  using other = temporaryFolder();
  const tls = "cert: nowhere.pem, key: nowhere.key";
  const config = writeConfig(other.path, `version: "1.0.0"\nserver: { http: { tls: { ${tls} } } }\n`);
  const refused = await runGateway(["serve", "-c", config, "--listen", "127.0.0.1:0"]);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/server\.http\.tls\.cert: .*nowhere\.pem cannot be read \(ENOENT\)/),
  ]);
});
