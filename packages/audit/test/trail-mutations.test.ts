import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { verifyTrail } from "@mcp-flowgate/audit";
import { createCountingIds } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { writeHonestTrail } from "./support/honest-trail.ts";
import { mutate, MUTATIONS } from "./support/mutate.ts";

/** How many trails; the long run sets more. */
const TRAILS = Number(process.env["AUDIT_TRAILS"] ?? 16);
const FIRST_SEED = Number(process.env["AUDIT_SEED"] ?? 1);
const LIMIT_MS = 20_000 + TRAILS * 1000;

test(
  "trails of gateways that crash, rotate, are followed by logrotate and write together always verify (F63)",
  { timeout: LIMIT_MS },
  async () => {
    let torn = 0;
    let acknowledged = 0;
    let records = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + TRAILS; seed += 1) {
      const trail = await writeHonestTrail(seed);
      const verdict = await verifyTrail({ path: trail.path });
      expect(verdict.problem, `seed ${seed}: ${trail.steps.join(", ")}`).toBeUndefined();
      torn += verdict.tornLines;
      acknowledged += trail.acknowledged;
      records += verdict.records;
      rmSync(dirname(trail.folder), { recursive: true });
    }
    // The trails were worth verifying.
    expect(torn).toBeGreaterThan(TRAILS / 4);
    expect(records).toBeGreaterThan(acknowledged / 2);
  },
);

test(
  "every change to what somebody vouches for is found: flip, drop, insert, swap, duplicate, cut, splice, rewrite, forge (F63, W15)",
  { timeout: LIMIT_MS },
  async () => {
    const done = new Map<string, number>();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + TRAILS / 2; seed += 1) {
      const trail = await writeHonestTrail(seed);
      const { random } = createCountingIds(seed * 31);
      for (const [name, mutation] of Object.entries(MUTATIONS)) {
        const folder = join(dirname(trail.folder), name);
        cpSync(trail.folder, folder, { recursive: true });
        const what = mutate(folder, mutation, (count) => Math.floor(random() * count));
        if (what === undefined) continue;
        const verdict = await verifyTrail({ path: join(folder, "audit.jsonl") });
        expect(verdict.ok, `seed ${seed}: ${name} ${what}`).toBe(false);
        done.set(name, (done.get(name) ?? 0) + 1);
      }
      rmSync(dirname(trail.folder), { recursive: true });
    }
    for (const name of Object.keys(MUTATIONS)) expect(done.get(name), name).toBeGreaterThan(TRAILS / 4);
  },
);
