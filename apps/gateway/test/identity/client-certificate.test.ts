import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, createTestAuthority } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listenHttp, type Listening } from "../../src/http/listen.ts";
import { createAuthenticator } from "../../src/identity/authenticator.ts";
import { planOf, SILENT } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "flowgate-mtls-"));
let listening: Listening;

const authority = createTestAuthority(folder, "ca");
const server = authority.issue("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1");
const clients = {
  ci: authority.issue("ci", "/O=acme/CN=ci", "URI:spiffe://acme/ci"),
  homeless: authority.issue("homeless", "/CN=homeless", "URI:spiffe://acme/homeless"),
  forged: createTestAuthority(folder, "evil").issue("forged", "/O=acme/CN=ci", "URI:spiffe://acme/ci"),
};

beforeAll(async () => {
  const plan = await planOf(
    `identity:
  providers:
    - { kind: mtls, subject: uri, tenant: o, callerKind: service, permissions: [a], clients: { "spiffe://acme/ci": { roles: [deployer] } } }
  roles: { deployer: [deploy.*] }
server: { http: { tls: { cert: "${server.certFile}", key: "${server.keyFile}", ca: "${authority.certFile}" } } }`,
  );
  const authenticate = createAuthenticator(plan, { clock: createManualClock(), log: SILENT, fetch });
  listening = await listenHttp(plan.server.http, { host: "127.0.0.1", port: 0 }, (incoming, response) => {
    void authenticate(incoming).then((who) =>
      response.end(
        who.ok
          ? `${who.value.principal.subject}@${who.value.principal.tenant} ${who.value.principal.kind} [${who.value.principal.permissions.join(" ")}]`
          : `${who.error.status} ${who.error.message}`,
      ),
    );
  });
});
afterAll(async () => {
  await listening.close(async () => undefined);
  rmSync(folder, { recursive: true });
});

function ask(name?: keyof typeof clients): Promise<string> {
  const own = name === undefined ? {} : { cert: clients[name].cert, key: clients[name].key };
  return new Promise((done, failed) => {
    const call = request(listening.origin, { ca: authority.cert, agent: false, ...own }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => done(text));
    });
    call.on("error", failed).end();
  });
}

test("a client certificate of the listener's authority names the caller", async () => {
  expect(await ask("ci")).toBe("spiffe://acme/ci@acme service [a deploy.*]");
});

test("a certificate of another authority, without a tenant, or none at all is refused", async () => {
  expect(await ask("forged")).toBe("401 The client certificate is not accepted.");
  expect(await ask("homeless")).toBe("401 The client certificate names no tenant.");
  expect(await ask()).toMatch(/^401 Say who you are/);
});
