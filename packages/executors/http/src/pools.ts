import type { Pool } from "undici";
import type { AddressPolicy } from "@mcp-flowgate/outbound";

/**
 * Keep-alive pools, one per (connection, origin, bound). A pool is a fair queue: requests beyond its bound wait in the
 * order of asking.
 */
export interface Pools {
  pool(connection: string, url: URL, maxConcurrency: number | undefined): Promise<Pool>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

export function createPools(policy: AddressPolicy): Pools {
  const pools = new Map<string, Pool>();
  /** The key that each connection uses now, so that a changed one gives its sockets back. */
  const current = new Map<string, string>();

  return {
    async pool(connection, url, maxConcurrency) {
      // Loaded by the first call: it is most of what a start of a gateway would otherwise load.
      const { Pool } = await import("undici");
      const key = JSON.stringify([connection, url.origin, maxConcurrency ?? null]);
      const known = pools.get(key);
      if (known !== undefined) return known;
      const previous = current.get(connection);
      if (previous !== undefined) {
        void pools.get(previous)?.close();
        pools.delete(previous);
      }
      const pool = new Pool(url.origin, {
        connections: maxConcurrency ?? null,
        pipelining: 1,
        allowH2: false,
        connect: { lookup: policy.lookup, timeout: CONNECT_TIMEOUT_MS },
        // The operation's own deadline is the only other bound: it aborts the request.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      pools.set(key, pool);
      current.set(connection, key);
      return pool;
    },
    async close() {
      const closing = [...pools.values()].map((pool) => pool.destroy());
      pools.clear();
      current.clear();
      await Promise.all(closing);
    },
  };
}
