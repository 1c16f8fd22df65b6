import { rolldown } from "rolldown";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);

/**
 * The command line of an official suite with all that it imports in one file: every scenario is a process, and finding
 * and reading some hundreds of modules is most of what one costs.
 * @returns the file, in the folder.
 */
export async function bundleSuite(suite: string, folder: string): Promise<string> {
  const input = join(dirname(require.resolve(`${suite}/package.json`)), "dist/index.js");
  const file = join(folder, `${suite.replaceAll(/\W+/g, "-")}.mjs`);
  const bundle = await rolldown({
    input,
    platform: "node",
    external: [/^node:/],
    logLevel: "silent",
  });
  await bundle.write({ file, format: "esm", codeSplitting: false });
  await bundle.close();
  return file;
}

/** Runs a program of the folder, where its compiled code is kept, and returns what it printed and how it ended. */
export async function runProgram(
  folder: string,
  args: readonly string[],
): Promise<{ readonly ok: boolean; readonly printed: string }> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, "code") };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: folder,
      env,
      timeout: 60_000,
    });
    return { ok: true, printed: stdout };
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return { ok: false, printed: `${stdout}${stderr}` };
  }
}
