import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allPackages, productPackages, publicNames, ROOT, type Manifest } from "./workspace.ts";

const root = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const published = productPackages().filter(({ manifest }) => manifest.private !== true);

test("only the test kits of the product packages are private", () => {
  expect(
    productPackages()
      .filter(({ manifest }) => manifest.private === true)
      .map(({ folder }) => folder),
  ).toEqual(["packages/stores/testkit", "packages/testkit"]);
});

test("tests, examples and the bench are never published", () => {
  const productFolders = new Set(productPackages().map(({ folder }) => folder));
  expect(
    allPackages().filter(({ folder, manifest }) => !productFolders.has(folder) && manifest.private !== true),
  ).toEqual([]);
});

test("both commands keep compiled code in the same way", () => {
  // Before a command may import a package, so each has a copy.
  const [gateway, checker] = ["gateway", "checker"].map((app) =>
    readFileSync(join(ROOT, "apps", app, "bin/compile-cache.mjs"), "utf8"),
  );
  expect(gateway).toBe(checker);
});

describe.each(published)("$folder", ({ folder, manifest }) => {
  const isLibrary = existsSync(join(ROOT, folder, "src/index.ts"));

  test("is an ES module without side effects, licensed, described and placed", () => {
    expect({
      type: manifest.type,
      sideEffects: manifest.sideEffects,
      license: manifest.license,
      described: (manifest.description ?? "").length > 10,
      engines: manifest.engines?.node,
      directory: manifest.repository?.directory,
      main: manifest.main,
      module: manifest.module,
    }).toEqual({
      type: "module",
      sideEffects: false,
      license: "Apache-2.0",
      described: true,
      engines: root.engines?.node,
      directory: folder,
      main: undefined,
      module: undefined,
    });
  });

  test("has one door: the root, as types and a module, or none beside its command", () => {
    const door = {
      ".": {
        "@mcp-flowgate/source": "./src/index.ts",
        types: "./dist/index.d.ts",
        default: "./dist/index.js",
      },
    };
    expect(manifest.exports).toEqual(isLibrary ? door : undefined);
    expect(isLibrary || manifest.bin !== undefined).toBe(true);
  });

  test("asks for a Node that what it needs can run on", () => {
    const short = Object.keys(manifest.dependencies ?? {}).flatMap((name) => {
      const file = join(ROOT, folder, "node_modules", name, "package.json");
      const needs = (JSON.parse(readFileSync(file, "utf8")) as Manifest).engines?.node;
      return needs !== undefined && isBelow(floorOf(manifest.engines?.node ?? ""), floorOf(needs))
        ? [`${name} needs ${needs}`]
        : [];
    });
    expect(short).toEqual([]);
  });

  test("publishes what its commands and entry need, and no tests", () => {
    const needed = [
      "dist",
      "src",
      ...new Set(
        Object.values(manifest.bin ?? {}).map((file) => file.replace(/^\.\//, "").split("/")[0] as string),
      ),
    ];
    expect([...(manifest.files ?? [])].toSorted()).toEqual(
      expect.arrayContaining([...new Set(needed)].toSorted()),
    );
    expect((manifest.files ?? []).filter((file) => /test|\*/.test(file))).toEqual([]);
  });

  test.runIf(isLibrary)("exports chosen names only", () => {
    const { names, wholesale, hasDefault } = publicNames(folder);
    expect({ wholesale, hasDefault }).toEqual({ wholesale: [], hasDefault: false });
    expect(names.length).toBeGreaterThan(0);
  });

  test.runIf(isLibrary)("exports the names that are on record", async () => {
    const record = join(
      ROOT,
      "test/topology/public-names",
      `${manifest.name.replace("@mcp-flowgate/", "")}.txt`,
    );
    await expect(`${publicNames(folder).names.join("\n")}\n`).toMatchFileSnapshot(record);
  });

  test("has a README that a stranger can use", () => {
    const file = join(ROOT, folder, "README.md");
    expect(existsSync(file), `${folder}/README.md`).toBe(true);
    const text = readFileSync(file, "utf8");
    const values = isLibrary ? publicNames(folder).names.filter((name) => !name.startsWith("type ")) : [];
    const explained = values.filter((name) => text.includes(name));
    expect({
      title: text.startsWith(`# ${manifest.name}\n`),
      install: new RegExp(`(?:npm install|npx|npm i) (?:[^\\n]* )?${manifest.name}`).test(text),
      example: /```(?:ts|js|sh|yaml)/.test(text),
      names: explained.length >= Math.min(3, values.length) || { explained },
      commands: manifest.bin === undefined || /^## (?:Commands|Usage|Use)\b/m.test(text),
      errors: /\b(?:errors?|throws?|fails?|exit codes?)\b/i.test(text),
    }).toEqual({ title: true, install: true, example: true, names: true, commands: true, errors: true });
  });
});

/** The lowest version that a range such as `>=22.19` or `^20 || >=22` begins with. */
function floorOf(range: string): readonly number[] {
  const [first] = [...range.matchAll(/(\d+)(?:\.(\d+))?(?:\.(\d+))?/g)];
  return (first?.slice(1) ?? []).map((part) => Number(part ?? 0));
}

function isBelow(a: readonly number[], b: readonly number[]): boolean {
  const at = [0, 1, 2].find((index) => (a[index] ?? 0) !== (b[index] ?? 0));
  return at !== undefined && (a[at] ?? 0) < (b[at] ?? 0);
}
