import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { ROOT } from "./workspace.ts";

/** Every file of tests, and the first argument of every `test`, `it` and `describe` in it, also of `test.each(…)` and the like. */
export function titlesByFile(): ReadonlyMap<string, readonly string[]> {
  const files = globSync("{packages,apps,test,bench}/**/*.test.ts", {
    cwd: ROOT,
    exclude: (name) => name === "node_modules" || name === "dist",
  });
  return new Map(files.map((file) => [file, titlesOf(file)]));
}

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
