import type { GuardIr } from "@mcp-flowgate/core";
import type { Read } from "./run.ts";

/** Only `pass` allows. `unknown`: it cannot be told, because a value is missing, mistyped or out of bounds. */
export type Verdict = "pass" | "fail" | "unknown";

/** The outcome of one guard, as a value that explains itself. */
export interface GuardResult {
  readonly verdict: Verdict;
  readonly kind: GuardIr["kind"];
  /** The reason in words, on one line. */
  readonly text: string;
  /** What an expression read, with the values; they may be secret, the one who shows them redacts. */
  readonly reads: readonly Read[];
  /** Of `allOf`, `anyOf` and `not`: the guards below, in order. */
  readonly children: readonly GuardResult[];
}

/** A result without reads or children. */
export function leafResult(kind: GuardIr["kind"], verdict: Verdict, text: string): GuardResult {
  return { verdict, kind, text, reads: [], children: [] };
}
