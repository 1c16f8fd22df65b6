/**
 * `pnpm explore [--for 30m] [FILES]`: builds what is missing, then runs the files with property tests, or those given, over and
 * over, each time with another seed, until the time is over or one fails. It prints the seed of every round.
 */
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { fail, Failure, root, run, setUp } from "./setup.mjs";

const UNITS = { s: 1000, m: 60_000, h: 3_600_000 };

try {
  const { values, positionals } = parseArgs({
    options: { for: { type: "string", default: "30m" } },
    allowPositionals: true,
  });
  const duration = /^(\d+)([smh])$/.exec(values.for);
  if (duration === null)
    throw new Failure(`--for takes a duration such as 90s, 30m or 8h, not ${values.for}`, 2);
  const until = Date.now() + Number(duration[1]) * UNITS[duration[2]];
  await setUp();
  const files = positionals.length > 0 ? positionals : propertyTests();
  for (let round = 1; round === 1 || Date.now() < until; round++) {
    const seed = randomInt(2 ** 31);
    console.error(`… round ${round}: PROPERTY_SEED=${seed}`);
    await run("vitest", ["run", "--reporter=dot", ...files], { env: { PROPERTY_SEED: String(seed) } });
  }
} catch (error) {
  fail(error);
}

function propertyTests() {
  // Properties that packages share are in what these functions describe.
  const pattern = "fc\\.assert\\(|checkEngineModel\\(|describe(Audit|RoundTrip|StoreContract)\\(";
  const found = execFileSync("git", ["grep", "-lE", pattern, "--", "*.test.ts"], { cwd: root });
  return found.toString("utf8").trim().split("\n");
}
