import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLIENT_SUITES, type ClientSuite } from "./client-scenarios.ts";
import { bundleSuite, runProgram } from "./programs.ts";

const folder = mkdtempSync(join(tmpdir(), "flowgate-conformance-"));
const client = fileURLToPath(new URL("client-under-test.ts", import.meta.url));
const programs = new Map<string, string>();

beforeAll(async () => {
  for (const { suite } of CLIENT_SUITES) programs.set(suite, await bundleSuite(suite, folder));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one scenario and returns what it printed where it failed. */
async function scenario(suite: ClientSuite, name: string): Promise<string | undefined> {
  // Extensions belong to no revision.
  const versioned =
    suite.revision === "2026-07-28" && !name.startsWith("auth/") ? ["--spec-version", suite.revision] : [];
  const command = `${process.execPath} ${client}`;
  const args = ["client", "--command", command, "--scenario", name, ...versioned];
  const { ok, printed } = await runProgram(folder, [programs.get(suite.suite)!, ...args]);
  return ok ? undefined : printed;
}

describe.each(CLIENT_SUITES)("connections to servers, protocol revision $revision", (suite) => {
  test("every scenario of the suite is run or has a reason why not [R-CONFORM-2]", async () => {
    const { printed } = await runProgram(folder, [programs.get(suite.suite)!, "list", "--client"]);
    const listed = [...printed.matchAll(/^\s+- (\S+) \[([^\]]*)\]/gm)]
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
