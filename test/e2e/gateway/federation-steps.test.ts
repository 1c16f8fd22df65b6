import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

const folder = temporaryFolder();
/** While this file is missing, `slow.leave` is still being begun. */
const gate = join(folder.path, "gate");

/** A workflow whose caller takes the steps: a guard, an approval, a way out, and one that begins slowly. */
const INNER = `version: "1.0.0"
store: { kind: sqlite, path: data/inner.sqlite }
identity:
  kind: apiKeys
  keys: [{ id: outer, key: key-of-the-outer-gateway, subject: outer, roles: [clerk] }]
workflows:
  leave:
    title: Ask for leave
    inputSchema: { type: object, required: [who], properties: { who: { type: string } } }
    initialState: drafting
    initialContext: { days: null }
    states:
      drafting:
        goal: A draft that fits
        transitions:
          propose:
            title: Propose days
            target: proposed
            inputSchema: { type: object, required: [days], additionalProperties: false, properties: { days: { type: integer } } }
            guards: [{ kind: expr, expr: "$.arguments.days <= 30" }]
            output: { days: $.arguments.days, notes: "{{ $.arguments.days }} days" }
          run: { title: Drop it, target: dropped }
      proposed:
        transitions:
          hand_in:
            target: granted
            executor: { kind: human, queue: leave, title: "{{ $.context.days }} days for {{ $.workflow.input.who }}" }
          fill:
            target: proposed
            executor: { kind: cli, command: node, args: ["-p", "'x'.repeat(60000)"] }
            output: { text: $.output.text }
      granted: { terminal: true }
      dropped: { terminal: true, outcome: failure }
  slow.leave:
    initialState: beginning
    states:
      beginning:
        transitions:
          begin:
            target: ready
            actor: deterministic
            executor: { kind: cli, command: node, args: ["-e", "const i = setInterval(() => require('fs').existsSync('${gate}') && clearInterval(i), 20)"] }
      ready: { transitions: { finish: { target: done } } }
      done: { terminal: true }
`;
let inner: GatewayProcess;
let innerClient: TestClient;
let outer: GatewayProcess;
let innerConfig: string;
let outerConfig: string;

beforeAll(async () => {
  innerConfig = writeConfig(folder.path, INNER, "inner.yaml");
  inner = await startHttpGateway(innerConfig);
  innerClient = await connectClient(
    { url: inner.url, headers: { authorization: "Bearer key-of-the-outer-gateway" } },
    ERAS[0],
  );
  outerConfig = writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: data/outer.sqlite }
connections:
  hr: { kind: mcp, url: "${inner.url}", auth: { kind: bearer, token: key-of-the-outer-gateway } }
workflows:
  takes.one.step:
    initialState: begin
    states:
      begin: { transitions: { ask: { target: end, executor: { kind: mcp, connection: hr, tool: leave, map: { who: Ann } } } } }
      end: { terminal: true }
proxy:
  import: [{ connection: hr, prefix: hr }]
  expose: [{ capability: hr.leave, as: our.leave, guards: [{ kind: expr, expr: "$.arguments.who != 'Mallory'" }] }]
`,
    "outer.yaml",
  );
  outer = await startHttpGateway(outerConfig);
});
afterAll(async () => {
  await innerClient.close();
  await outer.stop();
  await inner.stop();
  folder[Symbol.dispose]();
});

/** Sends a link back as it came, with these arguments. */
async function follow(client: TestClient, from: any, rel: string, args: object = {}): Promise<any> {
  const link = from.links.find((one: any) => one.rel === rel);
  expect(link, `${rel} among ${JSON.stringify(from.links)}`).toBeDefined();
  return (await client.call(link.method, { ...link.args, arguments: args })).body;
}

test.each(ERAS)(
  "a workflow of an inner gateway is taken step by step from here, under its guards and approvals there (%s) [R-FEDERATION-4]",
  async (era) => {
    const client = await connectClient({ url: outer.url }, era);
    const { body: described } = await client.call("gateway.describe", { id: "hr.leave" });
    expect(described).toMatchObject({ title: "Ask for leave", states: { granted: { terminal: true } } });

    const begun = (await client.call("workflow.start", { definitionId: "hr.leave", input: { who: "Ann" } }))
      .body;
    expect(begun).toMatchObject({
      workflow: { definitionId: "hr.leave", state: "drafting", at: { gateway: "hr" } },
      result: { status: "started" },
      guidance: { goal: "A draft that fits" },
    });
    const { id } = begun.workflow;
    expect(begun.workflow.at.workflowId).not.toBe(id);
    expect(begun.links).toMatchObject([
      {
        rel: "propose",
        title: "Propose days",
        args: { workflowId: id },
        inputSchema: { required: ["days"] },
      },
      { rel: "run", title: "Drop it" },
    ]);

    // A guard there refuses; the links are still there, and what the guard read is told.
    const refused = await follow(client, begun, "propose", { days: 31 });
    expect(refused).toMatchObject({ workflow: { state: "drafting" }, result: { status: "failed" } });
    expect(refused.error.message).toMatch(/hr\.leave propose was refused \(GUARD_REJECTED\): .*30/);
    expect(refused.links.map(({ rel }: any) => rel)).toEqual(["propose", "run"]);
    const { body: why } = await client.call("workflow.explain", { workflowId: id, transition: "propose" });
    expect(why).toMatchObject({ workflowId: id, state: "drafting", gateway: "hr" });

    const proposed = await follow(client, refused, "propose", { days: 10 });
    expect(proposed).toMatchObject({
      workflow: { id, state: "proposed", version: begun.workflow.version + 1 },
      result: { status: "executed" },
      context: { days: 10, notes: "10 days" },
    });
    // The same call again is answered as it was; another one with an old link is refused.
    expect((await follow(client, begun, "propose", { days: 10 })).workflow).toEqual(proposed.workflow);
    const stale = await follow(client, begun, "propose", { days: 11 });
    expect(stale.error.message).toContain("moved on");
    expect(stale.workflow.state).toBe("proposed");

    // What is too large for an answer is read through.
    const filled = await follow(client, stale, "fill");
    const { read } = filled.context.text.$truncated;
    expect(read.args.workflowId).toBe(id);
    const { body: slice } = await client.call("workflow.get", { ...read.args, offset: 59_990, limit: 100 });
    expect(slice.text).toMatch(/^x{10}/);

    const pending = await follow(client, filled, "hand_in");
    expect(pending.result.status).toBe("pending");
    expect(pending.approvals).toMatchObject([{ queue: "leave", title: "10 days for Ann", gateway: "hr" }]);
    const decided = await runGateway([
      "approvals",
      "approve",
      pending.approvals[0].id,
      "-c",
      innerConfig,
      "--as",
      "ann",
      "--reason",
      "fine",
    ]);
    expect(decided.code, decided.stderr).toBe(0);
    const done = await waitFor(async () => {
      const { body } = await client.call("workflow.get", { workflowId: id });
      return body.result.status === "completed" ? body : undefined;
    });
    expect(done).toMatchObject({ workflow: { id, state: "granted" }, links: [] });
    expect(done.evidence.map(({ kind }: any) => kind)).toContain("hr:human_approval");
    const { body: home } = await client.call("gateway.home", {});
    expect(home.active ?? []).toEqual([]);
    await client.close();
  },
);

test("cancelling here ends the instance there, also while it waits for people there [R-FEDERATION-5]", async () => {
  const client = await connectClient({ url: outer.url }, ERAS[0]);
  const begin = async (): Promise<any> =>
    (await client.call("workflow.start", { definitionId: "our.leave", input: { who: "Ann" } })).body;
  const statusThere = async (workflowId: string): Promise<string> =>
    (await innerClient.call("workflow.get", { workflowId })).body.result.status;
  const idle = await begin();
  const waiting = await follow(
    client,
    await follow(client, await begin(), "propose", { days: 1 }),
    "hand_in",
  );
  expect(waiting.result.status).toBe("pending");
  const there = { [idle.workflow.id]: idle.workflow.at.workflowId, [waiting.workflow.id]: "" };
  there[waiting.workflow.id] = /wf_[A-Za-z0-9_-]+/.exec(waiting.result.message)?.[0] ?? "";
  for (const [id, innerId] of Object.entries(there)) {
    const cancelled = await runGateway([
      "workflows",
      "cancel",
      id,
      "-c",
      outerConfig,
      "--as",
      "op",
      "--reason",
      "no longer needed",
    ]);
    expect(cancelled.code, cancelled.stderr).toBe(0);
    await waitFor(async () => ((await statusThere(innerId)) === "cancelled" ? true : undefined));
    await waitFor(async () => {
      const { body } = await client.call("workflow.get", { workflowId: id });
      return body.result.status === "cancelled" ? true : undefined;
    });
  }
  // A guard of the wrapper is judged here, before anything begins there.
  const { body: refused } = await client.call("workflow.start", {
    definitionId: "our.leave",
    input: { who: "Mallory" },
  });
  expect(refused.error.code).toBe("GUARD_REJECTED");
  await client.close();
});

test("an end that came there without a step from here is shown and taken up, and one step of another workflow cannot begin what asks for more [R-FEDERATION-4]", async () => {
  const client = await connectClient({ url: outer.url }, ERAS[1]);
  const begun = (await client.call("workflow.start", { definitionId: "hr.leave", input: { who: "Bo" } }))
    .body;
  await innerClient.call("workflow.submit", {
    workflowId: begun.workflow.at.workflowId,
    expectedVersion: 0,
    transition: "run",
    arguments: {},
  });
  const { body: ended } = await client.call("workflow.get", { workflowId: begun.workflow.id });
  expect(ended).toMatchObject({
    workflow: { state: "dropped" },
    result: { status: "completed" },
    links: [],
  });
  const { body: home } = await client.call("gateway.home", {});
  expect(home.active ?? []).toEqual([]);

  const { body: other } = await client.call("workflow.start", { definitionId: "takes.one.step" });
  const failed = await follow(client, other, "ask");
  expect(failed.error.message).toMatch(/goes on by steps of its caller.*wf_.* was cancelled there/);
  const { body: session } = await client.call("workflow.start", {});
  expect(session.links.map(({ rel }: any) => rel)).not.toContain("hr.leave");
  await client.close();
});

test("a gateway that is killed while an instance begins at another goes on with that one, and begins no second [R-FEDERATION-6]", async () => {
  const active = async (client: TestClient): Promise<readonly any[]> =>
    ((await client.call("gateway.home", {})).body.active ?? []).filter(({ definitionId }: any) =>
      String(definitionId).endsWith("slow.leave"),
    );
  const gone = await connectClient({ url: outer.url }, ERAS[0]);
  const lost = gone.call("workflow.start", { definitionId: "hr.slow.leave" }).catch(() => undefined);
  await waitFor(async () => ((await active(innerClient)).length === 1 ? true : undefined));
  outer.child.kill("SIGKILL");
  await lost;
  await gone.close().catch(() => undefined);
  expect(existsSync(gate)).toBe(false);
  outer = await startHttpGateway(outerConfig);
  const client = await connectClient({ url: outer.url }, ERAS[0]);
  const [own] = await active(client);
  writeFileSync(gate, "");
  const taken = await waitFor(async () => {
    const { body } = await client.call("workflow.get", { workflowId: own.workflowId });
    return body.links.some(({ rel }: any) => rel === "finish") ? body : undefined;
  });
  const there = await active(innerClient);
  expect(there.map(({ workflowId }) => workflowId)).toEqual([taken.workflow.at.workflowId]);
  expect((await follow(client, taken, "finish")).result.status).toBe("completed");
  expect(await active(client)).toEqual([]);
  await client.close();
});
