/**
 * A long fuzzing run of the expression language.
 *
 *     node --conditions=@mcp-flowgate/source bench/expr/fuzz.ts [inputs] [seed]
 *
 * Ends with an error at the first input that breaks a promise, and prints it with the seed.
 */
// @boundaries-ignore the same fuzzer as in the tests, for longer
import { fuzz } from "../../packages/guards-expr/test/fuzz.ts";

const BLOCK = 50_000;
const inputs = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 32));

const totals = { compiled: 0, true: 0, false: 0, unknown: 0 };
let slowest = { ms: 0, source: "" };
const from = performance.now();
for (let done = 0; done < inputs; done += BLOCK) {
  const count = Math.min(BLOCK, inputs - done);
  const report = fuzz(count, seed + done);
  totals.compiled += report.compiled;
  totals.true += report.truths.true;
  totals.false += report.truths.false;
  totals.unknown += report.truths.unknown;
  if (report.slowestMs > slowest.ms) slowest = { ms: report.slowestMs, source: report.slowest };
}
const seconds = (performance.now() - from) / 1000;
console.log(
  `${inputs} inputs, seed ${seed}, ${seconds.toFixed(1)} s: nothing thrown, nothing allowed that the reference does not allow`,
);
console.log(totals);
console.log(`slowest: ${slowest.ms.toFixed(1)} ms for ${JSON.stringify(slowest.source.slice(0, 120))}`);
