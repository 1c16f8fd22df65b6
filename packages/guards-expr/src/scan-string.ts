import type { SourceProblem } from "./expr-error.ts";

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
const HEX4 = /[0-9a-fA-F]{4}/y;

/** Scans the string literal whose quote, `"` or `'`, is at `start`. The escapes are those of JSON, and `\'`. */
export function scanString(
  source: string,
  start: number,
): {
  readonly value: string;
  readonly end: number;
  readonly closed: boolean;
  readonly problems: readonly SourceProblem[];
} {
  const quote = source[start];
  const problems: SourceProblem[] = [];
  let value = "";
  let at = start + 1;
  while (at < source.length) {
    const unit = source[at] as string;
    if (unit === quote) return { value, end: at + 1, closed: true, problems };
    if (unit === "\n" || unit === "\r") {
      const close = source.indexOf(quote as string, at);
      if (close === -1) break;
      const message = "a string ends on its line; write `\\n` for a line break";
      problems.push({ code: "FG502", message, offset: start, length: close + 1 - start });
      return { value, end: close + 1, closed: true, problems };
    }
    if (unit !== "\\") {
      value += unit;
      at++;
      continue;
    }
    const escaped = source[at + 1];
    const plain = escaped === undefined ? undefined : ESCAPES.get(escaped);
    HEX4.lastIndex = at + 2;
    if (plain !== undefined) {
      value += plain;
      at += 2;
    } else if (escaped === "u" && HEX4.test(source)) {
      value += String.fromCharCode(Number.parseInt(source.slice(at + 2, at + 6), 16));
      at += 6;
    } else if (escaped === undefined) {
      at++;
    } else {
      problems.push({
        code: "FG502",
        message:
          escaped === "u"
            ? "`\\u` needs four hexadecimal digits"
            : `unknown escape \`\\${escaped}\`; write \`\\\\\` for a backslash`,
        offset: at,
        length: 2,
      });
      at += 2;
    }
  }
  problems.push({
    code: "FG502",
    message: `the string has no closing ${quote}`,
    offset: start,
    length: at - start,
  });
  return { value, end: source.length, closed: false, problems };
}
