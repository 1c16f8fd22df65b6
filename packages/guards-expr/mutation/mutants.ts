/** One change of one source. */
export interface Mutant {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly from: string;
  readonly to: string;
  readonly line: number;
  /** The line that is changed. */
  readonly excerpt: string;
}

const SWAPS: ReadonlyMap<string, readonly string[]> = new Map([
  ["===", ["!=="]],
  ["!==", ["==="]],
  ["<", ["<=", ">"]],
  ["<=", ["<", ">"]],
  [">", [">=", "<"]],
  [">=", [">", "<"]],
  ["&&", ["||"]],
  ["||", ["&&"]],
  ["??", ["&&"]],
  ["+", ["-"]],
  ["-", ["+"]],
  ["*", ["/"]],
  ["/", ["*"]],
  ["%", ["*"]],
  [">>", ["<<"]],
  ["&", ["|"]],
  ["++", ["--"]],
  ["--", ["++"]],
  ["+=", ["-="]],
  ["-=", ["+="]],
  ["!", [""]],
  ["true", ["false"]],
  ["false", ["true"]],
  ["UNKNOWN", ["true", "false"]],
  ["some", ["every"]],
  ["every", ["some"]],
  ["max", ["min"]],
  ["min", ["max"]],
  ['"pass"', ['"fail"', '"unknown"']],
  ['"fail"', ['"pass"', '"unknown"']],
  ['"unknown"', ['"pass"', '"fail"']],
  ["continue", ["break"]],
  ["break", ["continue"]],
]);

/** Comments, template texts, regular expressions, strings, words, numbers, operators. */
const TOKEN =
  /\/\/.*|\/\*[^]*?\*\/|`(?:[^`\\]|\\.)*`|(?<=[=(,:]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*|"(?:[^"\\\n]|\\.)*"|[A-Za-z_$#][\w$]*|\d[\d_]*(?:\.\d+)?|=>|===|!==|<=|>=|&&|\|\||\?\?=?|\?\.|>>|\+\+|--|\+=|-=|[-<>!+*/%&]/g;

/**
 * Every single change of a source: an operator, a literal or a word for its opposite, a number for its successor, a
 * statement that returns early left out. Imports, types, comments and texts are left alone.
 */
export function findMutants(file: string, source: string): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const lines = source.split("\n");
  const starts = lines.map((_, index) =>
    lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0),
  );
  let skipTo = 0;
  for (const match of source.matchAll(TOKEN)) {
    const [token] = match;
    const offset = match.index;
    const line = starts.findLastIndex((start) => start <= offset);
    const excerpt = (lines[line] ?? "").trim();
    if (offset < skipTo) continue;
    if (isTypeLine(excerpt)) {
      if (/^(?:export )?(?:interface|type)\b/.test(excerpt)) skipTo = endOfDeclaration(source, offset);
      continue;
    }
    const replacements =
      SWAPS.get(token) ?? (/^\d/.test(token) ? [String(Number(token.replaceAll("_", "")) + 1)] : []);
    if (token === "<" || token === ">") {
      // Brackets of type arguments have no blanks around them; comparisons do.
      if (source[offset - 1] !== " " || source[offset + 1] !== " ") continue;
    }
    if ((token === "&" || token === "-" || token === "+" || token === "*") && source[offset + 1] !== " ") {
      if (token !== "-") continue;
    }
    if ((token === "max" || token === "min") && !source.slice(0, offset).endsWith("Math.")) continue;
    if (token === '"unknown"' && source.slice(0, offset).endsWith("Symbol(")) continue;
    if (isTypeContext(source, offset, token)) continue;
    for (const to of replacements)
      mutants.push({ file, offset, length: token.length, from: token, to, line: line + 1, excerpt });
  }
  return mutants;
}

function isTypeLine(line: string): boolean {
  return /^(?:import |export (?:type|interface) |export \{|interface |type |readonly |\*|\/\*\*)/.test(line);
}

function endOfDeclaration(source: string, offset: number): number {
  const end = source.indexOf("\n}\n", offset);
  const semicolon = source.indexOf(";\n", offset);
  const brace = source.indexOf("{", offset);
  return semicolon !== -1 && (brace === -1 || semicolon < brace)
    ? semicolon
    : end === -1
      ? source.length
      : end + 3;
}

/** `typeof UNKNOWN` and literal types are not run. */
function isTypeContext(source: string, offset: number, token: string): boolean {
  const before = source.slice(Math.max(0, offset - 8), offset);
  if (token === "UNKNOWN" && before.endsWith("typeof ")) return true;
  return /^["tf]/.test(token) && before.endsWith("| ") && !before.endsWith("|| ");
}
