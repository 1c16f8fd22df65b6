import { UNKNOWN, unknown } from "./run.ts";
import type { Run, Step, Truth3, Value } from "./run.ts";
import { typeName } from "./type-name.ts";

/** Kleene's conjunction: false if either side is false, true if both are true, else unknown. */
export function planAnd(left: Step, right: Step): Step {
  return planConnective("&&", left, right, false);
}

/** Kleene's disjunction: true if either side is true, false if both are false, else unknown. */
export function planOr(left: Step, right: Step): Step {
  return planConnective("||", left, right, true);
}

/** Negation; of unknown it is unknown. */
export function planNot(operand: Step): Step {
  return (run) => {
    const value = truthOf(run, operand(run), "!");
    return value === UNKNOWN ? UNKNOWN : !value;
  };
}

/** `absorbing` on either side decides, whatever the other side is. */
function planConnective(operator: string, left: Step, right: Step, absorbing: boolean): Step {
  return (run) => {
    const before = run.trace?.reason;
    const a = truthOf(run, left(run), operator);
    if (a === absorbing) return a;
    const b = truthOf(run, right(run), operator);
    if (b === absorbing) {
      // What was unknown on the left is no reason any more.
      if (run.trace !== undefined) run.trace.reason = before;
      return b;
    }
    return a === UNKNOWN ? UNKNOWN : b;
  };
}

/** Of a value that is unknown the reason has been noted already, and stays. */
function truthOf(run: Run, value: Value, operator: string): Truth3 {
  if (typeof value === "boolean") return value;
  return unknown(run, () => `\`${operator}\` needs true or false, not ${typeName(value)}`);
}
