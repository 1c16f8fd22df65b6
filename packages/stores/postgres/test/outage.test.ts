import { createCountingIds, startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PostgresStore } from "../src/index.ts";
import { benchOn, type Bench } from "./support/open.ts";
import { startChild } from "./support/processes.ts";
import { createCommitCutter } from "./support/proxy.ts";
import { eventOf, operationOf, readStreams, startOf, stepOf } from "@mcp-flowgate/store-testkit";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** How long a server stands still in these tests, as after a snapshot of its machine. */
const FROZEN_MS = 20_000;

const bench = async (): Promise<Bench> => benchOn(await server.createDatabase());

/** Steps instances on, each with an operation and two records, through whatever happens, until it is told to stop. */
class Load {
  readonly acknowledged = new Map<string, number>();
  readonly errors: { readonly code: string; readonly ms: number }[] = [];
  readonly #store: PostgresStore;
  readonly #writers: Promise<void>[];
  #isOver = false;

  constructor(store: PostgresStore, writers: number) {
    this.#store = store;
    this.#writers = Array.from({ length: writers }, (_, index) => this.#write(`wf_${index}`));
  }

  get total(): number {
    return [...this.acknowledged.values()].reduce((sum, version) => sum + version, 0);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#writers);
  }

  async #write(id: string): Promise<void> {
    while (!this.#isOver && !this.acknowledged.has(id)) {
      await this.#try(async () => {
        await this.#store.apply(startOf(id, {}, [eventOf(id)]));
        this.acknowledged.set(id, 0);
      });
    }
    for (let tries = 0; !this.#isOver; tries += 1) {
      await this.#try(async () => {
        // What became of a step that failed is read before the next one, as the engine does.
        const version = (await this.#store.load(id))?.instance.version ?? 0;
        const operation = operationOf(`op_${id}_${version}_${tries}`, id, {
          fromVersion: version,
          status: "committed",
        });
        const step = stepOf(id, version, version, {
          operations: [operation],
          audit: [eventOf(id), eventOf(id)],
        });
        const result = await this.#store.apply(step);
        if (result.status !== "applied") throw new Error(`${id} ${version}: ${JSON.stringify(result)}`);
        this.acknowledged.set(id, version + 1);
      });
    }
  }

  async #try(work: () => Promise<void>): Promise<void> {
    const began = performance.now();
    try {
      await work();
    } catch (thrown) {
      const { code = String(thrown) } = thrown as { code?: string };
      this.errors.push({ code, ms: performance.now() - began });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Nothing acknowledged is lost, nothing is there twice, and every record is in its place. */
async function expectWhole(store: PostgresStore, load: Load): Promise<void> {
  const streams = await readStreams(store);
  for (const [id, version] of load.acknowledged) {
    const instance = (await store.load(id))?.instance;
    expect(instance?.version, id).toBeGreaterThanOrEqual(version);
    const versions = (await store.journal(id)).map(({ fromVersion }) => fromVersion);
    expect(versions).toEqual(Array.from({ length: instance?.version ?? 0 }, (_, index) => index));
    expect(streams.get(`wf:${id}`)).toHaveLength(1 + 2 * (instance?.version ?? 0));
  }
}

describe("while work goes on", () => {
  test.each(["fast", "immediate"] as const)(
    "a server that is restarted (%s) costs some time, and nothing else",
    async (how) => {
      const { open } = await bench();
      const store = await open();
      const load = new Load(store, 8);
      await expect.poll(() => load.total, { timeout: 20_000 }).toBeGreaterThan(50);
      for (let round = 0; round < 2; round += 1) {
        await server.restart(how);
        const before = load.total;
        await expect.poll(() => load.total, { timeout: 10_000 }).toBeGreaterThan(before + 50);
      }
      await load.stop();
      expect(load.errors.filter(({ code }) => code !== "STORE_UNAVAILABLE")).toEqual([]);
      await expectWhole(store, load);
    },
  );

  test("connections that an administrator ends are made anew, and nothing is noticed", async () => {
    const { open } = await bench();
    const store = await open();
    const load = new Load(store, 8);
    await expect.poll(() => load.total, { timeout: 20_000 }).toBeGreaterThan(50);
    for (let round = 0; round < 5; round += 1) {
      expect(await server.terminateConnections()).toBeGreaterThan(1);
      const before = load.total;
      await expect.poll(() => load.total, { timeout: 10_000 }).toBeGreaterThan(before + 20);
    }
    await load.stop();
    expect(load.errors).toEqual([]);
    await expectWhole(store, load);
  });

  test(`a server that is frozen for ${FROZEN_MS / 1000} s gives errors within a bound, and work goes on when it is thawed (F27)`, async () => {
    const { open } = await bench();
    const store = await open({ statementTimeoutMs: 1_000, leaseMs: 1_500 });
    const load = new Load(store, 4);
    await expect.poll(() => load.total, { timeout: 20_000 }).toBeGreaterThan(20);
    server.freeze();
    try {
      const began = performance.now();
      await expect(store.load("wf_0")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      await expect(store.nextDueAt()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(performance.now() - began).toBeLessThan(10_000);
      // Its lease is over: it may begin nothing, for as long as this lasts.
      expect(store.lease().validUntil).toBeLessThan(performance.now());
      await new Promise((resolve) => setTimeout(resolve, FROZEN_MS - (performance.now() - began)));
      expect(store.lease().validUntil).toBeLessThan(performance.now());
      const asked = performance.now();
      await expect(store.load("wf_0")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(performance.now() - asked).toBeLessThan(10_000);
      expect(load.errors.filter(({ code, ms }) => code !== "STORE_UNAVAILABLE" || ms > 10_000)).toEqual([]);
    } finally {
      server.thaw();
    }
    const before = load.total;
    await expect.poll(() => load.total, { timeout: 20_000 }).toBeGreaterThan(before + 20);
    await load.stop();
    await expectWhole(store, load);
    await expect.poll(() => store.lease().validUntil > performance.now()).toBe(true);
  });

  test(
    "a commit whose connection breaks is found out about, and never done twice (W1, W3)",
    { timeout: 90_000 },
    async () => {
      const { url, open } = await bench();
      const { random } = createCountingIds(7);
      const cutter = await createCommitCutter(url, random);
      const store = await open({ url: cutter.url });
      cutter.share = 0.2;
      const load = new Load(store, 8);
      await expect.poll(() => Math.min(...Object.values(cutter.cut)), { timeout: 80_000 }).toBeGreaterThan(3);
      cutter.share = 0;
      await load.stop();
      expect(load.errors).toEqual([]);
      await expectWhole(store, load);
      // Every version was made by one call that knew so: none was applied behind the back of its caller.
      for (const [id, version] of load.acknowledged)
        expect((await store.load(id))?.instance.version).toBe(version);
    },
  );
});

test("a process lives on through restarts of the server, used or not", { timeout: 60_000 }, async () => {
  const { url } = await bench();
  const children = [startChild(url, "burst", "a", "4"), startChild(url, "claim", "wf_1")];
  await Promise.all([children[0]!.said("0 wf_"), children[1]!.said("claimed")]);
  for (let round = 0; round < 6; round += 1) {
    await server.restart(round % 2 ? "fast" : "immediate");
    const before = children[0]!.lines.length;
    await expect.poll(() => children[0]!.lines.length, { timeout: 15_000 }).toBeGreaterThan(before + 10);
  }
  expect(children.map(({ process }) => process.exitCode)).toEqual([null, null]);
});

test("a server that is not there is said so, without what only its owner may know (F59)", async () => {
  const { open } = benchOn("postgres://ann:hunter2@127.0.0.1:1/shop");
  const opening = open();
  await expect(opening).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: "the store's database 127.0.0.1:1/shop refuses connections: nothing listens there",
  });
});

test("a store that was opened goes on by itself once its server is back", async () => {
  const { open } = await bench();
  const store = await open();
  await store.apply(startOf("wf_1"));
  await server.halt("fast");
  const refused = await store.load("wf_1").catch((thrown: unknown) => thrown);
  await server.resume();
  expect(refused).toMatchObject({ code: "STORE_UNAVAILABLE" });
  await expect.poll(() => store.load("wf_1").then(Boolean, () => false)).toBe(true);
});
