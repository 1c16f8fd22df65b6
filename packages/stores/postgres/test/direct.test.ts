import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { createAuditChain } from "@mcp-flowgate/store-sql";
import { openDatabase } from "../src/database.ts";
import { planDirect, transactDirectly } from "../src/direct-transaction.ts";
import { hasCommitted } from "../src/doubt.ts";
import { createKnownDefinitions } from "../src/known-definitions.ts";
import { createReplicaLease } from "../src/replica-lease.ts";
import { toBatchRows } from "../src/rows.ts";
import { createKnownStandings } from "../src/standing.ts";
import type { Sent, TransactionParts, Work } from "../src/transaction.ts";
import {
  digest,
  eventOf,
  randomIds,
  readStreams,
  signalOf,
  silentLog,
  startOf,
  stepOf,
  systemClock,
  timerOf,
} from "@mcp-flowgate/store-testkit";
import { createBench, onEnd } from "./support/open.ts";
import { createCommitCutter, LATE_MS, type Cut } from "./support/proxy.ts";

const step = (version: number) => stepOf("wf_1", version, version, { audit: [eventOf("wf_1")] });

test("a step of an instance that was read is one round trip, one that rests on more is two", async () => {
  const { url, open } = await createBench();
  const cutter = await createCommitCutter(url, () => 1);
  // With one connection, nothing else is sent meanwhile.
  const store = await open({ url: cutter.url, poolSize: 1, leaseMs: 600_000 });
  const trips = async (work: () => Promise<unknown>): Promise<number> => {
    const before = cutter.packets;
    await work();
    return cutter.packets - before;
  };
  expect(await trips(() => store.apply(startOf("wf_1", {}, [eventOf("wf_1")])))).toBe(1);
  expect(await trips(() => store.apply(step(0)))).toBe(1);
  const other = await open();
  await other.load("wf_1");
  await other.apply(step(1));
  await other.record([eventOf("wf_1")]);
  // It stands elsewhere than this process knew: found out in one trip, judged in two more.
  expect(await store.apply(step(1))).toEqual({ status: "conflict", on: "instance" });
  expect(await trips(() => store.load("wf_1"))).toBe(1);
  expect(await trips(() => store.apply(step(2)))).toBe(1);
  await other.apply({ expect: {}, signals: [signalOf("s_1", "wf_1")], audit: [] });
  const consuming = stepOf("wf_1", 3, 3, { consumeSignals: ["s_1"], audit: [eventOf("wf_1")] });
  const withSignal = { ...consuming, expect: { ...consuming.expect, signals: ["s_1"] } };
  expect(await trips(() => store.apply(withSignal))).toBe(2);
  expect((await readStreams(store)).get("wf:wf_1")).toHaveLength(6);
});

test("a deadline is fired in one round trip, and only where it is still armed", async () => {
  const { url, open } = await createBench();
  const cutter = await createCommitCutter(url, () => 1);
  const store = await open({ url: cutter.url, poolSize: 1, leaseMs: 600_000 });
  const armTimers = ["a", "b", "c"].map((id) => timerOf(id, "wf_1", 0));
  await store.apply({ ...startOf("wf_1", {}, [eventOf("wf_1")]), armTimers });
  const firing = (version: number, ...ids: string[]) => {
    const fired = stepOf("wf_1", version, version, { cancelTimers: ids, audit: [eventOf("wf_1")] });
    return { ...fired, expect: { ...fired.expect, timers: ids } };
  };
  const before = cutter.packets;
  expect(await store.apply(firing(0, "a"))).toEqual({ status: "applied" });
  expect(cutter.packets - before).toBe(1);
  const other = await open();
  // The instance stands as before, and one of its deadlines is gone.
  await other.apply({ expect: firing(1).expect, cancelTimers: ["b"], audit: [] });
  expect(await store.apply(firing(1, "b", "c"))).toEqual({ status: "conflict", on: "timer" });
  expect(await store.apply({ ...firing(1, "c"), armTimers: [timerOf("c", "wf_1", 0)] })).toEqual({
    status: "applied",
  });
  expect((await store.load("wf_1"))?.timers.map(({ id }) => id)).toEqual(["c"]);
  expect(await store.apply({ ...firing(2, "c"), cancelTimers: "all" })).toEqual({ status: "applied" });
  expect((await store.load("wf_1"))?.timers).toEqual([]);
});

test("a record of somebody else between two steps of one version is built upon, not over", async () => {
  const { open } = await createBench();
  const [store, other] = [await open(), await open()];
  await store.apply(startOf("wf_1", {}, [eventOf("wf_1")]));
  await other.record([eventOf("wf_1")]);
  expect(await store.apply(step(0))).toEqual({ status: "applied" });
  expect((await readStreams(store)).get("wf:wf_1")).toHaveLength(3);
});

test.each<readonly [Cut, boolean]>([
  ["before", false],
  ["after", true],
  ["late", false],
])(
  "what became of a transaction that was cut off (%s) is known, and stays so (W1, W3)",
  async (how, became) => {
    const { url, open, ask } = await createBench();
    const cutter = await createCommitCutter(url, () => 1);
    const database = await openDatabase({
      url: cutter.url,
      poolSize: 4,
      statementTimeoutMs: 5_000,
      name: "cut",
      log: silentLog,
    });
    onEnd(() => database.close());
    const store = await open();
    await store.apply(startOf("wf_1", {}, [eventOf("wf_1")]));
    const clock = systemClock;
    const lease = await createReplicaLease({
      database,
      clock,
      log: silentLog,
      replica: "r",
      leaseMs: 60_000,
      onBeat: () => undefined,
    });
    onEnd(() => lease.release());
    const standings = createKnownStandings();
    const [row] = await ask<{ seq: string; hash: string }>(
      "SELECT audit_seq AS seq, audit_hash AS hash FROM mcp_flowgate.wf",
    );
    standings.put({
      id: "wf_1",
      version: 0,
      fence: 0,
      claimant: null,
      operationId: null,
      seq: Number(row?.seq),
      hash: row?.hash ?? "",
    });
    const parts: TransactionParts = {
      chain: createAuditChain({ ids: randomIds, digest }),
      ownStream: lease.auditStream,
      epoch: lease.epoch,
      known: createKnownDefinitions(() => clock.monotonic()),
      standings,
      guard: lease.guard,
    };
    const works: Work[] = [{ batch: toBatchRows(step(0), 1_000), audit: [...step(0).audit] }];
    const plan = planDirect(works, parts)!;
    cutter.next = how;
    let sent: Sent | undefined;
    const cause: unknown = await database
      .session(async (session) => {
        sent = transactDirectly(session, plan, parts);
        await sent?.committed;
      })
      .catch((thrown: unknown) => thrown);
    const doubt = { ...parts, database, log: silentLog, patienceMs: 5_000 };
    expect(await hasCommitted(sent!.trace, cause, doubt)).toBe(became);
    expect((await store.load("wf_1"))?.instance.version).toBe(became ? 1 : 0);
    await wait(2 * LATE_MS);
    expect((await store.load("wf_1"))?.instance.version).toBe(became ? 1 : 0);
    expect((await readStreams(store)).get("wf:wf_1")).toHaveLength(became ? 2 : 1);
  },
);
