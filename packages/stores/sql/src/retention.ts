import type { Clock, Log } from "@mcp-flowgate/core";

/** How many rows of each kind were removed. */
export interface Collected {
  readonly instances: number;
  readonly blobs: number;
  readonly definitions: number;
  readonly requests: number;
  readonly auditRecords: number;
}

/** How long rows are kept, in milliseconds. */
export interface RetentionOptions {
  readonly terminalMs?: number;
  readonly auditMs?: number;
}

const DAY_MS = 86_400_000;
const COLLECT_EVERY_MS = 300_000;

/** Rate windows are a day at most; what is older is forgotten. */
export const RATE_MEMORY_MS: number = DAY_MS;

/** With the defaults for what is left out. */
export function toRetention({
  terminalMs = 30 * DAY_MS,
  auditMs = 400 * DAY_MS,
}: RetentionOptions = {}): Required<RetentionOptions> {
  return { terminalMs, auditMs };
}

/** Has rows collected now and then; what that fails at is logged. @returns what ends it. */
export function collectNowAndThen(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  collect: () => Promise<unknown>,
): () => void {
  const schedule = (): (() => void) =>
    clock.schedule(COLLECT_EVERY_MS, () => {
      cancel = schedule();
      collect().catch((thrown: unknown) => {
        log.warn("the store could not be tidied", { error: String(thrown) });
      });
    });
  let cancel = schedule();
  return () => cancel();
}
