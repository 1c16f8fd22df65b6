import { createTestDatabase } from "@mcp-flowgate/testkit";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildReplica, startReplica, type Program, type Replica } from "./fleet.ts";
import type { Armed } from "./kill-points.ts";
import type { Answer, ReplicaSpec } from "./protocol.ts";
import { startSink, type Sink } from "./sink.ts";
import { openStore, type ChaosStore, type StoreSpec } from "./stores.ts";

const LEASE_MS = 400;
const CLIENTS = 64;

/** Two processes or more on one store, and the world outside. */
interface World {
  readonly sink: Sink;
  readonly store: ChaosStore;
  replica(more?: Partial<ReplicaSpec>): Promise<Replica>;
  /** A new instance, at version 0. */
  start(at: Replica): Promise<string>;
}

const programs = new Map<StoreSpec["kind"], Program>();
const cleanups: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  for (const kind of ["sqlite", "postgres"] as const) programs.set(kind, await buildReplica(kind));
});

afterAll(() => {
  for (const program of programs.values()) program.remove();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function createWorld(kind: StoreSpec["kind"], slowMs = 0): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "flowgate-faults-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const spec: StoreSpec =
    kind === "sqlite"
      ? { kind, path: join(folder, "flowgate.db") }
      : { kind, url: await createTestDatabase() };
  const sink = await startSink({ refused: 0, dropped: 0, lost: 0, slowMs });
  cleanups.push(() => sink.close());
  const store = await openStore(spec);
  cleanups.push(() => store.close());
  let count = 0;
  return {
    sink,
    store,
    async replica(more = {}) {
      count += 1;
      const name = `r${count}`;
      const replica = startReplica(
        programs.get(kind)!,
        { name, store: spec, sinkPort: sink.port, leaseMs: LEASE_MS, ...more },
        () => undefined,
      );
      cleanups.push(async () => {
        replica.signal("SIGKILL");
        await replica.ended;
      });
      await replica.ready;
      return replica;
    },
    async start(at) {
      const answer = await at.call({ kind: "start", request: { input: {} } });
      return answer?.workflowId ?? "";
    },
  };
}

function submit(
  at: Replica,
  workflowId: string,
  transition: string,
  amount = 1,
): Promise<Answer | undefined> {
  return at.call({
    kind: "submit",
    request: { workflowId, expectedVersion: 0, transition, arguments: { amount } },
  });
}

/** A process that is armed, one that is not, and an effect that the first has claimed when the point is met. */
async function meet(
  world: World,
  armed: Armed,
  transition: string,
): Promise<{
  readonly first: Replica;
  readonly second: Replica;
  readonly workflowId: string;
  readonly answer: Promise<Answer | undefined>;
}> {
  const second = await world.replica();
  const first = await world.replica({ kill: armed });
  const workflowId = await world.start(second);
  const answer = submit(first, workflowId, transition);
  return { first, second, workflowId, answer };
}

describe.each(["sqlite", "postgres"] as const)(
  "on %s, a process that stands still past its lease",
  (kind) => {
    it(
      "before it checks it sends nothing: another has taken over, with the same key (W5, W7, F2)",
      { timeout: 60_000 },
      async () => {
        const world = await createWorld(kind);
        const stop: Armed = { point: "after-claim", visit: 1, how: "SIGSTOP" };
        const { first, workflowId, answer } = await meet(world, stop, "charge");
        await expect.poll(() => versionOf(world, workflowId), { timeout: 30_000 }).toBe(1);
        first.signal("SIGCONT");
        expect(await answer).toMatchObject({ workflowId, version: 1 });
        expect(world.sink.arrivals.map(({ replica }) => replica)).toEqual(["r1"]);
        expect(await world.store.journal(workflowId)).toMatchObject([{ status: "committed", takeovers: 1 }]);
      },
    );

    it(
      "before it checks leaves a once open, and sends it no more (W5, W7)",
      { timeout: 60_000 },
      async () => {
        const world = await createWorld(kind);
        const stop: Armed = { point: "after-claim", visit: 1, how: "SIGSTOP" };
        const { first, workflowId, answer } = await meet(world, stop, "pay");
        await expect.poll(() => statusOf(world, workflowId), { timeout: 30_000 }).toBe("outcome_unknown");
        first.signal("SIGCONT");
        expect((await answer)?.status).toBe("outcome_unknown");
        expect(world.sink.arrivals).toEqual([]);
      },
    );

    it(
      "after its check has sent: `not_executed` has to wait, and its late result is kept and changes nothing (W5, W7)",
      { timeout: 60_000 },
      async () => {
        const world = await createWorld(kind);
        const stop: Armed = { point: "effect-sent", visit: 1, how: "SIGSTOP" };
        const { first, second, workflowId } = await meet(world, stop, "pay");
        await expect.poll(() => statusOf(world, workflowId), { timeout: 30_000 }).toBe("outcome_unknown");
        const resolve = (outcome: "executed" | "not_executed"): Promise<Answer | undefined> =>
          second.call({ kind: "resolve", request: { workflowId, outcome } }, "operator");
        expect(await resolve("not_executed")).toMatchObject({ code: "TRANSITION_IN_PROGRESS" });
        first.signal("SIGCONT");
        await expect.poll(() => world.sink.arrivals.length, { timeout: 30_000 }).toBe(1);
        await expect
          .poll(async () => (await world.store.journal(workflowId))[0]?.lateResult, { timeout: 30_000 })
          .toBeDefined();
        expect(await statusOf(world, workflowId)).toBe("outcome_unknown");
        expect(await resolve("executed")).toMatchObject({ version: 1 });
        expect(world.sink.arrivals).toHaveLength(1);
      },
    );
  },
);

describe("a process whose event loop is blocked for two leases", () => {
  it("sends nothing afterwards that another has taken over (W7)", { timeout: 60_000 }, async () => {
    const world = await createWorld("sqlite");
    const busy: Armed = { point: "after-claim", visit: 1, how: { busyMs: 3 * LEASE_MS } };
    const { workflowId, answer } = await meet(world, busy, "charge");
    expect(await answer).toMatchObject({ workflowId });
    await expect.poll(() => versionOf(world, workflowId), { timeout: 30_000 }).toBe(1);
    expect(world.sink.arrivals.map(({ replica }) => replica)).toEqual(["r1"]);
  });
});

describe.each(["sqlite", "postgres"] as const)("on %s, three processes", (kind) => {
  it(
    `that get ${CLIENTS} submits of one version have one effect (W1, W9, F1)`,
    { timeout: 60_000 },
    async () => {
      const world = await createWorld(kind, 50);
      // A lease that no load of the machine ends.
      const replicas = await Promise.all([1, 2, 3].map(() => world.replica({ leaseMs: 20_000 })));
      const workflowId = await world.start(replicas[0]!);
      const answers = await Promise.all(
        Array.from({ length: CLIENTS }, (_, client) =>
          submit(replicas[client % replicas.length]!, workflowId, "pay", client % 2 === 0 ? 0 : client),
        ),
      );
      expect(world.sink.arrivals).toHaveLength(1);
      expect(await versionOf(world, workflowId)).toBe(1);
      const codes = new Set(answers.map((answer) => answer?.code ?? "executed"));
      for (const code of codes) {
        expect(["executed", "TRANSITION_IN_PROGRESS", "STALE_WORKFLOW_VERSION"]).toContain(code);
      }
      expect(codes).toContain("executed");
    },
  );
});

describe("on postgres, clocks that are ten minutes wrong, each way", () => {
  it(
    "move no lease, no deadline and no timer: the database's clock counts (F17, W11)",
    { timeout: 60_000 },
    async () => {
      const world = await createWorld("postgres", 1500);
      const skews = [600_000, -600_000];
      const [early, late] = await Promise.all(
        skews.map((skewMs) => world.replica({ skewMs, leaseMs: 20_000, operationMs: 60_000 })),
      );
      const [slow, waits] = [await world.start(late!), await world.start(early!)];
      const answer = submit(late!, slow, "pay");
      expect(await submit(late!, waits, "wait")).toMatchObject({ state: "waits", version: 1 });
      await expect.poll(() => versionOf(world, waits), { timeout: 20_000 }).toBe(2);
      expect(await answer).toMatchObject({ status: "executed", version: 1 });
      expect(world.sink.arrivals.filter(({ workflowId }) => workflowId === slow)).toHaveLength(1);
      expect(await world.store.journal(slow)).toMatchObject([{ takeovers: 0, status: "committed" }]);
    },
  );
});

async function versionOf({ store }: World, workflowId: string): Promise<number | undefined> {
  return (await store.load(workflowId))?.instance.version;
}

async function statusOf({ store }: World, workflowId: string): Promise<string | undefined> {
  return (await store.load(workflowId))?.instance.status;
}
