import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "@mcp-flowgate/core";
import { connectClient, type TestClient } from "../harness/clients.ts";
import {
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const HEAD = `version: "1.0.0"
identity:
  - kind: apiKeys
    keys:
      - { id: plain, key: "\${PLAIN_KEY}", subject: ann, roles: [clerk] }
      - { id: chief, key: "\${CHIEF_KEY}", subject: bob, roles: [clerk, chief] }
discovery: { visibility: byGuards }
limits: { links: 3 }
workflows:
  month_end:
    title: Close the month
    description: Closes the books of a month.
    initialState: open
    states:
      open: { transitions: { close: { target: closed } } }
      closed: { terminal: true }
proxy:
  expose:
    - { name: ledger.list, description: Lists the entries of the ledger., tags: [ledger] }
    - { name: ledger.export, description: Exports the ledger as a report., tags: [ledger, report] }
    - { name: mail.send, description: Sends a report by email., tags: [mail] }
    - { name: calendar.plan, description: Plans a meeting with a customer., tags: [calendar] }
`;
const CHIEF = "guards: [{ kind: role, role: chief }]";
const HIDDEN = `    - { name: ledger.purge, title: Purge ledger, description: Purges ledger ledger entries for good., tags: [ledger, danger], ${CHIEF} }
    - { name: ledger.lost, description: Reports the lost report of the ledger., tags: [danger], ${CHIEF} }
    - { name: payroll.raise, description: Raises salaries; a customer never hears of it., tags: [payroll], ${CHIEF} }
    - { name: aardvark.first, description: Comes first in a list., tags: [danger], ${CHIEF} }
`;

const folder = temporaryFolder();
const keys = { PLAIN_KEY: "Vx3k9LmPw2RdQ7Zt8HsYc4Jn", CHIEF_KEY: "Tb6uFe1WqKz5GyNa0XvMp7Cd" };
const gateways: GatewayProcess[] = [];
let withHidden: TestClient;
let without: TestClient;
let chief: TestClient;

beforeAll(async () => {
  const configs = [HEAD + HIDDEN, HEAD].map((text, at) => writeConfig(folder.path, text, `${at}.yaml`));
  gateways.push(...(await Promise.all(configs.map((config) => startHttpGateway(config, { env: keys })))));
  const connect = (at: number, key: string): Promise<TestClient> =>
    connectClient(
      { url: gateways[at]?.url ?? "", headers: { authorization: `Bearer ${key}` } },
      "2026-07-28",
    );
  [withHidden, without, chief] = await Promise.all([
    connect(0, keys.PLAIN_KEY),
    connect(1, keys.PLAIN_KEY),
    connect(0, keys.CHIEF_KEY),
  ]);
});
afterAll(async () => {
  for (const client of [withHidden, without, chief]) await client.close();
  for (const gateway of gateways) await gateway.stop();
  folder[Symbol.dispose]();
});

const HIDDEN_IDS = ["ledger.purge", "ledger.lost", "payroll.raise", "aardvark.first"];
const queries = [
  "",
  "ledger",
  "ledger report",
  "purge the ledger",
  "report",
  "raise salaries",
  "salries",
  "Purge ledger",
  "customer",
  "payrol",
  "first",
  "danger",
  ...HIDDEN_IDS,
];
const CALLS: readonly (readonly [tool: string, args: JsonObject])[] = [
  ["gateway.home", {}],
  ...queries.map((query) => ["gateway.search", { query }] as const),
  ...queries.map((query) => ["gateway.search", { query, kind: "capability", limit: 1 }] as const),
  ["gateway.search", { query: "", tags: ["danger"] }],
  ["gateway.search", { query: "ledger", tags: ["ledger"] }],
  ...HIDDEN_IDS.flatMap((id) => [
    ["gateway.describe", { id }] as const,
    ["workflow.start", { definitionId: id }] as const,
    ["workflow.explain", { definitionId: id }] as const,
  ]),
  ["gateway.describe", { id: "ledger.purg" }],
  ["workflow.explain", { definitionId: "proxy_default" }],
];

/** Without what is new with every call. */
function lasting(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body).replaceAll(/"(wf|cor|ev|op|gw)_[0-9a-z]+"/g, '"$1"'));
}

test("to a caller whom guards keep out, hidden things are as if they had never been there [R-HIDDEN-1]", async () => {
  expect((await chief.call("gateway.home")).body.counts.capabilities).toBe(8);
  expect((await chief.call("gateway.search", { query: "purge the ledger" })).body.items[0].id).toBe(
    "ledger.purge",
  );
  for (const [tool, args] of CALLS) {
    const [seen, expected] = await Promise.all([withHidden.call(tool, args), without.call(tool, args)]);
    expect({ tool, args, body: lasting(seen.body), isError: seen.isError }).toEqual({
      tool,
      args,
      body: lasting(expected.body),
      isError: expected.isError,
    });
  }
});

test("a session offers, explains and takes what its caller sees, and nothing else [R-HIDDEN-1]", async () => {
  const sessions = await Promise.all(
    [withHidden, without].map(async (client) => {
      const { body } = await client.call("workflow.start", {});
      const { id: workflowId, version: expectedVersion } = body.workflow;
      const submitted = await client.call("workflow.submit", {
        workflowId,
        expectedVersion,
        transition: "ledger.purge",
      });
      const explained = await client.call("workflow.explain", { workflowId });
      const one = await client.call("workflow.explain", { workflowId, transition: "ledger.purge" });
      return [body, submitted.body, explained.body, one.body].map(lasting);
    }),
  );
  expect(sessions[0]).toEqual(sessions[1]);
  expect(JSON.stringify(sessions[0])).not.toMatch(/payroll|aardvark|Purge/);
  const own = (await chief.call("workflow.start", {})).body;
  expect(own.links[0].rel).toBe("aardvark.first");
});
