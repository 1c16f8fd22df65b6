import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @boundaries-ignore the transport under test has no door of its own
import type { HttpServing } from "../../apps/gateway/src/http/http-server.ts";
// @boundaries-ignore the same harness as the other tests of whole processes
import { startHttpGateway, type GatewayProcess } from "../e2e/harness/gateway-process.ts";
// @boundaries-ignore the same harness as the other tests of whole processes
import { HELLO } from "../e2e/harness/configs.ts";
import { startFixtureServer } from "./fixture-server.ts";
import { bundleSuite, runProgram } from "./programs.ts";
import { SUITES, type Suite } from "./scenarios.ts";

const folder = mkdtempSync(join(tmpdir(), "flowgate-conformance-"));
let gateway: GatewayProcess;
let fixture: HttpServing;
const programs = new Map<string, string>();

beforeAll(async () => {
  const config = join(folder, "gateway.yaml");
  writeFileSync(config, HELLO);
  for (const { suite } of SUITES) programs.set(suite, await bundleSuite(suite, folder));
  [gateway, fixture] = await Promise.all([startHttpGateway(config), startFixtureServer()]);
});
afterAll(async () => {
  await Promise.all([gateway.stop(), fixture.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs one scenario and returns what it printed where it failed. */
async function scenario(suite: Suite, name: string, url: string): Promise<string | undefined> {
  const versioned = suite.revision === "2026-07-28" ? ["--spec-version", suite.revision] : [];
  const args = ["server", "--url", url, "--scenario", name, ...versioned];
  const { ok, printed } = await runProgram(folder, [programs.get(suite.suite)!, ...args]);
  return ok ? undefined : printed;
}

describe.each(SUITES)("protocol revision $revision", (suite) => {
  test("every scenario of the suite is run or has a reason why not [R-CONFORM-1]", async () => {
    const { printed } = await runProgram(folder, [programs.get(suite.suite)!, "list", "--server"]);
    const listed = [...printed.matchAll(/^\s+- (\S+) \[([^\]]*)\]/gm)]
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
