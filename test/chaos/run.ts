import {
  createLedger,
  decideAll,
  pause,
  recoverAll,
  resolveAll,
  runAgent,
  runPeople,
  type Ask,
} from "./clients.ts";
import { bundleReplica, startReplica, type Replica } from "./fleet.ts";
import { KILL_POINTS, type KillPoint } from "./kill-points.ts";
import { judge, type Verdict } from "./oracle.ts";
import type { Plant, ReplicaSpec } from "./protocol.ts";
import { startSink } from "./sink.ts";
import { openStore, type ChaosStore, type StoreSpec } from "./stores.ts";

export interface ChaosOptions {
  readonly store: StoreSpec;
  readonly kills: number;
  readonly replicas?: number;
  readonly agents?: number;
  readonly leaseMs?: number;
  readonly plant?: Plant;
  /** For how long what is left may take to come to rest. */
  readonly restMs?: number;
  readonly onProgress?: (kills: number) => void;
}

export interface ChaosReport extends Verdict {
  readonly kills: number;
  /** How many processes ended at each point; `random` by a kill from outside. */
  readonly killsAt: { readonly [point: string]: number };
  readonly seconds: number;
  readonly calls: number;
  readonly acknowledged: number;
  readonly replays: number;
  readonly quarantined: number;
  readonly resolved: number;
}

/** The longest life of a process that is killed from outside, and of one that does not come to its point. */
const RANDOM_LIFE_MS = 160;
const ARMED_LIFE_MS = 700;
/** A run of this many kills goes on until it has met every point. */
const ALL_POINTS_FROM = 200;
const REST_MS = 30_000;

/**
 * Kills processes that share one store, as many as asked, while agents and people use them; lets the last ones come to
 * rest, and judges.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { store: spec, kills: wanted, replicas = 3, agents = 8, leaseMs = 400 } = options;
  const began = performance.now();
  const ledger = createLedger();
  const program = await bundleReplica();
  const sink = await startSink({ refused: 0.08, dropped: 0.03, slowMs: 10 });
  const killsAt: Record<string, number> = {};
  const live = new Set<Replica>();
  const noise: string[] = [];
  let kills = 0;
  let lives = 0;
  let stopped = false;
  let wake: (() => void)[] = [];

  const spawn = async (kill: ReplicaSpec["kill"]): Promise<Replica> => {
    lives += 1;
    const replica = startReplica(
      program,
      {
        name: `r${lives}`,
        store: spec,
        sinkPort: sink.port,
        leaseMs,
        ...(kill === undefined ? {} : { kill }),
        ...(options.plant === undefined ? {} : { plant: options.plant }),
      },
      (text) => noise.push(text),
    );
    void replica.ended.then(() => live.delete(replica));
    await replica.ready.catch((thrown: unknown) => {
      // One may be made to end itself before it is up. Anything else ends the run.
      if (!String(thrown).includes("SIGKILL")) throw thrown;
    });
    if (!stopped || kill === undefined) live.add(replica);
    for (const run of wake.splice(0)) run();
    return replica;
  };
  const ask: Ask = async (body, as) => {
    while (live.size === 0) await new Promise<void>((resolve) => wake.push(resolve));
    const all = [...live];
    return await all[Math.floor(Math.random() * all.length)]?.call(body, as);
  };
  const slot = async (): Promise<void> => {
    while (!isEnough(kills, wanted, killsAt)) {
      const kill = nextKill(killsAt);
      const replica = await spawn(kill);
      let isOurs = false;
      const life = kill === undefined ? Math.random() * RANDOM_LIFE_MS : ARMED_LIFE_MS;
      const timer = setTimeout(() => {
        isOurs = true;
        replica.signal("SIGKILL");
      }, life);
      const how = await replica.ended;
      clearTimeout(timer);
      if (how !== "SIGKILL")
        throw new Error(`${replica.name} ended by itself with ${how}: ${noise.join("")}`);
      kills += 1;
      const at = kill === undefined || isOurs ? "random" : kill.point;
      killsAt[at] = (killsAt[at] ?? 0) + 1;
      options.onProgress?.(kills);
    }
  };

  const client = { ask, ledger, sink, workflows: [], stopped: () => stopped };
  const clients = [...Array.from({ length: agents }, () => runAgent(client)), runPeople(client)];
  try {
    await Promise.all(Array.from({ length: replicas }, slot));
    // Two that live see to what was left behind.
    sink.behave({ refused: 0, dropped: 0, slowMs: 2 });
    const last = await Promise.all([spawn(undefined), spawn(undefined)]);
    stopped = true;
    await Promise.all(clients);
    const store = await openStore(spec);
    try {
      await comeToRest(store, options.restMs ?? REST_MS, async () => {
        await decideAll(client);
        await resolveAll(client);
        await recoverAll(client, store);
      });
      for (const replica of last) replica.signal("SIGKILL");
      await Promise.all(last.map(({ ended }) => ended));
      const verdict = await judge(store, sink, ledger);
      return {
        ...verdict,
        kills,
        killsAt,
        seconds: (performance.now() - began) / 1000,
        calls: ledger.calls,
        acknowledged: ledger.submits.length,
        replays: ledger.replays,
        quarantined: ledger.quarantined,
        resolved: ledger.resolved,
      };
    } finally {
      await store.close();
    }
  } finally {
    stopped = true;
    for (const replica of live) replica.signal("SIGKILL");
    await sink.close();
    program.remove();
  }
}

/** As many as asked; a run of many goes on until it has met every point, or made three in ten more. */
function isEnough(kills: number, wanted: number, killsAt: { readonly [point: string]: number }): boolean {
  if (kills < wanted) return false;
  const met = KILL_POINTS.every((point) => (killsAt[point] ?? 0) > 0);
  return met || wanted < ALL_POINTS_FROM || kills >= 1.3 * wanted;
}

/** Two of three at one of the points that were met least, the others anywhere. */
function nextKill(killsAt: { readonly [point: string]: number }): ReplicaSpec["kill"] {
  if (Math.random() < 0.33) return undefined;
  const least = KILL_POINTS.toSorted((left, right) => (killsAt[left] ?? 0) - (killsAt[right] ?? 0));
  const point: KillPoint = least[Math.floor(Math.random() * 5)] ?? "after-claim";
  return { point, visit: Math.random() < 0.6 ? 1 : 3 };
}

/** Waits until nothing runs, nothing is due and nobody is asked, or says by its return that it does not come to that. */
async function comeToRest(store: ChaosStore, restMs: number, serve: () => Promise<void>): Promise<void> {
  const until = performance.now() + restMs;
  while (performance.now() < until) {
    await serve();
    const busy = await store.instances({ statuses: ["running", "waiting"], limit: 1 });
    const due = await store.nextDueAt();
    const soon = due !== undefined && due < store.now() + 60_000;
    if (busy.items.length === 0 && !soon) return;
    await pause(50);
  }
}
