import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listenHttp, type Listening } from "../../src/http/listen.ts";
import { createAuthenticator } from "../../src/identity/authenticator.ts";
import { planOf, SILENT } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "flowgate-mtls-"));
const file = (name: string): string => join(folder, name);
const openssl = (...args: string[]): void =>
  void execFileSync("openssl", args, { stdio: "ignore", cwd: folder });
let listening: Listening;

function authority(name: string): void {
  openssl(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "1",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.pem`,
  );
}

function certificate(name: string, by: string, subject: string, names: string): void {
  openssl(
    "req",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    subject,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.csr`,
  );
  writeFileSync(file(`${name}.ext`), `subjectAltName=${names}`);
  openssl(
    "x509",
    "-req",
    "-in",
    `${name}.csr`,
    "-CA",
    `${by}.pem`,
    "-CAkey",
    `${by}.key`,
    "-CAcreateserial",
    "-days",
    "1",
    "-extfile",
    `${name}.ext`,
    "-out",
    `${name}.pem`,
  );
}

beforeAll(async () => {
  authority("ca");
  authority("evil");
  certificate("server", "ca", "/CN=localhost", "DNS:localhost,IP:127.0.0.1");
  certificate("ci", "ca", "/O=acme/CN=ci", "URI:spiffe://acme/ci");
  certificate("homeless", "ca", "/CN=homeless", "URI:spiffe://acme/homeless");
  certificate("forged", "evil", "/O=acme/CN=ci", "URI:spiffe://acme/ci");
  const plan = await planOf(
    `identity:
  providers:
    - { kind: mtls, subject: uri, tenant: o, callerKind: service, permissions: [a], clients: { "spiffe://acme/ci": { roles: [deployer] } } }
  roles: { deployer: [deploy.*] }
server: { http: { tls: { cert: "${file("server.pem")}", key: "${file("server.key")}", ca: "${file("ca.pem")}" } } }`,
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

function ask(name?: string): Promise<string> {
  const own =
    name === undefined
      ? {}
      : { cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) };
  return new Promise((done, failed) => {
    const call = request(
      listening.origin,
      { ca: readFileSync(file("ca.pem")), agent: false, ...own },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => done(text));
      },
    );
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
