import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

/** The gateway that knows the systems: a guard, an approval, a large result, a workflow that runs by itself. */
const INNER = `version: "1.0.0"
store: { kind: sqlite, path: data/inner.sqlite }
identity:
  kind: apiKeys
  keys: [{ id: outer, key: key-of-the-outer-gateway, subject: outer, roles: [clerk] }]
workflows:
  by.itself:
    title: Runs by itself
    initialState: begin
    initialContext: { made: null }
    states:
      begin: { transitions: { make: { target: end, actor: deterministic, executor: { kind: noop }, output: { made: "yes" } } } }
      end: { terminal: true }
  by.steps:
    initialState: begin
    states:
      begin: { transitions: { go: { target: end } } }
      end: { terminal: true }
proxy:
  expose:
    - name: pay
      title: Pay an invoice
      description: Pays one invoice.
      tags: [money]
      inputSchema: { type: object, required: [amount], additionalProperties: false, properties: { amount: { type: integer } } }
      guards: [{ kind: expr, expr: "$.arguments.amount < 1000" }]
    - { name: audit.read, guards: [{ kind: role, role: auditor }] }
    - name: refund
      executor:
        kind: human
        queue: refunds
        title: Refund {{ $.arguments.order }}
        onApprove: { executor: { kind: cli, command: node, args: ["-p", "'refunded'"] } }
      inputSchema: { type: object, required: [order], properties: { order: { type: string } } }
    - name: big
      executor: { kind: cli, command: node, args: ["-p", "'x'.repeat(2400000)"], maxOutputBytes: 3MiB }
`;

const folder = temporaryFolder();
const innerConfig = writeConfig(folder.path, INNER, "inner.yaml");
let inner: GatewayProcess;
let outerConfig: string;

beforeAll(async () => {
  inner = await startHttpGateway(innerConfig);
  outerConfig = writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: data/outer.sqlite }
connections:
  hr: { kind: mcp, url: "${inner.url}", healthCheckMs: 200, auth: { kind: bearer, token: key-of-the-outer-gateway } }
proxy:
  import: [{ connection: hr, prefix: hr, tags: [inner] }]
  expose: [{ capability: hr.pay, as: small.pay, guards: [{ kind: expr, expr: "$.arguments.amount < 10" }] }]
`,
    "outer.yaml",
  );
});
afterAll(async () => {
  await inner.stop();
  folder[Symbol.dispose]();
});

async function start(client: TestClient, definitionId: string, input: object = {}): Promise<any> {
  return (await client.call("workflow.start", { definitionId, input: input as never })).body;
}

test("what an inner gateway offers is found, described and run here, and its refusals come through [R-FEDERATION-1]", async () => {
  await using outer = await startHttpGateway(outerConfig);
  const client = await connectClient({ url: outer.url }, ERAS[0]);
  const { body: listed } = await client.call("gateway.search", { query: "", kind: "capability", limit: 50 });
  expect(listed.items.map(({ id }: any) => id)).toEqual([
    "hr.audit.read",
    "hr.big",
    "hr.by.itself",
    "hr.by.steps",
    "hr.pay",
    "hr.refund",
    "small.pay",
  ]);
  const { body: described } = await client.call("gateway.describe", { id: "hr.pay" });
  expect(described).toMatchObject({
    title: "Pay an invoice",
    tags: ["inner", "money"],
    untrusted: true,
    inputSchema: { required: ["amount"] },
  });
  expect(described.via).toEqual([expect.stringMatching(/^gw_[0-9a-f]{16}$/)]);

  const paid = await start(client, "hr.pay", { amount: 5 });
  expect(paid.result).toMatchObject({ status: "completed", output: { amount: 5 } });
  expect(paid.evidence.map(({ kind }: any) => kind)).toContain("gateway_result");
  expect((await start(client, "hr.by.itself")).result).toMatchObject({ status: "completed" });
  expect((await start(client, "small.pay", { amount: 5 })).result.status).toBe("completed");
  expect((await start(client, "small.pay", { amount: 50 })).error.code).toBe("GUARD_REJECTED");

  // Guards of the inner gateway are in force there, and its code and reason are told here.
  const refused = await start(client, "hr.pay", { amount: 5000 });
  expect(refused.error).toMatchObject({ code: "EXECUTOR_FAILED", errorClass: "permanent" });
  expect(refused.error.message).toMatch(/hr\.pay .*\(GUARD_REJECTED\): .*amount/);
  expect((await start(client, "hr.audit.read")).error.message).toMatch(/\((FORBIDDEN|GUARD_REJECTED)\)/);

  // What does not fit one answer is whole.
  const big = await start(client, "hr.big");
  const { body: slice } = await client.call("workflow.get", {
    workflowId: big.workflow.id,
    path: "$.output.text",
    offset: 2_399_990,
    limit: 100,
  });
  expect(slice.text).toBe("x".repeat(10));

  // What comes and goes there comes and goes here.
  writeConfig(
    folder.path,
    `${INNER.replace("name: audit.read", "name: audit.look")}    - { name: late }\n`,
    "inner.yaml",
  );
  inner.child.kill("SIGHUP");
  const late = await waitFor(async () => {
    const { body } = await client.call("gateway.search", { query: "", kind: "capability", limit: 50 });
    const ids: readonly string[] = body.items.map(({ id }: any) => id);
    return ids.includes("hr.late") ? ids : undefined;
  });
  expect(late).toContain("hr.audit.look");
  expect(late).not.toContain("hr.audit.read");
  await client.close();
});

test("an approval of the inner gateway is pending here too, survives a restart here, and completes by itself [R-FEDERATION-2]", async () => {
  let workflowId = "";
  let approvalId = "";
  {
    await using outer = await startHttpGateway(outerConfig);
    const client = await connectClient({ url: outer.url }, ERAS[1]);
    const asked = await start(client, "hr.refund", { order: "A-7" });
    expect(asked.result.status).toBe("pending");
    expect(asked.result.message).toMatch(/hr\.refund goes on there as wf_.*Refund A-7/);
    expect(asked.approvals).toMatchObject([
      { queue: "refunds", title: "Refund A-7", status: "pending", gateway: "hr" },
    ]);
    workflowId = asked.workflow.id;
    approvalId = asked.approvals[0].id;
    const { body: again } = await client.call("workflow.get", { workflowId });
    expect(again.approvals).toHaveLength(1);
    await client.close();
  }
  // It is decided at the inner gateway while the outer one is away.
  const decided = await runGateway([
    "approvals",
    "approve",
    approvalId,
    "-c",
    innerConfig,
    "--as",
    "ann",
    "--reason",
    "checked",
  ]);
  expect(decided.stderr).toBe("");
  expect(decided.code).toBe(0);
  await using outer = await startHttpGateway(outerConfig);
  const client = await connectClient({ url: outer.url }, ERAS[0]);
  const done = await waitFor(async () => {
    const { body } = await client.call("workflow.get", { workflowId });
    return body.result.status === "completed" ? body : undefined;
  });
  expect(done.result.output).toMatchObject({ text: expect.stringContaining("refunded") });
  expect(done.evidence.map(({ kind }: any) => kind)).toEqual(
    expect.arrayContaining(["gateway_result", "hr:cli_output"]),
  );
  await client.close();
});

test("gateways that import each other end, and say so [R-FEDERATION-3]", async () => {
  using own = temporaryFolder();
  const config = (name: string, url: string): string =>
    writeConfig(
      own.path,
      `version: "1.0.0"\nconnections: { next: { kind: mcp, url: "${url}" } }\nproxy: { import: [{ connection: next, prefix: next }], expose: [{ name: ${name}.own }] }\n`,
      `${name}.yaml`,
    );
  const address = await freeAddress();
  await using second = await startHttpGateway(config("b", `http://${address}/mcp`));
  await using first = await startHttpGateway(config("a", second.url), { args: ["--listen", address] });
  for (const [gateway, wanted] of [
    [first, "a.own,next.b.own"],
    [second, "b.own,next.a.own"],
  ] as const) {
    const client = await connectClient({ url: gateway.url }, ERAS[0]);
    await waitFor(async () => {
      const { body } = await client.call("gateway.search", { query: "", kind: "capability", limit: 50 });
      return body.items.map(({ id }: any) => id).join() === wanted ? true : undefined;
    });
    await client.close();
  }
  expect(second.stderr()).toContain("the gateways import each other");
});

/** An address that nobody listens on yet. */
async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return `127.0.0.1:${port}`;
}
