/**
 * Reads of single things as reads of several: what is asked for while reads are on their way goes into the next one
 * together. A read is sent after it was asked for, so it sees all that was committed before.
 */
export interface GatheredRead<Found> {
  get(key: string): Promise<Found | undefined>;
}

/** On their way at a time. With none on its way, a read goes at once. */
const MAX_READS = 2;
/** Of one statement: enough that what it takes by itself is little for each, few enough that nobody waits long. */
const MAX_KEYS = 32;

interface Asked<Found> {
  readonly key: string;
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

export function createGatheredRead<Found>(
  read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>,
): GatheredRead<Found> {
  let waiting: Asked<Found>[] = [];
  let reads = 0;
  let isPlanned = false;

  const run = async (): Promise<void> => {
    const asked = waiting.slice(0, MAX_KEYS);
    waiting = waiting.slice(MAX_KEYS);
    reads += 1;
    try {
      const found = await read([...new Set(asked.map(({ key }) => key))]);
      for (const { key, resolve } of asked) resolve(found.get(key));
    } catch (thrown) {
      for (const { reject } of asked) reject(thrown);
    }
    reads -= 1;
    plan();
  };

  /** What else is asked for in this turn of the event loop goes along. */
  const plan = (): void => {
    if (isPlanned || waiting.length === 0 || reads >= MAX_READS) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      for (let free = MAX_READS - reads; free > 0 && waiting.length > 0; free -= 1) void run();
    });
  };

  return {
    get: (key) =>
      new Promise((resolve, reject) => {
        waiting.push({ key, resolve, reject });
        plan();
      }),
  };
}
