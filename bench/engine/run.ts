/**
 * What the engine commits: submits a second at several numbers of clients, on each store, beside the machine's fdatasync
 * rate, without which they say nothing about a durable store, and the processor time that a submit takes, which says
 * something on a busy machine too. A submit `with an effect` is what most are: claimed, performed, committed, so two
 * commits; one `without` is one. Each store has a process of its own, which works for `--warm` milliseconds on each kind of
 * submit before it is measured: what a gateway does in its first second says little about the rest of its day.
 *
 *     node --conditions=@mcp-flowgate/source bench/engine/run.ts [--ms 2000] [--warm 3000] [--rounds 1] [--stores memory,sqlite,postgres]
 *         [--clients 1,16,32] [--folder DIR] [--beside DIR]
 *
 * `--beside` names another checkout of this repository, installed: its engine and stores are measured in the same run,
 * a round of the one after a round of the other.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { STORE_KINDS, type StoreKind } from "./open-store.ts";
import { compared, described } from "./show.ts";
import type { Round } from "./side.ts";
import { measureRound, startSide, type Side } from "./sides.ts";

const { values } = parseArgs({
  options: {
    ms: { type: "string", default: "2000" },
    warm: { type: "string", default: "3000" },
    rounds: { type: "string", default: "1" },
    stores: { type: "string", default: STORE_KINDS.join() },
    clients: { type: "string", default: "1,16,32" },
    folder: { type: "string", default: tmpdir() },
    beside: { type: "string" },
  },
});
const ROUND_MS = Number(values.ms);

for (const kind of values.stores.split(",") as StoreKind[]) {
  const folder = mkdtempSync(join(values.folder, "engine-bench-"));
  const server =
    kind === "postgres"
      ? await startPostgres({ durable: true, settings: { shared_buffers: "256MB" } })
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
  const roots = values.beside === undefined ? [undefined] : [undefined, resolve(values.beside)];
  const sides: Side[] = [];
  for (const [index, root] of roots.entries()) {
    const place = (await server?.createDatabase()) ?? join(folder, `flowgate-${index}.db`);
    sides.push(await startSide({ kind, place, name: root === undefined ? "" : "beside", root }));
  }
  for (const transition of ["effect", "plain"] as const) {
    for (const side of sides) await side.measure({ transition, clients: 16, ms: Number(values.warm) });
    for (const clients of values.clients.split(",").map(Number)) {
      const round: Round = { transition, clients, ms: ROUND_MS };
      const shown = await measureRound(sides, round, { kind, folder, rounds: Number(values.rounds) });
      for (const line of shown.map(described)) console.log(line);
      const [own, other] = shown;
      if (own !== undefined && other !== undefined) console.log(compared(own, other));
    }
  }
  for (const side of sides) await side.end();
}
