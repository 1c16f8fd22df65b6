/**
 * What the Postgres store commits: batches a second at several numbers of concurrent writers in one process, and of
 * several replicas, on a server of its own that flushes every commit, on the same machine. Beside it the SQLite store in
 * the same run, and the machine's own fdatasync rate, without which they say nothing.
 *
 *     node --conditions=@mcp-flowgate/source bench/store-postgres/run.ts [milliseconds per measurement] [instances before]
 */
import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPostgresStore } from "@mcp-flowgate/store-postgres";
import { createSqliteStore } from "@mcp-flowgate/store-sqlite";
import { startPostgres } from "@mcp-flowgate/testkit";
import { fdatasyncRate } from "../fdatasync.ts";
import { measure, parts, show, start, type Measured } from "../store-load.ts";

const [ms = "3000", before = "0", role, shared] = process.argv.slice(2);
const ROUND_MS = Number(ms);
const WRITERS = [1, 8, 32, 64];
const REPLICAS = 3;

function runReplica(url: string): Promise<Measured> {
  const args = ["--conditions=@mcp-flowgate/source", import.meta.filename, ms, "0", "replica", url];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(text) as Measured) : reject(new Error(`ended with ${code}`)),
    );
  });
}

if (role === "replica") {
  const store = await createPostgresStore({ url: shared ?? "", ...parts });
  console.log(JSON.stringify(await measure(store, 12, ROUND_MS)));
  await store.close();
} else {
  const folder = mkdtempSync(join(tmpdir(), "store-postgres-bench-"));
  const server = await startPostgres({ durable: true, settings: { shared_buffers: "256MB" } });
  try {
    const url = await server.createDatabase();
    const store = await createPostgresStore({ url, ...parts });
    const sqlite = await createSqliteStore({ path: join(folder, "flowgate.db"), ...parts });
    for (let done = 0; done < Number(before); done += 500) {
      await Promise.all(Array.from({ length: 500 }, () => start(store, `wf_${randomUUID()}`)));
    }
    for (const writers of WRITERS) {
      const rate = fdatasyncRate(folder, ROUND_MS);
      console.log(`fdatasync                    ${rate.toFixed(0).padStart(6)} /s`);
      show(`postgres, ${writers} writers`, rate, await measure(store, writers, ROUND_MS));
      show(`sqlite, ${writers} writers`, rate, await measure(sqlite, writers, ROUND_MS));
    }
    const ticks: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      const began = performance.now();
      await store.due(100);
      ticks.push(performance.now() - began);
    }
    const tick = ticks.sort((left, right) => left - right)[100] ?? 0;
    console.log(`due() with nothing due       ${tick.toFixed(3)} ms`);
    await store.close();
    await sqlite.close();
    const rate = fdatasyncRate(folder, ROUND_MS);
    const all = await Promise.all(Array.from({ length: REPLICAS }, () => runReplica(url)));
    show(`${REPLICAS} replicas of 12 writers`, rate, {
      perSecond: all.reduce((sum, { perSecond }) => sum + perSecond, 0),
      p50: Math.max(...all.map(({ p50 }) => p50)),
      p99: Math.max(...all.map(({ p99 }) => p99)),
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
