/** `npm test`: installs and builds what is missing, then runs every test there is. Arguments go on to vitest. */
import { fail, run, setUp, step } from "./setup.mjs";

try {
  await setUp();
  await step(console.error, "tests", () => run("vitest", ["run", ...process.argv.slice(2)]));
} catch (error) {
  fail(error);
}
