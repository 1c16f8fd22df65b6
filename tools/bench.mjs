/**
 * `pnpm bench` and `pnpm bench:<name>`: builds what is missing, then runs one bench over the sources. Further arguments
 * go on to it. A bench prints its figures beside those of the machine; it judges nothing.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail, Failure, nodePath, root, run, setUp } from "./setup.mjs";

const [name = "gateway", ...args] = process.argv.slice(2);
const script = join("bench", name, "run.ts");

try {
  if (!existsSync(join(root, script))) throw new Failure(`there is no bench ${name}`, 2);
  await setUp();
  await run(nodePath(), ["--expose-gc", "--conditions=@mcp-flowgate/source", script, ...args]);
} catch (error) {
  fail(error);
}
