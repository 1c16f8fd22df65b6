import type { BinaryNode, CallNode, ExprNode, PathNode, UnaryNode } from "./ast.ts";
import { compileExpr } from "./compile-expr.ts";
import type { CompiledExpr } from "./compile-expr.ts";
import { locate } from "./expr-error.ts";
import type { ExprErrorCode } from "./expr-error.ts";
import { judgeComparison } from "./impossible.ts";
import { infer, resolvePath } from "./infer.ts";
import type { CheckEnvironment, Inferred } from "./infer.ts";
import { nearestName } from "./nearest.ts";
import { excerpt } from "./path.ts";
import type { Kind } from "./schema-view.ts";
import { childrenOf, walkExpr } from "./walk.ts";

/**
 * Codes of what {@link checkExpr} finds in an expression that compiles. They are stable.
 *
 * - `FG520` a path that the schema does not declare (warning) or cannot have (error)
 * - `FG521` a comparison that holds for no value
 * - `FG522` a condition that reads nothing, so that it is always the same
 * - `FG523` an operand of a kind that always makes the result unknown
 * - `FG524` a value that may be missing, which makes the result unknown
 * - `FG525` a comparison that holds for every value
 * - `FG526` a scope that cannot be read at this place
 * - `FG527` an expression that gives neither true nor false
 */
export type ExprFindingCode =
  | ExprErrorCode
  | "FG520"
  | "FG521"
  | "FG522"
  | "FG523"
  | "FG524"
  | "FG525"
  | "FG526"
  | "FG527";

/** Something that the author of an expression should know. */
export interface ExprFinding {
  readonly code: ExprFindingCode;
  readonly severity: "error" | "warning" | "notice";
  /** One line, without the position. */
  readonly message: string;
  /** As of {@link ExprError}. */
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
}

/**
 * Checks an expression against the schemas of the values that it reads. Schemas are taken at their word; what they do
 * not say is not reported.
 *
 * @returns the findings in source order; of a text that does not compile its errors, with severity `error`. Never throws.
 */
export function checkExpr(
  expr: string | CompiledExpr,
  environment: CheckEnvironment = {},
): readonly ExprFinding[] {
  if (typeof expr !== "string") return new Checker(expr, environment).check();
  const compiled = compileExpr(expr);
  if (compiled.ok) return new Checker(compiled.value, environment).check();
  return compiled.error.map((error) => ({ ...error, severity: "error" as const }));
}

const KIND_NAMES: { readonly [kind in Kind]: string } = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  string: "a string",
  array: "a list",
  object: "an object",
};

class Checker {
  readonly #expr: CompiledExpr;
  readonly #environment: CheckEnvironment;
  readonly #findings: ExprFinding[] = [];

  constructor(expr: CompiledExpr, environment: CheckEnvironment) {
    this.#expr = expr;
    this.#environment = environment;
  }

  check(): readonly ExprFinding[] {
    const root = this.#expr.ast;
    if (readsNothing(root)) {
      this.#report("FG522", "warning", "the expression reads nothing, so it is always the same", root);
    }
    this.#requireTruth(root, "the expression gives", "FG527");
    this.#visit(root, new Set());
    return this.#findings.sort((a, b) => a.offset - b.offset);
  }

  /** `present`: the paths that are known to be there, because this is only reached when they are. */
  #visit(node: ExprNode, present: ReadonlySet<string>): void {
    switch (node.kind) {
      case "path":
        this.#checkPath(node, present);
        return;
      case "unary":
        this.#checkUnary(node);
        break;
      case "binary":
        if (node.operator === "&&" || node.operator === "||") {
          this.#checkConnective(node, present);
          return;
        }
        if (isNullTest(node)) {
          for (const side of [node.left, node.right]) if (side.kind === "path") this.#checkPathExists(side);
          return;
        }
        this.#checkBinary(node);
        break;
      case "call":
        this.#checkCall(node, present);
        return;
      default:
    }
    for (const child of childrenOf(node)) this.#visit(child, present);
  }

  #checkConnective(node: BinaryNode, present: ReadonlySet<string>): void {
    for (const side of [node.left, node.right]) {
      this.#requireTruth(side, `\`${node.operator}\` needs true or false, not`, "FG523");
      if (readsNothing(side)) {
        this.#report(
          "FG522",
          "warning",
          `this side of \`${node.operator}\` reads nothing, so it is always the same`,
          side,
        );
      }
    }
    this.#visit(node.left, present);
    this.#visit(node.right, new Set([...present, ...provenPresent(node.left, node.operator === "&&")]));
  }

  #checkPath(node: PathNode, present: ReadonlySet<string>): void {
    if (!this.#checkPathExists(node) || present.has(node.text)) return;
    if (resolvePath(node, this.#environment).optional) {
      const message = `\`${node.text}\` may be missing, and the result is then unknown; test \`${node.text} != null\` first, or use \`default(${node.text}, …)\``;
      this.#report("FG524", "notice", message, node);
    }
  }

  /** Whether nothing is wrong with the path itself. */
  #checkPathExists(node: PathNode): boolean {
    const { scopes } = this.#environment;
    if (scopes !== undefined && !scopes.includes(node.root)) {
      this.#report("FG526", "error", `\`$.${node.root}\` cannot be read here`, node);
      return false;
    }
    const { problem } = resolvePath(node, this.#environment);
    if (problem === undefined) return true;
    const near = nearestName(problem.segment, problem.names);
    const hint = near === undefined ? "" : `; did you mean \`${near}\`?`;
    const what = problem.presence === "impossible" ? "there can be no" : "nothing declares";
    const severity = problem.presence === "impossible" ? "error" : "warning";
    this.#report(
      "FG520",
      severity,
      `${what} \`${excerpt(problem.segment)}\` in \`${node.text}\`${hint}`,
      node,
    );
    return false;
  }

  #checkUnary(node: UnaryNode): void {
    if (node.operator === "!") this.#requireTruth(node.operand, "`!` needs true or false, not", "FG523");
    else this.#requireKinds(node.operand, ["number"], "`-` needs a number");
  }

  #checkBinary(node: BinaryNode): void {
    const { operator, left, right } = node;
    switch (operator) {
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
        for (const side of [left, right])
          this.#requireKinds(side, ["number"], `\`${operator}\` needs numbers`);
        return;
      case "starts_with":
      case "ends_with":
        for (const side of [left, right])
          this.#requireKinds(side, ["string"], `\`${operator}\` needs strings`);
        return;
      case "matches":
        this.#requireKinds(left, ["string"], "`matches` needs a string");
        return;
      case "contains":
        this.#requireKinds(left, ["string", "array"], "`contains` needs a string or a list");
        return;
      case "in":
        this.#requireKinds(right, ["array", "object"], "`in` needs a list or an object");
        return;
      case "<":
      case "<=":
      case ">":
      case ">=":
        for (const side of [left, right])
          this.#requireKinds(side, ["number", "string"], `\`${operator}\` orders numbers or strings`);
        break;
      default:
    }
    if (readsNothing(node)) return;
    const verdict = judgeComparison(operator, this.#infer(left), this.#infer(right));
    if (verdict === undefined) return;
    const text = `\`${excerpt(this.#expr.source.slice(node.offset, node.offset + node.length))}\``;
    if (verdict.holds === "unknown")
      this.#report("FG523", "warning", `${text} is always unknown: ${verdict.why}`, node);
    else if (verdict.holds)
      this.#report("FG525", "warning", `${text} holds for every value: ${verdict.why}`, node);
    else this.#report("FG521", "warning", `${text} holds for no value: ${verdict.why}`, node);
  }

  #checkCall(node: CallNode, present: ReadonlySet<string>): void {
    const [first] = node.args;
    if (first === undefined) return;
    switch (node.name) {
      case "exists":
      case "default":
        if (first.kind === "path") this.#checkPathExists(first);
        for (const arg of node.args.slice(1)) this.#visit(arg, present);
        return;
      case "lower":
      case "upper":
        this.#requireKinds(first, ["string"], `\`${node.name}\` needs a string`);
        break;
      case "abs":
        this.#requireKinds(first, ["number"], "`abs` needs a number");
        break;
      case "date":
        this.#requireKinds(first, ["string", "number"], "`date` needs a string");
        break;
      case "size":
        this.#requireKinds(
          first,
          ["string", "array", "object"],
          "`size` needs a string, a list or an object",
        );
        break;
      case "min":
      case "max":
        for (const arg of node.args) {
          this.#requireKinds(
            arg,
            node.args.length === 1 ? ["number", "array"] : ["number"],
            `\`${node.name}\` needs numbers`,
          );
        }
        break;
      default:
        node.name satisfies never;
    }
    for (const arg of node.args) this.#visit(arg, present);
  }

  #requireTruth(node: ExprNode, what: string, code: "FG523" | "FG527"): void {
    const { kinds } = this.#infer(node);
    if (kinds.size === 0 || kinds.has("boolean")) return;
    this.#report(
      code,
      "error",
      `${what} ${listKinds(kinds)}${code === "FG527" ? ", never true or false" : ""}`,
      node,
    );
  }

  #requireKinds(node: ExprNode, wanted: readonly Kind[], needs: string): void {
    const { kinds } = this.#infer(node);
    if (kinds.size === 0 || wanted.some((kind) => kinds.has(kind))) return;
    this.#report("FG523", "error", `${needs}, not ${listKinds(kinds)}: the result is always unknown`, node);
  }

  #infer(node: ExprNode): Inferred {
    return infer(node, this.#environment);
  }

  #report(code: ExprFindingCode, severity: ExprFinding["severity"], message: string, at: ExprNode): void {
    const { offset, length } = at;
    if (
      this.#findings.some(
        (finding) => finding.code === code && finding.offset === offset && finding.length === length,
      )
    )
      return;
    this.#findings.push({ code, severity, message, offset, length, ...locate(this.#expr.source, offset) });
  }
}

function listKinds(kinds: ReadonlySet<Kind>): string {
  return [...kinds].map((kind) => KIND_NAMES[kind]).join(" or ");
}

function readsNothing(node: ExprNode): boolean {
  let reads = false;
  walkExpr(node, ({ kind }) => {
    reads ||= kind === "path";
  });
  return !reads;
}

function isNullTest(node: BinaryNode): boolean {
  return (node.operator === "==" || node.operator === "!=") && (isNull(node.left) || isNull(node.right));
}

function isNull(node: ExprNode): boolean {
  return node.kind === "literal" && node.value === null;
}

/** The paths that are there whenever `node` is `truth`. */
function provenPresent(node: ExprNode, truth: boolean): readonly string[] {
  if (node.kind === "unary" && node.operator === "!") return provenPresent(node.operand, !truth);
  if (node.kind === "call" && node.name === "exists" && truth) return node.args.flatMap(pathsOf);
  if (node.kind !== "binary") return [];
  if (isNullTest(node))
    return (node.operator === "!=") === truth ? [node.left, node.right].flatMap(pathsOf) : [];
  if (node.operator === (truth ? "&&" : "||")) {
    return [...provenPresent(node.left, truth), ...provenPresent(node.right, truth)];
  }
  return [];
}

function pathsOf(node: ExprNode): readonly string[] {
  return node.kind === "path" ? [node.text] : [];
}
