/**
 * `pnpm chaos [--store sqlite|postgres] [--kills 10000] [--for 45m] [--replicas 3] [--no-report]`: builds what is missing, then kills
 * processes that share one store, at most for so long, and judges what became of their work. Writes its report into docs/reliability.md.
 */
import { fail, nodePath, run, setUp } from "./setup.mjs";

try {
  await setUp();
  await run(nodePath(), ["test/chaos/main.ts", ...process.argv.slice(2)]);
} catch (error) {
  fail(error);
}
