/**
 * What the SQLite store commits: batches a second at several numbers of concurrent writers in one process, and of several
 * processes on one file, beside the machine's own fdatasync rate, without which they say nothing. A batch is what the
 * engine writes for a step: the instance, its operation, two audit events.
 *
 *     node --conditions=@mcp-flowgate/source bench/store-sqlite/run.ts [milliseconds per measurement] [folder] [rows before]
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSqliteStore } from "@mcp-flowgate/store-sqlite";
import { fdatasyncRate } from "../fdatasync.ts";
import { measure, parts, show, start, type Measured } from "../store-load.ts";

const [ms = "2000", parent = tmpdir(), before = "0", role, shared] = process.argv.slice(2);
const ROUND_MS = Number(ms);
const WRITERS = [1, 4, 16, 64];
const PROCESSES = 4;

function runChild(path: string): Promise<Measured> {
  const arguments_ = [
    "--conditions=@mcp-flowgate/source",
    import.meta.filename,
    ms,
    parent,
    "0",
    "child",
    path,
  ];
  const child = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
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

if (role === "child") {
  const store = await createSqliteStore({ path: shared ?? "", ...parts });
  console.log(JSON.stringify(await measure(store, 4, ROUND_MS)));
  await store.close();
} else {
  const folder = mkdtempSync(join(parent, "store-sqlite-bench-"));
  try {
    const path = join(folder, "flowgate.db");
    const store = await createSqliteStore({ path, ...parts });
    for (let done = 0; done < Number(before); done += 1000) {
      await Promise.all(Array.from({ length: 1000 }, () => start(store, `wf_${randomUUID()}`)));
    }
    for (const writers of WRITERS) {
      const rate = fdatasyncRate(folder, ROUND_MS);
      console.log(`fdatasync                    ${rate.toFixed(0).padStart(6)} /s`);
      show(`${writers} writers`, rate, await measure(store, writers, ROUND_MS));
    }
    const tick: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      const began = performance.now();
      await store.due(100);
      tick.push(performance.now() - began);
    }
    console.log(
      `due() with nothing due       ${(tick.sort((left, right) => left - right)[100] ?? 0).toFixed(3)} ms`,
    );
    await store.close();
    const rate = fdatasyncRate(folder, ROUND_MS);
    const all = await Promise.all(Array.from({ length: PROCESSES }, () => runChild(path)));
    const sum = all.reduce((total, { perSecond }) => total + perSecond, 0);
    const worst = {
      perSecond: sum,
      p50: Math.max(...all.map(({ p50 }) => p50)),
      p99: Math.max(...all.map(({ p99 }) => p99)),
    };
    show(`${PROCESSES} processes of 4 writers`, rate, worst);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
