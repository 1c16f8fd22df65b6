/**
 * What vitest loads before each test file: with `PROPERTY_SEED` every property draws its samples from that seed, so that a
 * commit passes or fails whoever runs it. Without it each run draws others, and a failure prints the seed to repeat it by.
 */
const seed = process.env["PROPERTY_SEED"];

if (seed !== undefined) {
  if (!/^-?\d{1,10}$/.test(seed)) throw new Error(`PROPERTY_SEED is a whole number, not "${seed}"`);
  const { configureGlobal } = await import("fast-check");
  configureGlobal({ seed: Number(seed) });
}
