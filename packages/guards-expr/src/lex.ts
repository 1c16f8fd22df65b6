import { PRECEDENCE, WORD_OPERATORS } from "./ast.ts";
import type { SourceProblem } from "./expr-error.ts";
import { excerpt, scanPath } from "./path.ts";
import type { Path } from "./path.ts";
import { scanString } from "./scan-string.ts";

export interface Token {
  readonly kind: "literal" | "path" | "name" | "operator" | "punctuation" | "end";
  /** The operator, the punctuation mark or the name. For the other kinds as in the source. */
  readonly text: string;
  readonly offset: number;
  readonly length: number;
  readonly value?: null | boolean | number | string;
  readonly path?: Path | undefined;
}

const SPACE = /\s+/y;
const WORD = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*/uy;
/** What may stand behind a number by mistake. */
const NUMBER_TAIL = /[\p{L}\p{N}\p{Pc}.]+/uy;
/** What stands behind the first word of a path without its `$.`. */
const PATH_TAIL = /(?:\.[\p{L}\p{N}\p{Pc}]+|\[\d+\])+/uy;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const NUMBER_FORM = /^(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const SYMBOL = /===|!==|==|!=|<=|>=|=>|=<|<>|&&|\|\||[-<>!+*/%()[\],=&|^~?:;]/y;

const KEYWORDS: ReadonlyMap<string, null | boolean> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Operators of other languages, and what they are here. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["===", "=="],
  ["!==", "!="],
  ["=", "=="],
  ["<>", "!="],
  ["=>", ">="],
  ["=<", "<="],
  ["&", "&&"],
  ["|", "||"],
  ["and", "&&"],
  ["AND", "&&"],
  ["or", "||"],
  ["OR", "||"],
  ["not", "!"],
  ["NOT", "!"],
  ["startsWith", "starts_with"],
  ["endsWith", "ends_with"],
  ["includes", "contains"],
]);

/** Splits a source into tokens; the last one is `end`. Problems do not stop it. */
export function lex(source: string): {
  readonly tokens: readonly Token[];
  readonly problems: readonly SourceProblem[];
} {
  const tokens: Token[] = [];
  const problems: SourceProblem[] = [];
  let at = 0;
  while (at < source.length) {
    const space = matchAt(SPACE, source, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = nextToken(source, at, problems);
    if (token.kind !== "end") tokens.push(token);
    at = token.offset + token.length;
  }
  tokens.push({ kind: "end", text: "", offset: source.length, length: 0 });
  return { tokens, problems };
}

/** The token at `at`; one of kind `end` for characters that are none. */
function nextToken(source: string, at: number, problems: SourceProblem[]): Token {
  const unit = source[at] as string;
  if (unit === "$") {
    const scanned = scanPath(source, at, { hyphens: false });
    problems.push(...scanned.problems);
    const length = scanned.end - at;
    return { kind: "path", text: source.slice(at, scanned.end), offset: at, length, path: scanned.path };
  }
  if (unit === '"' || unit === "'") {
    const text = scanString(source, at);
    problems.push(...text.problems);
    return {
      kind: "literal",
      text: source.slice(at, text.end),
      offset: at,
      length: text.end - at,
      value: text.value,
    };
  }
  const number = matchAt(NUMBER, source, at);
  if (number !== undefined) return numberToken(source, at, number, problems);
  const word = matchAt(WORD, source, at);
  if (word !== undefined) return wordToken(source, word, at, problems);
  const symbol = matchAt(SYMBOL, source, at);
  if (symbol !== undefined) return symbolToken(symbol, at, problems);
  const character = String.fromCodePoint(source.codePointAt(at) as number);
  const message = /[“”„‘’‚`]/u.test(character)
    ? `${character} does not quote a string; write " or '`
    : `unexpected character ${JSON.stringify(character)}`;
  problems.push({ code: "FG501", message, offset: at, length: character.length });
  return { kind: "end", text: character, offset: at, length: character.length };
}

function numberToken(source: string, at: number, text: string, problems: SourceProblem[]): Token {
  const tail = matchAt(NUMBER_TAIL, source, at + text.length) ?? "";
  const whole = text + tail;
  const value = Number(text);
  const refuse = (message: string): void => {
    problems.push({ code: "FG503", message, offset: at, length: whole.length });
  };
  if (tail !== "") refuse(`\`${excerpt(whole)}\` is not a number`);
  else if (!NUMBER_FORM.test(text)) {
    const hint = Number.isFinite(value) ? `; write \`${String(value)}\`` : "";
    refuse(`\`${excerpt(text)}\` is not how a number is written${hint}`);
  } else if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    refuse(`\`${excerpt(text)}\` is beyond 2^53 - 1 and cannot be held exactly; compare it as a string`);
  }
  return { kind: "literal", text: whole, offset: at, length: whole.length, value };
}

function wordToken(source: string, word: string, at: number, problems: SourceProblem[]): Token {
  const span = { offset: at, length: word.length };
  const tail = matchAt(PATH_TAIL, source, at + word.length);
  if (tail !== undefined) {
    const text = word + tail;
    problems.push({
      code: "FG509",
      message: `a path starts with \`$.\`: write \`$.${excerpt(text)}\``,
      offset: at,
      length: text.length,
    });
    return { kind: "path", text, offset: at, length: text.length };
  }
  const keyword = KEYWORDS.get(word);
  if (keyword !== undefined) return { kind: "literal", text: word, ...span, value: keyword };
  if (WORD_OPERATORS.has(word)) return { kind: "operator", text: word, ...span };
  const meant = FOREIGN.get(word);
  if (meant === undefined) return { kind: "name", text: word, ...span };
  problems.push({ code: "FG508", message: `unknown operator \`${word}\`; write \`${meant}\``, ...span });
  return { kind: "operator", text: meant, ...span };
}

function symbolToken(symbol: string, at: number, problems: SourceProblem[]): Token {
  const span = { offset: at, length: symbol.length };
  if ("()[],".includes(symbol)) return { kind: "punctuation", text: symbol, ...span };
  if (symbol === "!" || PRECEDENCE.has(symbol)) return { kind: "operator", text: symbol, ...span };
  const meant = FOREIGN.get(symbol);
  const message =
    meant === undefined ? `unexpected \`${symbol}\`` : `unknown operator \`${symbol}\`; write \`${meant}\``;
  problems.push({ code: meant === undefined ? "FG501" : "FG508", message, ...span });
  return meant === undefined
    ? { kind: "end", text: symbol, ...span }
    : { kind: "operator", text: meant, ...span };
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
