import { err, ok } from "@mcp-flowgate/core";
import type { Result } from "@mcp-flowgate/core";
import { RE2JS } from "re2js";
import type { ExprLimits } from "./limits.ts";

/** A regular expression that runs in time linear in the text. */
export interface Pattern {
  /** Longest text that {@link test} may be given, in UTF-16 units. */
  readonly maxText: number;
  /** Instructions of the compiled pattern: matching takes at most this many operations for each unit of text. */
  readonly size: number;
  /** Whether the pattern matches anywhere in `text`; anchors are the author's. */
  test(text: string): boolean;
}

/**
 * Compiles a pattern in RE2 syntax: no back-references and no look-around, so that matching takes time proportional
 * to the text times the size of the pattern, whatever both are.
 * @returns the pattern, or why it is refused, in words
 */
export function compilePattern(source: string, limits: ExprLimits): Result<Pattern, string> {
  if (source.length > limits.maxPatternLength) {
    return err(
      `the pattern is ${source.length} characters long; at most ${limits.maxPatternLength} are allowed`,
    );
  }
  const estimate = repeatedSize(source);
  if (estimate > limits.maxPatternSize) return err(tooLarge(limits));
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    return err(
      `the pattern is not valid: ${error instanceof Error ? error.message : "it cannot be compiled"}`,
    );
  }
  const size = compiled.programSize();
  if (size > limits.maxPatternSize) return err(tooLarge(limits));
  return ok({ maxText: limits.maxMatchedText, size, test: (text) => compiled.test(text) });
}

function tooLarge(limits: ExprLimits): string {
  return `the pattern is too large: its repetitions unfold to more than ${limits.maxPatternSize} parts`;
}

/** A lower bound of the unfolded size, by the counted repetitions alone, so that a huge one is never compiled. */
function repeatedSize(source: string): number {
  let size = 0;
  for (const match of source.matchAll(/\{(\d{1,6})(?:,(\d{0,6}))?\}/g))
    size += Math.max(Number(match[1]), Number(match[2] ?? 0));
  return size;
}
