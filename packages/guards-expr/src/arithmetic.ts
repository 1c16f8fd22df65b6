import type { ArithmeticOperator } from "./ast.ts";
import { isInexact } from "./equal.ts";
import { unknown } from "./run.ts";
import type { Run, Step, Value } from "./run.ts";
import { typeName } from "./type-name.ts";

/** `left operator right` of two numbers. Division by zero and results that cannot be held exactly are unknown. */
export function planArithmetic(operator: ArithmeticOperator, left: Step, right: Step): Step {
  const apply = OPERATIONS[operator];
  // An operand that is unknown is no number either; its reason has been noted and stays.
  return (run) => {
    const a = left(run);
    const b = right(run);
    if (typeof a !== "number" || typeof b !== "number") {
      return unknown(
        run,
        () => `\`${operator}\` needs numbers, not ${typeName(typeof a === "number" ? b : a)}`,
      );
    }
    if (b === 0 && (operator === "/" || operator === "%")) return unknown(run, () => "division by zero");
    return exact(run, a, b, apply(a, b));
  };
}

/** `-operand`. */
export function planNegation(operand: Step): Step {
  return (run) => {
    const value = operand(run);
    if (typeof value !== "number") return unknown(run, () => `\`-\` needs a number, not ${typeName(value)}`);
    return exact(run, value, value, -value);
  };
}

const OPERATIONS: { readonly [operator in ArithmeticOperator]: (a: number, b: number) => number } = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

/** A result is only taken where neither the operands nor itself may have been rounded to another integer. */
function exact(run: Run, a: number, b: number, result: number): Value {
  if (isInexact(a) || isInexact(b) || isInexact(result)) {
    return unknown(run, () => "a number is beyond 2^53 - 1 and cannot be held exactly");
  }
  return result;
}
