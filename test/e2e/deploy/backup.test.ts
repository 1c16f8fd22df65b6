import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  exitOf,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

/** docs/production.md, «Backup and restore», step by step. */
const config = (folder: string, store: string, sink: string): string =>
  writeConfig(
    folder,
    `version: "1.0.0"
store: ${store}
audit: { sinks: [${sink}], onFailure: fail_closed }
workflows:
  release:
    initialState: proposed
    states:
      proposed: { transitions: { release: { target: released, executor: { kind: human, queue: releases, title: Release } } } }
      released: { terminal: true }
`,
  );

/** Starts a release that waits for a person; says which. */
async function asks({
  url,
}: GatewayProcess): Promise<{ readonly workflowId: string; readonly approval: string }> {
  const client = await connectClient({ url }, "2026-07-28");
  const started = await client.call("workflow.start", { definitionId: "release" });
  const { body } = await client.call("workflow.submit", started.body.links[0].args);
  await client.close();
  return { workflowId: body.workflow.id, approval: body.approvals[0].id };
}

async function stateOf({ url }: GatewayProcess, workflowId: string): Promise<string> {
  const client = await connectClient({ url }, "2026-07-28");
  const { body } = await client.call("workflow.get", { workflowId });
  await client.close();
  return body.workflow?.state ?? body.error.code;
}

/** What was there at the backup goes on, what came later is not there, and the trail is whole. */
async function goesOn(
  file: string,
  env: NodeJS.ProcessEnv,
  before: { readonly workflowId: string; readonly approval: string },
  after: { readonly workflowId: string },
): Promise<void> {
  const gateway = await startHttpGateway(file, { env });
  expect(await stateOf(gateway, after.workflowId)).toBe("UNKNOWN_WORKFLOW");
  const decided = await runGateway(["approvals", "approve", before.approval, "-c", file, "--as", "ann"], {
    env,
  });
  expect(decided.code, decided.stderr).toBe(0);
  expect(await stateOf(gateway, before.workflowId)).toBe("released");
  expect(await gateway.stop(), gateway.stderr()).toBe(0);
  const verified = await runGateway(["audit", "verify", "-c", file], { env });
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
}

async function isLost(gateway: GatewayProcess): Promise<void> {
  const ended = exitOf(gateway.child);
  gateway.child.kill("SIGKILL");
  await ended;
}

test("a SQLite store comes back from its copy and its key, and the lost heads tell what was after it [R-BACKUP-1]", async () => {
  using lost = temporaryFolder();
  using found = temporaryFolder();
  const store = "{ kind: sqlite, path: data/flowgate.sqlite }";
  const file = config(lost.path, store, "{ kind: sqlite }");
  const env = { FLOWGATE_RUNTIME_DIR: lost.path };
  const gateway = await startHttpGateway(file, { env });
  const before = await asks(gateway);
  const copy = join(lost.path, "monday.sqlite");
  expect(await runGateway(["store", "backup", "-c", file, copy], { env })).toMatchObject({ code: 0 });
  const after = await asks(gateway);
  expect(await gateway.stop()).toBe(0);

  const restored = config(found.path, store, "{ kind: sqlite }");
  const data = join(found.path, "data");
  mkdirSync(data);
  copyFileSync(copy, join(data, "flowgate.sqlite"));
  copyFileSync(join(lost.path, "data/flowgate.sqlite.key"), join(data, "flowgate.sqlite.key"));
  await goesOn(restored, { FLOWGATE_RUNTIME_DIR: found.path }, before, after);

  // The heads of the lost machine vouch for records that the copy does not have.
  copyFileSync(join(lost.path, "data/flowgate.sqlite.heads"), join(data, "flowgate.sqlite.heads"));
  const cut = await runGateway(["audit", "verify", "-c", restored], {
    env: { FLOWGATE_RUNTIME_DIR: found.path },
  });
  expect(cut.code, cut.stdout).toBe(1);
});

test("a PostgreSQL store comes back from pg_dump of its schema [R-BACKUP-1]", async (context) => {
  let server: PostgresServer;
  try {
    server = await startPostgres({ tools: ["pg_dump", "pg_restore"] });
  } catch (error) {
    if (!String(error).includes("There is no Postgres")) throw error;
    return context.skip("there is no PostgreSQL with pg_dump here: nothing was dumped");
  }
  try {
    using folder = temporaryFolder();
    const file = config(folder.path, '{ kind: postgres, url: "${DATABASE_URL}" }', "{ kind: postgres }");
    const [first, second] = [await server.createDatabase(), await server.createDatabase()];
    const env = { FLOWGATE_RUNTIME_DIR: folder.path, DATABASE_URL: first };
    const gateway = await startHttpGateway(file, { env });
    const before = await asks(gateway);
    const dump = join(folder.path, "monday.dump");
    const dumped = spawnSync(
      join(server.programs, "pg_dump"),
      ["--schema=mcp_flowgate", "--format=custom", `--file=${dump}`, first],
      { encoding: "utf8" },
    );
    expect([dumped.status, dumped.stderr]).toEqual([0, ""]);
    const after = await asks(gateway);
    await isLost(gateway);
    const restored = spawnSync(
      join(server.programs, "pg_restore"),
      ["--no-owner", "--exit-on-error", `--dbname=${second}`, dump],
      { encoding: "utf8" },
    );
    expect([restored.status, restored.stderr]).toEqual([0, ""]);
    await goesOn(file, { ...env, DATABASE_URL: second }, before, after);
  } finally {
    await server.stop();
  }
});
