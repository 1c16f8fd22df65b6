import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createBenchEngine } from "../engine/engine.ts";
import { openStore, type StoreKind } from "../engine/open-store.ts";
import { idempotent } from "./idempotent.ts";

/**
 * How long after a process was killed (SIGKILL) another one repeats what it was running, in milliseconds, least first:
 * `count` operations at a time, in `trials` kills.
 */
export async function measureFailover(
  kind: StoreKind,
  place: string,
  { count, trials, leaseMs }: { readonly count: number; readonly trials: number; readonly leaseMs: number },
): Promise<readonly number[]> {
  const store = await openStore(kind, place, leaseMs);
  const taken: number[] = [];
  let killedAt = 0;
  let onAll = (): void => undefined;
  const { engine } = createBenchEngine(store, idempotent, {
    kind: "mcp",
    execute: async () => {
      taken.push(performance.now() - killedAt);
      if (taken.length % count === 0) onAll();
      return { status: "succeeded", output: { accepted: true }, evidence: [] };
    },
  });
  engine.run();
  // The sweeper's timers keep no process alive.
  const alive = setInterval(() => undefined, 1000);
  try {
    for (let trial = 0; trial < trials; trial += 1) {
      const holder = fork(
        join(import.meta.dirname, "holder.ts"),
        [kind, place, String(count), String(leaseMs)],
        { execArgv: ["--conditions=@mcp-flowgate/source"] },
      );
      await once(holder, "message");
      const all = new Promise<void>((resolve) => {
        onAll = resolve;
      });
      killedAt = performance.now();
      holder.kill("SIGKILL");
      await all;
    }
  } finally {
    clearInterval(alive);
    await engine.close();
    await store.close();
  }
  return taken.sort((left, right) => left - right);
}
