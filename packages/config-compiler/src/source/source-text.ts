import { err, ok, type Result, type SourcePlace } from "@mcp-flowgate/core";

/** One file's text, and how offsets in it become lines and columns. */
export interface SourceText {
  /** Absolute path, as the reader names it. */
  readonly file: string;
  readonly text: string;
  place(start: number, end?: number): SourcePlace;
}

/** Larger files are refused before they are parsed. */
export const MAX_SOURCE_BYTES: number = 16 * 1024 * 1024;

/** The text of a file, or why its bytes are none. A byte order mark is dropped. */
export function decodeSource(
  file: string,
  bytes: Uint8Array,
): Result<SourceText, { readonly code: "FG103" | "FG104"; readonly message: string }> {
  if (bytes.length > MAX_SOURCE_BYTES) {
    return err({
      code: "FG104",
      message: `the file has ${bytes.length} bytes; at most ${MAX_SOURCE_BYTES} (16 MiB) are read`,
    });
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return err({ code: "FG103", message: "the file is UTF-16; configurations are UTF-8" });
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return err({ code: "FG103", message: "the file is not UTF-8 text" });
  }
  if (text.includes("\u0000")) {
    return err({
      code: "FG103",
      message: "the file holds a NUL character: it is not a text file",
    });
  }
  return ok(createSourceText(file, text));
}

export function createSourceText(file: string, text: string): SourceText {
  let starts: readonly number[] | undefined;
  return {
    file,
    text,
    place(start, end) {
      starts ??= lineStarts(text);
      const from = locate(starts, Math.max(0, Math.min(start, text.length)));
      if (end === undefined || end <= start) return { file, ...from };
      const to = locate(starts, Math.min(end, text.length));
      return { file, ...from, endLine: to.line, endColumn: to.column };
    },
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let index = text.indexOf("\n"); index >= 0; index = text.indexOf("\n", index + 1))
    starts.push(index + 1);
  return starts;
}

function locate(
  starts: readonly number[],
  offset: number,
): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 };
}
