/**
 * Whether the number of instances matters: submits on a store with many ended ones beside submits on an empty one, the
 * sweeper's look with nothing due, how late many deadlines fire that are due at once, and how long after the death of a
 * process its running operations are taken over.
 *
 *     node --conditions=@mcp-flowgate/source bench/scale/run.ts [--rows 10000000] [--stores sqlite,postgres] [--ms 2000]
 *         [--rounds 5] [--clients 1,16] [--timers 10000] [--kills 3] [--held 100] [--lease 15000] [--folder DIR]
 *
 * Ten million rows take some 15 GB in `--folder` (the temporary folder of the system for PostgreSQL) and minutes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { openStore, type StoreKind } from "../engine/open-store.ts";
import { compared, described } from "../engine/show.ts";
import { measureRound, startSide } from "../engine/sides.ts";
import { measureFailover } from "./failover.ts";
import { fillStore } from "./fill.ts";
import { measureTimers } from "./timers.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    stores: { type: "string", default: "sqlite,postgres" },
    ms: { type: "string", default: "2000" },
    rounds: { type: "string", default: "5" },
    clients: { type: "string", default: "1,16" },
    timers: { type: "string", default: "10000" },
    kills: { type: "string", default: "3" },
    held: { type: "string", default: "100" },
    lease: { type: "string", default: "15000" },
    folder: { type: "string", default: tmpdir() },
  },
});
const ROWS = Number(values.rows);
const LEASE_MS = Number(values.lease);
const LOOKS = 500;

for (const kind of values.stores.split(",") as StoreKind[]) {
  const folder = mkdtempSync(join(values.folder, "scale-bench-"));
  const server =
    kind === "postgres"
      ? await startPostgres({ durable: true, settings: { shared_buffers: "512MB", max_wal_size: "4GB" } })
      : undefined;
  try {
    await measureStore(kind, folder, server);
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureStore(
  kind: StoreKind,
  folder: string,
  server: PostgresServer | undefined,
): Promise<void> {
  const placeOf = async (name: string): Promise<string> =>
    (await server?.createDatabase()) ?? join(folder, `${name}.db`);
  const [full, empty] = [await placeOf("full"), await placeOf("empty")];
  const began = performance.now();
  await fillStore(kind, full, ROWS);
  await fillStore(kind, empty, 0);
  say(kind, `filled with ${ROWS} instances in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  await measureSubmits(kind, folder, full, empty);
  await measureLooks(kind, full);
  const store = await openStore(kind, full);
  spread(
    kind,
    `${values.timers} deadlines due at once fired`,
    "1500 ms",
    await measureTimers(store, Number(values.timers)),
  );
  await store.close();
  const [count, trials] = [Number(values.held), Number(values.kills)];
  spread(
    kind,
    `${count} running operations of a killed process taken over, ${trials} times, lease ${LEASE_MS} ms,`,
    `${LEASE_MS + 2000} ms`,
    await measureFailover(kind, full, { count, trials, leaseMs: LEASE_MS }),
  );
}

async function measureSubmits(kind: StoreKind, folder: string, full: string, empty: string): Promise<void> {
  const sides = [
    await startSide({ kind, place: full, name: `${ROWS} more` }),
    await startSide({ kind, place: empty, name: "empty" }),
  ];
  for (const clients of values.clients.split(",").map(Number)) {
    const round = { transition: "effect", clients, ms: Number(values.ms) } as const;
    const [own, other] = await measureRound(sides, round, { kind, folder, rounds: Number(values.rounds) });
    if (own === undefined || other === undefined) continue;
    for (const shown of [own, other]) console.log(described(shown));
    console.log(`${compared(own, other)}   (bar 0.90)`);
  }
  for (const side of sides) await side.end();
}

/** What the sweeper asks each time. */
async function measureLooks(kind: StoreKind, place: string): Promise<void> {
  const store = await openStore(kind, place);
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const began = performance.now();
    await store.due(100);
    await store.nextDueAt();
    looks.push(performance.now() - began);
  }
  spread(
    kind,
    "looks with nothing due took",
    "5 ms",
    looks.sort((left, right) => left - right),
  );
  await store.close();
}

function spread(kind: StoreKind, what: string, bar: string, sorted: readonly number[]): void {
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
  say(kind, `${what} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   (bar ${bar})`);
}

function say(kind: StoreKind, what: string): void {
  console.log(`${kind.padEnd(9)} ${what}`);
}
