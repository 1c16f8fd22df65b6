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
