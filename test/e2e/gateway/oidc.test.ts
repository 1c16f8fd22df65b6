import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { spawn, type ChildProcess } from "node:child_process";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import {
  collect,
  repository,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  type GatewayProcess,
} from "../harness/gateway-process.ts";
import { HostMemory, startOpenIdProvider, type OpenIdProvider } from "../harness/oidc.ts";

const PEOPLE = {
  "agent@acme": { tid: "acme", groups: ["reader"] },
  "clerk@acme": { tid: "acme", groups: ["reader", "clerk"] },
  "agent@globex": { tid: "globex", groups: ["reader"] },
};
const example = join(repository, "examples/multi-tenant");
const folder = temporaryFolder();
let issuer: OpenIdProvider;
let gateway: GatewayProcess;
// The gateway's own log does not show it: it came from a variable.
let endpoint: string;
let records: ChildProcess;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

beforeAll(async () => {
  const [port, api] = [await freePort(), await freePort()];
  const resource = `http://127.0.0.1:${port}/mcp`;
  endpoint = resource;
  issuer = await startOpenIdProvider(PEOPLE, resource);
  const env = {
    RECORDS_PORT: String(api),
    RECORDS_URL: `http://127.0.0.1:${api}`,
    ISSUER: issuer.issuer,
    AUDIENCE: resource,
    FLOWGATE_RUNTIME_DIR: folder.path,
  };
  records = spawn(process.execPath, [join(example, "records.mjs")], { env: { ...process.env, ...env } });
  const said = collect(records);
  await waitFor(() => (said.stderr().includes("records on") ? true : undefined));
  gateway = await startHttpGateway(join(example, "gateway.yaml"), {
    env,
    args: ["-c", join(example, "tokens.yaml"), "--listen", `127.0.0.1:${port}`],
  });
});
afterAll(async () => {
  await gateway.stop();
  records.kill();
  await issuer[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const as = async (
  who: keyof typeof PEOPLE,
  era: (typeof ERAS)[number],
  scope?: string,
): Promise<TestClient> =>
  connectClient(
    { url: endpoint, headers: { authorization: `Bearer ${await issuer.token(who, scope)}` } },
    era,
  );

test.each(ERAS)(
  "real tokens make tenants, roles and permissions mean something, %s [R-ID-3]",
  async (era) => {
    const agent = await as("agent@acme", era);
    const found = await agent.call("workflow.start", {
      definitionId: "records.search",
      input: { name: "a" },
    });
    expect(found.body.result.output.body.records.map(({ id }: any) => id)).toEqual(["a-1", "a-2"]);
    const globex = await as("agent@globex", era);
    const theirs = await globex.call("workflow.start", {
      definitionId: "records.search",
      input: { name: "a" },
    });
    expect(theirs.body.result.output.body.records.map(({ id }: any) => id)).toEqual(["g-1"]);
    const clerk = await as("clerk@acme", era);
    const started = await clerk.call("workflow.start", {
      definitionId: "correct_record",
      input: { recordId: "a-1", email: "ada@acme.example" },
    });
    const [link] = started.body.links;
    const asked = await clerk.call("workflow.submit", link.args);
    expect(asked.body.result.status).toBe("pending");
    for (const client of [agent, globex, clerk]) await client.close();
  },
);

test.each(ERAS)(
  "another tenant's instance does not exist, in every tool and state, %s (F57, W20) [R-ID-4]",
  async (era) => {
    const clerk = await as("clerk@acme", era);
    const globex = await as("agent@globex", era);
    const { body } = await clerk.call("workflow.start", {
      definitionId: "correct_record",
      input: { recordId: "a-1", email: "ada@acme.example" },
    });
    const workflowId: string = body.workflow.id;
    const never = workflowId.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const calls: readonly (readonly [string, object])[] = [
      ["workflow.get", {}],
      ["workflow.get", { path: "$.context" }],
      ["workflow.submit", { expectedVersion: 0, transition: "apply" }],
      ["workflow.submit", { expectedVersion: 99, transition: "no-such" }],
      ["workflow.explain", {}],
      ["workflow.explain", { transition: "apply" }],
    ];
    const compare = async (): Promise<void> => {
      for (const [tool, args] of calls) {
        const hidden = await globex.call(tool, { ...args, workflowId });
        const unknown = await globex.call(tool, { ...args, workflowId: never });
        expect(hidden.body.error.code).toBe("UNKNOWN_WORKFLOW");
        expect(hidden).toEqual(unknown);
      }
    };
    await compare();
    const asked = await clerk.call("workflow.submit", body.links[0].args);
    expect(asked.body.result.status).toBe("pending");
    await compare();
    const other = await clerk.call("workflow.start", {
      definitionId: "correct_record",
      input: { recordId: "a-1", email: "ada@acme.example" },
    });
    const done = await clerk.call(
      "workflow.submit",
      other.body.links.find(({ rel }: any) => rel === "withdraw").args,
    );
    expect(done.body.result.status).toBe("completed");
    expect((await globex.call("workflow.get", { workflowId: other.body.workflow.id })).body.error.code).toBe(
      "UNKNOWN_WORKFLOW",
    );
    expect((await globex.call("gateway.home")).body.active).toEqual([]);
    for (const client of [globex, clerk]) await client.close();
  },
);

test("a host finds the log-in by itself, and asks for more where a call needs it [R-ID-3]", async () => {
  const memory = new HostMemory();
  const connect = async (): Promise<Client> => {
    const client = new Client(
      { name: "host", version: "1.0.0" },
      { versionNegotiation: { mode: { pin: "2026-07-28" } } },
    );
    await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { authProvider: memory }));
    return client;
  };
  const logIn = async (): Promise<void> => {
    const transport = new StreamableHTTPClientTransport(new URL(endpoint), { authProvider: memory });
    const url = memory.asked.at(-1) as URL;
    await transport.finishAuth(await issuer.logIn(url, "agent@acme"));
  };
  await expect(connect()).rejects.toThrow(UnauthorizedError);
  expect(memory.asked[0]?.origin).toBe(issuer.issuer);
  expect(memory.asked[0]?.searchParams.get("resource")).toBe(endpoint);
  memory.asked[0]?.searchParams.set("scope", "records");
  await logIn();
  const client = await connect();
  const home = await client.callTool({ name: "gateway.home", arguments: {} });
  expect(home.isError).not.toBe(true);
  const started: any = await client.callTool({
    name: "workflow.start",
    arguments: { definitionId: "correct_record", input: { recordId: "a-1", email: "ada@acme.example" } },
  });
  const call = { name: "workflow.submit", arguments: started.structuredContent.links[0].args };
  await expect(client.callTool(call)).rejects.toThrow(UnauthorizedError);
  expect(memory.asked.at(-1)?.searchParams.get("scope")).toContain("records:propose");
  await client.close();
  await logIn();
  const again = await connect();
  const asked: any = await again.callTool(call);
  expect(asked.structuredContent.result.status).toBe("pending");
  await again.close();
});

test("strangers learn where to log in and nothing else [R-ID-3]", async () => {
  const { origin } = new URL(endpoint);
  for (const path of ["/mcp", "/nothing", "/admin/workflows", "/metrics"]) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const response = await fetch(`${origin}${path}`, { method });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe(
        `Bearer realm="mcp-flowgate", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
      );
      await response.text();
    }
  }
  const metadata = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`);
  expect(await metadata.json()).toEqual({
    resource: endpoint,
    authorization_servers: [issuer.issuer],
    bearer_methods_supported: ["header"],
    scopes_supported: ["records", "records:propose"],
    resource_name: "mcp-flowgate",
  });
  const expired = await fetch(endpoint, { method: "POST", headers: { authorization: "Bearer e.y.J" } });
  expect(expired.headers.get("www-authenticate")).toContain('error="invalid_token"');
});
