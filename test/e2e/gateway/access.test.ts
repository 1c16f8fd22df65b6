import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "@mcp-flowgate/core";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import {
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

/** Everybody who calls. `ann` began everything; the other `ann` is somebody else of the same name. */
const PEOPLE = {
  ann: { subject: "ann", tenant: "acme", roles: ["clerk"] },
  bob: { subject: "bob", tenant: "acme", roles: ["clerk"] },
  nil: { subject: "nil", tenant: "acme", roles: [] },
  chief: { subject: "cal", tenant: "acme", roles: ["clerk", "chief"] },
  reader: { subject: "rita", tenant: "acme", roles: ["reader"] },
  namesake: { subject: "ann", tenant: "globex", roles: ["clerk", "chief"] },
  boss: { subject: "gus", tenant: "globex", roles: ["clerk", "chief", "operator"], kind: "human" },
  homeless: { subject: "ann", tenant: undefined, roles: ["clerk", "operator"] },
} as const;
type Who = keyof typeof PEOPLE;
const OTHERS = (Object.keys(PEOPLE) as Who[]).filter((who) => who !== "ann");
const keyOf = (who: string): string => createHash("sha256").update(`key of ${who}`).digest("hex");

const GUARDS = {
  everybody: [],
  clerks: [{ kind: "role", role: "clerk" }],
  chiefs: [{ kind: "role", role: "chief" }],
  exporters: [{ kind: "permission", permission: "ledger.export" }],
  both: [
    { kind: "role", role: "clerk" },
    { kind: "permission", permission: "ledger.export" },
  ],
};
const GRANTED: { readonly [role: string]: readonly string[] } = {
  chief: ["ledger.*"],
  reader: ["workflow.read"],
  operator: ["workflow.*", "gateway.servers", "gateway.servers.operate"],
};
type Item = keyof typeof GUARDS;
const ITEMS = Object.keys(GUARDS) as Item[];
/** What the guards say of a caller, told without the gateway. */
const passes = (who: Who, item: Item): boolean => {
  const roles: readonly string[] = PEOPLE[who].roles;
  return {
    everybody: true,
    clerks: has("clerk"),
    chiefs: has("chief"),
    exporters: has("chief"),
    both: has("chief"),
  }[item];
  function has(role: string): boolean {
    return roles.includes(role);
  }
};

const VISIBILITIES = ["owner", "tenant"] as const;
/** How a case comes to stand where it stands. */
const STATES = [
  "idle",
  "waiting",
  "running",
  "parked",
  "unknown",
  "completed",
  "failed",
  "cancelled",
] as const;
type State = (typeof STATES)[number];

const folder = temporaryFolder();
const held: ServerResponse[] = [];
const api = createServer((request, response) => {
  if (request.url === "/hang") return void held.push(response);
  if (request.url === "/lost") return void request.socket.destroy();
  response.setHeader("content-type", "application/json").end("{}");
});
let gateway: GatewayProcess;
const clients = new Map<string, TestClient>();
const at = (who: Who, era: (typeof ERAS)[number] = ERAS[0]): TestClient =>
  clients.get(`${who} ${era}`) as TestClient;

beforeAll(async () => {
  await new Promise<void>((listening) => api.listen(0, "127.0.0.1", listening));
  const flow = (visibility: string): JsonObject => ({
    visibility,
    initialState: "open",
    states: {
      open: {
        transitions: {
          ask: { target: "open", executor: { kind: "human", queue: "desk", title: "May it?" } },
          hang: {
            target: "open",
            executor: { kind: "http", connection: "api", method: "POST", path: "/hang" },
          },
          lose: {
            target: "open",
            executor: { kind: "http", connection: "api", method: "POST", path: "/lost" },
          },
          park: {
            target: "open",
            executor: { kind: "http", connection: "api", method: "POST", path: "/ok" },
            outputSchema: { type: "object", required: ["nothing"] },
          },
          complete: { target: "done" },
          fail: { target: "failed" },
        },
      },
      done: { terminal: true },
      failed: { terminal: true, outcome: "failure" },
    },
  });
  const config = {
    version: "1.0.0",
    identity: {
      providers: [
        {
          kind: "apiKeys",
          keys: Object.entries(PEOPLE).map(([id, who]) => ({ id, key: keyOf(id), ...who })),
        },
      ],
      roles: GRANTED,
    },
    limits: { outputBytes: 2048 },
    discovery: { visibility: "byGuards" },
    server: { admin: { inline: true } },
    connections: {
      api: { kind: "http", baseUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}` },
    },
    proxy: {
      expose: [
        ...ITEMS.map((name) => ({
          name: `ledger.${name}`,
          description: `For ${name}.`,
          executor: { kind: "noop" },
          guards: GUARDS[name],
        })),
        {
          name: "print.long",
          executor: { kind: "cli", command: "node", args: ["-e", "console.log('secret '.repeat(1000))"] },
        },
      ],
    },
    workflows: { owner_case: flow("owner"), tenant_case: flow("tenant") },
  };
  gateway = await startHttpGateway(writeConfig(folder.path, JSON.stringify(config)));
  for (const who of Object.keys(PEOPLE))
    for (const era of ERAS) {
      const headers = { authorization: `Bearer ${keyOf(who)}` };
      clients.set(`${who} ${era}`, await connectClient({ url: gateway.url, headers }, era));
    }
  for (const visibility of VISIBILITIES)
    for (const state of STATES) cases.push(await begin(visibility, state));
  const session = (await at("ann").call("workflow.start", {})).body.workflow;
  const output = (await at("ann").call("workflow.start", { definitionId: "print.long" })).body.workflow;
  cases.push({ visibility: "owner", state: "session", id: session.id, version: session.version });
  cases.push({ visibility: "owner", state: "output", id: output.id, version: output.version });
});
afterAll(async () => {
  for (const response of held) response.end("{}");
  for (const client of clients.values()) await client.close();
  await gateway.stop();
  api.close();
  folder[Symbol.dispose]();
});

interface Case {
  readonly visibility: (typeof VISIBILITIES)[number];
  readonly state: State | "session" | "output";
  readonly id: string;
  readonly version: number;
}
const cases: Case[] = [];

async function begin(visibility: Case["visibility"], state: State): Promise<Case> {
  const ann = at("ann");
  const { id } = (await ann.call("workflow.start", { definitionId: `${visibility}_case` })).body.workflow;
  const transition = {
    idle: undefined,
    waiting: "ask",
    running: "hang",
    parked: "park",
    unknown: "lose",
    completed: "complete",
    failed: "fail",
    cancelled: undefined,
  }[state];
  if (state === "cancelled") await admin("ann", "POST", `/admin/workflows/${id}/cancel`, { reason: "over" });
  if (transition !== undefined) {
    const taken = ann.call("workflow.submit", { workflowId: id, expectedVersion: 0, transition });
    if (state === "running") {
      void taken.catch(() => undefined);
      await waitFor(() => (held.length > VISIBILITIES.indexOf(visibility) ? true : undefined));
    } else await taken;
  }
  const status = {
    unknown: "outcome_unknown",
    completed: "terminal",
    failed: "terminal",
    cancelled: "terminal",
  };
  const { body } = await admin("ann", "GET", `/admin/workflows/${id}`);
  expect(body.status).toBe((status as { [state: string]: string })[state] ?? state);
  return { visibility, state, id, version: body.version };
}

async function admin(
  who: Who,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: any }> {
  const response = await fetch(new URL(path, gateway.url), {
    method,
    headers: { authorization: `Bearer ${keyOf(who)}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const NEVER = `wf_${"0".repeat(26)}`;
const SHA = createHash("sha256").update("nothing").digest("hex");
const PATHS = ["$.input", "$.output", `$.blobs.${SHA}`];
/** Everything that takes a workflow's id, over MCP. */
const CALLS: readonly (readonly [tool: string, args: JsonObject, meta?: JsonObject])[] = [
  ["workflow.get", {}],
  ...PATHS.map((path) => ["workflow.get", { path }] as const),
  ["workflow.submit", { expectedVersion: 0, transition: "complete" }],
  ["workflow.submit", { expectedVersion: 99, transition: "no-such" }],
  ["workflow.submit", { expectedVersion: 0, transition: "complete" }, { "mcp-flowgate/cancel": "mine now" }],
  ["workflow.explain", {}],
  ["workflow.explain", { transition: "complete" }],
];
/** And over the admin API. */
const ADMIN_CALLS: readonly (readonly [method: string, action: string, body?: object])[] = [
  ["GET", ""],
  ["GET", "/output"],
  ["GET", "/output?operation=op_0"],
  ["POST", "/cancel", { reason: "mine now" }],
  ["POST", "/resolve", { reason: "mine now", outcome: "abandon" }],
  ["POST", "/migrate", { reason: "mine now", to: "current" }],
];

/** Whether a caller may know of ann's case: of its own tenant, and shared or an operator's to read. */
const knows = (who: Who, { visibility }: Pick<Case, "visibility">): boolean =>
  PEOPLE[who].tenant === "acme" && (visibility === "tenant" || who === "reader");

const without = (id: string, answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(id, "ID"));

describe("an id is a handle, not a credential [R-ID-4]", () => {
  test.each(ERAS.flatMap((era) => OTHERS.map((who) => [who, era] as const)))(
    "%s meets ann's workflows as if they had never been, or as hers to read, %s",
    async (who, era) => {
      const client = at(who, era);
      const hidden = cases.filter((each) => !knows(who, each));
      const shared = cases.filter((each) => knows(who, each));
      for (const [tool, args, meta] of CALLS) {
        const ask = (workflowId: string) =>
          client.call(tool, { ...args, workflowId }, meta === undefined ? {} : { meta });
        const never = await ask(NEVER);
        expect(never.body.error.code).toBe("UNKNOWN_WORKFLOW");
        const expected = { tool, args, answer: without(NEVER, never) };
        const answers = await Promise.all(hidden.map(async (one) => [one, await ask(one.id)] as const));
        for (const [{ id, state, visibility }, answer] of answers)
          expect({ state, visibility, tool, args, answer: without(id, answer) }).toEqual({
            state,
            visibility,
            ...expected,
          });
      }
      for (const { id } of shared) {
        expect((await client.call("workflow.get", { workflowId: id })).body.workflow.id).toBe(id);
        expect((await client.call("workflow.explain", { workflowId: id })).body.error).toBeUndefined();
      }
    },
  );

  test.each(OTHERS)("%s finds the same behind the admin API", async (who) => {
    for (const [method, action, body] of ADMIN_CALLS) {
      const ask = (id: string) => admin(who, method, `/admin/workflows/${id}${action}`, body);
      const never = await ask(NEVER);
      expect(never.status).toBe(404);
      for (const { id } of cases.filter((each) => !knows(who, each)))
        expect([method, action, without(id, await ask(id))]).toEqual([method, action, without(NEVER, never)]);
    }
    const listed = await admin(who, "GET", "/admin/workflows?status=idle&status=terminal&status=parked");
    const ids: string[] = listed.body.items.map(({ id }: any) => id);
    const home = (await at(who).call("gateway.home")).body.active.map(({ workflowId }: any) => workflowId);
    const foreign = cases.filter((each) => !knows(who, each)).map(({ id }) => id);
    expect([...ids, ...home].filter((id) => foreign.includes(id))).toEqual([]);
  });

  test("what waits for people is known to the tenant's people and operators only, and decided by nobody else", async () => {
    const waiting = cases.filter(({ state }) => state === "waiting");
    for (const { id } of waiting) {
      const { body } = await at("ann").call("workflow.get", { workflowId: id });
      const approval: string = body.approvals[0].id;
      for (const who of ["bob", "nil", "namesake", "boss", "homeless"] as const) {
        const never = `${approval.slice(0, -1)}${approval.endsWith("0") ? "1" : "0"}`;
        for (const [method, action] of [
          ["GET", ""],
          ["POST", "/approve"],
          ["POST", "/reject"],
        ] as const) {
          const ask = (one: string) =>
            admin(who, method, `/admin/approvals/${one}${action}`, method === "GET" ? undefined : {});
          const answer = await ask(approval);
          expect(answer.status).toBe(404);
          expect(without(approval, answer)).toEqual(without(never, await ask(never)));
        }
        const listed = await admin(who, "GET", "/admin/approvals?status=pending");
        expect(listed.body.items).toEqual([]);
      }
    }
  });

  test("the hash of another's output opens nothing, with an id of one's own", async () => {
    const long = cases.find(({ state }) => state === "output")?.id ?? "";
    const { body } = await at("ann").call("workflow.get", { workflowId: long, path: "$.output" });
    expect(body.text ?? JSON.stringify(body.value)).toContain("secret");
    const own = (await at("bob").call("workflow.start", { definitionId: "owner_case" })).body.workflow.id;
    const started = (await at("ann").call("workflow.get", { workflowId: long })).body;
    const sha256 = /"sha256":"([0-9a-f]{64})"/.exec(JSON.stringify(started))?.[1] ?? "";
    const read = (sha: string) => at("bob").call("workflow.get", { workflowId: own, path: `$.blobs.${sha}` });
    const [theirs, nothing] = [await read(sha256), await read(SHA)];
    expect(sha256).not.toBe("");
    expect(theirs.body.error.code).toBe("INVALID_ARGUMENTS");
    expect(without(sha256, theirs)).toEqual(without(SHA, nothing));
  });

  test("who may read may not go on, and whatever anybody tried moved nothing", async () => {
    for (const { id, state, version } of cases.filter(({ visibility }) => visibility === "owner")) {
      const args = { workflowId: id, expectedVersion: version, transition: "complete" };
      expect((await at("reader").call("workflow.submit", args)).body.error.code).toBe("FORBIDDEN");
      const { body } = await admin("ann", "GET", `/admin/workflows/${id}`);
      expect([state, body.version]).toEqual([state, version]);
      expect(JSON.stringify(body)).not.toContain("mine now");
    }
  });
});

/** A call of the newer era as it goes over the wire, with whatever else is put beside its name and arguments. */
async function send(who: Who, name: string, args: JsonObject, beside: JsonObject): Promise<any> {
  const key = "io.modelcontextprotocol/";
  const _meta = {
    [`${key}protocolVersion`]: ERAS[0],
    [`${key}clientInfo`]: { name: "e2e", version: "1.0.0" },
    [`${key}clientCapabilities`]: { elicitation: { form: {} } },
  };
  const params = { name, arguments: args, _meta, ...beside };
  const response = await fetch(gateway.url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${keyOf(who)}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": ERAS[0],
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  });
  return await response.json();
}

test("no state of a call goes out to clients, and one that they make up changes no answer [R-ID-4]", async () => {
  const forged = [
    Buffer.from(JSON.stringify({ subject: "ann", tenant: "acme", approved: true })).toString("base64url"),
    "v1.AAAA.BBBB",
    "",
  ];
  const waiting =
    cases.find(({ state, visibility }) => state === "waiting" && visibility === "owner")?.id ?? "";
  const ask = { workflowId: waiting, expectedVersion: 0, transition: "ask" };
  const own = await send("ann", "workflow.submit", ask, {});
  expect(own.result.structuredContent.result.status).toBe("pending");
  const strange = await send("bob", "workflow.get", { workflowId: waiting }, {});
  expect(strange.result.structuredContent.error.code).toBe("UNKNOWN_WORKFLOW");
  const answers = [own, strange];
  for (const requestState of forged) {
    const beside = {
      requestState,
      inputResponses: { approve: { action: "accept", content: { yes: true } } },
    };
    answers.push(await send("ann", "workflow.submit", ask, beside));
    expect(answers.at(-1)).toEqual(own);
    answers.push(await send("bob", "workflow.get", { workflowId: waiting }, beside));
    expect(answers.at(-1)).toEqual(strange);
  }
  for (const answer of answers) {
    expect(answer.result.resultType).toBe("complete");
    expect(JSON.stringify(answer)).not.toMatch(/requestState|inputRequests/);
  }
  // Before 2026-07-28 calls had no state at all: the same fields mean nothing there either.
  const before = { jsonrpc: "2.0", id: 1, method: "tools/call" };
  const older = async (who: Who, name: string, args: JsonObject, beside: object): Promise<any> => {
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${keyOf(who)}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": ERAS[1],
      },
      body: JSON.stringify({ ...before, params: { name, arguments: args, ...beside } }),
    });
    const text = await response.text();
    return JSON.parse(text.startsWith("{") ? text : (/^data: (.*)$/m.exec(text)?.[1] ?? ""));
  };
  for (const [who, name, args] of [
    ["ann", "workflow.submit", ask],
    ["bob", "workflow.get", { workflowId: waiting }],
  ] as const) {
    const plain = await older(who, name, args, {});
    for (const requestState of forged) {
      const answer = await older(who, name, args, {
        requestState,
        inputResponses: { approve: { action: "accept" } },
      });
      expect(answer).toEqual(plain);
      expect(JSON.stringify(answer)).not.toMatch(/requestState|inputRequests/);
    }
  }
});

test("connections are those that are declared, and no call adds one [R-SHADOW-1]", async () => {
  const connection = {
    kind: "mcp",
    command: "node",
    args: ["-e", "0"],
    url: gateway.url,
    baseUrl: gateway.url,
  };
  const servers = async (): Promise<string[]> =>
    (await admin("boss", "GET", "/servers")).body.items.map(({ name }: any) => name);
  const before = await servers();
  expect(before).toContain("api");
  for (const method of ["POST", "PUT", "PATCH", "DELETE"])
    for (const path of ["/servers", "/servers/shadow", "/admin/config", "/admin/servers"])
      expect([404, 405]).toContain(
        (await admin("boss", method, path, { name: "shadow", ...connection })).status,
      );
  for (const action of ["start", "restart", "stop"])
    expect((await admin("boss", "POST", `/servers/shadow/${action}`, connection)).status).toBe(404);
  const executor = { ...connection, connection: "shadow", tool: "run" };
  for (const input of [{ executor }, { connection: "shadow" }, { $connection: connection }]) {
    const { body } = await at("boss").call("workflow.start", { definitionId: "ledger.everybody", input });
    expect(body.result.output).toEqual(input);
  }
  for (const beside of [{ executor }, { connection }, { connections: { shadow: connection } }]) {
    const { body } = await at("boss").call("workflow.start", { definitionId: "ledger.everybody", ...beside });
    expect(body.error.code).toBe("INVALID_ARGUMENTS");
  }
  expect(await servers()).toEqual(before);
});

describe("what is hidden is not callable [R-HIDDEN-1]", () => {
  test.each(ERAS.flatMap((era) => (Object.keys(PEOPLE) as Who[]).map((who) => [who, era] as const)))(
    "to %s search, describe, start, explain and a session say the same of everything, %s",
    async (who, era) => {
      const client = at(who, era);
      const { body } = await client.call("gateway.search", { query: "", kind: "capability", limit: 20 });
      const found: string[] = body.items.map(({ id }: any) => id);
      const session = (await client.call("workflow.start", {})).body.workflow;
      const saying = async (tool: string, args: JsonObject): Promise<boolean> => {
        const { body: answer } = await client.call(tool, args);
        return answer.error === undefined;
      };
      let version: number = session.version;
      const decided: { [item: string]: object } = {};
      for (const item of ITEMS) {
        const id = `ledger.${item}`;
        const submitted = await client.call("workflow.submit", {
          workflowId: session.id,
          expectedVersion: version,
          transition: id,
        });
        version = submitted.body.workflow.version;
        const explained = await client.call("workflow.explain", { workflowId: session.id, transition: id });
        decided[item] = {
          search: found.includes(id),
          describe: await saying("gateway.describe", { id }),
          start: await saying("workflow.start", { definitionId: id }),
          explain: await saying("workflow.explain", { definitionId: id }),
          submit: submitted.body.error === undefined,
          inSession: explained.body.transitions.length === 1,
        };
      }
      const all = (yes: boolean): object => ({
        search: yes,
        describe: yes,
        start: yes,
        explain: yes,
        submit: yes,
        inSession: yes,
      });
      expect(decided).toEqual(Object.fromEntries(ITEMS.map((item) => [item, all(passes(who, item))])));
    },
  );
});
