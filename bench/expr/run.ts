/**
 * Evaluations and compilations a second of one guard, beside other expression languages, in one process.
 *
 *     node --conditions=@mcp-flowgate/source bench/expr/run.ts [milliseconds per measurement]
 *
 * Every language evaluates the same condition over the same eight scopes in turn, and must give the same truths before
 * it is measured. Rounds alternate between the languages, the best round of each counts: noise only ever slows down.
 */
import { parse as parseCel, plan as planCel } from "@bufbuild/cel";
import { celEnv } from "@bufbuild/cel";
import { compileExpr } from "@mcp-flowgate/guards-expr";
import type { Scope } from "@mcp-flowgate/guards-expr";
import { Parser } from "expr-eval-fork";
import { compileExpression } from "filtrex";
import jsonata from "jsonata";

const ROUND_MS = Number(process.argv[2] ?? 400);
const ROUNDS = 5;
const BATCH = 64;

const SCOPES: readonly Scope[] = [72, 91, 80, 12, 81, 3, 99, 45].map((b, index) => ({
  context: { a: { b } },
  arguments: { env: index % 3 === 0 ? "staging" : "prod" },
  workflow: { id: "wf_1", input: {}, state: "review", version: index, startedAt: 0 },
  principal: { subject: "ada", tenant: "default", roles: [], permissions: [], kind: "agent", via: "local" },
}));
const EXPECTED = SCOPES.map((scope) => {
  const { a } = scope.context as { a: { b: number } };
  return a.b <= 80 && (scope.arguments as { env: string }).env === "prod";
});

interface Contender {
  readonly name: string;
  readonly compile: () => (scope: Scope) => unknown;
  /** Evaluation gives a promise. */
  readonly async?: true;
}

const OURS = '$.context.a.b <= 80 && $.arguments.env == "prod"';
const C_LIKE = 'context.a.b <= 80 && arguments.env == "prod"';
const environment = celEnv();

const CONTENDERS: readonly Contender[] = [
  {
    name: "guards-expr test()",
    compile: () => {
      const compiled = compileExpr(OURS);
      if (!compiled.ok) throw new Error("does not compile");
      return (scope) => compiled.value.test(scope);
    },
  },
  {
    name: "guards-expr evaluate(), with reads",
    compile: () => {
      const compiled = compileExpr(OURS);
      if (!compiled.ok) throw new Error("does not compile");
      return (scope) => compiled.value.evaluate(scope).truth;
    },
  },
  {
    name: "@bufbuild/cel",
    compile: () => {
      const planned = planCel(environment, parseCel(C_LIKE));
      return (scope) => planned(scope as never);
    },
  },
  {
    name: "filtrex",
    compile: () => {
      const filter = compileExpression('b of a of context <= 80 and env of arguments == "prod"');
      return (scope) => filter(scope);
    },
  },
  {
    name: "expr-eval-fork",
    compile: () => {
      const expression = new Parser().parse('context.a.b <= 80 and arguments.env == "prod"');
      return (scope) => expression.evaluate(scope as never);
    },
  },
  {
    name: "jsonata",
    async: true,
    compile: () => {
      const expression = jsonata('context.a.b <= 80 and arguments.env = "prod"');
      return (scope) => expression.evaluate(scope);
    },
  },
];

let sink = 0;

function syncRate(evaluate: (scope: Scope) => unknown): number {
  const from = performance.now();
  const until = from + ROUND_MS;
  let count = 0;
  do {
    for (let batch = 0; batch < BATCH; batch++) {
      for (const scope of SCOPES) if (evaluate(scope) === true) sink++;
    }
    count += BATCH * SCOPES.length;
  } while (performance.now() < until);
  return count / (performance.now() - from);
}

async function asyncRate(evaluate: (scope: Scope) => unknown): Promise<number> {
  const from = performance.now();
  const until = from + ROUND_MS;
  let count = 0;
  do {
    for (let batch = 0; batch < BATCH; batch++) {
      for (const scope of SCOPES) if ((await evaluate(scope)) === true) sink++;
    }
    count += BATCH * SCOPES.length;
  } while (performance.now() < until);
  return count / (performance.now() - from);
}

function compilationRate(contender: Contender): number {
  const until = performance.now() + ROUND_MS;
  const from = performance.now();
  let count = 0;
  do {
    for (let batch = 0; batch < 16; batch++) if (typeof contender.compile() === "function") sink++;
    count += 16;
  } while (performance.now() < until);
  return count / (performance.now() - from);
}

async function main(): Promise<void> {
  const planned = CONTENDERS.map((contender) => ({
    contender,
    evaluate: contender.compile(),
    evaluations: 0,
    compilations: 0,
  }));
  for (const { contender, evaluate } of planned) {
    for (const [index, scope] of SCOPES.entries()) {
      const value = await evaluate(scope);
      if (value !== EXPECTED[index])
        throw new Error(`${contender.name} gives ${String(value)} for scope ${index}`);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const entry of planned) {
      entry.evaluations = Math.max(
        entry.evaluations,
        entry.contender.async === true ? await asyncRate(entry.evaluate) : syncRate(entry.evaluate),
      );
      entry.compilations = Math.max(entry.compilations, compilationRate(entry.contender));
    }
  }
  const rows = planned.map(({ contender, evaluations, compilations }) => ({
    language: contender.name,
    "million evaluations/s": Number((evaluations / 1000).toFixed(2)),
    "ns/evaluation": Math.round(1e6 / evaluations),
    "µs/parse+compile": Number((1000 / compilations).toFixed(1)),
  }));
  console.log(`node ${process.version}, ${ROUNDS} rounds of ${ROUND_MS} ms, best round; ${OURS}`);
  console.table(rows);
  const [first, ...rest] = planned.filter(({ contender }) => !contender.name.includes("with reads"));
  const fastest = Math.max(...rest.map(({ evaluations }) => evaluations));
  console.log(`ahead of the next: ${((first?.evaluations ?? 0) / fastest).toFixed(2)}×`);
  if (sink === 0) throw new Error("nothing was measured");
}

await main();
