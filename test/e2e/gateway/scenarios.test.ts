import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gatewayBin, repository, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const CONFIG = `
version: "1.0.0"
connections:
  ledger: { kind: http, baseUrl: "http://127.0.0.1:9", headers: { authorization: "Bearer \${LEDGER_TOKEN}" } }
  git: { kind: mcp, command: no-such-server }
proxy:
  import: [{ connection: git, prefix: git, guards: [{ kind: role, role: developer }] }]
identity:
  roles: { payer: [pay.small] }
  providers:
    - { kind: trustedHeaders, subject: X-User, roles: X-Roles, trustedProxies: [127.0.0.1/32] }
workflows:
  pay:
    inputSchema: { type: object, required: [amount], properties: { amount: { type: number } } }
    initialState: open
    timeoutMs: 30d
    onTimeout: { target: expired }
    states:
      open:
        transitions:
          send:
            target: checking
            guards: [{ kind: permission, permission: pay.small }, { kind: expr, expr: "$.workflow.input.amount <= 100" }]
            executor: { kind: http, connection: ledger, method: POST, path: /payments, body: { amount: $.workflow.input.amount }, idempotencyKey: true }
            output: { id: $.output.body.id }
            reliability: { retry: { maxAttempts: 3, backoff: fixed, initialDelayMs: 20s, jitter: false } }
            branches: [{ when: { kind: expr, expr: "$.workflow.input.amount < 5" }, target: paid }]
      checking:
        timeoutMs: 1h
        onTimeout: { target: open }
        transitions:
          book:
            target: paid
            executor: { kind: http, connection: ledger, method: POST, path: "/bookings/{id}", effect: once }
            compensate: { executor: { kind: noop } }
      paid: { terminal: true }
      expired: { terminal: true, outcome: failure }
`;

test("[R-SCENARIO-1] scenarios run on the engine that serves: retries, deadlines, unknown outcomes and decisions, with nothing called outside", () => {
  using folder = temporaryFolder();
  writeConfig(folder.path, CONFIG);
  const file = writeConfig(
    folder.path,
    `
config: gateway.yaml
env: { LEDGER_TOKEN: a-very-secret-token }
mocks:
  ledger: { default: { status: 201, body: { id: p-1 } } }
  git: { tools: [{ name: push, inputSchema: { type: object, required: [branch] } }], default: { text: pushed } }
scenarios:
  - name: what may be repeated is repeated, when its time has come
    as: { subject: pat, roles: [payer] }
    mocks: { ledger: { sequence: [{ status: 503 }, { error: timeout }], default: { status: 201, body: { id: p-1 } } } }
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
      - submit: { transition: send }
        expect: { status: pending, state: open, called: [ledger POST /payments] }
      - advance: 19s
        expect: { called: [] }
      - advance: 1m
        expect: { state: checking, context: { id: p-1 }, called: [ledger POST /payments, ledger POST /payments], audit: [executor.retrying, executor.succeeded] }
  - name: a deadline leads back
    as: { subject: pat, roles: [payer] }
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
      - submit: { transition: send }
      - advance: 61m
        expect: { state: open, status: waiting_for_action, links: [send] }
      - advance: 30d
        expect: { status: timed_out, state: expired, called: [] }
  - name: nobody knows whether it was booked, until a person does
    as: { subject: pat, roles: [payer] }
    mocks: { ledger: { on: { "POST /bookings/*": { default: { error: timeout } } }, default: { body: { id: p-1 } } } }
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
      - submit: { transition: send }
      - submit: { transition: book }
        expect: { status: outcome_unknown, code: OUTCOME_UNKNOWN, state: checking }
      - resolve: { as: { subject: olga, permissions: [workflow.resolve] }, outcome: executed, result: { status: 201 }, reason: the ledger has it }
        expect: { state: paid }
  - name: who may not pay does not, however small it is
    steps:
      - start: { definitionId: pay, input: { amount: 1 } }
      - submit: { transition: send }
        expect: { code: GUARD_REJECTED, called: [] }
  - name: small amounts skip the check
    as: { subject: pat, roles: [payer] }
    steps:
      - start: { definitionId: pay, input: { amount: 4 } }
      - submit: { transition: send }
        expect: { status: completed, state: paid, output: { body: { id: p-1 } } }
  - name: an old version is refused
    as: { subject: pat, roles: [payer] }
    steps:
      - start: { definitionId: pay, input: { amount: 500 } }
      - submit: { transition: send, expectedVersion: 7 }
        expect: { code: STALE_WORKFLOW_VERSION }
      - cancel: { as: { subject: olga, permissions: [workflow.cancel] }, reason: a typing error }
        expect: { status: cancelled }
  - name: an imported tool keeps its guards
    steps:
      - start: { definitionId: git.push, input: { branch: main }, as: { subject: dev, roles: [developer] } }
        expect: { status: completed, output: { text: pushed }, called: [git push] }
      - start: { definitionId: git.push, input: { branch: main } }
        expect: { code: GUARD_REJECTED, called: [] }
`,
    "pay.test.yaml",
  );
  const { status, stdout, stderr } = run("test", file, "--json");
  const report = JSON.parse(stdout) as { passed: number; failed: number; files: { uncovered: unknown }[] };
  expect({ status, stderr, report }).toEqual({
    status: 0,
    stderr: "",
    report: { files: [expect.anything()], passed: 7, failed: 0 },
  });
  expect(report.files[0]?.uncovered).toEqual([
    {
      workflow: "pay",
      started: true,
      transitions: [],
      guards: ["open.send: $.workflow.input.amount <= 100"],
      branches: [],
    },
  ]);
});

test("[R-SCENARIO-2] a scenario that does not hold says what was expected, what there was, and where it is written", () => {
  using folder = temporaryFolder();
  writeConfig(folder.path, CONFIG);
  const file = writeConfig(
    folder.path,
    `config: gateway.yaml
env: { LEDGER_TOKEN: a-very-secret-token }
scenarios:
  - name: it is refused, but by another check
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
      - submit: { transition: send }
        expect:
          code: ACTOR_MISMATCH
          state: paid
  - name: a refusal that nobody expects
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
      - submit: { transition: send }
  - name: no mock answers
    as: { subject: pat, permissions: [pay.small] }
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
      - submit: { transition: send }
        expect: { status: failed }
  - name: nobody is asked
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
      - approve: { as: { subject: ann } }
  - name: it starts
    steps:
      - start: { definitionId: pay, input: { amount: 50 } }
        expect: { status: started }
`,
    "pay.test.yaml",
  );
  const { status, stdout } = run("test", file);
  expect({ status, stdout: stdout.replaceAll(file, "pay.test.yaml") }).toEqual({
    status: 1,
    stdout: `pay.test.yaml
  ✗ it is refused, but by another check
      step 2, submit send: code is GUARD_REJECTED, not ACTOR_MISMATCH  (pay.test.yaml:9:11)
      step 2, submit send: state is open, not paid  (pay.test.yaml:10:11)
      the gateway said: \`send\` is not allowed: the caller lacks the permission "pay.small"
  ✗ a refusal that nobody expects
      step 2, submit send: it was rejected with GUARD_REJECTED  (pay.test.yaml:14:9)
      the gateway said: \`send\` is not allowed: the caller lacks the permission "pay.small"
  ✗ no mock answers
      step 2, submit send: no mock answers \`ledger POST /payments\`  (pay.test.yaml:19:9)
      the gateway said: No mock answers \`ledger POST /payments\`.
  ✗ nobody is asked
      step 2, approve: nothing waits for a person  (pay.test.yaml:24:9)
  ✓ it starts
  no scenario covers
    pay: transitions open.send, checking.onTimeout, checking.book
    pay: branches open.send → paid
    pay: no refusal by open.send: $.workflow.input.amount <= 100
1 passed, 4 failed
`,
  });
  expect(run("test", file, "--only", "it starts")).toMatchObject({
    status: 0,
    stdout: expect.not.stringContaining("covers"),
  });
});

test("[R-SCENARIO-3] what cannot be played is refused with its place, and nothing is played", () => {
  using folder = temporaryFolder();
  writeConfig(folder.path, CONFIG);
  const bad = writeConfig(
    folder.path,
    `config: gateway.yaml
scenarios:
  - name: typing errors
    steps:
      - submitt: { transition: send }
      - start: { definitionId: pay }
        expects: { code: NOT_A_CODE }
`,
    "bad.test.yaml",
  );
  const refused = run("test", bad);
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toMatch(/bad\.test\.yaml:5:9/);
  expect(refused.stderr).toContain("Did you mean `expect`?");
  expect(refused.stderr).toContain("is not a file of scenarios; nothing was played.");

  const broken = writeConfig(
    folder.path,
    CONFIG.replace("target: checking", "target: nowhere"),
    "broken.yaml",
  );
  const onBroken = writeConfig(
    folder.path,
    `config: ${broken}\nenv: { LEDGER_TOKEN: a-very-secret-token }\nscenarios: [{ name: x, steps: [{ start: { definitionId: pay } }] }]\n`,
    "broken.test.yaml",
  );
  const unplayable = run("test", onBroken);
  expect(unplayable).toMatchObject({ status: 1, stdout: "" });
  expect(unplayable.stderr).toContain("nowhere");
  expect(run("test", join(folder.path, "missing.test.yaml"))).toMatchObject({ status: 2, stdout: "" });
});

test("every scenario of the examples holds, and none is of no use", () => {
  const files = globSync("examples/*/*.test.yaml", { cwd: repository }).sort();
  expect(files.length).toBeGreaterThan(1);
  const { status, stdout } = run("test", ...files);
  expect({ status, failed: stdout.trim().split("\n").at(-1) }).toMatchObject({
    status: 0,
    failed: expect.stringMatching(/^\d+ passed, 0 failed$/),
  });
});

function run(...args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [gatewayBin, ...args], {
    cwd: repository,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
}
