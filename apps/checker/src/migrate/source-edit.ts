/** A part of a text that becomes another text. */
export interface SourceEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with all edits made; everything outside of them stays byte for byte. They must not overlap. */
export function applyEdits(source: string, edits: readonly SourceEdit[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, text } of inOrder(edits)) {
    result += source.slice(at, start) + text;
    at = end;
  }
  return result + source.slice(at);
}

/** Whether two sets of edits can be made at once. Insertions at one place could come in either order: they cannot. */
export function areApart(some: readonly SourceEdit[], others: readonly SourceEdit[]): boolean {
  return some.every((one) =>
    others.every((other) => one.start > other.end || other.start > one.end || isSame(one, other)),
  );
}

function isSame(one: SourceEdit, other: SourceEdit): boolean {
  return one.start === other.start && one.end === other.end && one.text === other.text;
}

/** By position, each once. */
export function inOrder(edits: readonly SourceEdit[]): readonly SourceEdit[] {
  return [...edits]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .filter((edit, index, sorted) => {
      const before = sorted[index - 1];
      return before === undefined || !isSame(before, edit);
    });
}
