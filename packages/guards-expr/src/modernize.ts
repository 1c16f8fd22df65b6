import { compileExpr } from "./compile-expr.ts";
import { scanString } from "./scan-string.ts";

/**
 * Codes of the deprecated forms that {@link modernizeExpr} rewrites. They are stable.
 *
 * - `FG540` a key that needs quotes after a dot: `$.context.my-key`
 * - `FG541` a key without quotes in brackets: `$.context.items[name]`
 * - `FG542` a number without a digit before or after its point, or with a plus sign: `.5`, `5.`, `+5`
 * - `FG543` a backslash that stands for itself in a string: `"C:\temp\x"`
 */
export type ModernizeCode = "FG540" | "FG541" | "FG542" | "FG543";

/** One rewriting of a deprecated form. */
export interface ModernizeChange {
  readonly code: ModernizeCode;
  /** What is written instead, on one line. */
  readonly message: string;
  /** In the source as given, in UTF-16 units. */
  readonly offset: number;
  readonly length: number;
}

interface Edit extends ModernizeChange {
  readonly text: string;
}

const KEY = /\.([^\s.[\]()"'<>=!,&|]+)/y;
const PLAIN = /^(?:[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*|\d+)$/u;
const BRACKET = /\[\s*([^\]\s"']+)\s*\]/y;
const POSITION = /^\d+$/;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

/**
 * Rewrites an expression in the notation of earlier releases to today's. An expression that compiles is left alone:
 * what is valid today keeps its meaning of today. Text that neither notation knows stays as it is.
 */
export function modernizeExpr(source: string): {
  readonly source: string;
  readonly changes: readonly ModernizeChange[];
} {
  if (compileExpr(source).ok) return { source, changes: [] };
  const edits = findEdits(source);
  let result = "";
  let at = 0;
  for (const { offset, length, text } of edits) {
    result += source.slice(at, offset) + text;
    at = offset + length;
  }
  const changes = edits.map(({ code, message, offset, length }) => ({ code, message, offset, length }));
  return { source: result + source.slice(at), changes };
}

function findEdits(source: string): readonly Edit[] {
  const edits: Edit[] = [];
  let at = 0;
  // Whether a value may begin here, so that `+5` is a number and not the end of a sum.
  let valueMayBegin = true;
  while (at < source.length) {
    const unit = source[at] as string;
    if (unit === '"' || unit === "'") {
      at = rewriteString(source, at, edits);
      valueMayBegin = false;
    } else if (unit === "$") {
      at = rewritePath(source, at, edits);
      valueMayBegin = false;
    } else {
      const number = matchAt(NUMBER, source, at);
      if (number !== undefined && (valueMayBegin || !/^[+-]/.test(number[0]))) {
        rewriteNumber(number[0], at, edits);
        at += number[0].length;
        valueMayBegin = false;
      } else {
        if (!/\s/.test(unit)) valueMayBegin = unit !== ")" && unit !== "]";
        at++;
      }
    }
  }
  return edits;
}

function rewritePath(source: string, start: number, edits: Edit[]): number {
  let at = start + 1;
  for (;;) {
    const key = matchAt(KEY, source, at);
    const bracket = key === undefined ? matchAt(BRACKET, source, at) : undefined;
    if (key !== undefined) {
      const name = key[1] as string;
      if (!PLAIN.test(name)) replace(edits, "FG540", at, key[0].length, `[${JSON.stringify(name)}]`);
      at += key[0].length;
    } else if (bracket !== undefined) {
      const name = bracket[1] as string;
      if (!POSITION.test(name)) replace(edits, "FG541", at, bracket[0].length, `[${JSON.stringify(name)}]`);
      at += bracket[0].length;
    } else if (/^\[["']/.test(source.slice(at, at + 2))) {
      // Quoted keys are of today: a wrong escape in one is a mistake, not an older form.
      at = scanString(source, at + 1).end;
      if (source[at] === "]") at++;
    } else return at;
  }
}

/** Earlier releases knew no escapes: a backslash stood for itself. Only those that are none today are doubled. */
function rewriteString(source: string, start: number, edits: Edit[]): number {
  const { end, problems } = scanString(source, start);
  for (const { offset, length } of problems) {
    if (source[offset] === "\\")
      replace(edits, "FG543", offset, length, `\\${source.slice(offset, offset + length)}`);
  }
  return end;
}

function rewriteNumber(text: string, offset: number, edits: Edit[]): void {
  const today = text
    .replace(/^\+/, "")
    .replace(/^(-?)\./, "$10.")
    .replace(/\.(?=$|[eE])/, "");
  if (today !== text) replace(edits, "FG542", offset, text.length, today);
}

function replace(edits: Edit[], code: ModernizeCode, offset: number, length: number, text: string): void {
  edits.push({ code, message: `written \`${text}\` today`, offset, length, text });
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}
