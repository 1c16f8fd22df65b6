/**
 * One process that is measured: an engine on one store, asked over the channel for one round after the other.
 * Arguments: the kind of the store and its place.
 */
import { createBenchEngine, type BenchEngine } from "./engine.ts";
import { openStore, type StoreKind } from "./open-store.ts";

export interface Round {
  readonly transition: "effect" | "plain";
  readonly clients: number;
  readonly ms: number;
}

export interface Measured {
  /** Of each submit, in milliseconds. */
  readonly times: readonly number[];
  readonly seconds: number;
  /** Processor time of this process, its garbage collector with it, in microseconds. */
  readonly cpuMicros: number;
}

const [kind = "memory", place = ""] = process.argv.slice(2);
const store = await openStore(kind as StoreKind, place);
const bench = createBenchEngine(store);

process.on("message", (round: Round | "end") => {
  void (round === "end" ? end() : measure(bench, round).then((measured) => process.send?.(measured)));
});
process.send?.("ready");

async function end(): Promise<void> {
  await bench.engine.close();
  await store.close();
  process.disconnect();
}

async function measure(
  { client: begin }: BenchEngine,
  { transition, clients, ms }: Round,
): Promise<Measured> {
  const times: number[] = [];
  const began = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      let client = await begin();
      while (performance.now() - began < ms) {
        // As many steps as a long workflow has.
        if (client.version >= 50) client = await begin();
        const at = performance.now();
        await client.submit(transition);
        times.push(performance.now() - at);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { times, seconds, cpuMicros: user + system };
}
