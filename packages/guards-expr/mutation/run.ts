/**
 * Mutation testing of the package: small changes are made to its sources, one at a time, and the corpus and a short
 * comparison with the reference evaluator must notice each. For long runs, not for every commit.
 *
 *     node --conditions=@mcp-flowgate/source packages/guards-expr/mutation/run.ts [file …] [--every n] [--workers n]
 *
 * A mutant is dead when something differs, throws, or takes too long. Sources on disk are never changed: each mutant is
 * loaded in a worker of its own, in place of its file.
 */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { findMutants } from "./mutants.ts";
import type { Mutant } from "./mutants.ts";

/** What decides about the truth of an expression. */
const EVALUATOR = [
  "arithmetic",
  "comparison",
  "compile-expr",
  "date",
  "equal",
  "functions",
  "includes-text",
  "literal-comparison",
  "logic",
  "pattern",
  "plan",
  "read",
  "run",
];

/** What decides about verdicts and resolved values. Words for people and the checks of authors are left out. */
const AROUND = [
  "compile-guard",
  "compile-template",
  "evidence",
  "grants",
  "leaf-guards",
  "operators",
  "path-template",
  "rates",
  "schedule",
  "template-run",
  "template-string",
];

/** A mutant may take this many times as long as the sources do; one that goes round for ever takes longer. */
const PATIENCE = 15;

interface Outcome {
  readonly mutant: Mutant;
  readonly killedBy: string | undefined;
}

function flag(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const wanted = process.argv
  .slice(2)
  .filter((argument, index, all) => !argument.startsWith("--") && !all[index - 1]?.startsWith("--"));
const files = wanted.length > 0 ? wanted : [...EVALUATOR, ...AROUND];
const every = flag("every", 1);
const workers = flag("workers", 1);

const mutants = files
  .flatMap((file) => {
    const url = new URL(`../src/${file}.ts`, import.meta.url);
    return findMutants(file, readFileSync(url, "utf8"));
  })
  .filter((_, index) => index % every === 0);

async function judge(mutant: Mutant | undefined, timeoutMs: number): Promise<string | undefined> {
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: mutant ?? null,
    stdout: true,
    stderr: true,
  });
  const timer = Promise.withResolvers<string>();
  const timeout = setTimeout(() => timer.resolve("it takes too long"), timeoutMs);
  const finished = new Promise<string | undefined>((resolve) => {
    worker.once("message", (killedBy: string | undefined) => resolve(killedBy));
    worker.once("error", (error) => resolve(error instanceof Error ? error.message : String(error)));
    worker.once("exit", () => resolve("the worker ended"));
  });
  const killedBy = await Promise.race([finished, timer.promise]);
  clearTimeout(timeout);
  await worker.terminate();
  return killedBy;
}

async function drain(queue: Mutant[], outcomes: Outcome[]): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const killedBy = await judge(mutant, timeoutMs);
    outcomes.push({ mutant, killedBy });
    if (killedBy === undefined) print(`alive ${describe(mutant)}`);
    if (outcomes.length % 50 === 0) process.stderr.write(`${outcomes.length} of ${mutants.length}\n`);
  }
}

const from = performance.now();
const sound = await judge(undefined, 600_000);
const timeoutMs = Math.max(5000, PATIENCE * (performance.now() - from));
if (sound !== undefined) throw new Error(`the unchanged sources fail: ${sound}`);

const outcomes: Outcome[] = [];
const queue = [...mutants];
await Promise.all(Array.from({ length: workers }, () => drain(queue, outcomes)));

function describe({ file, line, from, to, excerpt }: Mutant): string {
  return `${file}:${line}: ${from} → ${to}    ${excerpt}`;
}

function summary(name: string, of: readonly string[]): string {
  const own = outcomes.filter(({ mutant }) => of.includes(mutant.file));
  const dead = own.filter(({ killedBy }) => killedBy !== undefined).length;
  return `${name}: ${dead} of ${own.length} mutants killed, ${((100 * dead) / own.length).toFixed(1)} %`;
}

for (const file of files) if (mutants.some((mutant) => mutant.file === file)) print(summary(file, [file]));
if (files.some((file) => EVALUATOR.includes(file))) print(summary("the evaluator", EVALUATOR));
print(summary("all", files));
