import { describe, expect, test } from "vitest";
import { CROSSINGS, DEPENDENCY_TABLE, shortName, type PackageRule } from "./dependency-table.ts";
import {
  allPackages,
  importsOf,
  packageOf,
  productPackages,
  sourceFiles,
  type Manifest,
} from "./workspace.ts";

const OWN = new Set(allPackages().map(({ manifest }) => manifest.name));
const ruleOf = (name: string): PackageRule | undefined => DEPENDENCY_TABLE.find((rule) => rule.name === name);

test("every package of the product is in the dependency table, and nothing else is", () => {
  const inTree = productPackages().map(({ folder, manifest }) => `${folder} ${manifest.name}`);
  expect(inTree.toSorted()).toEqual(DEPENDENCY_TABLE.map((rule) => `${rule.folder} ${rule.name}`).toSorted());
});

describe.each(productPackages())("$folder", ({ folder, manifest }) => {
  const rule = ruleOf(manifest.name);
  const needed = Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  });

  test("needs exactly what the table lists", () => {
    const actual = {
      workspace: needed
        .filter((name) => OWN.has(name))
        .map(shortName)
        .toSorted(),
      external: needed.filter((name) => !OWN.has(name)).toSorted(),
    };
    expect(actual).toEqual({
      workspace: [...(rule?.workspace ?? [])].toSorted(),
      external: [...(rule?.external ?? [])].toSorted(),
    });
  });

  test("takes versions from the catalog and its own siblings from the workspace", () => {
    const ranges = Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    });
    expect(ranges.filter(([name, range]) => range !== (OWN.has(name) ? "workspace:^" : "catalog:"))).toEqual(
      [],
    );
  });

  test("depends on lower layers only", () => {
    const siblings = needed.filter((name) => OWN.has(name)).map((name) => ruleOf(name));
    const wrong = siblings
      .filter((sibling) => sibling === undefined || !mayNeed(rule, sibling))
      .map((sibling) => sibling?.name);
    expect(wrong).toEqual([]);
  });

  test("imports in src only what it declares, and only package roots", () => {
    const edges = sourceFiles(folder, ["src", "bin"]).flatMap(importsOf);
    expect(
      edges.filter(({ specifier }) => !isDeclared(specifier, manifest, needed) || isDeep(specifier)),
    ).toEqual([]);
  });

  test("imports nothing in src that it does not use from its manifest", () => {
    const used = new Set(
      sourceFiles(folder, ["src", "bin"])
        .flatMap(importsOf)
        .map(({ specifier }) => packageOf(specifier)),
    );
    expect(needed.filter((name) => !used.has(name))).toEqual([]);
  });

  test.runIf(
    rule !== undefined && (rule.layer === 0 || rule.layer === 1 || rule.layer === 2 || rule.layer === "sql"),
  )("is pure: nothing of Node", () => {
    const edges = sourceFiles(folder, ["src"]).flatMap(importsOf);
    expect(edges.filter(({ specifier }) => specifier.startsWith("node:"))).toEqual([]);
  });
});

describe.each(allPackages())("tests and scripts of $folder", ({ folder, manifest }) => {
  const below = folder.startsWith("packages/") || folder.startsWith("apps/") ? ["test"] : ["."];
  const files = sourceFiles(folder, below);

  test("import only what the package declares, by its root, and stay inside their folder", () => {
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
    });
    const wrong = files
      .flatMap(importsOf)
      .filter(
        (edge) =>
          !isDeclared(edge.specifier, manifest, declared) ||
          isDeep(edge.specifier) ||
          leaves(folder, edge.file, edge.specifier),
      );
    expect(wrong).toEqual([]);
  });
});

test("packages need each other without a cycle", () => {
  const edges = new Map(
    productPackages().map(({ manifest }) => [
      manifest.name,
      Object.keys(manifest.dependencies ?? {}).filter((name) => OWN.has(name)),
    ]),
  );
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] => {
    if (path.includes(name)) return [...path, name];
    if (done.has(name)) return [];
    for (const next of edges.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle.length > 0) return cycle;
    }
    done.add(name);
    return [];
  };
  expect([...edges.keys()].map((name) => visit(name, [])).filter((cycle) => cycle.length > 0)).toEqual([]);
});

function mayNeed(from: PackageRule | undefined, to: PackageRule): boolean {
  if (from === undefined) return false;
  if (to.layer === "kit") return from.layer === "kit";
  if (from.layer === 3 && to.layer === "outbound") return from.folder.startsWith("packages/executors/");
  if (from.layer === 3 && to.layer === "sql") return from.folder.startsWith("packages/stores/");
  if (typeof from.layer === "string" || from.layer === 3) return to.layer === 0;
  // Apps may build on each other: the gateway offers the checker's command.
  return from.layer === 4 || (typeof to.layer === "number" && to.layer < from.layer);
}

function isDeclared(specifier: string, manifest: Manifest, declared: readonly string[]): boolean {
  const name = packageOf(specifier);
  return name === undefined || name.startsWith("node:") || name === manifest.name || declared.includes(name);
}

/** Our own packages have one door. */
function isDeep(specifier: string): boolean {
  const name = packageOf(specifier);
  return name !== undefined && OWN.has(name) && specifier !== name;
}

function leaves(folder: string, file: string, specifier: string): boolean {
  if (!specifier.startsWith(".")) return false;
  const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
  if (CROSSINGS.some(([from, to]) => file.startsWith(from) && target.startsWith(to))) return false;
  return !target.startsWith(`${folder}/`);
}
