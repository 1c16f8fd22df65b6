import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { serverEntry } from "../harness/configs.ts";
import {
  repository,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const ROUGH = join(repository, "packages/executors/mcp/test/servers/rough-server.mjs");
/** Each misbehaves in the way of its name. */
const MODES = [
  "mute",
  "garbage",
  "bad-tools",
  "many-tools",
  "twice",
  "huge",
  "flood",
  "dies",
  "changes",
  "never",
];
/** Their calls, or their listings, end at a deadline alone. */
const ENDLESS = new Set(["never", "flood", "mute"]);

const folder = temporaryFolder();
let gateway: GatewayProcess;
let client: TestClient;

beforeAll(async () => {
  const connections = MODES.map(
    (mode) =>
      `  ${mode}: { kind: mcp, command: node, args: ["${ROUGH}", ${mode}]${ENDLESS.has(mode) ? ", timeoutMs: 8s" : ""} }`,
  );
  const imports = MODES.map((mode) => `    - { connection: ${mode}, prefix: ${mode} }`);
  gateway = await startHttpGateway(
    writeConfig(
      folder.path,
      `version: "1.0.0"
connections:
  good: { kind: mcp, command: node, args: ["${serverEntry("everything")}", stdio] }
${connections.join("\n")}
proxy:
  import:
    - { connection: good, prefix: good }
${imports.join("\n")}
`,
    ),
  );
  client = await connectClient({ url: gateway.url }, "2026-07-28");
});
afterAll(async () => {
  await client.close();
  await gateway.stop();
  folder[Symbol.dispose]();
});

const call = async (definitionId: string): Promise<any> =>
  (await client.call("workflow.start", { definitionId, input: {} })).body;
const callGood = async (): Promise<void> => {
  const { body } = await client.call("workflow.start", {
    definitionId: "good.get-sum",
    input: { a: 2, b: 3 },
  });
  expect(body.result.output.text).toBe("The sum of 2 and 3 is 5.");
};

test("bad listings are bounded and reported by name, and the rest goes on [R-IMPORT-6]", async () => {
  await callGood();
  const reports = [
    /"mute" cannot be listed/,
    /"bad-tools".*listed more than once/s,
    /"bad-tools".*schema is not an object/s,
    /"many-tools".*longer than allowed/s,
    /connection=?"?garbage.*not JSON-RPC|not JSON-RPC.*connection=?"?garbage/s,
  ];
  for (const report of reports) await waitFor(() => (report.test(gateway.stderr()) ? true : undefined));
  for (const id of ["bad-tools.good", "many-tools.tool-9999", "garbage.anything"]) {
    const { body } = await client.call("gateway.describe", { id });
    expect(body.id).toBe(id);
  }
  expect((await client.call("gateway.describe", { id: "many-tools.tool-10000" })).isError).toBe(true);
  expect((await call("garbage.anything")).result.status).toBe("completed");
});

test("calls of bad servers end as what they are, and delay nobody else's [R-IMPORT-6]", async () => {
  const ended: string[] = [];
  const calls = ["never.anything", "flood.anything", "huge.anything", "dies.anything"].map(async (id) => {
    const body = await call(id);
    ended.push(id);
    return body;
  });
  await waitFor(() => (ended.includes("dies.anything") ? true : undefined));
  for (let round = 0; round < 20; round++) await callGood();
  expect(ended).not.toContain("never.anything");
  for (const body of await Promise.all(calls)) expect(body.error).toMatchObject({ code: "OUTCOME_UNKNOWN" });

  const twice = await Promise.all([call("twice.anything"), call("twice.anything")]);
  expect(twice.map(({ result }) => result.output.text)).toEqual(["first", "first"]);
  expect((await call("changes.anything")).result.output.text).toBe("changing");
  await callGood();
  // A server that is gone is there again for the next call.
  expect((await call("dies.anything")).error).toBeDefined();
  await callGood();
});
