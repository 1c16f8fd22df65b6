import type { Json } from "@mcp-flowgate/core";
import type { Scope } from "./scope.ts";
import type { Unresolved } from "./template-error.ts";

/** No value; why is in the run's list. */
export const MISSING: unique symbol = Symbol("missing");

/** The state of resolving one template. */
export interface TemplateRun {
  readonly scope: Scope;
  readonly unresolved: Unresolved[];
  /** How many of those are not just missing but wrong: mistyped, inexact, too long. */
  broken: number;
}

/** A planned part of a template. */
export type Resolve = (run: TemplateRun) => Json | typeof MISSING;

/** Notes that a path is missing. */
export function missing(run: TemplateRun, pointer: string, path: string): typeof MISSING {
  run.unresolved.push({ pointer, path, message: `${path} is missing` });
  return MISSING;
}

/** Notes that a part has a value that cannot be used. `coalesce` does not pass over it. */
export function broken(run: TemplateRun, pointer: string, path: string, message: string): typeof MISSING {
  run.unresolved.push({ pointer, path, message });
  run.broken++;
  return MISSING;
}

/** Why a number must not be used, or undefined: it may have been another integer before it was read. */
export function inexactNumber(value: Json): string | undefined {
  if (typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return undefined;
  return `the number ${value} is beyond 2^53 - 1 and cannot be held exactly; pass it as a string`;
}
