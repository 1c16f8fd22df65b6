import { expect, test } from "vitest";
import type { CreateBench } from "./shared-bench.ts";
import { readStreams } from "./streams.ts";

/** Processes that share the database, killed and started again each for itself. */
const SLOTS = 4;
const WRITERS = 6;

/** Kills processes in the middle of their commits, so many of them, a multiple of four. */
export function describeKills(create: CreateBench, kills: number): void {
  test(
    `every acknowledged batch is there after ${kills} kills in the middle of commits`,
    { timeout: 300_000 },
    async () => {
      const bench = await create();
      const acknowledged = new Map<string, number>();
      const runSlot = async (slot: number): Promise<void> => {
        for (let life = 0; life < kills / SLOTS; life += 1) {
          const child = bench.start("burst", `${slot}_${life}`, String(WRITERS));
          // A step after the beginning of its instance.
          await child.said("1 ");
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
          child.process.kill("SIGKILL");
          expect(await child.ended).toBe("SIGKILL");
          for (const [version, id = ""] of child.lines.map((line) => line.split(" "))) {
            if (id.startsWith("wf_")) acknowledged.set(id, Number(version));
          }
        }
      };
      await Promise.all(Array.from({ length: SLOTS }, (_, slot) => runSlot(slot)));

      const store = await bench.open();
      const streams = await readStreams(store);
      for (const [id, version] of acknowledged) {
        const instance = (await store.load(id))?.instance;
        expect(instance?.version, id).toBeGreaterThanOrEqual(version);
      }
      let steps = 0;
      for (let cursor: string | undefined; ;) {
        const page = await store.instances({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
        for (const { id, version } of page.items) {
          // Whole batches: as many operations as versions, and the events of each.
          expect((await store.journal(id)).map((operation) => operation.fromVersion)).toEqual(
            Array.from({ length: version }, (_, index) => index),
          );
          expect(streams.get(`wf:${id}`)).toHaveLength(1 + 2 * version);
          steps += version;
        }
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      const said = [...acknowledged.values()].reduce((sum, version) => sum + version, 0);
      expect(steps).toBeGreaterThanOrEqual(said);
      expect(said).toBeGreaterThanOrEqual(kills);
    },
  );
}
