// Writes what is generated from the schema in the code. With --check it only says what is out of date, and fails.
// Run it with `npm run generate` in packages/config-compiler, or `npm run generate -- --check`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles, isCurrent } from "./outputs.ts";

const root = join(import.meta.dirname, "../../..");
const check = process.argv.includes("--check");

for (const [path, text] of generatedFiles()) {
  const file = join(root, path);
  if (isCurrent(path, read(file), text)) continue;
  if (check) {
    process.stderr.write(`${path} is out of date: run the generator without --check\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stderr.write(`wrote ${path}\n`);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
