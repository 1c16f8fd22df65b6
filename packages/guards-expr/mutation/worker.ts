import { registerHooks } from "node:module";
import { isDeepStrictEqual } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import type { Mutant } from "./mutants.ts";

/** Random inputs that are compared with the reference evaluator, after the corpus. */
const FUZZED = 2500;

const mutant = workerData as Mutant | null;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (mutant === null || !url.endsWith(`/packages/guards-expr/src/${mutant.file}.ts`)) return loaded;
    const source =
      loaded.source === undefined || loaded.source === null
        ? ""
        : Buffer.from(loaded.source as Uint8Array).toString("utf8");
    return {
      ...loaded,
      source: source.slice(0, mutant.offset) + mutant.to + source.slice(mutant.offset + mutant.length),
    };
  },
});

/** The first case that notices; undefined where none does. */
async function findKiller(): Promise<string | undefined> {
  const { CORPUS_FILES, readCorpus } = await import("../test/corpus.ts");
  for (const file of CORPUS_FILES) {
    for (const { title, expected, actual } of readCorpus(file)) {
      if (!isDeepStrictEqual(plain(actual()), plain(expected))) return `${file}: ${title}`;
    }
  }
  const { fuzz } = await import("../test/fuzz.ts");
  fuzz(FUZZED, 1);
  return undefined;
}

/** As JSON has it: no prototypes, no members that are undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? "null");
}

async function judge(): Promise<string | undefined> {
  try {
    return await findKiller();
  } catch (error) {
    return error instanceof Error ? `threw: ${error.message}` : "threw";
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
parentPort?.postMessage(await judge());
