import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
/** Whatever a bundle is made of; installed packages are told by the lock file. */
const SOURCES = [
  "{packages/*,packages/*/*,apps/*}/package.json",
  "{packages/*,packages/*/*,apps/*}/src/**/*",
  "apps/gateway/{bin/*,README.md}",
  "tools/{bundle,setup}.mjs",
  "LICENSE",
  "pnpm-lock.yaml",
];
const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * The gateway as it is published, of the sources as they are now. It starts in a third of the processor time that a
 * checkout takes, and it is made once for each state of the sources: its folder is named by their hash.
 * @returns the folder of the package, with what `npm install` would put into it.
 */
export async function bundleGateway(): Promise<string> {
  const all = join(root, "node_modules/.flowgate-bundles");
  const folder = join(all, hashOf(SOURCES));
  if (existsSync(folder)) return folder;
  const making = `${folder}-${randomUUID()}`;
  await promisify(execFile)(process.execPath, [join(root, "tools/bundle.mjs"), making]);
  const sqlite = createRequire(join(root, "packages/stores/sqlite/package.json"));
  mkdirSync(join(making, "node_modules/.bin"), { recursive: true });
  symlinkSync(
    dirname(sqlite.resolve("better-sqlite3/package.json")),
    join(making, "node_modules/better-sqlite3"),
  );
  symlinkSync("../../bin/mcp-flowgate.mjs", join(making, "node_modules/.bin/mcp-flowgate"));
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another run has made the same.
    rmSync(making, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  for (const name of globSync("*", { cwd: all })) {
    const other = join(all, name);
    const made = statSync(other, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (other !== folder && Date.now() - made > KEPT_MS) rmSync(other, { recursive: true, force: true });
  }
  return folder;
}

function hashOf(patterns: readonly string[]): string {
  const hash = createHash("sha256");
  const files = globSync(patterns, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 16);
}
