import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, startPostgres, type PostgresServer } from "../src/index.ts";

async function ask(url: string, query: string): Promise<unknown> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 500 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return Object.values((await client.query(query)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

test("every call gives an empty database of its own, on a Postgres of 15 or later", async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await ask(one, "CREATE TABLE t (n int)");
  expect(await ask(other, "SELECT to_regclass('t')")).toBeNull();
  expect(Number(await ask(one, "SHOW server_version_num"))).toBeGreaterThanOrEqual(150_000);
});

describe("a server of a test's own", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test("keeps its data and its address over a restart and a crash", async () => {
    const url = await server.createDatabase();
    await ask(url, "CREATE TABLE t AS SELECT 7 AS n");
    await server.restart("fast");
    expect(await ask(url, "SELECT n FROM t")).toBe(7);
    await server.restart("immediate");
    expect(await ask(url, "SELECT n FROM t")).toBe(7);
  });

  test("answers nothing while it is frozen, and goes on afterwards", async () => {
    const client = new Client({ connectionString: server.url() });
    client.on("error", () => undefined);
    await client.connect();
    server.freeze();
    let hasAnswered = false;
    const answer = client.query("SELECT 1").then(() => (hasAnswered = true));
    await expect(ask(server.url(), "SELECT 1")).rejects.toThrow("timeout");
    expect(hasAnswered).toBe(false);
    server.thaw();
    expect(await answer).toBe(true);
    const ended = new Promise<void>((resolve) => client.on("end", resolve));
    expect(await server.terminateConnections()).toBeGreaterThanOrEqual(1);
    await ended;
  });
});

test("a server ends, and its folder goes, when the process that started it is killed", async () => {
  const script = `
    import { startPostgres } from ${JSON.stringify(new URL("../src/postgres-server.ts", import.meta.url).href)};
    const server = await startPostgres();
    console.log(server.url());
    setInterval(() => {}, 1000);
  `;
  const child = spawn(
    process.execPath,
    ["--conditions=@mcp-flowgate/source", "--input-type=module", "-e", script],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const url = String(said).trim();
  const folder = String(await ask(url, "SHOW data_directory"));
  expect(existsSync(folder)).toBe(true);
  child.kill("SIGKILL");
  await expect.poll(() => existsSync(folder), { timeout: 15_000 }).toBe(false);
  await expect(ask(url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
});
