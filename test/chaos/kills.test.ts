import { createTestDatabase } from "@mcp-flowgate/testkit";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { KILL_POINTS } from "./kill-points.ts";
import { runChaos } from "./run.ts";
import type { StoreSpec } from "./stores.ts";

/** The long run is `pnpm chaos`. */
const KILLS = 300;
const PLANTED_KILLS = 30;

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "flowgate-chaos-"));
  folders.push(folder);
  return join(folder, "flowgate.db");
}

describe("three processes that share a store", () => {
  it.each(["sqlite", "postgres"] as const)(
    `on %s lose nothing, double nothing and leave nothing stuck in ${KILLS} kills (W1–W9, W13–W15, W18, W19, F2, F3, F5–F9, F16, F20, F60, F61, F65) [R-DURABLE-4]`,
    { timeout: 600_000 },
    async (kind) => {
      const store: StoreSpec =
        kind === "sqlite" ? { kind, path: newFile() } : { kind, url: await createTestDatabase() };
      const report = await runChaos({ store, kills: KILLS });
      expect(report.violations).toEqual([]);
      expect(report.kills).toBeGreaterThanOrEqual(KILLS);
      // How far a process comes before it is killed anyway depends on what else the machine does.
      const met = KILL_POINTS.filter((point) => (report.killsAt[point] ?? 0) > 0);
      expect(met.length).toBeGreaterThanOrEqual(KILL_POINTS.length - 3);
      expect(report.acknowledged).toBeGreaterThan(20);
      expect(report.takeovers).toBeGreaterThan(0);
      expect(report.uncertain + report.resolved).toBeGreaterThan(0);
    },
  );
});

describe("the oracle finds a bug that is planted", () => {
  it.each([
    ["rerun-once", /^W5 a once took effect 2 times/],
    ["early-ack", /^(W3|W4|W6) /],
  ] as const)("%s", { timeout: 300_000 }, async (plant, found) => {
    const report = await runChaos({
      store: { kind: "sqlite", path: newFile() },
      kills: PLANTED_KILLS,
      plant,
      restMs: 500,
    });
    expect(report.violations.some((violation) => found.test(violation))).toBe(true);
  });
});
