import type { Operation } from "@mcp-flowgate/core";
import type { Desk } from "./desk.ts";
import { sleep, within } from "./sleep.ts";

/** Whether the operation, and what this process does after it, came to rest in time. */
export async function settled(desk: Desk, operation: Operation): Promise<boolean> {
  const { clock, store, joinMs = 30_000 } = desk.options;
  const here = desk.driver.running(operation.id);
  if (here !== undefined) return (await within(clock, joinMs, here)) !== undefined;
  const until = clock.monotonic() + joinMs;
  for (let delay = 10; ; delay = Math.min(2 * delay, 500)) {
    const opened = await desk.driver.open(operation.workflowId);
    if (opened?.aggregate.instance.status !== "running") return true;
    if (clock.monotonic() >= until) return false;
    const changed = new Promise<true>((resolve) => {
      const stop = store.onChange((id) => {
        if (id !== operation.workflowId) return;
        stop();
        resolve(true);
      });
      void sleep(clock, delay).then(stop);
    });
    await within(clock, delay, changed);
  }
}
