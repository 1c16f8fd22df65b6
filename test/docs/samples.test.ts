import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { GATEWAY, fileLinks, pages, ROOT, samples, shows, type Sample } from "./pages.ts";

/**
 * What runs: `sh run` in the repository's root, `yaml check` through the checker, `ts run` in the folder of its page,
 * and in a package's README every `ts` sample that imports something (but for those that are tests). A `text output` block behind a sample is compared.
 */
const folder = mkdtempSync(join(tmpdir(), "flowgate-docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = {
  ...process.env,
  NO_COLOR: "1",
  FLOWGATE_RUNTIME_DIR: folder,
  PATH: [dirname(process.execPath), join(ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""].join(
    delimiter,
  ),
};

describe.each(pages())("%s", (page) => {
  const all = samples(page);

  test("links to files that are there", () => {
    expect(fileLinks(page).filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });

  for (const sample of all.filter((each) => each.language === "yaml" && each.marks.includes("check"))) {
    test(`${sample.place} passes the checker`, () => {
      const file = join(folder, `${sample.place.replaceAll(/[/:]/g, "-")}.yaml`);
      writeFileSync(file, sample.code);
      expect(run(process.execPath, [GATEWAY, "check", "-c", file], ROOT)).toMatchObject({ code: 0 });
    });
  }

  for (const sample of all.filter((each) => each.language === "sh" && each.marks.includes("run"))) {
    test(
      `${sample.place} runs`,
      () =>
        expect(problem(sample, run("bash", ["-euo", "pipefail", "-c", sample.code], ROOT))).toBeUndefined(),
      120_000,
    );
  }

  const complete = (sample: Sample): boolean =>
    sample.marks.includes("run") ||
    (page.startsWith("packages/") &&
      /^import /m.test(sample.code) &&
      !/from "(?:vitest|@mcp-flowgate\/testkit)"/.test(sample.code));
  for (const sample of all.filter((each) => each.language === "ts" && complete(each))) {
    test(`${sample.place} runs`, () => {
      const desk = consumerOf(join(ROOT, dirname(page)));
      const file = join(desk, `sample-${sample.place.split(":").at(-1)}.ts`);
      writeFileSync(file, sample.code);
      const flags = ["--experimental-strip-types", "--no-warnings", "--conditions=@mcp-flowgate/source"];
      expect(problem(sample, run(process.execPath, [...flags, file], desk))).toBeUndefined();
    });
  }
});

test("the root README has samples, and they are run", () => {
  const marked = samples("README.md").filter(({ marks }) => marks.includes("run") || marks.includes("check"));
  expect(marked.length).toBeGreaterThan(1);
  expect(readFileSync(join(ROOT, "README.md"), "utf8")).not.toMatch(/TODO|coming soon/i);
});

/** A folder outside the repository in which the package and what it depends on can be imported. Samples may write files. */
function consumerOf(packageFolder: string): string {
  const desk = mkdtempSync(join(folder, "consumer-"));
  writeFileSync(join(desk, "package.json"), JSON.stringify({ type: "module" }));
  const link = (name: string, target: string): void => {
    mkdirSync(dirname(join(desk, "node_modules", name)), { recursive: true });
    if (!existsSync(join(desk, "node_modules", name)))
      symlinkSync(realpathSync(target), join(desk, "node_modules", name));
  };
  link(
    (JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { name: string }).name,
    packageFolder,
  );
  const installed = join(packageFolder, "node_modules");
  for (const entry of existsSync(installed) ? readdirSync(installed) : []) {
    if (entry.startsWith(".")) continue;
    const names = entry.startsWith("@")
      ? readdirSync(join(installed, entry)).map((each) => `${entry}/${each}`)
      : [entry];
    for (const name of names) link(name, join(installed, name));
  }
  return desk;
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): { readonly code: number | null; readonly printed: string; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
    timeout: 100_000,
  });
  return { code: status, printed: stdout, said: stderr };
}

/** What went wrong with a sample; nothing, if nothing did. */
function problem(sample: Sample, { code, printed, said }: ReturnType<typeof run>): string | undefined {
  if (code !== 0) return `ended with ${code}:\n${printed}${said}`;
  if (sample.output !== undefined && !shows(sample.output, printed))
    return `printed something else:\n${printed}`;
  return undefined;
}
