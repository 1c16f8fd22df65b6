import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { titlesByFile } from "./titles.ts";
import { ROOT } from "./workspace.ts";

/** An id as a test's title cites it, in square brackets; several may stand in one title. */
const CITED = /\[(R-[A-Z0-9-]+)\]/g;
const LIST = "test/e2e/requirements.ts";

test("every guarantee on the list is cited by a test, and every cited one is on the list", () => {
  expect(existsSync(join(ROOT, LIST)), LIST).toBe(true);
  const listed = new Set(
    [...readFileSync(join(ROOT, LIST), "utf8").matchAll(/["'](R-[A-Z0-9-]+)["']/g)].map(
      (match) => match[1] as string,
    ),
  );
  const cited = new Map<string, string>();
  for (const [file, titles] of titlesByFile())
    for (const title of titles)
      for (const match of title.matchAll(CITED)) cited.set(match[1] as string, file);
  expect({
    onTheListButUnproven: [...listed].filter((id) => !cited.has(id)),
    citedButNotListed: [...cited].filter(([id]) => !listed.has(id)).map(([id, file]) => `${id} in ${file}`),
  }).toEqual({ onTheListButUnproven: [], citedButNotListed: [] });
  expect(listed.size).toBeGreaterThan(0);
});
