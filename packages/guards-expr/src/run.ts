import type { Json } from "@mcp-flowgate/core";
import type { Scope } from "./scope.ts";

/** The third truth value, and the value of anything that cannot be told. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** What a part of an expression gives: a value, `undefined` for a path that is missing, or unknown. */
export type Value = Json | undefined | typeof UNKNOWN;

/** A planned part of an expression. It never throws. */
export type Step = (run: Run) => Value;

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

/** Takes `count` steps; false when there are not so many left. */
export function spend(run: Run, count: number): boolean {
  run.steps -= count;
  return run.steps >= 0;
}

/** Steps that handling a text takes. */
export function textSteps(text: string): number {
  return (text.length >> 4) + 1;
}
