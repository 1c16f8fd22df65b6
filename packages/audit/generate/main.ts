/**
 * Writes `schemas/v1/audit-event.schema.json`. With `--check` it writes nothing, and ends with 1 where the file is not
 * what would be written.
 *
 *   node --conditions=@mcp-flowgate/source packages/audit/generate/main.ts [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createEventSchema } from "./event-schema.ts";

const file = new URL("../../../schemas/v1/audit-event.schema.json", import.meta.url);
const text = `${JSON.stringify(createEventSchema(), null, 2)}\n`;

if (process.argv.includes("--check")) {
  let there = "";
  try {
    there = readFileSync(file, "utf8");
  } catch {
    // Not there: not up to date.
  }
  if (there !== text) {
    process.stderr.write(
      "schemas/v1/audit-event.schema.json is not up to date: run packages/audit/generate/main.ts\n",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
