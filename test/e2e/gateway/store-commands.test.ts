import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { runGateway, startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const config = (folder: string, store: string): string =>
  writeConfig(
    folder,
    `version: "1.0.0"
store: ${store}
workflows:
  note:
    initialState: open
    states:
      open: { transitions: { close: { target: closed } } }
      closed: { terminal: true }
`,
  );

test("the SQLite store is migrated, copied while a gateway uses it, and tidied [R-STORE-1]", async () => {
  using folder = temporaryFolder();
  const file = config(
    folder.path,
    "{ kind: sqlite, path: data/flowgate.sqlite, retention: { terminal: 1ms } }",
  );
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const store = (...args: string[]) => runGateway(["store", ...args, "-c", file, "--json"], { env });
  const { from, to } = JSON.parse((await store("migrate")).stdout);
  expect([from, to > 0]).toEqual([0, true]);
  expect((await runGateway(["store", "migrate", "-c", file])).stdout).toBe(
    `The schema is up to date (${to}).\n`,
  );

  await using gateway = await startHttpGateway(file, { env });
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const { workflow } = (await client.call("workflow.start", { definitionId: "note" })).body;
  const copy = join(folder.path, "copies", "one.sqlite");
  expect(JSON.parse((await store("backup", copy)).stdout)).toEqual({ file: copy });
  expect(readdirSync(join(folder.path, "copies"))).toEqual(["one.sqlite"]);
  const again = await store("backup", copy);
  expect([again.code, again.stderr]).toEqual([1, `mcp-flowgate: ${copy} exists; name a new file\n`]);

  await client.call("workflow.submit", { workflowId: workflow.id, expectedVersion: 0, transition: "close" });
  await client.close();
  expect(JSON.parse((await store("gc")).stdout)).toMatchObject({ instances: 1, definitions: 1 });
  using elsewhere = temporaryFolder();
  const copied = config(elsewhere.path, `{ kind: sqlite, path: ${JSON.stringify(copy)} }`);
  const shown = await runGateway(["workflows", "list", "-c", copied, "--json"], {
    env: { FLOWGATE_RUNTIME_DIR: elsewhere.path },
  });
  expect(JSON.parse(shown.stdout)).toMatchObject([{ id: workflow.id, state: "open" }]);
});

test("the PostgreSQL store is migrated and tidied, and backed up by its own tools [R-STORE-1]", async () => {
  using folder = temporaryFolder();
  const file = config(folder.path, '{ kind: postgres, url: "${DATABASE_URL}" }');
  const env = { DATABASE_URL: await createTestDatabase() };
  const store = (...args: string[]) => runGateway(["store", ...args, "-c", file], { env });
  expect((await store("migrate")).stdout).toMatch(/^The schema was 0 and is [1-9]\d* now\.\n$/);
  expect((await store("gc")).stdout).toBe(
    "Removed 0 instances, 0 large outputs, 0 definitions, 0 request keys and 0 audit records.\n",
  );
  const backup = await store("backup", "copy");
  expect(backup.code).toBe(1);
  expect(backup.stderr).toContain("pg_dump --schema=mcp_flowgate");
});

test("a store in memory has nothing to tidy [R-STORE-1]", async () => {
  using folder = temporaryFolder();
  const { code, stderr } = await runGateway(["store", "gc", "-c", config(folder.path, "{ kind: memory }")]);
  expect(code).toBe(1);
  expect(stderr).toContain("store.kind: memory");
});
