import { readFileSync } from "node:fs";
import { compileExpr } from "@mcp-flowgate/guards-expr";
import { expect, test } from "vitest";

const read = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), "utf8");

/** Code in the running text that reads a path and compares or calls something: an expression that a reader may copy. */
function expressionsOf(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]*\$\.[^`\n]*)`/g)]
    .map((match) => (match[1] as string).replaceAll("\\|", "|"))
    .filter(
      (code) => / (==|!=|<=?|>=?|&&|\|\|) /.test(code) && !code.includes("{") && !code.includes("expr:"),
    );
}

const EXPRESSIONS = new Set(
  ["expressions", "migrating-expressions"].flatMap((name) => expressionsOf(read(name))),
);

test.each([...EXPRESSIONS])("the documentation's %s compiles", (expr) => {
  expect(compileExpr(expr).ok).toBe(true);
});
