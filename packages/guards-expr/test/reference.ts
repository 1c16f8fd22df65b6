import type { ExprNode, Scope } from "@mcp-flowgate/guards-expr";
import { RE2JS } from "re2js";

/**
 * The language a second time, as plainly as it can be said: a tree is walked, nothing is planned, nothing is quick.
 * It shares no code with the package. `U` is unknown, `undefined` a missing path.
 */
export const U = Symbol("unknown");

// oxlint-disable-next-line typescript/no-explicit-any -- the data is any JSON, and what is wrong with it is the point
type Any = any;

const inexact = (n: number): boolean => Number.isNaN(n) || Math.abs(n) > 2 ** 53 - 1;
const isTruth = (v: Any): boolean => v === true || v === false;
const isNull = (n: ExprNode | undefined): boolean => n?.kind === "literal" && n.value === null;
const isObject = (v: Any): boolean => typeof v === "object" && v !== null && !Array.isArray(v);

/** What `node` gives in `scope`. */
export function reference(node: ExprNode, scope: Scope): Any {
  const run = (n: ExprNode | undefined): Any => (n === undefined ? undefined : reference(n, scope));
  const need = (n: ExprNode | undefined): Any => run(n) ?? (run(n) === null ? null : U);
  if (node.kind === "literal") return node.value;
  if (node.kind === "path") {
    return node.segments.reduce((value: Any, key) => {
      if (Array.isArray(value)) return /^(0|[1-9]\d{0,9})$/.test(key) ? value[Number(key)] : undefined;
      return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    }, scope[node.root] as Any);
  }
  if (node.kind === "list") return all(node.items.map(need), (items) => items);
  if (node.kind === "unary") {
    const v = need(node.operand);
    if (node.operator === "!") return isTruth(v) ? !v : U;
    return typeof v === "number" && !inexact(v) ? -v : U;
  }
  if (node.kind === "call") {
    const [first, second] = node.args;
    if (node.name === "exists") return run(first) !== undefined;
    if (node.name === "default") return run(first) === undefined ? need(second) : run(first);
    return all(node.args.map(need), (args) => call(node.name, args));
  }
  const { operator: op, left, right } = node;
  if (op === "&&" || op === "||") {
    const sides = [need(left), need(right)].map((v) => (isTruth(v) ? v : U));
    const decisive = op === "||";
    return sides.includes(decisive) ? decisive : sides.includes(U) ? U : !decisive;
  }
  if ((op === "==" || op === "!=") && (isNull(left) || isNull(right))) {
    const v = run(isNull(left) ? right : left);
    return v === U ? U : (v === null || v === undefined) === (op === "==");
  }
  return all([need(left), need(right)], ([a, b]) => binary(op, a, b));
}

function all(values: Any[], then: (values: Any[]) => Any): Any {
  return values.some((v) => v === U || v === undefined) ? U : then(values);
}

function binary(op: string, a: Any, b: Any): Any {
  const numbers = typeof a === "number" && typeof b === "number";
  const strings = typeof a === "string" && typeof b === "string";
  if (op === "==") return same(a, b);
  if (op === "!=") return same(a, b) === U ? U : !same(a, b);
  if (["<", "<=", ">", ">="].includes(op)) {
    if (!(numbers ? !Number.isNaN(a) && !Number.isNaN(b) && !(inexact(a) && inexact(b)) : strings)) return U;
    return op === "<" ? a < b : op === "<=" ? a <= b : op === ">" ? a > b : a >= b;
  }
  if (op === "in") return member(a, b);
  if (op === "contains")
    return strings ? b === "" || a.split(b).length > 1 : Array.isArray(a) ? member(b, a) : U;
  if (op === "starts_with") return strings ? a.slice(0, b.length) === b : U;
  if (op === "ends_with") return strings ? b === "" || a.slice(-b.length) === b : U;
  if (op === "matches") return strings ? RE2JS.compile(b).matcher(a).find() : U;
  if (!numbers || inexact(a) || inexact(b) || (b === 0 && (op === "/" || op === "%"))) return U;
  const r = op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : op === "/" ? a / b : a % b;
  return inexact(r) ? U : r;
}

function member(a: Any, b: Any): Any {
  if (Array.isArray(b)) {
    const found = b.map((item) => same(a, item));
    return found.includes(true) ? true : found.includes(U) ? U : false;
  }
  return isObject(b) && typeof a === "string" ? Object.hasOwn(b, a) : U;
}

function same(a: Any, b: Any): Any {
  if (typeof a === "number" && typeof b === "number") {
    return Number.isNaN(a) || Number.isNaN(b) || (inexact(a) && inexact(b)) ? U : a === b;
  }
  if (
    Array.isArray(a) !== Array.isArray(b) ||
    typeof a !== "object" ||
    typeof b !== "object" ||
    a === null ||
    b === null
  )
    return a === b;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length || keys.some((key) => !Object.hasOwn(b, key))) return false;
  const found = keys.map((key) => same(a[key], b[key]));
  return found.includes(false) ? false : found.includes(U) ? U : true;
}

function call(name: string, args: Any[]): Any {
  const [v] = args;
  if (name === "lower" || name === "upper")
    return typeof v !== "string" ? U : name === "lower" ? v.toLowerCase() : v.toUpperCase();
  if (name === "abs") return typeof v === "number" ? Math.abs(v) : U;
  if (name === "size")
    return typeof v === "string"
      ? [...v].length
      : typeof v === "object" && v !== null
        ? Object.keys(v).length
        : U;
  if (name === "date") return typeof v === "number" ? v : typeof v === "string" ? date(v) : U;
  const numbers = args.length === 1 && Array.isArray(v) ? v : args;
  if (
    numbers.length === 0 ||
    numbers.some((n: Any) => typeof n !== "number" || Number.isNaN(n)) ||
    numbers.filter(inexact).length > 1
  )
    return U;
  return numbers.reduce((a: number, b: number) => (name === "min" ? Math.min(a, b) : Math.max(a, b)));
}

/** By the platform's own parser, for the forms that it shares with RFC 3339. */
function date(text: string): Any {
  const form = /^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d))?$/;
  if (!form.test(text) || /[Tt]24/.test(text)) return U;
  const leap = /:60(?=[.Zz+-])/.test(text);
  const cut = text
    .toUpperCase()
    .replace(/:60(?=[.Z+-])/, ":59")
    .replace(/(\.\d{3})\d+/, "$1");
  const ms = Date.parse(cut);
  const day = Date.parse(cut.slice(0, 10));
  if (Number.isNaN(ms) || Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== cut.slice(0, 10))
    return U;
  return leap ? ms + 1000 : ms;
}
