import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { expect, test } from "vitest";
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
  for (const file of globSync("{packages,apps,test,bench}/**/*.test.ts", {
    cwd: ROOT,
    exclude: (name) => name === "node_modules" || name === "dist",
  })) {
    for (const title of titlesOf(file))
      for (const match of title.matchAll(CITED)) cited.set(match[1] as string, file);
  }
  expect({
    onTheListButUnproven: [...listed].filter((id) => !cited.has(id)),
    citedButNotListed: [...cited].filter(([id]) => !listed.has(id)).map(([id, file]) => `${id} in ${file}`),
  }).toEqual({ onTheListButUnproven: [], citedButNotListed: [] });
  expect(listed.size).toBeGreaterThan(0);
});

/** The first argument of every `test`, `it` and `describe`, also of `test.each(…)`, `test.skipIf(…)` and the like. */
function titlesOf(file: string): readonly string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const titles: string[] = [];
  new Visitor({
    CallExpression(call) {
      const title = call.arguments[0];
      if (
        title === undefined ||
        !/^(?:test|it|describe)\b/.test(source.slice(call.callee.start, call.callee.end))
      )
        return;
      if (title.type === "Literal" || title.type === "TemplateLiteral")
        titles.push(source.slice(title.start, title.end));
    },
  }).visit(parseSync(file, source).program);
  return titles;
}
