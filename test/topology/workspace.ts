import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

export const ROOT: string = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean | readonly string[];
  readonly files?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly repository?: { readonly directory?: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly main?: string;
  readonly module?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The packages that users can install, and the private kit beside them. */
export function productPackages(): readonly WorkspacePackage[] {
  return packagesBelow(["packages/*/package.json", "packages/*/*/package.json", "apps/*/package.json"]);
}

/** Every package of the workspace: those of the product, tests, examples and the bench. */
export function allPackages(): readonly WorkspacePackage[] {
  return [
    ...productPackages(),
    ...packagesBelow(["test/*/package.json", "examples/*/package.json", "bench/package.json"]),
  ];
}

/** TypeScript and JavaScript files below some folders of a package, as paths from the root. */
export function sourceFiles(folder: string, below: readonly string[]): readonly string[] {
  return below
    .flatMap((part) => globSync(`${folder}/${part}/**/*.{ts,tsx,mts,js,mjs}`, { cwd: ROOT }))
    .map(posix)
    .filter((file) => !/\/(?:node_modules|dist)\//.test(file))
    .toSorted();
}

export interface ImportEdge {
  readonly file: string;
  readonly specifier: string;
}

/** Every module that a file names: static and dynamic imports, and exports from elsewhere, those of types included. */
export function importsOf(file: string): readonly ImportEdge[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const { module, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const specifiers = [
    ...module.staticImports.map((edge) => edge.moduleRequest.value),
    ...module.staticExports.flatMap((edge) =>
      edge.entries.flatMap((entry) => (entry.moduleRequest === null ? [] : [entry.moduleRequest.value])),
    ),
    ...module.dynamicImports
      .map((edge) => source.slice(edge.moduleRequest.start, edge.moduleRequest.end))
      .flatMap((text) => /^["'`](.*)["'`]$/.exec(text)?.[1] ?? []),
  ];
  return [...new Set(specifiers)].map((specifier) => ({ file, specifier }));
}

/** The package that a bare specifier names; undefined for a relative one, and `node:` names stay as they are. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("/")) return undefined;
  if (specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

export interface PublicNames {
  /** `type X` for what exists only for the compiler. */
  readonly names: readonly string[];
  /** Modules that are passed on whole, whose names nobody chose. */
  readonly wholesale: readonly string[];
  readonly hasDefault: boolean;
}

/** What `src/index.ts` of a package exports. */
export function publicNames(folder: string): PublicNames {
  const file = `${folder}/src/index.ts`;
  const entries = parseSync(file, readFileSync(join(ROOT, file), "utf8")).module.staticExports.flatMap(
    (edge) => edge.entries,
  );
  return {
    names: entries
      .flatMap((entry) =>
        entry.exportName.kind === "Name" ? [`${entry.isType ? "type " : ""}${entry.exportName.name}`] : [],
      )
      .toSorted(byName),
    wholesale: entries.flatMap((entry) =>
      entry.exportName.kind === "None" && entry.moduleRequest !== null ? [entry.moduleRequest.value] : [],
    ),
    hasDefault: entries.some((entry) => entry.exportName.kind === "Default"),
  };
}

function byName(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.replace(/^type /, "")) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}

function packagesBelow(globs: readonly string[]): readonly WorkspacePackage[] {
  return globs
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .map((file) => posix(relative(ROOT, dirname(join(ROOT, file)))))
    .filter((folder) => !folder.includes("node_modules") && existsSync(join(ROOT, folder, "package.json")))
    .toSorted()
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as Manifest,
    }));
}

function posix(path: string): string {
  return path.split(sep).join("/");
}
