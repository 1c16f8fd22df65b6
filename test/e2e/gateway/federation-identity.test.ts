import { generateKeyPairSync, sign, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import { runGateway, startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

/** Of the outer gateway, as the template has it. */
const AUDIENCE = "https://flowgate.example.com/mcp";

/** An authorization server that signs tokens, and exchanges those that it signed for others (RFC 8693). */
async function startIssuer(): Promise<
  { readonly url: string; token(subject: string, audience: string, more?: object): string } & AsyncDisposable
> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
  const token = (sub: string, aud: string, more: object = {}): string => {
    const exp = Math.floor(Date.now() / 1000) + 300;
    const text = `${encode({ alg: "ES256", kid: "k" })}.${encode({ iss: url, sub, aud, exp, ...more })}`;
    return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
  };
  const exchange = (form: URLSearchParams): object | undefined => {
    const audience = form.get("audience") ?? "";
    const expires = { token_type: "Bearer", expires_in: 300 };
    if (form.get("grant_type") === "client_credentials")
      return { access_token: token("flowgate", audience), ...expires };
    const [head, body, signature = ""] = (form.get("subject_token") ?? "").split(".");
    const check = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
    const isOurs = verify(
      "sha256",
      Buffer.from(`${head}.${body}`),
      check,
      Buffer.from(signature, "base64url"),
    );
    const { sub, aud } = JSON.parse(Buffer.from(body ?? "", "base64url").toString()) as any;
    if (!isOurs || aud !== AUDIENCE) return undefined;
    return {
      access_token: token(sub, audience, { act: { sub: "flowgate" } }),
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      ...expires,
    };
  };
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    const path = request.url ?? "";
    if (path === "/jwks") {
      const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k", alg: "ES256", use: "sig" };
      return void response.end(JSON.stringify({ keys: [jwk] }));
    }
    if (path !== "/token") return void response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }));
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const given = exchange(new URLSearchParams(body));
      if (given === undefined) response.writeHead(400);
      response.end(JSON.stringify(given ?? { error: "invalid_grant" }));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

test("the federated template, over a live inner gateway: a guard there knows who calls here [R-FEDERATION-7]", async () => {
  using folder = temporaryFolder();
  await using issuer = await startIssuer();
  const innerConfig = writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: data/inner.sqlite }
identity: { kind: jwt, issuer: "${issuer.url}", audience: payroll-gateway }
workflows:
  payslip:
    initialState: asked
    initialContext: { by: null }
    states:
      asked:
        transitions:
          read:
            target: shown
            guards: [{ kind: expr, expr: "$.principal.subject == 'ada'" }]
            output: { by: $.principal.subject }
      shown: { terminal: true }
proxy:
  expose: [{ name: total, guards: [{ kind: expr, expr: "$.principal.subject == 'ada'" }] }]
`,
    "inner.yaml",
  );
  await using inner = await startHttpGateway(innerConfig);
  const config = join(folder.path, "gateway.yaml");
  expect(await runGateway(["init", "--template", "federated", "-o", config])).toMatchObject({ code: 0 });
  writeFileSync(config, readFileSync(config, "utf8").replace("# clientSecret:", "clientSecret:"));
  const env = {
    // The template's other servers are not there.
    PATH: "/nonexistent",
    ISSUER: issuer.url,
    TOKEN_URL: `${issuer.url}/token`,
    CLIENT_SECRET: "the-secret-of-this-gateway",
    PAYROLL_GATEWAY_URL: inner.url,
  };
  await using outer = await startHttpGateway(config, { env });
  const connectAs = (who: string, groups: readonly string[]): Promise<TestClient> => {
    const authorization = `Bearer ${issuer.token(who, AUDIENCE, { groups })}`;
    return connectClient({ url: outer.url, headers: { authorization } }, ERAS[0]);
  };
  const start = async (client: TestClient, definitionId: string): Promise<any> =>
    (await client.call("workflow.start", { definitionId })).body;
  const read = async (client: TestClient, { links }: any): Promise<any> => {
    const link = links.find(({ rel }: any) => rel === "read");
    return (await client.call(link.method, link.args)).body;
  };
  const [ada, bob, eve] = [
    await connectAs("ada", ["payroll"]),
    await connectAs("bob", ["payroll"]),
    await connectAs("eve", []),
  ];
  const { body: found } = await ada.call("gateway.search", { query: "", tags: ["payroll"] });
  expect(found.items.map(({ id }: any) => id)).toEqual(["payroll.payslip", "payroll.total"]);

  expect((await start(ada, "payroll.total")).result.status).toBe("completed");
  expect((await start(bob, "payroll.total")).error.message).toContain("GUARD_REJECTED");
  const shown = await read(ada, await start(ada, "payroll.payslip"));
  expect(shown).toMatchObject({ result: { status: "completed" }, context: { by: "ada" } });
  const asked = await start(bob, "payroll.payslip");
  expect((await read(bob, asked)).error.message).toMatch(
    /payroll\.payslip read was refused \(GUARD_REJECTED\)/,
  );
  // Another caller's instance is nobody's business, here and there.
  const { body: hidden } = await ada.call("workflow.get", { workflowId: asked.workflow.id });
  expect(hidden.error.code).toBe("UNKNOWN_WORKFLOW");
  const there = await connectClient(
    { url: inner.url, headers: { authorization: `Bearer ${issuer.token("ada", "payroll-gateway")}` } },
    ERAS[0],
  );
  const { body: foreign } = await there.call("workflow.get", { workflowId: asked.workflow.at.workflowId });
  expect(foreign.error.code).toBe("UNKNOWN_WORKFLOW");
  // The guard of the import is judged here, before anything is exchanged or asked.
  expect((await start(eve, "payroll.total")).error.code).toBe("GUARD_REJECTED");
  for (const client of [ada, bob, eve, there]) await client.close();
});
