/** Definitions that this process knows to be in the database, so that their text does not travel with every start. */
export interface KnownDefinitions {
  has(hash: string): boolean;
  add(hashes: readonly string[]): void;
}

/** For how long; {@link UNUSED_DEFINITION_MS} has to be much longer, so that none is removed that is still known. */
const KNOWN_MS = 600_000;

/** How long nothing is pinned to a definition, and nobody began with it, before it is removed. */
export const UNUSED_DEFINITION_MS = 86_400_000;

const MAX_KNOWN = 10_000;

export function createKnownDefinitions(monotonic: () => number): KnownDefinitions {
  const since = new Map<string, number>();
  return {
    has(hash) {
      const at = since.get(hash);
      return at !== undefined && monotonic() - at < KNOWN_MS;
    },
    add(hashes) {
      if (since.size > MAX_KNOWN) since.clear();
      for (const hash of hashes) since.set(hash, monotonic());
    },
  };
}
