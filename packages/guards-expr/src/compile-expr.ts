import { err, ok } from "@mcp-flowgate/core";
import type { Json, Result } from "@mcp-flowgate/core";
import type { BinaryNode, ExprNode } from "./ast.ts";
import { createExprError } from "./expr-error.ts";
import type { ExprError } from "./expr-error.ts";
import { toLimits } from "./limits.ts";
import type { ExprLimits } from "./limits.ts";
import { parseExpr } from "./parse.ts";
import { compilePattern } from "./pattern.ts";
import type { Pattern } from "./pattern.ts";
import { planExpr } from "./plan.ts";
import { UNKNOWN } from "./run.ts";
import type { Read, Run, Step, Trace, Value } from "./run.ts";
import type { Scope } from "./scope.ts";
import { typeName } from "./type-name.ts";
import { walkExpr } from "./walk.ts";

/** A truth value of the three-valued logic. Only `true` allows. */
export type Truth = true | false | "unknown";

/** The outcome of one evaluation. */
export interface Evaluation {
  /** `"unknown"` also for an expression whose value is neither true nor false. */
  readonly truth: Truth;
  /** The value itself; `undefined` where it is unknown. */
  readonly value: Json | undefined;
  /** Why it is unknown, in words. */
  readonly reason?: string;
  /** The paths that were read, in the order of reading, each once. */
  readonly reads: readonly Read[];
}

/** An expression that is ready to be evaluated, any number of times. */
export interface CompiledExpr {
  readonly source: string;
  readonly ast: ExprNode;
  /** Evaluates and says what was read and, of unknown, why. Never throws. */
  evaluate(scope: Scope): Evaluation;
  /** The truth alone: the same as `evaluate(scope).truth`, at a fraction of the cost. Never throws. */
  test(scope: Scope): Truth;
}

/**
 * Parses, checks the bounds of and plans an expression.
 *
 * @returns the compiled expression, or every error that was found in it. Never throws.
 * @example
 * const compiled = compileExpr('$.context.score <= 80 && $.arguments.env == "prod"');
 * if (compiled.ok) compiled.value.test(scope); // true, false or "unknown"
 */
export function compileExpr(
  source: string,
  limits: Partial<ExprLimits> = {},
): Result<CompiledExpr, readonly ExprError[]> {
  const bounds = toLimits(limits);
  const parsed = parseExpr(source, bounds);
  if (!parsed.ok) return parsed;
  const patterns = compilePatterns(source, parsed.value, bounds);
  if (!patterns.ok) return patterns;
  return ok(new PlannedExpr(source, parsed.value, planExpr(parsed.value, patterns.value), bounds.maxSteps));
}

class PlannedExpr implements CompiledExpr {
  readonly source: string;
  readonly ast: ExprNode;
  readonly #step: Step;
  readonly #maxSteps: number;

  constructor(source: string, ast: ExprNode, step: Step, maxSteps: number) {
    this.source = source;
    this.ast = ast;
    this.#step = step;
    this.#maxSteps = maxSteps;
  }

  evaluate(scope: Scope): Evaluation {
    const trace: Trace = { reads: [], reason: undefined };
    const value = this.#run({ scope, steps: this.#maxSteps, trace });
    const { reads } = trace;
    if (typeof value === "boolean") return { truth: value, value, reads };
    if (value === UNKNOWN) {
      return {
        truth: "unknown",
        value: undefined,
        reason: trace.reason ?? "the value cannot be told",
        reads,
      };
    }
    return {
      truth: "unknown",
      value,
      reason: `the expression gives ${typeName(value)}, not true or false`,
      reads,
    };
  }

  test(scope: Scope): Truth {
    const value = this.#run({ scope, steps: this.#maxSteps, trace: undefined });
    return typeof value === "boolean" ? value : "unknown";
  }

  #run(run: Run): Value {
    try {
      return this.#step(run);
    } catch {
      // Only data that is not JSON can do this, for example a getter that throws. It never allows.
      if (run.trace !== undefined) run.trace.reason = "the evaluation failed";
      return UNKNOWN;
    }
  }
}

function compilePatterns(
  source: string,
  root: ExprNode,
  limits: ExprLimits,
): Result<ReadonlyMap<BinaryNode, Pattern>, readonly ExprError[]> {
  const patterns = new Map<BinaryNode, Pattern>();
  const errors: ExprError[] = [];
  walkExpr(root, (node) => {
    if (node.kind !== "binary" || node.operator !== "matches") return;
    const { offset, length } = node.right;
    const text = node.right.kind === "literal" ? node.right.value : undefined;
    if (typeof text !== "string") {
      errors.push(
        createExprError(source, {
          code: "FG507",
          message: "the pattern of `matches` must be a quoted string",
          offset,
          length,
        }),
      );
      return;
    }
    const pattern = compilePattern(text, limits);
    if (pattern.ok) patterns.set(node, pattern.value);
    else errors.push(createExprError(source, { code: "FG507", message: pattern.error, offset, length }));
  });
  return errors.length === 0 ? ok(patterns) : err(errors);
}
