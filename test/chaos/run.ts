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
import { startReplica, type Program, type Replica } from "./fleet.ts";
import { KILL_POINTS, LEADS_TO, type KillPoint } from "./kill-points.ts";
import { judge, type Verdict } from "./oracle.ts";
import type { Plant, ReplicaSpec } from "./protocol.ts";
import { startSink } from "./sink.ts";
import { openStore, type ChaosStore, type StoreSpec } from "./stores.ts";

export interface ChaosOptions {
  readonly program: Program;
  readonly store: StoreSpec;
  readonly kills: number;
  /** It stops killing after so long, with fewer. */
  readonly forMs?: number;
  readonly replicas?: number;
  readonly agents?: number;
  readonly leaseMs?: number;
  readonly plant?: Plant;
  /** Only these points, and what leads to them. Left out: all of them and any moment, and everything. */
  readonly aim?: { readonly points: readonly KillPoint[]; readonly wanted: string };
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

/**
 * The longest life of a process that is killed from outside, and of one that does not come to its point; longer where
 * the machine is busy, so that a process comes as far.
 */
const RANDOM_LIFE_MS = 160;
const ARMED_LIFE_MS = 2000;
/** A run of many kills goes on until it has met every point so often. */
export const EACH_POINT = 5;
const ALL_POINTS_FROM = 200;
/** Processes that are started before they are needed, so that three are alive at nearly all times. */
export const AHEAD = 2;
const REST_MS = 120_000;
/** Shorter than a product's: what a killed process of this machine has sent is at the sink at once. */
const QUARANTINE_MS = 4000;

/**
 * Kills processes that share one store, as many as asked, while agents and people use them; lets the last ones come to
 * rest, and judges.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { store: spec, kills: wanted, replicas = 3, agents = 8, leaseMs = 400, forMs = Infinity } = options;
  const began = performance.now();
  const ledger = createLedger();
  const { program } = options;
  // What judges in the end is loaded now: by then the packages may have been built anew.
  await (await openStore(spec)).close();
  const sink = await startSink({ refused: 0.08, dropped: 0.03, lost: 0.1, slowMs: 10 });
  const killsAt: Record<string, number> = {};
  const live = new Set<Replica>();
  const armedAt = new WeakMap<Replica, KillPoint>();
  /** How long a process takes from its spec to being up, which tells how busy the machine is. */
  let pace = 0;
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
        quarantineMs: QUARANTINE_MS,
        ...(kill === undefined ? {} : { kill }),
        ...(options.plant === undefined ? {} : { plant: options.plant }),
      },
      (text) => noise.push(text),
      (note) => ledger.notes.push({ replica: replica.name, ...note }),
    );
    if (kill !== undefined) armedAt.set(replica, kill.point);
    const from = Date.now();
    void replica.ended.then((how) => {
      live.delete(replica);
      ledger.lives.push({ replica: replica.name, point: kill?.point, from, to: Date.now(), how });
    });
    const asked = performance.now();
    await replica.ready.catch((thrown: unknown) => {
      // One may be made to end itself before it is up. Anything else ends the run.
      if (!String(thrown).includes("SIGKILL")) throw thrown;
    });
    pace = 0.9 * pace + 0.1 * (performance.now() - asked);
    if (!stopped || kill === undefined) live.add(replica);
    for (const run of wake.splice(0)) run();
    return replica;
  };
  const leadsTo = (replica: Replica): string => LEADS_TO[armedAt.get(replica)!] ?? "";
  const ask: Ask = async (body, as) => {
    while (live.size === 0) await new Promise<void>((resolve) => wake.push(resolve));
    const what = body.kind === "submit" ? body.request.transition : body.kind;
    const fit = [...live].filter((replica) => leadsTo(replica) === what);
    const some = fit.length > 0 && Math.random() < 0.7 ? fit : [...live];
    const replica = some[Math.floor(Math.random() * some.length)];
    const from = Date.now();
    const answer = await replica?.call(body, as);
    if (what !== "get" && replica !== undefined) {
      const workflowId = body.kind === "submit" ? body.request.workflowId : answer?.workflowId;
      const said = answer && `${answer.status ?? ""} ${answer.version ?? ""} ${answer.code ?? ""}`;
      ledger.asked.push({
        replica: replica.name,
        workflowId,
        what: `${what} ${body.kind === "submit" ? body.request.expectedVersion : ""}`,
        from,
        to: Date.now(),
        answer: said,
      });
    }
    return answer;
  };
  const slot = async (): Promise<void> => {
    while (!isEnough(kills, wanted, killsAt) && performance.now() - began < forMs) {
      const kill = nextKill(killsAt, options.aim?.points);
      const replica = await spawn(kill);
      let isOurs = false;
      const life =
        kill === undefined
          ? Math.random() * Math.max(RANDOM_LIFE_MS, 2 * pace)
          : Math.min(5 * ARMED_LIFE_MS, Math.max(ARMED_LIFE_MS, 12 * pace));
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

  const client = {
    ask,
    ledger,
    sink,
    workflows: [],
    stopped: () => stopped,
    wanted: () => [...[...live].map(leadsTo), options.aim?.wanted ?? ""],
  };
  const clients = [...Array.from({ length: agents }, () => runAgent(client)), runPeople(client)];
  try {
    await Promise.all(Array.from({ length: replicas }, slot));
    // Two that live see to what was left behind.
    sink.behave({ refused: 0, dropped: 0, lost: 0, slowMs: 2 });
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
  }
}

/** As many as asked; a run of many goes on until it has met every point often enough, or made half as many more. */
function isEnough(kills: number, wanted: number, killsAt: { readonly [point: string]: number }): boolean {
  if (kills < wanted) return false;
  const met = KILL_POINTS.every((point) => (killsAt[point] ?? 0) >= EACH_POINT);
  return met || wanted < ALL_POINTS_FROM || kills >= 1.5 * wanted;
}

/** Two of three at one of the points that were met least, the others anywhere; or all at some points. */
function nextKill(
  killsAt: { readonly [point: string]: number },
  points?: readonly KillPoint[],
): ReplicaSpec["kill"] {
  if (points === undefined && Math.random() < 0.33) return undefined;
  const least = (points ?? KILL_POINTS).toSorted(
    (left, right) => (killsAt[left] ?? 0) - (killsAt[right] ?? 0),
  );
  const point = least[Math.floor(Math.random() * Math.min(5, least.length))] ?? "after-claim";
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
