import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLIENTS, type TestClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import {
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const SEVEN = [
  "gateway.home",
  "gateway.search",
  "gateway.describe",
  "workflow.start",
  "workflow.get",
  "workflow.submit",
  "workflow.explain",
];
const folder = temporaryFolder();
const config = writeConfig(folder.path, HELLO);
let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startHttpGateway(config);
});
afterAll(async () => {
  await gateway.stop();
  folder[Symbol.dispose]();
});

const TRANSPORTS = [
  ["HTTP", () => ({ url: gateway.url })],
  ["stdio", () => ({ config })],
] as const;

describe.each(TRANSPORTS)("over %s", (_, target) => {
  describe.each(CLIENTS)("%s", (_, connect) => {
    let client: TestClient;
    beforeAll(async () => {
      client = await connect(target());
    });
    afterAll(() => client.close());

    test("lists exactly the seven tools in their order [R-TOOLS-1] [R-ERAS-1]", async () => {
      const tools = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(SEVEN);
      expect(JSON.stringify(await client.listTools())).toBe(JSON.stringify(tools));
    });

    test("finds a capability, runs it, and answers with the same object as text [R-RUN-1] [R-SEARCH-1] [R-TOOLS-4]", async () => {
      const found = await client.call("gateway.search", { query: "repeat a message" });
      expect(found.body.items[0]).toMatchObject({
        id: "hello.echo",
        kind: "capability",
        signature: "(message: string)",
      });
      const [link] = found.body.items[0].links;
      const ran = await client.call(link.method, { ...link.args, input: { message: "hi" } });
      expect(ran.isError).toBe(false);
      expect(ran.body.result).toMatchObject({ status: "completed", output: { message: "hi" } });
      expect(ran.body.links).toEqual([]);
      expect(ran.content).toEqual([{ type: "text", text: JSON.stringify(ran.body) }]);
    });

    test("answers a malformed call with what is wrong with each field [R-TOOLS-5]", async () => {
      const answer = await client.call("workflow.submit", {
        expectedVersion: "one",
        transition: "run",
        extra: true,
      });
      expect(answer.isError).toBe(true);
      expect(answer.body.result.status).toBe("rejected");
      expect(answer.body.error.code).toBe("INVALID_ARGUMENTS");
      expect(answer.body.error.details.map(({ field }: { field: string }) => field).sort()).toEqual([
        "expectedVersion",
        "extra",
        "workflowId",
      ]);
    });

    test("refuses an unknown tool on the protocol's level [R-TOOLS-5]", async () => {
      await expect(client.call("hello.echo", {})).rejects.toThrow(/Unknown tool "hello.echo"/);
    });

    test("refuses ids that name nothing with the nearest ones [R-SEARCH-2]", async () => {
      const described = await client.call("gateway.describe", { id: "hello.ehco" });
      expect(described.body.error).toMatchObject({ code: "UNKNOWN_ID", details: ["hello.echo"] });
      const started = await client.call("workflow.start", { definitionId: "helo.echo" });
      expect(started.isError).toBe(true);
      expect(started.body.error).toMatchObject({ code: "UNKNOWN_DEFINITION", details: ["hello.echo"] });
      const got = await client.call("workflow.get", { workflowId: "wf_nothing" });
      expect(got.body.error.code).toBe("UNKNOWN_WORKFLOW");
    });
  });
});

test("the seven definitions cost fewer than 600 tokens [R-TOOLS-2]", async () => {
  const client = await CLIENTS[0]![1]({ url: gateway.url });
  const tokens = countTokens(JSON.stringify(await client.listTools()));
  await client.close();
  expect(tokens).toBeLessThan(600);
  expect(tokens).toBeGreaterThan(200);
});

test("reading tools say that they read, acting tools do not [R-TOOLS-3]", async () => {
  const client = await CLIENTS[0]![1]({ url: gateway.url });
  const tools = (await client.listTools()) as readonly {
    name: string;
    annotations: { readOnlyHint: boolean };
  }[];
  await client.close();
  const acting = tools.filter(({ annotations }) => !annotations.readOnlyHint).map(({ name }) => name);
  expect(acting).toEqual(["workflow.start", "workflow.submit"]);
});

test("dots become underscores where the configuration asks for it [R-TOOLS-6]", async () => {
  using other = temporaryFolder();
  const underscored = writeConfig(other.path, `${HELLO}server: { toolNames: underscore }\n`);
  const client = await CLIENTS[1]![1]({ config: underscored });
  expect((await client.listTools()).map(({ name }) => name)).toEqual(
    SEVEN.map((name) => name.replace(".", "_")),
  );
  const ran = await client.call("workflow_start", { definitionId: "hello.echo", input: { message: "hi" } });
  expect(ran.body.result.output).toEqual({ message: "hi" });
  await client.close();
});
