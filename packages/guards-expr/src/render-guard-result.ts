import type { GuardResult } from "./guard-result.ts";

const MARK = { pass: "✓", fail: "✗", unknown: "?" } as const;

/**
 * The result as a short tree, one line for each guard:
 *
 * ```text
 * ✗ 1 of 2 hold, all are needed
 *   ✓ the caller has the role "manager"
 *   ✗ $.context.score <= 80 is false: $.context.score is 91
 * ```
 */
export function renderGuardResult(result: GuardResult): string {
  const lines: string[] = [];
  render(result, 0, lines);
  return lines.join("\n");
}

function render(result: GuardResult, depth: number, lines: string[]): void {
  lines.push(`${"  ".repeat(depth)}${MARK[result.verdict]} ${result.text}`);
  for (const child of result.children) render(child, depth + 1, lines);
}
