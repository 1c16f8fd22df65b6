/**
 * Owns: the queue between callers and one writer.
 *
 * G1 At most one write runs at a time. Everything that arrives meanwhile forms the next one, so that many callers
 *    share one flush to disk or one request.
 * G2 Items are written in the order of their arrival, and a caller's items are never divided between writes
 *    of different outcomes: it hears of one.
 * G3 A write that fails rejects exactly the callers whose items it held.
 */
export interface GroupCommit<T> {
  add(items: readonly T[]): Promise<void>;
  /** Runs `work` alone, in the order of arrival, as a write of its own. */
  alone(work: () => Promise<void>): Promise<void>;
  /** Items that wait or are being written. */
  pending(): number;
}

export function createGroupCommit<T>(
  write: (items: readonly T[]) => Promise<void>,
  maxItems = 4096,
): GroupCommit<T> {
  const queue: Entry<T>[] = [];
  let writing = false;
  let pending = 0;

  async function run(): Promise<void> {
    writing = true;
    // Whatever else is added in this turn of the event loop shares the first write.
    await Promise.resolve();
    while (queue.length > 0) {
      const group = takeGroup(queue, maxItems);
      const items = group.flatMap((entry) => entry.items);
      try {
        await (group[0]?.work === undefined ? write(items) : group[0].work());
        for (const entry of group) entry.resolve();
      } catch (error) {
        for (const entry of group) entry.reject(error);
      }
      pending -= items.length;
    }
    writing = false;
  }

  function enqueue(items: readonly T[], work?: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      queue.push({ items, work, resolve, reject });
      pending += items.length;
      if (!writing) void run();
    });
  }

  return {
    add: (items) => (items.length === 0 ? Promise.resolve() : enqueue(items)),
    alone: (work) => enqueue([], work),
    pending: () => pending,
  };
}

interface Entry<T> {
  readonly items: readonly T[];
  readonly work: (() => Promise<void>) | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The entries of the next write: up to `maxItems`, or one that runs alone. */
function takeGroup<T>(queue: Entry<T>[], maxItems: number): readonly Entry<T>[] {
  let count = 1;
  let size = queue[0]?.items.length ?? 0;
  if (queue[0]?.work === undefined) {
    for (; count < queue.length; count += 1) {
      const entry = queue[count] as Entry<T>;
      if (entry.work !== undefined || size + entry.items.length > maxItems) break;
      size += entry.items.length;
    }
  }
  return queue.splice(0, count);
}
