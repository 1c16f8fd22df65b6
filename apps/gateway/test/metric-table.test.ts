import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { METRICS } from "../src/telemetry/metric-catalogue.ts";

const page = fileURLToPath(new URL("../../../docs/telemetry.md", import.meta.url));

test("docs/telemetry.md has the table of all metrics (UPDATE_DOCS=1 writes it)", () => {
  const rows = Object.entries(METRICS).map(([name, { kind, labels, help }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${kind.replace("sampled ", "")} | ${shown} | ${help} |`;
  });
  const text = readFileSync(page, "utf8");
  const head = "| metric | kind | labels | what it says |\n|---|---|---|---|\n";
  const from = text.indexOf(head) + head.length;
  const to = text.indexOf("\n`deploy/observability`", from);
  const updated = `${text.slice(0, from)}${rows.join("\n")}\n${text.slice(to)}`;
  if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(page, updated);
  expect(readFileSync(page, "utf8")).toBe(updated);
});
