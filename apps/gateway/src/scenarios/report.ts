import type { SourcePlace } from "@mcp-flowgate/core";
import type { Uncovered } from "./coverage.ts";

/** What a file of scenarios came to. */
export interface FileReport {
  /** As the caller named it. */
  readonly file: string;
  readonly scenarios: readonly ScenarioReport[];
  readonly uncovered: readonly Uncovered[];
}

export interface ScenarioReport {
  readonly name: string;
  readonly passed: boolean;
  readonly failure?: {
    /** In words: `step 3, submit approve`. */
    readonly step: string;
    readonly problems: readonly { readonly problem: string; readonly place?: SourcePlace }[];
    readonly message: string;
  };
}

/** For people. */
export function renderReport(files: readonly FileReport[]): string {
  const lines: string[] = [];
  for (const { file, scenarios, uncovered } of files) {
    lines.push(file);
    for (const { name, failure } of scenarios) {
      lines.push(`  ${failure === undefined ? "✓" : "✗"} ${name}`);
      if (failure === undefined) continue;
      for (const { problem, place } of failure.problems)
        lines.push(
          `      ${failure.step}: ${problem}${place === undefined ? "" : `  (${file}:${place.line}:${place.column})`}`,
        );
      if (failure.message !== "") lines.push(`      the gateway said: ${failure.message}`);
    }
    if (uncovered.length > 0) lines.push("  no scenario covers", ...uncovered.flatMap(linesOf));
  }
  const { passed, failed } = countOf(files);
  lines.push(`${passed} passed, ${failed} failed`);
  return `${lines.join("\n")}\n`;
}

export function countOf(files: readonly FileReport[]): { readonly passed: number; readonly failed: number } {
  const all = files.flatMap(({ scenarios }) => scenarios);
  const passed = all.filter((scenario) => scenario.passed).length;
  return { passed, failed: all.length - passed };
}

function linesOf({ workflow, started, transitions, guards, branches }: Uncovered): readonly string[] {
  if (!started) return [`    ${workflow}: it is never started`];
  const line = (what: string, items: readonly string[]): readonly string[] =>
    items.length === 0 ? [] : [`    ${workflow}: ${what} ${items.join(", ")}`];
  return [
    ...line("transitions", transitions),
    ...line("branches", branches),
    ...guards.map((guard) => `    ${workflow}: no refusal by ${guard}`),
  ];
}
