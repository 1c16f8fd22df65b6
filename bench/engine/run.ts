/**
 * What the engine commits: submits a second at several numbers of clients, on each store, beside the machine's fdatasync
 * rate, without which they say nothing about a durable store. A submit `with an effect` is what most are: claimed,
 * performed, committed, so two commits; one `without` is one.
 *
 *     node --conditions=@mcp-flowgate/source bench/engine/run.ts [--ms 2000] [--stores memory,sqlite] [--clients 1,16,32,64]
 *         [--folder DIR] [--rows 0]
 *
 * `--rows` puts that many ended instances into the table first, and measures the sweeper's look with nothing due.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { WorkflowStore } from "@mcp-flowgate/core";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import { createSqliteStore } from "@mcp-flowgate/store-sqlite";
import { createBenchEngine, ports, type BenchEngine } from "./engine.ts";
import { fillStore } from "./fill.ts";

const { values } = parseArgs({
  options: {
    ms: { type: "string", default: "2000" },
    stores: { type: "string", default: "memory,sqlite" },
    clients: { type: "string", default: "1,16,32,64" },
    folder: { type: "string", default: tmpdir() },
    rows: { type: "string", default: "0" },
  },
});
const ROUND_MS = Number(values.ms);
const CLIENTS = values.clients.split(",").map(Number);
const LOOKS = 200;

/** The bars of the design, on two cores that are otherwise idle, at 4 ms a flush. */
const BARS: { readonly [store: string]: { readonly clients: number; readonly perSecond: number } } = {
  memory: { clients: 32, perSecond: 30_000 },
  sqlite: { clients: 16, perSecond: 1600 },
  postgres: { clients: 32, perSecond: 900 },
};

interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

for (const kind of values.stores.split(",")) {
  const folder = mkdtempSync(join(values.folder, "engine-bench-"));
  try {
    await measureStore(kind, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStore(kind: string, folder: string): Promise<void> {
  const store = await open(kind, folder);
  await fillStore(store, Number(values.rows));
  const bench = createBenchEngine(store);
  for (const transition of ["effect", "plain"] as const) {
    for (const clients of CLIENTS) {
      const flushes = kind === "memory" ? undefined : fdatasyncRate(folder);
      const measured = await measure(bench, transition, clients);
      show(kind, transition, clients, measured, flushes);
    }
  }
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const began = performance.now();
    await bench.engine.sweep();
    looks.push(performance.now() - began);
  }
  const [p50, p99] = [share(looks, 0.5), share(looks, 0.99)];
  console.log(
    `${kind.padEnd(9)} a look with nothing due, ${values.rows} rows more: p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms   (bar 5 ms)`,
  );
  await bench.engine.close();
  await store.close();
}

async function open(kind: string, folder: string): Promise<WorkflowStore> {
  if (kind === "memory") return createMemoryStore(ports);
  if (kind === "sqlite") return await createSqliteStore({ ...ports, path: join(folder, "flowgate.db") });
  throw new Error(`there is no store ${kind}`);
}

async function measure(
  bench: BenchEngine,
  transition: "effect" | "plain",
  clients: number,
): Promise<Measured> {
  const times: number[] = [];
  const until = performance.now() + ROUND_MS;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      let client = await bench.client();
      while (performance.now() < until) {
        // As many steps as a long workflow has.
        if (client.version >= 50) client = await bench.client();
        const at = performance.now();
        await client.submit(transition);
        times.push(performance.now() - at);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: times.length / seconds, p50: share(times, 0.5), p99: share(times, 0.99) };
}

function show(
  kind: string,
  transition: string,
  clients: number,
  { perSecond, p50, p99 }: Measured,
  flushes: number | undefined,
): void {
  const bar = BARS[kind];
  const parts = [
    `${kind.padEnd(9)} ${transition === "effect" ? "with an effect" : "without       "}  ${String(clients).padStart(2)} clients`,
    `${perSecond.toFixed(0).padStart(6)} submits/s`,
    `p50 ${p50.toFixed(2)} ms`,
    `p99 ${p99.toFixed(2)} ms`,
  ];
  if (flushes !== undefined) {
    const perFlush = (perSecond / flushes).toFixed(2);
    parts.push(`${perFlush} per fdatasync of ${(1000 / flushes).toFixed(2)} ms`);
    if (clients === 1 && transition === "effect")
      parts.push(`overhead p50 ${(p50 - 2000 / flushes).toFixed(2)} ms (bar 3 ms)`);
  }
  if (transition === "effect" && bar?.clients === clients) parts.push(`(bar ${bar.perSecond})`);
  console.log(parts.join("   "));
}

/** How often a second this disk flushes a small write. */
function fdatasyncRate(folder: string): number {
  const file = openSync(join(folder, "flush"), "w");
  const bytes = Buffer.alloc(4096, 1);
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < ROUND_MS / 4; count += 1) {
    writeSync(file, bytes, 0, bytes.length, 0);
    fdatasyncSync(file);
  }
  closeSync(file);
  return (count * 1000) / (performance.now() - began);
}

function share(times: number[], part: number): number {
  return times.sort((left, right) => left - right)[Math.floor(times.length * part)] ?? 0;
}
