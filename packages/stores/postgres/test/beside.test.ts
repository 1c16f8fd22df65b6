import { createTestDatabase } from "@mcp-flowgate/testkit";
import { join } from "node:path";
import { expect, test } from "vitest";
import { benchOn } from "./support/open.ts";
import { startChild, startChildOf } from "./support/processes.ts";
import { readStreams, startOf } from "@mcp-flowgate/store-testkit";

/** A checkout of an earlier version: `FLOWGATE_BESIDE=<folder> vitest run --project packages/stores/postgres beside`. */
const EARLIER = process.env["FLOWGATE_BESIDE"] ?? "";

test.skipIf(EARLIER === "")(
  "processes of an earlier version go on beside new ones while and after the schema is brought up to date",
  { timeout: 120_000 },
  async () => {
    const { url, ask, open } = benchOn(await createTestDatabase());
    const program = join(EARLIER, "packages/stores/postgres/test/support/child.ts");
    const earlier = (role: string, ...rest: string[]) => startChildOf(program, url, role, ...rest);
    expect(await earlier("open").ended).toBe(0);
    const [before] = await ask<{ version: number }>("SELECT version FROM mcp_flowgate.schema");
    const olds = ["a", "b"].map((name) => earlier("contend", "wf_1", "300", name));
    await Promise.all(olds.map((child) => child.said("open")));
    const store = await open();
    expect(store.migrated.from).toBe(before?.version);
    expect(store.migrated.to).toBeGreaterThan(store.migrated.from);
    await store.apply(startOf("wf_1"));
    const all = [...olds, ...["c", "d"].map((name) => startChild(url, "contend", "wf_1", "300", name))];
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
    const won = all.map(({ lines }) => lines.filter((line) => line.startsWith("applied ")).length);
    expect(Math.min(...won)).toBeGreaterThan(0);
    expect(won.reduce((sum, count) => sum + count, 0)).toBe(300);
    expect((await store.journal("wf_1")).map(({ fromVersion }) => fromVersion)).toHaveLength(300);
    expect((await readStreams(store)).get("wf:wf_1")).toHaveLength(300);
    expect(await earlier("open").ended).toBe(0);
  },
);
