import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { connectClient, ERAS } from "../harness/clients.ts";
import { runGateway, startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const CANARY = {
  VARIABLE: "canary-variable-71c0de",
  FILE: "canary-file-9b4a33",
  NAMED: "canary-named-5e02f8",
};
const OPERATOR = "operator-key-of-this-test-7731";
const LONG = `canary-long-${"q".repeat(90)}`;

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

test("values of variables and files in texts that are there to be read are masked wherever they are shown, and found by nobody (W16) [R-SECRET-3]", async () => {
  writeFileSync(join(folder.path, "site.txt"), `${CANARY.FILE}\n`);
  const env = {
    SITE: CANARY.VARIABLE,
    NAMED: CANARY.NAMED,
    LONG,
    OPERATOR_KEY: OPERATOR,
    FLOWGATE_RUNTIME_DIR: folder.path,
  };
  const config = readableConfig();
  const gateway = await startHttpGateway(config, { env });
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const said: string[] = [];
  for (const era of ERAS) {
    const client = await connectClient({ url: gateway.url, headers }, era);
    const call = async (tool: string, args: Record<string, unknown>): Promise<any> => {
      const { body } = await client.call(tool as "workflow.get", args as never);
      said.push(`${tool} ${JSON.stringify(args)} ${JSON.stringify(body)}`);
      return body;
    };
    await call("gateway.home", {});
    for (const query of Object.values(CANARY)) {
      const found = await client.call("gateway.search", { query });
      expect(found.body).toMatchObject({ total: 0, items: [] });
    }
    expect((await call("gateway.search", { query: "" })).items).toHaveLength(4);
    expect(await call("gateway.describe", { id: "ticket" })).toMatchObject({
      title: "Ticket at [secret]",
      description: "Opens a ticket at [secret]/[secret]; costs nothing, or ${PRICE}.",
      tags: ["tickets", "[secret]"],
      examples: ["for [secret]"],
      inputSchema: { properties: { what: { description: "As at [secret].", examples: ["[secret]"] } } },
      guards: ['($.arguments.what != "[secret]") or role "[secret]"'],
    });
    await call("gateway.describe", { id: "api" });
    await call("gateway.describe", { id: "walk" });
    const asked = await call("workflow.start", { definitionId: "ask" });
    expect(asked.result.status).toBe("pending");
    await call("workflow.explain", { workflowId: asked.workflow.id });
    // What the caller sent itself comes back to it in the link; what is said of it does not quote the variable.
    const own = { definitionId: "ticket", input: { what: CANARY.VARIABLE } };
    const refused = (await client.call("workflow.start", own)).body as any;
    expect(refused.error.code).toBe("GUARD_REJECTED");
    said.push(JSON.stringify([refused.error, refused.result]));
    const walked = await call("workflow.start", { definitionId: "walk" });
    expect(walked.guidance.instructions).toBe("Look at [secret] first.");
    expect(walked.links[0].title).toBe("Go to [secret]");
    delete walked.context;
    said[said.length - 1] = JSON.stringify(walked);
    const explained = await call("workflow.explain", { workflowId: walked.workflow.id });
    expect(explained.transitions[0].reasons.at(-1).text).toContain(
      '$.context.site is "[secret]", $.context.long is "[secret]"',
    );
    await call("workflow.explain", { definitionId: "walk" });
    const stopped = await call("workflow.submit", {
      workflowId: walked.workflow.id,
      expectedVersion: 0,
      transition: "go",
    });
    expect(stopped.error.code).toBe("GUARD_REJECTED");
    delete stopped.context;
    said[said.length - 1] = JSON.stringify(stopped);
    await client.close();
  }
  for (const path of [
    "/admin/config",
    "/admin/workflows",
    "/admin/approvals",
    "/admin/audit",
    "/servers",
    "/stats",
    "/metrics",
  ]) {
    const response = await fetch(new URL(path, gateway.url), { headers });
    expect(response.status, path).toBe(200);
    said.push(`${path} ${await response.text()}`);
  }
  const [approval] = JSON.parse(
    (await runGateway(["approvals", "list", "-c", config, "--json"], { env })).stdout,
  ) as readonly { readonly id: string; readonly title: string }[];
  expect(approval?.title).toBe("Go on at [secret]?");
  for (const command of [
    ["approvals", "show", approval?.id ?? "", "-c", config],
    ["workflows", "list", "-c", config],
    ["audit", "export", "-c", config],
    ["check", config],
    ["check", config, "--format", "json"],
    ["graph", "-c", config],
    ["call", "-c", config, "gateway.describe", '{"id":"walk"}'],
  ]) {
    const { stdout, stderr } = await runGateway(command, { env });
    said.push(`${command.join(" ")} ${stdout} ${stderr}`);
  }
  expect(await gateway.stop()).toBe(0);
  said.push(`the log ${gateway.stderr()}`);
  const canaries = [...Object.values(CANARY), LONG.slice(0, 40)];
  const leaks = said.flatMap((text) =>
    canaries.flatMap((canary) => {
      const at = text.indexOf(canary);
      return at < 0 ? [] : [`${text.slice(0, 40)} … ${text.slice(Math.max(0, at - 80), at + canary.length)}`];
    }),
  );
  expect(leaks).toEqual([]);
  expect(said.some((text) => text.startsWith("check") && text.includes("FG622"))).toBe(true);
});

function readableConfig(): string {
  return writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: data.sqlite }
server: { admin: { listen: "127.0.0.1:9", inline: true } }
audit: { sinks: [{ kind: file, path: audit.jsonl }] }
telemetry: { logs: { level: debug } }
identity:
  kind: apiKeys
  keys: [{ id: operator, key: "\${OPERATOR_KEY}", subject: operator, permissions: ["gateway.*", "workflow.*"] }]
connections:
  api: { kind: http, baseUrl: "http://127.0.0.1:9", description: "Site \${SITE}.", tags: ["\${env.SITE}"] }
proxy:
  expose:
    - name: ticket
      title: Ticket at \${SITE}
      description: Opens a ticket at \${SITE:?needed}/\${file:site.txt}; costs \${PRICE:-nothing}, or $\${PRICE}.
      tags: [tickets, "\${SITE}"]
      aliases: ["\${NAMED:-somewhere}"]
      examples: ["for \${SITE}"]
      inputSchema:
        type: object
        properties: { what: { type: string, description: "As at \${SITE}.", examples: ["\${file:site.txt}"] } }
      guards:
        - kind: anyOf
          guards: [{ kind: expr, expr: '$.arguments.what != "\${SITE}"' }, { kind: role, role: "\${NAMED}" }]
      executor: { kind: http, connection: api, path: / }
    - name: ask
      executor: { kind: human, title: "Go on at \${SITE}?", message: "\${file:site.txt}", form: { type: object, title: "\${SITE}" } }
workflows:
  walk:
    title: Walk to \${SITE}
    description: Walks to \${file:site.txt}.
    initialState: begin
    initialContext: { site: "\${SITE}", long: "\${LONG}" }
    states:
      begin:
        description: Before \${SITE}
        goal: Reach \${NAMED}
        guidance: Look at \${SITE} first.
        transitions:
          go:
            title: Go to \${SITE}
            description: "\${file:site.txt}"
            target: end
            guards: [{ kind: expr, expr: "$.context.site == $.context.long" }]
      end: { terminal: true }
`,
  );
}
