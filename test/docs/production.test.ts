import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runExplain } from "flowgate-check";
import { expect, test } from "vitest";
import { GATEWAY, ROOT } from "./pages.ts";

const page = readFileSync(join(ROOT, "docs/production.md"), "utf8");
const section = (title: string): string => page.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
const spans = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);

/** The names of the commands that a command has, as its help lists them. */
function commandsOf(...words: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(process.execPath, [GATEWAY, ...words, "--help"], { encoding: "utf8" });
  return [...(stdout.split("\nCommands:\n")[1] ?? "").matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(
    ([, name]) => name!,
  );
}

test("every alert has its entry in the runbook and a link to it, and every entry its alert", () => {
  const rules = readFileSync(join(ROOT, "deploy/observability/alerts.yaml"), "utf8");
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  const entries = [...section("Runbook").matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
  expect(alerts.length).toBeGreaterThan(10);
  expect(entries.toSorted()).toEqual(alerts.toSorted());
  const links = [...rules.matchAll(/runbook_url: "[^"]*docs\/production\.md#(\w+)"/g)].map(
    ([, anchor]) => anchor,
  );
  expect(links).toEqual(alerts.map((name) => name.toLowerCase()));
});

test("every line of the checklist names a key that the configuration has, or a command that there is", () => {
  const lines = section("Security checklist")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| done when"));
  expect(lines.length).toBeGreaterThan(15);
  const by = lines.map((line) => spans(line.split(" | ").at(-1) ?? ""));
  expect(lines.filter((_, index) => by[index]!.length === 0)).toEqual([]);
  const keys = by.flat().filter((span) => /^[a-z]+(\.[a-zA-Z]+)*$/.test(span) && !span.endsWith(".yaml"));
  expect(keys.length).toBeGreaterThan(15);
  const silent = { write: () => undefined, writeError: () => undefined };
  expect(keys.filter((key) => runExplain([key], silent) !== 0)).toEqual([]);
});

test("every command on the page is one of the gateway's", () => {
  const groups = ["approvals", "audit", "store", "workflows"];
  const there = new Set([
    ...commandsOf(),
    ...groups.flatMap((group) => commandsOf(group).map((verb) => `${group} ${verb}`)),
  ]);
  const named = [...page.matchAll(/mcp-flowgate ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/g)].map(([, name, verb]) =>
    groups.includes(name!) ? `${name} ${verb}` : name!,
  );
  expect(new Set(named).size).toBeGreaterThan(10);
  expect(named.filter((command) => !there.has(command))).toEqual([]);
});
