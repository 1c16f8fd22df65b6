import { err, ok } from "@mcp-flowgate/core";
import type { Result } from "@mcp-flowgate/core";
import { COMPARISON, FUNCTION_ARITY, PRECEDENCE } from "./ast.ts";
import type { BinaryOperator, ExprNode, FunctionName, UnaryOperator } from "./ast.ts";
import { createExprError } from "./expr-error.ts";
import type { ExprError, ExprErrorCode, SourceProblem } from "./expr-error.ts";
import { lex } from "./lex.ts";
import type { Token } from "./lex.ts";
import type { ExprLimits } from "./limits.ts";
import { nearestName } from "./nearest.ts";
import { excerpt, pathText } from "./path.ts";

/** More errors than these are not worth a reader's time. */
const MAX_ERRORS = 20;

/**
 * Parses an expression into a frozen tree.
 *
 * Precedence, loosest first: `||`, `&&`, comparisons (which do not chain), `+ -`, `* / %`, the unary `! -`.
 * Parsing goes on behind an error, so that one pass reports what it can.
 */
export function parseExpr(source: string, limits: ExprLimits): Result<ExprNode, readonly ExprError[]> {
  if (source.length > limits.maxLength) {
    const message = `the expression is ${source.length} characters long; at most ${limits.maxLength} are allowed`;
    return err([createExprError(source, { code: "FG506", message, offset: 0, length: 0 })]);
  }
  const { tokens, problems } = lex(source);
  const parser = new Parser(tokens, limits);
  const root = parser.parse();
  const all = [...problems, ...parser.problems];
  if (all.length === 0) return ok(root);
  return err(inOrder(all).map((problem) => createExprError(source, problem)));
}

/** By position; of two at one place the first that was found. */
function inOrder(problems: readonly SourceProblem[]): readonly SourceProblem[] {
  const seen = new Set<number>();
  const distinct = problems.filter(({ offset }) => !seen.has(offset) && seen.add(offset));
  return distinct.sort((a, b) => a.offset - b.offset).slice(0, MAX_ERRORS);
}

class Parser {
  readonly problems: SourceProblem[] = [];
  readonly #tokens: readonly Token[];
  readonly #limits: ExprLimits;
  #at = 0;
  #depth = 0;
  #nodes = 0;
  #overflow = false;

  constructor(tokens: readonly Token[], limits: ExprLimits) {
    this.#tokens = tokens;
    this.#limits = limits;
  }

  parse(): ExprNode {
    if (this.#peek().kind === "end") {
      this.#report("FG501", "the expression is empty", this.#peek());
      return this.#node({ kind: "literal", value: null, offset: 0, length: 0 });
    }
    const root = this.#binary(1);
    while (this.#peek().kind !== "end" && !this.#overflow) {
      const token = this.#peek();
      this.#unexpected(token);
      if (!this.#startsValue(token)) this.#at++;
      if (this.#peek().kind === "operator") this.#at++;
      if (this.#startsValue(this.#peek())) this.#binary(1);
    }
    return root;
  }

  #binary(minimum: number): ExprNode {
    let left = this.#unary();
    for (;;) {
      const operator = this.#peek();
      const strength = operator.kind === "operator" ? PRECEDENCE.get(operator.text) : undefined;
      if (strength === undefined || strength < minimum || this.#overflow) return left;
      this.#at++;
      const right = this.#binary(strength + 1);
      left = this.#node({
        kind: "binary",
        operator: operator.text as BinaryOperator,
        left,
        right,
        ...span(left.offset, right.offset + right.length),
      });
      const next = this.#peek();
      if (strength === COMPARISON && next.kind === "operator" && PRECEDENCE.get(next.text) === COMPARISON) {
        this.#report("FG501", "comparisons do not chain; join two with `&&`", next);
      }
    }
  }

  #unary(): ExprNode {
    const token = this.#peek();
    if (token.kind !== "operator" || (token.text !== "!" && token.text !== "-")) return this.#primary();
    this.#at++;
    const operand = this.#nested(token, () => this.#unary());
    const whole = span(token.offset, operand.offset + operand.length);
    // A negative number is a literal, so that it reads as one in the tree.
    if (token.text === "-" && operand.kind === "literal" && typeof operand.value === "number") {
      return this.#node({ kind: "literal", value: -operand.value, ...whole });
    }
    return this.#node({ kind: "unary", operator: token.text as UnaryOperator, operand, ...whole });
  }

  #primary(): ExprNode {
    const token = this.#peek();
    if (token.kind === "literal") {
      this.#at++;
      return this.#node({ kind: "literal", value: token.value ?? null, ...span(token.offset, end(token)) });
    }
    if (token.kind === "path") {
      this.#at++;
      // A malformed path has been reported by the lexer.
      const path = token.path ?? { root: "context" as const, segments: [], text: pathText("context", []) };
      this.#refuseHyphen(token);
      return this.#node({ kind: "path", ...path, ...span(token.offset, end(token)) });
    }
    if (token.kind === "name") return this.#call(token);
    if (token.text === "(") {
      this.#at++;
      const inner = this.#nested(token, () => this.#binary(1));
      this.#close(")", token);
      return inner;
    }
    if (token.text === "[") {
      this.#at++;
      const items = this.#nested(token, () => this.#list("]"));
      const last = this.#close("]", token);
      return this.#node({ kind: "list", items: Object.freeze(items), ...span(token.offset, last) });
    }
    return this.#missingValue(token);
  }

  #call(name: Token): ExprNode {
    this.#at++;
    const arity = FUNCTION_ARITY.get(name.text as FunctionName);
    const open = this.#peek();
    if (open.text !== "(" || open.kind !== "punctuation") {
      this.#report("FG501", bareWord(name.text, arity !== undefined), name);
      return this.#node({ kind: "literal", value: null, ...span(name.offset, end(name)) });
    }
    this.#at++;
    const args = this.#nested(open, () => this.#list(")"));
    const last = this.#close(")", open);
    if (arity === undefined) {
      const near = nearestName(name.text, [...FUNCTION_ARITY.keys()]);
      const hint =
        near === undefined
          ? `the functions are ${[...FUNCTION_ARITY.keys()].join(", ")}`
          : `did you mean \`${near}\`?`;
      this.#report("FG505", `unknown function \`${excerpt(name.text)}\`; ${hint}`, name);
    } else if (args.length < arity.min || args.length > arity.max) {
      const wanted = arity.min === arity.max ? `${arity.min}` : `${arity.min} to ${arity.max}`;
      const noun = wanted === "1" ? "argument" : "arguments";
      this.#report("FG505", `\`${name.text}\` takes ${wanted} ${noun}, not ${args.length}`, name);
    } else if ((name.text === "exists" || name.text === "default") && args[0]?.kind !== "path") {
      this.#report("FG505", `the first argument of \`${name.text}\` must be a path`, args[0] ?? name);
    }
    return this.#node({
      kind: "call",
      name: name.text as FunctionName,
      args: Object.freeze(args),
      ...span(name.offset, last),
    });
  }

  #list(close: string): ExprNode[] {
    const items: ExprNode[] = [];
    if (this.#peek().text === close && this.#peek().kind === "punctuation") return items;
    for (;;) {
      items.push(this.#binary(1));
      const next = this.#peek();
      if (next.kind !== "punctuation" || next.text !== ",") return items;
      this.#at++;
    }
  }

  /** Consumes the closing mark and returns the offset behind it. */
  #close(mark: string, open: Token): number {
    const token = this.#peek();
    if (token.kind === "punctuation" && token.text === mark) {
      this.#at++;
      return end(token);
    }
    if (this.#overflow) return token.offset;
    if (token.kind === "end") {
      this.#report("FG501", `expected \`${mark}\` to close \`${open.text}\``, {
        offset: token.offset,
        length: 0,
      });
      return token.offset;
    }
    this.#report("FG501", `expected \`${mark}\` before \`${excerpt(token.text)}\``, token);
    this.#skipTo(mark);
    return token.offset;
  }

  /** Goes behind the mark that closes what is open, where there is one. */
  #skipTo(mark: string): void {
    let depth = 0;
    for (let at = this.#at; at < this.#tokens.length; at++) {
      const { kind, text } = this.#tokens[at] as Token;
      if (kind !== "punctuation") continue;
      if (text === "(" || text === "[") depth++;
      else if (depth > 0 && (text === ")" || text === "]")) depth--;
      else if (text === mark) {
        this.#at = at + 1;
        return;
      }
    }
  }

  #nested<T>(token: Token, parse: () => T): T {
    this.#depth++;
    if (this.#depth > this.#limits.maxDepth) {
      this.#stop(`the expression nests deeper than ${this.#limits.maxDepth}`, token);
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  /** Ends the parse: everything behind is read as its end. */
  #stop(message: string, at: Token): void {
    if (this.#overflow) return;
    this.#overflow = true;
    this.problems.length = 0;
    this.#report("FG506", message, at);
    this.#at = this.#tokens.length - 1;
  }

  #missingValue(token: Token): ExprNode {
    if (!this.#overflow) {
      const before = this.#tokens[this.#at - 1];
      const place = before === undefined ? "at the start" : `after \`${excerpt(before.text)}\``;
      const found = token.kind === "end" ? "" : `, found \`${excerpt(token.text)}\``;
      this.#report(
        "FG501",
        `expected a value ${place}${found}`,
        token.kind === "end" ? { offset: token.offset, length: 0 } : token,
      );
    }
    return this.#node({ kind: "literal", value: null, offset: token.offset, length: 0 });
  }

  #unexpected(token: Token): void {
    const before = this.#tokens[this.#at - 1];
    const isValue = this.#startsValue(token);
    const message =
      isValue && before !== undefined
        ? `expected an operator between \`${excerpt(before.text)}\` and \`${excerpt(token.text)}\``
        : `unexpected \`${excerpt(token.text)}\``;
    this.#report("FG501", message, token);
  }

  /** `$.context.my-key` would read as a subtraction of the word `key`. */
  #refuseHyphen(path: Token): void {
    const minus = this.#peek();
    const word = this.#tokens[this.#at + 1];
    const after = this.#tokens[this.#at + 2];
    if (minus.text !== "-" || word?.kind !== "name" || after?.text === "(") return;
    if (minus.offset !== end(path) || word.offset !== end(minus)) return;
    const key = `${path.text.slice(path.text.lastIndexOf(".") + 1)}-${word.text}`;
    this.#report("FG509", `a key with a hyphen is written in brackets: ["${excerpt(key)}"]`, minus);
    this.#at += 2;
  }

  #startsValue(token: Token): boolean {
    return (
      token.kind === "literal" ||
      token.kind === "path" ||
      token.kind === "name" ||
      token.text === "(" ||
      token.text === "["
    );
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as Token;
  }

  #report(
    code: ExprErrorCode,
    message: string,
    at: { readonly offset: number; readonly length: number },
  ): void {
    this.problems.push({ code, message, offset: at.offset, length: at.length });
  }

  #node(node: ExprNode): ExprNode {
    this.#nodes++;
    if (this.#nodes > this.#limits.maxNodes) {
      this.#stop(`the expression has more than ${this.#limits.maxNodes} parts`, this.#peek());
    }
    return Object.freeze(node);
  }
}

function bareWord(word: string, isFunction: boolean): string {
  if (isFunction) return `expected \`(\` after the function \`${word}\``;
  const near = nearestName(word, ["true", "false", "null"]);
  if (near !== undefined) return `unknown word \`${excerpt(word)}\`; did you mean \`${near}\`?`;
  return `unknown word \`${excerpt(word)}\`; a string is written in quotes, a value is read by a path such as \`$.context.${excerpt(word)}\``;
}

function span(offset: number, until: number): { readonly offset: number; readonly length: number } {
  return { offset, length: until - offset };
}

function end(token: { readonly offset: number; readonly length: number }): number {
  return token.offset + token.length;
}
