import { createTestDatabase } from "@mcp-flowgate/testkit";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildReplica, type Program } from "./fleet.ts";
import { KILL_POINTS } from "./kill-points.ts";
import { AHEAD, EACH_POINT, runChaos } from "./run.ts";
import type { StoreSpec } from "./stores.ts";

/** The long run is `pnpm chaos`. */
const KILLS = 300;
const PLANTED_KILLS = 15;

const programs = new Map<StoreSpec["kind"], Program>();
beforeAll(async () => {
  for (const kind of ["sqlite", "postgres"] as const) programs.set(kind, await buildReplica(kind, AHEAD));
});
afterAll(() => {
  for (const program of programs.values()) program.remove();
});

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
    `on %s lose nothing, double nothing and leave nothing stuck in ${KILLS} kills (W1–W9, W13–W15, W18, W19, W22, F2, F3, F5–F9, F16, F20, F60, F61, F65) [R-DURABLE-4]`,
    { timeout: 600_000 },
    async (kind) => {
      const store: StoreSpec =
        kind === "sqlite" ? { kind, path: newFile() } : { kind, url: await createTestDatabase() };
      const report = await runChaos({ program: programs.get(kind)!, store, kills: KILLS });
      expect(report.violations).toEqual([]);
      expect(report.kills).toBeGreaterThanOrEqual(KILLS);
      // What was proved is worth as much as was done: each floor is a third of what a quiet machine reaches, or less.
      const rare = KILL_POINTS.filter((point) => (report.killsAt[point] ?? 0) < EACH_POINT);
      expect(rare).toEqual([]);
      expect(report.acknowledged).toBeGreaterThanOrEqual(KILLS / 2);
      expect(report.committed).toBeGreaterThanOrEqual(KILLS);
      expect(report.effects).toBeGreaterThanOrEqual(KILLS / 2);
      expect(report.takeovers).toBeGreaterThanOrEqual(KILLS / 3);
      expect(report.replays).toBeGreaterThanOrEqual(KILLS / 30);
      expect(report.migrations).toBeGreaterThanOrEqual(KILLS / 30);
      expect(report.probes).toBeGreaterThanOrEqual(KILLS / 30);
      expect(report.resolved).toBeGreaterThanOrEqual(KILLS / 100);
    },
  );
});

describe("the oracle finds a bug that is planted", () => {
  it.each([
    ["rerun-once", "pay", ["effect-answered", "before-commit"], /^W5 a once took effect [2-9] times/],
    [
      "rerun-reconcile",
      "settle",
      ["effect-answered", "before-commit"],
      /^W5 a reconcile took effect [2-9] times/,
    ],
    ["lost-move", "migrate", ["after-migrate"], /W14 the definition is not where migrations lead/],
    ["early-ack", "charge", ["after-claim", "after-commit"], /^(W3|W4|W6) /],
  ] as const)("%s", { timeout: 300_000 }, async (plant, wanted, points, found) => {
    const report = await runChaos({
      program: programs.get("sqlite")!,
      store: { kind: "sqlite", path: newFile() },
      kills: PLANTED_KILLS,
      plant,
      aim: { wanted, points },
      restMs: 500,
    });
    expect(report.violations.some((violation) => found.test(violation))).toBe(true);
  });
});
