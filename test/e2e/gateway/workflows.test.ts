import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import {
  followGateway,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const CONFIG = `version: "1.0.0"
identity:
  providers:
    - kind: apiKeys
      keys:
        - { id: agent, key: agent-key-000001, subject: agent-1, roles: [agent] }
        - { id: lead, key: lead-key-0000001, subject: lead-1, roles: [lead] }
        - { id: ann, key: ann-key-00000001, subject: ann, roles: [release-manager] }
  roles: { lead: [change.*] }
connections:
  node: { kind: cli, command: node }
workflows:
  change:
    title: Make a change
    version: "2.1.0"
    inputSchema:
      type: object
      required: [goal]
      additionalProperties: false
      properties: { goal: { type: string }, risk: { type: number, default: 10 } }
    initialContext: { attempts: 0 }
    initialState: drafting
    states:
      drafting:
        goal: Write the plan.
        guidance: Keep it short.
        onEnter:
          executor: { kind: cli, connection: node, args: ["-p", "JSON.stringify({reviewers: ['ann', 'bob']})"], effect: read }
          output: { reviewers: $.output.json.reviewers }
        transitions:
          submit_plan:
            title: Submit the plan
            target: checked
            inputSchema:
              type: object
              required: [plan]
              additionalProperties: false
              properties: { plan: { type: string, minLength: 3 }, goal: { type: string } }
            prefill: { goal: $.workflow.input.goal }
            executor: { kind: noop }
            evidence: [plan_written]
            output:
              plan: $.output.plan
              attempts: { add: [$.context.attempts, 1] }
            branches:
              - when: { kind: expr, expr: $.workflow.input.risk > 80 }
                target: refused
      checked:
        transitions:
          lint:
            actor: deterministic
            target: tested
            executor: { kind: cli, connection: node, args: ["-e", "process.exit(0)"], effect: read }
            output: { lint: $.output.success }
      tested:
        transitions:
          test:
            actor: deterministic
            target: ready
            executor: { kind: cli, connection: node, args: ["-e", "process.exit(3)"], treatNonZeroAsFailure: false, effect: read }
            output: { exitCode: $.output.exitCode }
      ready:
        transitions:
          merge:
            title: Merge
            target: merged
            guards:
              - { kind: permission, permission: change.merge }
              - { kind: evidence, requires: [plan_written] }
              - { kind: expr, expr: $.context.exitCode == 3 }
          merge_with_review:
            target: merged
            guards: [{ kind: evidence, requires: [review] }]
          release:
            title: Release to production
            target: released
            executor:
              kind: human
              queue: releases
              title: "Release {{ $.workflow.input.goal }}"
              assignees: { roles: [release-manager] }
              onApprove: { executor: { kind: cli, connection: node, args: ["-p", "'released'"] } }
            output: { released: $.output.text }
      merged: { terminal: true }
      released: { terminal: true }
      refused: { terminal: true, outcome: failure }
  quick:
    initialState: waiting
    timeoutMs: 400
    onTimeout: { target: late }
    states:
      waiting: { transitions: { go: { target: done } } }
      done: { terminal: true }
      late: { terminal: true, outcome: failure }
`;

const folder = temporaryFolder();
const config = writeConfig(folder.path, CONFIG);
const env = { FLOWGATE_RUNTIME_DIR: folder.path };
let gateway: GatewayProcess;
let agent: TestClient;
let lead: TestClient;

beforeAll(async () => {
  gateway = await startHttpGateway(config, { env });
  agent = await connectClient(
    { url: gateway.url, headers: { authorization: "Bearer agent-key-000001" } },
    "2026-07-28",
  );
  lead = await connectClient(
    { url: gateway.url, headers: { "x-api-key": "lead-key-0000001" } },
    "2025-11-25",
  );
});
afterAll(async () => {
  await agent.close();
  await lead.close();
  await gateway.stop();
  folder[Symbol.dispose]();
});

const start = async (input: any = { goal: "faster builds" }, by = agent) =>
  (await by.call("workflow.start", { definitionId: "change", input })).body;
const submit = async (body: any, transition: string, args?: any, by = agent) =>
  (
    await by.call("workflow.submit", {
      workflowId: body.workflow.id,
      expectedVersion: body.workflow.version,
      transition,
      ...(args === undefined ? {} : { arguments: args }),
    })
  ).body;

test("a start runs onEnter and shows the goal, the guidance and a prefilled link [R-FLOW-3] [R-FLOW-4]", async () => {
  const body = await start();
  expect(body.result.status).toBe("started");
  expect(body.workflow).toMatchObject({
    definitionId: "change",
    definitionVersion: "2.1.0",
    state: "drafting",
  });
  expect(body.context).toEqual({ attempts: 0, reviewers: ["ann", "bob"] });
  expect(body.guidance).toEqual({ goal: "Write the plan.", instructions: "Keep it short." });
  expect(body.links).toHaveLength(1);
  expect(body.links[0]).toMatchObject({
    rel: "submit_plan",
    method: "workflow.submit",
    actor: "agent",
    args: {
      workflowId: body.workflow.id,
      expectedVersion: body.workflow.version,
      transition: "submit_plan",
      arguments: { goal: "faster builds" },
    },
    inputSchema: { required: ["plan"] },
  });
});

test("a submit runs the deterministic chain behind it and maps outputs [R-FLOW-1] [R-FLOW-3] [R-FLOW-4]", async () => {
  const started = await start();
  const body = await submit(started, "submit_plan", { plan: "cache it" });
  expect(body.result.status).toBe("executed");
  expect(body.workflow.state).toBe("ready");
  expect(
    body.chain.map(({ fromState, transition, toState }: any) => [fromState, transition, toState]),
  ).toEqual([
    ["checked", "lint", "tested"],
    ["tested", "test", "ready"],
  ]);
  expect(body.context).toMatchObject({ plan: "cache it", attempts: 1, lint: true, exitCode: 3 });
  expect(body.evidence.map(({ kind }: any) => kind)).toContain("plan_written");
});

test("a branch takes the first target whose condition holds [R-FLOW-4]", async () => {
  const body = await submit(await start({ goal: "rewrite", risk: 90 }), "submit_plan", { plan: "all of it" });
  expect(body.workflow.state).toBe("refused");
  expect(body.result.status).toBe("completed");
  expect(body.links).toEqual([]);
});

test("stale versions, unknown transitions, bad arguments and foreign actors are refused with the current links [R-FLOW-1]", async () => {
  const started = await start();
  const moved = await submit(started, "submit_plan", { plan: "cache it" });
  const stale = await submit({ workflow: { ...moved.workflow, version: started.workflow.version } }, "merge");
  expect(stale).toMatchObject({
    result: { status: "rejected" },
    error: { code: "STALE_WORKFLOW_VERSION" },
    workflow: { state: "ready" },
  });
  expect(stale.links.map(({ rel }: any) => rel)).toEqual(["merge", "merge_with_review", "release"]);
  expect((await submit(moved, "lint")).error.code).toBe("INVALID_TRANSITION");
  const bad = await submit(await start(), "submit_plan", { plan: "x", surprise: 1 });
  expect(bad.error.code).toBe("INPUT_SCHEMA_VIOLATION");
  expect(bad.error.details.map(({ pointer }: any) => pointer).sort()).toEqual(["/plan", "/surprise"]);
  expect(bad.workflow.state).toBe("drafting");
});

test("guards of kind permission, role, evidence and expr gate [R-FLOW-2] [R-ID-1]", async () => {
  const ready = await submit(await start(), "submit_plan", { plan: "cache it" });
  const refused = await submit(ready, "merge");
  expect(refused.error).toMatchObject({ code: "GUARD_REJECTED", attemptedTransition: "merge" });
  expect(JSON.stringify(refused.error)).toContain("change.merge");
  const missing = await submit(ready, "merge_with_review");
  expect(missing.error.code).toBe("GUARD_REJECTED");
  const byLead = await submit(
    await start({ goal: "lead's own" }, lead),
    "submit_plan",
    { plan: "do it" },
    lead,
  );
  const merged = await submit(byLead, "merge", undefined, lead);
  expect(merged).toMatchObject({ result: { status: "completed" }, workflow: { state: "merged" } });
});

test("explain says why, with the values that were read, and changes nothing [R-FLOW-5]", async () => {
  const ready = await submit(await start(), "submit_plan", { plan: "cache it" });
  const { body } = await agent.call("workflow.explain", { workflowId: ready.workflow.id });
  const merge = body.transitions.find(({ name }: any) => name === "merge");
  expect(merge.allowed).toBe(false);
  const failing = merge.reasons.filter(({ passed }: any) => !passed);
  expect(failing).toHaveLength(1);
  expect(failing[0]).toMatchObject({ check: "guard" });
  expect(JSON.stringify(merge.reasons)).toContain("exitCode");
  const again = await agent.call("workflow.get", { workflowId: ready.workflow.id });
  expect(again.body.workflow.version).toBe(ready.workflow.version);
  const picture = await agent.call("workflow.explain", { definitionId: "change" });
  expect(picture.body.mermaid).toMatch(/^stateDiagram-v2/);
});

test("a malformed explain names what is missing [R-TOOLS-5]", async () => {
  expect((await agent.call("workflow.explain", {})).body.error.code).toBe("INVALID_ARGUMENTS");
});

test("an equal key returns the first instance [R-RUN-4]", async () => {
  const args = { definitionId: "change", input: { goal: "once" }, idempotencyKey: "only-once" };
  const [first, second] = await Promise.all([
    agent.call("workflow.start", args),
    agent.call("workflow.start", args),
  ]);
  const third = await agent.call("workflow.start", args);
  expect(new Set([first, second, third].map(({ body }) => body.workflow.id)).size).toBe(1);
  const byOther = await lead.call("workflow.start", args);
  expect(byOther.body.workflow.id).not.toBe(first.body.workflow.id);
});

test("a timeout moves an instance while nobody polls [R-FLOW-7]", async () => {
  const { body } = await agent.call("workflow.start", { definitionId: "quick" });
  expect(body.workflow.state).toBe("waiting");
  const late = await waitFor(async () => {
    const { body: now } = await agent.call("workflow.get", { workflowId: body.workflow.id });
    return now.workflow.state === "late" ? now : undefined;
  });
  expect(late.result.status).toBe("timed_out");
});

describe("a step that waits for a person (F58) [R-FLOW-6]", () => {
  const waiting = async () =>
    submit(await submit(await start({ goal: "v2" }), "submit_plan", { plan: "ship" }), "release");

  test("waits, is decided from another terminal, and runs once", async () => {
    const pending = await waiting();
    expect(pending.result.status).toBe("pending");
    expect(pending.workflow.state).toBe("ready");
    const [approval] = pending.approvals;
    expect(approval).toMatchObject({ queue: "releases", transition: "release", status: "pending" });
    expect(pending.links.map(({ rel }: any) => rel)).toEqual(["refresh"]);

    const listed = await runGateway(["approvals", "list", "-c", config, "--json"], { env });
    expect(JSON.parse(listed.stdout).map(({ id }: any) => id)).toContain(approval.id);
    const wrongRole = await runGateway(["approvals", "approve", approval.id, "-c", config, "--as", "ann"], {
      env,
    });
    expect(wrongRole.code).toBe(1);
    expect(wrongRole.stderr).toContain("release-manager");
    const own = await runGateway(
      ["approvals", "approve", approval.id, "-c", config, "--as", "agent-1", "--role", "release-manager"],
      { env },
    );
    expect(own.code).toBe(1);
    const approved = await runGateway(
      [
        "approvals",
        "approve",
        approval.id,
        "-c",
        config,
        "--as",
        "ann",
        "--role",
        "release-manager",
        "--reason",
        "looked at it",
      ],
      { env },
    );
    expect(approved).toMatchObject({ code: 0, stderr: "" });
    const done = await waitFor(async () => {
      const { body } = await agent.call("workflow.get", { workflowId: pending.workflow.id });
      return body.workflow.state === "released" ? body : undefined;
    });
    expect(done.result.status).toBe("completed");
    expect(done.context.released.trim()).toBe("released");
    const twice = await runGateway(
      ["approvals", "approve", approval.id, "-c", config, "--as", "bob", "--role", "release-manager"],
      { env },
    );
    expect(twice.code).toBe(1);
  });

  test("stays where it is when a person rejects, and who follows the queue sees both", async () => {
    const pending = await waiting();
    using tail = followGateway(["approvals", "tail", "-c", config, "--queue", "releases"], { env });
    const [{ id }] = pending.approvals;
    await waitFor(() => tail.stdout().includes(`${id}  pending`) || undefined);
    const rejected = await runGateway(
      [
        "approvals",
        "reject",
        pending.approvals[0].id,
        "-c",
        config,
        "--as",
        "ann",
        "--role",
        "release-manager",
        "--reason",
        "not today",
      ],
      { env },
    );
    expect(rejected.code).toBe(0);
    await waitFor(() => tail.stdout().includes(`${id}  denied`) || undefined);
    const after = await waitFor(async () => {
      const { body } = await agent.call("workflow.get", { workflowId: pending.workflow.id });
      return body.result.status === "pending" ? undefined : body;
    });
    expect(after.workflow.state).toBe("ready");
    expect(after.links.map(({ rel }: any) => rel)).toContain("release");
  });

  test("the agent cannot decide it", async () => {
    const pending = await waiting();
    const again = await submit(pending, "release");
    expect(["pending", "rejected"]).toContain(again.result.status);
    expect(again.workflow.state).toBe("ready");
  });
});

test("another principal's workflow is not told from one that does not exist", async () => {
  const mine = await start();
  const others = await lead.call("workflow.get", { workflowId: mine.workflow.id });
  const nothing = await lead.call("workflow.get", { workflowId: `${mine.workflow.id}x` });
  expect(others.body.error.code).toBe("UNKNOWN_WORKFLOW");
  expect({ ...others.body.error, message: "" }).toEqual({ ...nothing.body.error, message: "" });
});
