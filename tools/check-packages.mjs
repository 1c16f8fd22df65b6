/**
 * Packs every public package as it would be published and lets publint and attw judge the tarballs, so that what is
 * checked is what users get: versions in place of `workspace:`, and only the files that are listed.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, toolEnvironment } from "./setup.mjs";

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "flowgate-pack-"));
try {
  const unpacked = tool("npx", [
    "--yes",
    packageManager,
    "--recursive",
    "--filter",
    "./packages/**",
    "--filter",
    "./apps/**",
    "pack",
    "--pack-destination",
    folder,
  ]);
  const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz") && !name.includes("testkit"));
  const failed = [
    unpacked,
    ...tarballs.flatMap((name) => {
      const file = join(folder, name);
      const judged = [tool("publint", ["run", file, "--strict"], name)];
      // A package that is only a command has no types to judge.
      if (isLibrary(file))
        judged.push(
          tool(
            "attw",
            [file, "--profile", "esm-only", "--no-color", "--no-emoji", "--format", "ascii"],
            name,
          ),
        );
      return judged;
    }),
  ].filter((problem) => problem !== undefined);
  for (const { name, output } of failed) console.log(`${name}\n${output}`);
  console.log(`${tarballs.length} packages, ${failed.length} problems`);
  process.exitCode = failed.length === 0 && tarballs.length > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function isLibrary(file) {
  const { stdout } = spawnSync("tar", ["-xzOf", file, "package/package.json"], { encoding: "utf8" });
  return JSON.parse(stdout).exports !== undefined;
}

function tool(command, args, name = command) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    env: toolEnvironment({ NO_COLOR: "1" }),
    shell: process.platform === "win32",
  });
  if (status === 0) return undefined;
  return { name: `${name}: ${command}`, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
}
