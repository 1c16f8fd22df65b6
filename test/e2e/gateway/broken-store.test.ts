import { randomBytes } from "node:crypto";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const config = (workflow: string): string => `version: "1.0.0"
store: { kind: sqlite, path: data.sqlite, leaseMs: 1500 }
audit: { sinks: [{ kind: sqlite }] }
workflows:
  ${workflow}: { initialState: a, states: { a: { transitions: { go: { target: b } } }, b: { terminal: true } } }
`;

const START = ["call", "workflow.start", '{"definitionId":"walk"}'];

test.each([
  ["that is none", (file: string) => writeFileSync(file, randomBytes(50_000)), "is not a database"],
  ["that is damaged", damage, "is damaged; keep it and its -wal file, and restore a backup"],
  [
    "of a newer version",
    (file: string) => changeDatabase(file, "PRAGMA user_version = 999"),
    "was written by a newer version",
  ],
] as const)(
  "a database file %s ends the start and every command with one line that says what to do [R-STORE-2]",
  async (_, spoil, words) => {
    using folder = temporaryFolder();
    const env = { FLOWGATE_RUNTIME_DIR: folder.path };
    const file = writeConfig(folder.path, config("walk"));
    expect((await runGateway([...START, "-c", file], { env })).code).toBe(0);
    spoil(join(folder.path, "data.sqlite"));
    for (const command of [
      ["serve", "--listen", "127.0.0.1:0"],
      ["workflows", "list", "--json"],
      ["approvals", "list"],
      ["audit", "verify", "--store"],
      ["store", "backup", join(folder.path, "copy.sqlite")],
      ["store", "gc"],
    ]) {
      const { code, stdout, stderr } = await runGateway([...command, "-c", file], { env });
      const said = stderr.trim().split("\n").at(-1);
      expect({ command, code, stdout, said }).toEqual({
        command,
        code: 1,
        stdout: "",
        said: expect.stringContaining(words),
      });
      expect(said).toMatch(/^mcp-flowgate: .*data\.sqlite/);
    }
  },
);

test("a store file that is taken away while the gateway runs refuses what would be lost, and /ready names the store [R-STORE-2]", async () => {
  using folder = temporaryFolder();
  const file = writeConfig(folder.path, config("walk"));
  await using gateway = await startHttpGateway(file, { env: { FLOWGATE_RUNTIME_DIR: folder.path } });
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const start = async (): Promise<any> =>
    (await client.call("workflow.start", { definitionId: "walk" })).body;
  expect((await start()).result.status).toBe("started");
  for (const path of globSync(join(folder.path, "data.sqlite*"))) rmSync(path);
  expect((await start()).error).toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: expect.stringContaining("the file of the store was removed or replaced while in use"),
  });
  const ready = await waitFor(async () => {
    const response = await fetch(new URL("/ready", gateway.url));
    return response.status === 503 ? await response.json() : undefined;
  });
  expect(ready).toEqual({ status: "not ready", failing: ["store"] });
  await client.close();
  expect(await gateway.stop()).toBe(0);
});

test("an instance whose definition is gone is listed, and every way to it says what is missing [R-STORE-2]", async () => {
  using folder = temporaryFolder();
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  const file = writeConfig(folder.path, config("walk"));
  const started = await runGateway([...START, "-c", file], { env });
  const { id } = JSON.parse(started.stdout).workflow;
  changeDatabase(join(folder.path, "data.sqlite"), "DELETE FROM definition");
  writeConfig(folder.path, config("another"));
  const words = `the definition of ${id} is missing`;
  for (const [tool, args] of [
    ["workflow.get", { workflowId: id }],
    ["workflow.explain", { workflowId: id }],
    ["workflow.submit", { workflowId: id, expectedVersion: 0, transition: "go" }],
  ] as const) {
    const { code, stdout } = await runGateway(["call", tool, JSON.stringify(args), "-c", file], { env });
    expect([code, JSON.parse(stdout).error]).toEqual([1, { code: "STORE_UNAVAILABLE", message: words }]);
  }
  for (const command of [
    ["show", id],
    ["cancel", id, "--reason", "tidy up"],
  ]) {
    const { code, stderr } = await runGateway(["workflows", ...command, "-c", file], { env });
    expect([code, stderr.trim().split("\n").at(-1)]).toEqual([
      1,
      expect.stringMatching(`^mcp-flowgate: .*${words}`),
    ]);
  }
  const { stdout } = await runGateway(["workflows", "list", "--json", "-c", file], { env });
  expect(JSON.parse(stdout)).toMatchObject([{ id, definitionId: "walk", status: "idle" }]);
});

/** Everything behind the first page, as a broken disk would. */
function damage(file: string): void {
  changeDatabase(file, "PRAGMA wal_checkpoint(TRUNCATE)");
  const bytes = readFileSync(file);
  for (let at = 4096; at < bytes.length; at += 1) bytes[at] = (at * 7) % 256;
  writeFileSync(file, bytes);
}

function changeDatabase(file: string, statement: string): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  database.exec(statement);
  database.close();
}
