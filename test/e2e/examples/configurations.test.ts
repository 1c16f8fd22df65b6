import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository, runGateway } from "../harness/gateway-process.ts";
import { exampleConfig } from "./walk.ts";

const stories = readdirSync(join(repository, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test("there is an example for each story", () => {
  expect(stories.toSorted()).toEqual([
    "content-publishing",
    "deploy-pipeline",
    "expense-approval",
    "governed-change",
    "import-and-discovery",
    "multi-tenant",
    "quickstart",
    "simple-proxy",
    "tdd",
  ]);
});

test.each(stories)("examples/%s passes the checker without a word [R-EXAMPLE-1]", async (story) => {
  const { code, stdout, stderr } = await runGateway([
    "check",
    "--strict",
    "-c",
    exampleConfig(story),
    "--format",
    "json",
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ configs: [{ ok: true, diagnostics: [] }] });
});
