import { readFileSync } from "node:fs";
import type { Evidence, GuardIr, Json, Result } from "@mcp-flowgate/core";
import {
  checkExpr,
  compileExpr,
  compileGuard,
  compilePathTemplate,
  compileTemplate,
  guardRates,
  modernizeExpr,
  renderGuardResult,
} from "@mcp-flowgate/guards-expr";
import type {
  CheckEnvironment,
  ExprLimits,
  ExprNode,
  GuardScope,
  Scope,
  Unresolved,
} from "@mcp-flowgate/guards-expr";

const FOLDER = new URL("../../../conformance/expr/", import.meta.url);

/** One case of the corpus, run: what it gives, in the form in which the corpus says what it should. */
export interface CorpusCase {
  readonly title: string;
  readonly expected: Json;
  actual(): unknown;
}

/** Every file of the corpus that holds cases. */
export const CORPUS_FILES = [
  "equality",
  "ordering",
  "logic",
  "paths",
  "strings",
  "matches",
  "arithmetic",
  "collections",
  "dates",
  "explain",
  "accept",
  "reject",
  "check",
  "templates",
  "path-templates",
  "guards",
  "modernize",
  "limits",
] as const;

export type CorpusFile = (typeof CORPUS_FILES)[number];

interface RawCase {
  readonly [key: string]: Json;
  readonly why: string;
}

/** The cases of one file. */
export function readCorpus(file: CorpusFile): readonly CorpusCase[] {
  const document = readDocument(file) as { readonly cases: readonly RawCase[]; readonly [key: string]: Json };
  const run = RUNNERS[file] ?? runTruth;
  return document.cases.map((given) => ({
    title: `${JSON.stringify(given["expr"] ?? given["template"] ?? given["path"] ?? given["guard"])}: ${given.why}`,
    expected: given,
    actual: () => ({ ...given, ...run(given, document) }),
  }));
}

/** The scope that all cases are evaluated in. A fresh one each time. */
export function readScope(): Scope {
  return readDocument("scope") as unknown as Scope;
}

/** A tree with its operators in front. */
export function showTree(node: ExprNode): string {
  switch (node.kind) {
    case "literal":
      return JSON.stringify(node.value);
    case "path":
      return node.text;
    case "list":
      return `[${node.items.map(showTree).join(" ")}]`;
    case "unary":
      return `(${node.operator} ${showTree(node.operand)})`;
    case "binary":
      return `(${node.operator} ${showTree(node.left)} ${showTree(node.right)})`;
    case "call":
      return `(${[node.name, ...node.args.map(showTree)].join(" ")})`;
    default:
      return node satisfies never;
  }
}

type Runner = (
  given: RawCase,
  document: { readonly [key: string]: Json },
) => { readonly [key: string]: unknown };

const RUNNERS: { readonly [file: string]: Runner } = {
  accept: ({ expr }) => {
    const compiled = compileExpr(expr as string);
    return { tree: compiled.ok ? showTree(compiled.value.ast) : compiled.error };
  },
  reject: ({ expr, errors }) => {
    const compiled = compileExpr(expr as string);
    return { errors: compiled.ok ? [] : brief(compiled.error, errors as unknown as readonly Said[]) };
  },
  check: ({ expr, findings }, { environment }) => ({
    findings: brief(
      checkExpr(expr as string, environment as CheckEnvironment),
      findings as unknown as readonly Said[],
    ),
  }),
  limits: ({ expr, build, limits, says }) => {
    const context = Object.fromEntries(
      Object.entries(build as object).map(([key, recipe]) => [key, buildValue(recipe as Json)]),
    );
    const compiled = compileExpr(expr as string, (limits ?? {}) as Partial<ExprLimits>);
    if (!compiled.ok) return { truth: "refused", ...saying(compiled.error[0]?.message ?? "", says) };
    const { truth, reason } = compiled.value.evaluate({ ...readScope(), context });
    return {
      truth: compiled.value.test({ ...readScope(), context }) === truth ? truth : "unstable",
      ...saying(reason ?? "", says),
    };
  },
  explain: ({ expr, reason: wanted }) => {
    const compiled = compileExpr(expr as string);
    if (!compiled.ok) return { truth: compiled.error };
    const { truth, reads, reason } = compiled.value.evaluate(readScope());
    const shown = reads.map(({ path, value }) => (value === undefined ? [path] : [path, value]));
    return { truth, reads: shown, ...(reason === undefined && wanted === undefined ? {} : { reason }) };
  },
  modernize: ({ expr }) => {
    const { source, changes } = modernizeExpr(expr as string);
    const broken = changes.length > 0 && !compileExpr(source).ok;
    return { today: broken ? "does not compile" : source, codes: changes.map(({ code }) => code) };
  },
  templates: (given) => resolution(compileTemplate(given["template"] as Json), given),
  "path-templates": (given) => resolution(compilePathTemplate(given["path"] as string), given),
  guards: ({ guard, now, says, error, used, rates }, document) => {
    const compiled = compileGuard(guard as unknown as GuardIr);
    if (!compiled.ok) return { verdict: undefined, error: briefError(compiled.error[0], error) };
    const scope: GuardScope = {
      values: readScope(),
      evidence: document["evidence"] as unknown as readonly Evidence[],
      performers: (transition) =>
        (document["performers"] as { readonly [name: string]: readonly string[] })[transition] ?? [],
      rate: () => countOf(used ?? document["used"]),
      definitionId: "deploy",
      now: (now as number | undefined) ?? 0,
    };
    const result = compiled.value.evaluate(scope);
    const counted = guardRates(compiled.value.guard, scope).map(({ key, max, perMs }) => [key, max, perMs]);
    return {
      verdict: result.verdict,
      ...saying(renderGuardResult(result), says),
      ...(rates === undefined ? {} : { rates: counted }),
      error: undefined,
    };
  },
};

/** The count that a case wants the store to give. */
function countOf(used: Json | undefined): number {
  if (used === "throws") throw new Error("the store is away");
  return used === "nan" ? Number.NaN : (used as number);
}

/** `truth`, and the value where it is neither true nor false. A definite truth needs no reason, an unknown one has it. */
function runTruth({ expr, value: wanted }: RawCase): { readonly [key: string]: unknown } {
  const compiled = compileExpr(expr as string);
  if (!compiled.ok) return { truth: compiled.error };
  const scope = readScope();
  const { truth, value, reason } = compiled.value.evaluate(scope);
  if (compiled.value.test(scope) !== truth || (reason === undefined) !== (truth !== "unknown"))
    return { truth: "unstable" };
  return {
    truth,
    ...(truth === "unknown" && (value !== undefined || wanted !== undefined) ? { value } : {}),
  };
}

interface Resolver {
  resolve(scope: Scope): Result<Json, readonly Unresolved[]>;
  readonly dynamic?: boolean;
  readonly paths?: readonly string[];
  readonly variables?: readonly string[];
}

function resolution(
  compiled: Result<Resolver, readonly Problem[]>,
  { unresolved, error, paths, variables }: RawCase,
): { readonly [key: string]: unknown } {
  const nothing = { value: undefined, unresolved: undefined, error: undefined };
  if (!compiled.ok) return { ...nothing, error: briefError(compiled.error[0], error) };
  const { value: template } = compiled;
  const read = {
    ...(paths === undefined
      ? {}
      : {
          paths:
            template.dynamic === (paths as readonly Json[]).length > 0 ? template.paths : "dynamic is wrong",
        }),
    ...(variables === undefined ? {} : { variables: template.variables }),
  };
  const resolved = template.resolve(readScope());
  if (resolved.ok) return { ...nothing, ...read, value: resolved.value };
  const wanted = (unresolved ?? []) as readonly (readonly string[])[];
  return {
    ...nothing,
    ...read,
    unresolved: resolved.error.map(({ pointer, message }, index) => [
      pointer,
      part(message, wanted[index]?.[1]),
    ]),
  };
}

interface Problem {
  readonly code: string;
  readonly offset?: number;
  readonly length?: number;
  readonly pointer: string;
  readonly message: string;
}

interface Said {
  readonly says?: string;
}

function briefError(problem: Problem | undefined, wanted: Json | undefined): unknown {
  const { says, offset } = (wanted ?? {}) as Said & { readonly offset?: number };
  return {
    code: problem?.code,
    pointer: problem?.pointer,
    says: part(problem?.message ?? "", says),
    ...(offset === undefined ? {} : { offset: problem?.offset, length: problem?.length }),
  };
}

function brief(
  found: readonly {
    readonly code: string;
    readonly severity?: string;
    readonly offset: number;
    readonly message: string;
  }[],
  wanted: readonly Said[],
): unknown {
  return found.map(({ code, severity, offset, message }, index) => ({
    code,
    ...(severity === undefined ? {} : { severity }),
    position: offset + 1,
    ...saying(message, wanted[index]?.says),
  }));
}

function saying(text: string, wanted: Json | undefined): { readonly says?: string } {
  return typeof wanted === "string" ? { says: part(text, wanted) } : {};
}

/** What the corpus asks for, where it is there; else everything, so that a failure shows it. */
function part(message: string, wanted: string | undefined): string {
  return wanted !== undefined && message.includes(wanted) ? wanted : message;
}

/** What a recipe of the corpus describes; anything else stands for itself. */
function buildValue(recipe: Json): Json {
  if (Array.isArray(recipe)) return recipe.map((item: Json) => buildValue(item));
  if (typeof recipe !== "object" || recipe === null) return recipe;
  const { repeat, times, zeros, nested, nan, throws } = recipe as { readonly [key: string]: Json };
  if (typeof repeat === "string") return repeat.repeat(times as number);
  if (typeof zeros === "number") return Array.from({ length: zeros }, () => 0);
  if (nan === true) return Number.NaN;
  if (throws === true) return hostile;
  if (typeof nested !== "number") return recipe;
  let value: Json = 0;
  for (let depth = 0; depth < nested; depth++) value = [value];
  return value;
}

/** Not JSON: whatever is asked of it throws. */
const hostile = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error("not JSON");
    },
  },
) as Json;

function readDocument(name: string): Json {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as Json;
}
