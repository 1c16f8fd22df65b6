import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { expect, test } from "vitest";
import { createBench, onEnd } from "./support/open.ts";

const LEASE_MS = 600;
const HELD_MS = 2000;

test("a heartbeat that waits for its answer moves no time: deadlines, leases and quarantines are counted by it", async () => {
  const { url, open } = await createBench();
  const store = await open({ leaseMs: LEASE_MS });
  const holder = new Client({ connectionString: url });
  await holder.connect();
  onEnd(() => holder.end());
  // The database is on this machine, and so has its clock.
  const off = (): number => Math.abs(store.now() - Date.now());
  expect(off()).toBeLessThan(100);
  await holder.query("BEGIN; SELECT FROM mcp_flowgate.replica FOR UPDATE");
  await wait(HELD_MS);
  const { validUntil } = store.lease();
  await holder.query("COMMIT");
  await expect.poll(() => store.lease().validUntil, { interval: 1 }).toBeGreaterThan(validUntil);
  expect(off()).toBeLessThan(HELD_MS / 4);
});
