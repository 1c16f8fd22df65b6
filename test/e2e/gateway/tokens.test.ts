import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";

const folder = process.env["FLOWGATE_EVAL_DIR"] ?? resolve(repository, "../shared/eval");
const isThere = existsSync(join(folder, "livemcp/tools.jsonl"));
/** As with the floors of search: without the sets a developer's run goes on, and CI's fails unless it says `none`. */
const leftOut = folder === "none" || (!isThere && process.env["CI"] === undefined);

test.skipIf(leftOut)(
  "finding and using one of 500 real tools over stdio costs what it may, a fortieth of their listing [R-SIZE-2]",
  () => {
    const bench = spawnSync(
      process.execPath,
      [
        "--conditions=@mcp-flowgate/source",
        join(repository, "bench/tokens/run.ts"),
        "--json",
        "--every",
        "4",
      ],
      { encoding: "utf8", env: { ...process.env, FLOWGATE_EVAL_DIR: folder } },
    );
    expect(bench.stderr).toBe("");
    const { tools, plain, figures } = JSON.parse(bench.stdout);
    expect(tools).toBe(500);
    expect(figures.length).toBeGreaterThanOrEqual(9);
    const over = figures.filter(({ of, ceiling, ...figure }: any) => figure[of] > ceiling);
    expect(over).toEqual([]);
    const path = figures.find(({ what }: any) => what === "search, start and its result");
    expect(path.ceiling).toBe(2_000);
    expect(path.most).toBeLessThan(plain / 40);
    expect(bench.status).toBe(0);
  },
);
