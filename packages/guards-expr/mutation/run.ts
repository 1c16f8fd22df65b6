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

/** What decides about truth, verdicts and resolved values. Words for people and the checks of authors are left out. */
const FILES = [
  "arithmetic",
  "comparison",
  "compile-expr",
  "compile-guard",
  "compile-template",
  "date",
  "equal",
  "evidence",
  "functions",
  "grants",
  "includes-text",
  "leaf-guards",
  "logic",
  "operators",
  "path-template",
  "pattern",
  "plan",
  "rates",
  "read",
  "run",
  "schedule",
  "template-run",
  "template-string",
];

const TIMEOUT_MS = 60_000;

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
const files = wanted.length > 0 ? wanted : FILES;
const every = flag("every", 1);
const workers = flag("workers", 1);

const mutants = files
  .flatMap((file) => {
    const url = new URL(`../src/${file}.ts`, import.meta.url);
    return findMutants(file, readFileSync(url, "utf8"));
  })
  .filter((_, index) => index % every === 0);

async function judge(mutant: Mutant | undefined): Promise<string | undefined> {
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: mutant ?? null,
    stdout: true,
    stderr: true,
  });
  const timer = Promise.withResolvers<string>();
  const timeout = setTimeout(() => timer.resolve("it takes too long"), TIMEOUT_MS);
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
    outcomes.push({ mutant, killedBy: await judge(mutant) });
    if (outcomes.length % 50 === 0) process.stderr.write(`${outcomes.length} of ${mutants.length}\n`);
  }
}

const sound = await judge(undefined);
if (sound !== undefined) throw new Error(`the unchanged sources fail: ${sound}`);

const outcomes: Outcome[] = [];
const queue = [...mutants];
await Promise.all(Array.from({ length: workers }, () => drain(queue, outcomes)));

for (const file of files) {
  const own = outcomes.filter(({ mutant }) => mutant.file === file);
  const dead = own.filter(({ killedBy }) => killedBy !== undefined).length;
  if (own.length > 0) print(`${file}: ${dead} of ${own.length}`);
  for (const { mutant, killedBy } of own) {
    if (killedBy === undefined)
      print(`  alive ${mutant.line}: ${mutant.from} → ${mutant.to}    ${mutant.excerpt}`);
  }
}
const dead = outcomes.filter(({ killedBy }) => killedBy !== undefined).length;
print(`${dead} of ${outcomes.length} mutants killed: ${((100 * dead) / outcomes.length).toFixed(1)} %`);
