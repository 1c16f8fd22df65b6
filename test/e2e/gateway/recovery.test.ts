import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  exitOf,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const PAY =
  "const fs = require('fs'); fs.appendFileSync('ledger', process.env.IDEMPOTENCY_KEY + ' '); setTimeout(() => {}, 20000)";
const FIND =
  "const made = require('fs').readFileSync('ledger', 'utf8').includes(process.argv[1]); console.log(made ? 'made' : 'missing')";

const config = (folder: string, version: string, states: string): string =>
  writeConfig(
    folder,
    `version: "1.0.0"
store: { kind: sqlite, path: data/flowgate.sqlite, leaseMs: 1000 }
connections:
  node: { kind: cli, command: node, workingDirectory: . }
workflows:
  order:
    version: ${version}
    initialState: open
    states:
${states}
      paid: { terminal: true }
`,
  );

const OPEN = `      open:
        transitions:
          pay:
            target: paid
            executor:
              kind: cli
              connection: node
              args: ["-e", ${JSON.stringify(PAY)}]
              effect: reconcile
              probe:
                executor: { kind: cli, connection: node, effect: read, args: ["-e", ${JSON.stringify(FIND)}, $.arguments.idempotencyKey] }
                executed: { kind: expr, expr: "$.output.text contains 'made'" }
                notExecuted: { kind: expr, expr: "$.output.text contains 'missing'" }
                delayMs: 100ms`;

const begin = async (client: Awaited<ReturnType<typeof connectClient>>) =>
  (await client.call("workflow.start", { definitionId: "order" })).body;

test("an effect that a crash cut off is looked up by its probe, and is not made again [R-DURABLE-2]", async () => {
  using folder = temporaryFolder();
  const file = config(folder.path, "1.0.0", OPEN);
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const first = await startHttpGateway(file, { env });
  const client = await connectClient({ url: first.url }, "2026-07-28");
  const { workflow } = await begin(client);
  const call = { workflowId: workflow.id, expectedVersion: workflow.version, transition: "pay" };
  const cut = client.call("workflow.submit", call).catch(() => undefined);
  const ledger = (): string | undefined => {
    try {
      return readFileSync(join(folder.path, "ledger"), "utf8");
    } catch {
      return undefined;
    }
  };
  await waitFor(async () => ledger());
  const ended = exitOf(first.child);
  first.child.kill("SIGKILL");
  await ended;
  await cut;
  await client.close().catch(() => undefined);

  await using second = await startHttpGateway(file, { env });
  const again = await connectClient({ url: second.url }, "2026-07-28");
  await waitFor(async () => {
    const { body } = await again.call("workflow.get", { workflowId: workflow.id });
    return body.workflow.state === "paid" ? body : undefined;
  });
  expect(ledger()?.trim().split(" ")).toHaveLength(1);
  await again.close();
});

test("an operator moves an instance to the definition of today [R-DURABLE-1]", async () => {
  using folder = temporaryFolder();
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const transition = (name: string): string => `      ${name}: { transitions: { finish: { target: paid } } }`;
  const file = config(folder.path, "1.0.0", transition("open"));
  const first = await startHttpGateway(file, { env });
  const client = await connectClient({ url: first.url }, "2026-07-28");
  const { workflow } = await begin(client);
  await client.close();
  const ended = exitOf(first.child);
  first.child.kill("SIGKILL");
  await ended;

  config(folder.path, "2.0.0", transition("review").replace("review", "open") + `\n${transition("review")}`);
  const move = ["workflows", "migrate", workflow.id, "-c", file, "--to", "current", "--reason", "review"];
  const wrong = await runGateway([...move, "--map", "open=nowhere"], { env });
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("the new definition has no state `nowhere`");
  const moved = await runGateway([...move, "--map", "open=review"], { env });
  expect(moved.code, moved.stderr).toBe(0);
  expect(moved.stdout).toContain("in state review");

  await using second = await startHttpGateway(file, { env });
  const again = await connectClient({ url: second.url }, "2026-07-28");
  const now = (await again.call("workflow.get", { workflowId: workflow.id })).body;
  expect(now.workflow).toMatchObject({ state: "review", version: 1 });
  const shown = await runGateway(["workflows", "show", workflow.id, "-c", file], { env });
  expect(shown.stdout).toMatch(/committed\s+migrate\s+migrate {2}open → review/);
  await again.close();
});
