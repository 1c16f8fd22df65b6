import type { Json } from "@mcp-flowgate/core";
import type { Scope } from "./scope.ts";

/** The third truth value, and the value of anything that cannot be told. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** What a part of an expression gives: a value, or unknown. */
export type Value = Json | typeof UNKNOWN;

/** A truth value, or unknown. */
export type Truth3 = boolean | typeof UNKNOWN;

/** A planned part of an expression. */
export type Step = (run: Run) => Value;

/** A planned part that may be missing: `undefined` says so. */
export type OptionalStep = (run: Run) => Value | undefined;

/** An operand that was read. */
export interface Read {
  /** As in the source, in its canonical form: `$.context.items[0].name`. */
  readonly path: string;
  /** `undefined` where the path is missing. */
  readonly value: Json | undefined;
}

/** The state of one evaluation. */
export interface Run {
  scope: Scope;
  /** Steps left. */
  steps: number;
  /** Kept only where somebody wants to know why. */
  readonly trace: Trace | undefined;
}

export interface Trace {
  readonly reads: Read[];
  /** Why the value is unknown: the first cause that was not overruled by `&&` or `||`. */
  reason: string | undefined;
}

/** Unknown, with the reason where somebody wants it. `why` is only called then. */
export function unknown(run: Run, why: () => string): typeof UNKNOWN {
  if (run.trace !== undefined) run.trace.reason ??= why();
  return UNKNOWN;
}

/** Takes `count` steps. Where not so many are left it notes that as the reason and gives false: the value is unknown. */
export function spend(run: Run, count: number): boolean {
  run.steps -= count;
  if (run.steps >= 0) return true;
  unknown(run, () => "the evaluation takes too many steps");
  return false;
}

/** Steps that handling a text takes. */
export function textSteps(text: string): number {
  return (text.length >> 4) + 1;
}
