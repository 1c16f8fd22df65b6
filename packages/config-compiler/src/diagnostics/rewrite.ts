import type { Diagnostic, JsonObject } from "@mcp-flowgate/core";
import { writtenText, type ConfigNode, type Span } from "../source/config-node.ts";

/**
 * One step of writing an older form the way it is written today. Positions are those of the source as it is: where a
 * step names an entry of a map, it names it by the place of its key.
 */
export type RewriteStep<Place = SourceRange> =
  /** The scalar gets another text. */
  | { readonly kind: "scalar"; readonly at: Place; readonly from: string; readonly text: string }
  /** The entry gets another key. */
  | { readonly kind: "key"; readonly at: Place; readonly text: string }
  /** The entry gets another value: an empty list. */
  | { readonly kind: "empty"; readonly at: Place }
  /** The entry goes. */
  | { readonly kind: "remove"; readonly at: Place }
  /** Further entries after this one. */
  | { readonly kind: "insert"; readonly at: Place; readonly entries: JsonObject }
  /**
   * The entry `evidence: { requires: … }` becomes a guard: the last of `guards`, or the first where there are none.
   * `requires` is what it asks for.
   */
  | {
      readonly kind: "guard";
      readonly at: Place;
      readonly guards: Place | undefined;
      readonly requires: readonly string[];
    };

/** A part of one source, in UTF-16 units of its text. */
export interface SourceRange {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** An older form, and how it is written today. */
export interface Rewrite {
  readonly diagnostic: Diagnostic;
  /** Undefined where only a person can: the value comes from a variable, or other files have a say in it. */
  readonly steps: readonly RewriteStep[] | undefined;
}

/** The codes that tell of older forms. */
export function isOlderForm(code: string): boolean {
  return code === "FG206" || /^FG54\d$/.test(code);
}

/** The step that gives a scalar another text; undefined where the scalar is none of the source's own. */
export function scalarStep(node: ConfigNode, text: string): readonly RewriteStep<Span>[] | undefined {
  const from = writtenText(node);
  return from === undefined ? undefined : [{ kind: "scalar", at: node, from, text }];
}

export function toSteps(steps: readonly RewriteStep<Span>[]): readonly RewriteStep[] {
  return steps.map((step) => {
    const at = rangeOf(step.at);
    return step.kind === "guard"
      ? { ...step, at, guards: step.guards === undefined ? undefined : rangeOf(step.guards) }
      : { ...step, at };
  });
}

function rangeOf({ source, start, end }: Span): SourceRange {
  return { file: source.file, start, end };
}
