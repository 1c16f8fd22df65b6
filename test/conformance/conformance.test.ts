import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @boundaries-ignore the transport under test has no door of its own
import type { HttpServing } from "../../apps/gateway/src/http/http-server.ts";
// @boundaries-ignore the same harness as the other tests of whole processes
import { startHttpGateway, type GatewayProcess } from "../e2e/harness/gateway-process.ts";
// @boundaries-ignore the same harness as the other tests of whole processes
import { HELLO } from "../e2e/harness/configs.ts";
import { startFixtureServer } from "./fixture-server.ts";
import { SUITES, type Suite } from "./scenarios.ts";

const require = createRequire(import.meta.url);
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "flowgate-conformance-"));
let gateway: GatewayProcess;
let fixture: HttpServing;

beforeAll(async () => {
  const config = join(folder, "gateway.yaml");
  writeFileSync(config, HELLO);
  [gateway, fixture] = await Promise.all([startHttpGateway(config), startFixtureServer()]);
});
afterAll(async () => {
  await Promise.all([gateway.stop(), fixture.close()]);
  rmSync(folder, { recursive: true, force: true });
});

function entry(suite: string): string {
  return join(dirname(require.resolve(`${suite}/package.json`)), "dist/index.js");
}

/** Runs one scenario and returns what it printed where it failed. */
async function scenario(suite: Suite, name: string, url: string): Promise<string | undefined> {
  const versioned = suite.revision === "2026-07-28" ? ["--spec-version", suite.revision] : [];
  try {
    await run(
      process.execPath,
      [entry(suite.suite), "server", "--url", url, "--scenario", name, ...versioned],
      { cwd: folder, timeout: 60_000 },
    );
    return undefined;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`;
  }
}

describe.each(SUITES)("protocol revision $revision", (suite) => {
  test("every scenario of the suite is run or has a reason why not [R-CONFORM-1]", async () => {
    const { stdout } = await run(process.execPath, [entry(suite.suite), "list", "--server"]);
    const listed = [...stdout.matchAll(/^\s+- (\S+) \[([^\]]*)\]/gm)]
      .filter(([, , revisions]) => revisions === "extension" || revisions?.includes(suite.revision))
      .map(([, name]) => name);
    const known = [...suite.gateway, ...suite.fixture, ...Object.keys(suite.skipped)];
    expect([...listed].sort()).toEqual([...known].sort());
    expect(new Set(known).size).toBe(known.length);
  });

  test.concurrent.each(suite.gateway)("the gateway passes %s [R-CONFORM-1]", async (name) => {
    expect(await scenario(suite, name, gateway.url)).toBeUndefined();
  });

  test.concurrent.each(suite.fixture)("the gateway's HTTP stack passes %s", async (name) => {
    expect(await scenario(suite, name, fixture.endpoint)).toBeUndefined();
  });
});
