/**
 * What the engine commits: submits a second at several numbers of clients, on each store, beside the machine's fdatasync
 * rate, without which they say nothing about a durable store, and the processor time that a submit takes, which says
 * something on a busy machine too. A submit `with an effect` is what most are: claimed, performed, committed, so two
 * commits; one `without` is one. Each store has a process of its own.
 *
 *     node --conditions=@mcp-flowgate/source bench/engine/run.ts [--ms 2000] [--rounds 1] [--stores memory,sqlite,postgres]
 *         [--clients 1,16,32] [--folder DIR] [--beside DIR]
 *
 * `--beside` names another checkout of this repository, installed: its engine and stores are measured in the same run,
 * a round of the one after a round of the other.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { fdatasyncRate } from "../fdatasync.ts";
import { STORE_KINDS, type StoreKind } from "./open-store.ts";
import { compared, described, type Shown } from "./show.ts";
import type { Measured, Round } from "./side.ts";

const { values } = parseArgs({
  options: {
    ms: { type: "string", default: "2000" },
    rounds: { type: "string", default: "1" },
    stores: { type: "string", default: STORE_KINDS.join() },
    clients: { type: "string", default: "1,16,32" },
    folder: { type: "string", default: tmpdir() },
    beside: { type: "string" },
  },
});
const ROUND_MS = Number(values.ms);
const FLUSH_MS = ROUND_MS / 4;

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
    sides.push(await startSide(kind, place, root));
  }
  for (const transition of ["effect", "plain"] as const) {
    for (const clients of values.clients.split(",").map(Number)) {
      const round: Round = { transition, clients, ms: ROUND_MS };
      const shown = await measureRound(kind, folder, sides, round);
      for (const line of shown.map(described)) console.log(line);
      const [own, other] = shown;
      if (own !== undefined && other !== undefined) console.log(compared(own, other));
    }
  }
  for (const side of sides) await side.end();
}

/** What each side did, over all rounds; the sides take turns. */
async function measureRound(
  kind: StoreKind,
  folder: string,
  sides: readonly Side[],
  round: Round,
): Promise<readonly Shown[]> {
  const shown = sides.map(({ name }) => ({
    kind,
    name,
    round,
    flushes: [] as number[],
    parts: [] as Measured[],
  }));
  for (let turn = 0; turn < Number(values.rounds); turn += 1) {
    for (const [index, side] of sides.entries()) {
      if (kind !== "memory") shown[index]!.flushes.push(fdatasyncRate(folder, FLUSH_MS));
      shown[index]!.parts.push(await side.measure(round));
    }
  }
  return shown;
}

interface Side {
  readonly name: string;
  measure(round: Round): Promise<Measured>;
  end(): Promise<void>;
}

async function startSide(kind: StoreKind, place: string, root: string | undefined): Promise<Side> {
  const hook = `${pathToFileURL(join(import.meta.dirname, "beside.ts")).href}?root=${encodeURIComponent(root ?? "")}`;
  const child: ChildProcess = fork(join(import.meta.dirname, "side.ts"), [kind, place], {
    execArgv: ["--conditions=@mcp-flowgate/source", ...(root === undefined ? [] : [`--import=${hook}`])],
    serialization: "advanced",
  });
  const ended = once(child, "exit");
  const heard = async (): Promise<unknown> => {
    const [first] = await Promise.race([
      once(child, "message"),
      ended.then(([code]) => Promise.reject(new Error(`a measured process ended with ${String(code)}`))),
    ]);
    return first;
  };
  await heard();
  return {
    name: root === undefined ? "" : "beside",
    async measure(round) {
      child.send(round);
      return (await heard()) as Measured;
    },
    async end() {
      child.send("end");
      await ended;
    },
  };
}
