import { readdirSync, readFileSync } from "node:fs";
import {
  checkExpr,
  compileExpr,
  compilePathTemplate,
  compileTemplate,
  modernizeExpr,
} from "@mcp-flowgate/guards-expr";
import type { Scope } from "@mcp-flowgate/guards-expr";
import { readScope } from "./corpus.ts";
import { reference } from "./reference.ts";

/** What a fuzzing run has seen. */
export interface FuzzReport {
  readonly inputs: number;
  /** How many of them compiled. */
  readonly compiled: number;
  readonly truths: { readonly true: number; readonly false: number; readonly unknown: number };
  /** The slowest input, in milliseconds. */
  readonly slowestMs: number;
  readonly slowest: string;
}

const FOLDER = new URL("../../../conformance/expr/", import.meta.url);
const PIECES = [
  "$.context.score",
  "$.context.absent",
  "$.context.yes",
  "$.context.no",
  "$.context.nil",
  "$.context.name",
  "$.context.list",
  "$.context.obj",
  "$.arguments.env",
  "$.context.items[0].name",
  "$.context.big",
  "$.context",
  "$.workflow.version",
  "$.principal.roles",
  "$.foo",
  "$.",
  "$",
  "$.context.my-key",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "&&",
  "||",
  "!",
  "+",
  "-",
  "*",
  "/",
  "%",
  "in",
  "starts_with",
  "ends_with",
  "contains",
  "matches",
  "=",
  "===",
  "and",
  "not",
  "(",
  ")",
  "[",
  "]",
  ",",
  "size(",
  "lower(",
  "min(",
  "default(",
  "exists(",
  "date(",
  "foo(",
  "true",
  "false",
  "null",
  "0",
  "1",
  "91",
  "0.5",
  "-1",
  "1e400",
  "9007199254740993",
  "007",
  ".5",
  '"a"',
  "'prod'",
  '"',
  "'",
  "\\",
  '"^a+$"',
  '"(a+)+$"',
  '"[[:alpha:]]{20}"',
  "{{",
  "}}",
  "#",
  "\u0000",
  "\ud800",
  "é",
  "😀",
  "\n",
  "__proto__",
  ".constructor",
];

/**
 * Runs `count` random inputs through everything that takes text, and throws at the first that breaks a promise: nothing
 * throws, the two ways to evaluate agree, and what allows is what the reference allows too.
 */
export function fuzz(count: number, seed: number): FuzzReport {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const corpus = readCorpus();
  const scope = readScope();
  const truths = { true: 0, false: 0, unknown: 0 };
  let compiled = 0;
  let slowestMs = 0;
  let slowest = "";
  for (let index = 0; index < count; index++) {
    const source = generate(random, pick, corpus);
    const from = performance.now();
    const truth = probe(source, scope);
    const took = performance.now() - from;
    if (took > slowestMs) [slowestMs, slowest] = [took, source];
    if (truth === undefined) continue;
    compiled++;
    truths[`${truth}`]++;
  }
  return { inputs: count, compiled, truths, slowestMs, slowest };
}

/** Everything that must hold for one text. Gives its truth where it compiles. */
export function probe(source: string, scope: Scope): true | false | "unknown" | undefined {
  modernizeExpr(source);
  compilePathTemplate(source);
  const template = compileTemplate([source]);
  if (template.ok) template.value.resolve(scope);
  const compiled = compileExpr(source);
  if (!compiled.ok) {
    if (compiled.error.length === 0)
      throw new Error(`no error, and no expression: ${JSON.stringify(source)}`);
    return undefined;
  }
  checkExpr(compiled.value, { context: { type: "object", properties: { score: { type: "number" } } } });
  const { truth } = compiled.value.evaluate(scope);
  const expected = reference(compiled.value.ast, scope) as unknown;
  const agreed = typeof expected === "boolean" ? expected : "unknown";
  if (truth !== agreed || compiled.value.test(scope) !== truth) {
    throw new Error(`${JSON.stringify(source)} is ${truth}, and ${agreed} by the reference`);
  }
  return truth;
}

function generate(
  random: () => number,
  pick: <T>(from: readonly T[]) => T,
  corpus: readonly string[],
): string {
  const kind = random();
  if (kind < 0.2)
    return Array.from({ length: 1 + Math.floor(random() * 12) }, () => pick(PIECES)).join(
      random() < 0.8 ? " " : "",
    );
  if (kind < 0.45) return mutate(pick(corpus), random, pick);
  if (kind < 0.8) return compose(random, pick, corpus, 3);
  if (kind < 0.9) return mutate(compose(random, pick, corpus, 2), random, pick);
  if (kind < 0.95) return pick(PIECES).repeat(1 + Math.floor(random() * 400));
  return Array.from({ length: Math.floor(random() * 60) }, () =>
    String.fromCharCode(Math.floor(random() * 0x3000)),
  ).join("");
}

/** Well-formed where its parts are. */
function compose(
  random: () => number,
  pick: <T>(from: readonly T[]) => T,
  corpus: readonly string[],
  depth: number,
): string {
  if (depth === 0 || random() < 0.2) return `(${pick(corpus)})`;
  const part = (): string => compose(random, pick, corpus, depth - 1);
  const kind = random();
  if (kind < 0.2) return `!${part()}`;
  if (kind < 0.3) return `${pick(["size", "lower", "min", "abs"])}(${part()})`;
  return `(${part()} ${pick(["&&", "||", "&&", "||", "==", "!=", "<", "+", "in", "contains"])} ${part()})`;
}

function mutate(source: string, random: () => number, pick: <T>(from: readonly T[]) => T): string {
  let text = source;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const at = Math.floor(random() * (text.length + 1));
    const length = Math.floor(random() * 4);
    const insert = random() < 0.5 ? "" : pick(PIECES);
    text = text.slice(0, at) + insert + text.slice(at + length);
  }
  return text;
}

function readCorpus(): readonly string[] {
  const expressions = new Set<string>();
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".json"))) {
    const { cases = [] } = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as {
      cases?: { expr?: string }[];
    };
    for (const { expr } of cases) if (expr !== undefined) expressions.add(expr);
  }
  return [...expressions];
}

/** Mulberry32: small, seeded, good enough to pick inputs. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
