import type { WorkflowStore } from "@mcp-flowgate/core";
import { settled } from "./manual-clock.ts";

/** Knows which calls of some stores have not come back yet, so that a test can wait for real input and output. */
export interface InFlight {
  /** The store, with its calls counted. */
  watch<Store extends WorkflowStore>(store: Store): Store;
  /** Resolves when every promise chain has gone as far as it can without time going on or an outside event. */
  settle(): Promise<void>;
}

export function createInFlight(): InFlight {
  let count = 0;
  let waiting: (() => void)[] = [];
  const landed = (): void => {
    count -= 1;
    if (count > 0) return;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return {
    watch: (store) =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...given: readonly unknown[]) => {
            const result: unknown = Reflect.apply(value, target, given);
            if (!(result instanceof Promise)) return result;
            count += 1;
            result.then(landed, landed);
            return result;
          };
        },
      }),
    async settle() {
      for (;;) {
        await settled();
        if (count === 0) return;
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      }
    },
  };
}
