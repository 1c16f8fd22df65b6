import type { Clock } from "@mcp-flowgate/core";

/** Resolves after `ms` by the given clock. */
export async function sleep(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.schedule(ms, resolve);
  });
}

/** The value of `promise`, or `undefined` after `ms`. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.schedule(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}

/** Resolves when half of these have, none of which may reject. */
export async function half(promises: readonly Promise<unknown>[]): Promise<void> {
  let left = Math.ceil(promises.length / 2);
  if (left === 0) return;
  await new Promise<void>((resolve) => {
    for (const promise of promises) {
      void promise.then(() => {
        left -= 1;
        if (left === 0) resolve();
      });
    }
  });
}
