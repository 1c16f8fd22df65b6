import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { CLIENT_SUITES, type ClientSuite } from "./client-scenarios.ts";

const require = createRequire(import.meta.url);
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "flowgate-conformance-"));
const client = fileURLToPath(new URL("client-under-test.ts", import.meta.url));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function entry(suite: string): string {
  return join(dirname(require.resolve(`${suite}/package.json`)), "dist/index.js");
}

/** Runs one scenario and returns what it printed where it failed. */
async function scenario(suite: ClientSuite, name: string): Promise<string | undefined> {
  // Extensions belong to no revision.
  const versioned =
    suite.revision === "2026-07-28" && !name.startsWith("auth/") ? ["--spec-version", suite.revision] : [];
  const command = `${process.execPath} ${client}`;
  try {
    await run(
      process.execPath,
      [entry(suite.suite), "client", "--command", command, "--scenario", name, ...versioned],
      { cwd: folder, timeout: 60_000 },
    );
    return undefined;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`;
  }
}

describe.each(CLIENT_SUITES)("connections to servers, protocol revision $revision", (suite) => {
  test("every scenario of the suite is run or has a reason why not [R-CONFORM-2]", async () => {
    const { stdout } = await run(process.execPath, [entry(suite.suite), "list", "--client"]);
    const listed = [...stdout.matchAll(/^\s+- (\S+) \[([^\]]*)\]/gm)]
      .filter(([, , revisions]) => revisions === "extension" || revisions?.includes(suite.revision))
      .map(([, name]) => name);
    const known = [...suite.run, ...Object.keys(suite.skipped)];
    expect([...listed].sort()).toEqual([...known].sort());
    expect(new Set(known).size).toBe(known.length);
  });

  test.concurrent.each(suite.run)("pass %s [R-CONFORM-2]", async (name) => {
    expect(await scenario(suite, name)).toBeUndefined();
  });
});
