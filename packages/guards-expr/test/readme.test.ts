import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
// Below the package, so that its name is found as another program finds it.
const folder = mkdtempSync(`${PACKAGE}/.readme-`);
afterAll(() => rmSync(folder, { recursive: true }));

test("the ten lines of the README run in a program of their own and print what their comments say", () => {
  const readme = readFileSync(`${PACKAGE}/README.md`, "utf8");
  const program = /```ts\n([^]*?)```/.exec(readme)?.[1] ?? "";
  const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map((match) => match[1]);
  writeFileSync(`${folder}/program.ts`, program);
  const output = execFileSync(
    process.execPath,
    ["--conditions=@mcp-flowgate/source", `${folder}/program.ts`],
    { encoding: "utf8" },
  );
  expect(output.trim().split("\n")).toEqual(expected);
  expect(expected).toHaveLength(3);
});
