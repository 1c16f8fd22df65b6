import type { Result } from "@mcp-flowgate/core";
import type { Report } from "../diagnostics/reporter.ts";
import { translateOpenMcpGateway, withConnectionDefaults } from "../foreign/open-mcp-gateway.ts";
import {
  describeNode,
  quote,
  type ConfigNode,
  type MapNode,
  type ScalarNode,
  type Span,
} from "./config-node.ts";
import { interpolate, secretFilesOf } from "./interpolate.ts";
import { mergeNodes } from "./merge.ts";
import { parseSource } from "./parse-source.ts";
import { decodeSource, MAX_SOURCE_BYTES, type SourceText } from "./source-text.ts";

/** How the compiler reaches files. It knows nothing else of the machine. */
export interface SourceReader {
  /** The bytes of a file by absolute path. */
  read(path: string): Promise<Result<Uint8Array, { readonly message: string }>>;
  /** Absolute paths of the files below `base` that match `pattern`, sorted. */
  glob(pattern: string, base: string): Promise<readonly string[]>;
  /** `relative` seen from the folder `base`, absolute. */
  resolve(base: string, relative: string): string;
  /** The folder of a file. */
  directory(file: string): string;
}

export interface Loaded {
  readonly root: MapNode | undefined;
  /** In the order in which they were reached. */
  readonly sources: readonly SourceText[];
  /** Every file that was read, secret files included: a change of any of them changes the plan. */
  readonly files: readonly string[];
  readonly secrets: readonly string[];
  readonly origins: readonly ValueOrigin[];
}

/** What a value was taken from; never the value itself. */
export interface ValueOrigin {
  readonly kind: "variable" | "file";
  /** Of the variable, or the absolute path of the file. */
  readonly name: string;
}

/** Shorter values are not kept as secrets: masking them everywhere would garble ordinary text. */
const SHORTEST_SECRET = 4;
const MAX_FILES = 1000;
const NO_FILES: ReadonlySet<string> = new Set();
const GLOB = /[*?[{]/;

/** Loads `files` in order, each with what it includes, the later on top of the earlier. */
export async function loadSources(
  files: readonly string[],
  reader: SourceReader,
  env: (name: string) => string | undefined,
  report: Report,
): Promise<Loaded> {
  const loader = new Loader(reader, env, report);
  let root: ConfigNode | undefined;
  for (const file of files) {
    const node = await loader.load(file, [], undefined);
    if (node !== undefined) root = root === undefined ? node : mergeNodes(root, node);
  }
  return {
    root: root?.kind === "map" ? root : undefined,
    sources: loader.sources,
    files: [...loader.reached],
    secrets: [...loader.secrets].sort(),
    origins: [...loader.origins.values()],
  };
}

class Loader {
  readonly sources: SourceText[] = [];
  readonly reached = new Set<string>();
  readonly secrets = new Set<string>();
  readonly origins = new Map<string, ValueOrigin>();
  readonly #reader: SourceReader;
  readonly #env: (name: string) => string | undefined;
  readonly #report: Report;
  #bytes = 0;

  constructor(reader: SourceReader, env: (name: string) => string | undefined, report: Report) {
    this.#reader = reader;
    this.#env = env;
    this.#report = report;
  }

  /** The tree of `file` on top of what it includes. `chain` are the files that led here, `at` names this one. */
  async load(file: string, chain: readonly string[], at: Span | undefined): Promise<MapNode | undefined> {
    if (chain.includes(file)) {
      const path = [...chain.slice(chain.indexOf(file)), file].join(" → ");
      this.#report("FG109", at, `these files include each other: ${path}`);
      return undefined;
    }
    if (this.reached.has(file)) return undefined;
    if (this.reached.size >= MAX_FILES) {
      this.#report("FG104", at, `more than ${MAX_FILES} files are included`);
      return undefined;
    }
    this.reached.add(file);
    const own = await this.#parse(file, at);
    if (own === undefined) return undefined;
    const directory = this.#reader.directory(file);
    const written = await this.#interpolate(own, directory);
    const foreign = translateOpenMcpGateway(written, this.#report, this.#env("HOME"));
    const tree = foreign?.tree ?? written;
    let merged: ConfigNode | undefined;
    for (const include of this.#includes(tree)) {
      for (const path of await this.#paths(include, directory)) {
        const node = await this.load(path, [...chain, file], include);
        if (node !== undefined) merged = merged === undefined ? node : mergeNodes(merged, node);
      }
    }
    const entries = new Map(tree.entries);
    entries.delete("include");
    const body: MapNode = { ...tree, entries };
    const result = merged === undefined ? body : mergeNodes(merged, body);
    if (result.kind !== "map") return undefined;
    return foreign === undefined ? result : withConnectionDefaults(result, foreign.connectionDefaults);
  }

  async #parse(file: string, at: Span | undefined): Promise<MapNode | undefined> {
    const bytes = await this.#reader.read(file);
    if (!bytes.ok) {
      this.#report("FG101", at, `${file} cannot be read: ${bytes.error.message}`);
      return undefined;
    }
    this.#bytes += bytes.value.length;
    const decoded = decodeSource(file, bytes.value);
    if (!decoded.ok || this.#bytes > 4 * MAX_SOURCE_BYTES) {
      const source = emptySource(file);
      this.sources.push(source);
      const span = { source, start: 0, end: 0 };
      if (decoded.ok) this.#report("FG104", span, "all files together are larger than 64 MiB");
      else this.#report(decoded.error.code, span, decoded.error.message);
      return undefined;
    }
    const source = decoded.value;
    this.sources.push(source);
    const root = parseSource(source, this.#report);
    if (root === undefined) return undefined;
    if (root === "empty" || (root.kind === "scalar" && root.value === null)) {
      this.#report("FG113", { source, start: 0, end: 0 }, `${file} is empty`);
      return undefined;
    }
    if (root.kind === "map") return root;
    this.#report("FG113", root, `a configuration is a map of keys, not ${describeNode(root)}`);
    return undefined;
  }

  async #interpolate(tree: MapNode, directory: string): Promise<MapNode> {
    // Most of a large configuration holds no variable at all.
    if (!tree.source.text.includes("${")) return tree;
    const files = new Map<string, { readonly text: string } | { readonly message: string }>();
    const named = tree.source.text.includes("${file:") ? secretFilesOf(tree) : NO_FILES;
    for (const path of named) {
      const absolute = this.#reader.resolve(directory, path);
      const bytes = await this.#reader.read(absolute);
      if (!bytes.ok) {
        files.set(path, bytes.error);
        continue;
      }
      this.reached.add(absolute);
      this.#note({ kind: "file", name: absolute });
      const decoded = decodeSource(absolute, bytes.value);
      files.set(path, decoded.ok ? { text: decoded.value.text.replace(/\r?\n$/, "") } : decoded.error);
    }
    const keepSecret = (value: string): void => {
      if (value.length >= SHORTEST_SECRET) this.secrets.add(value);
    };
    const env = (name: string): string | undefined => {
      const value = this.#env(name);
      if (value !== undefined) this.#note({ kind: "variable", name });
      return value;
    };
    const result = interpolate(tree, { env, files, keepSecret }, this.#report);
    return result.kind === "map" ? result : tree;
  }

  #note(origin: ValueOrigin): void {
    this.origins.set(`${origin.kind} ${origin.name}`, origin);
  }

  #includes(tree: MapNode): readonly (ScalarNode & { readonly value: string })[] {
    const entry = tree.entries.get("include");
    if (entry === undefined) return [];
    const nodes = entry.value.kind === "list" ? entry.value.items : [entry.value];
    const paths: (ScalarNode & { readonly value: string })[] = [];
    for (const node of nodes) {
      if (node.kind === "scalar" && typeof node.value === "string" && node.value !== "") {
        paths.push(node as ScalarNode & { readonly value: string });
      } else {
        this.#report("FG203", node, `\`include\` lists paths, not ${describeNode(node)}`, {
          pointer: "/include",
        });
      }
    }
    return paths;
  }

  async #paths(
    include: ScalarNode & { readonly value: string },
    directory: string,
  ): Promise<readonly string[]> {
    if (!GLOB.test(include.value)) return [this.#reader.resolve(directory, include.value)];
    const found = await this.#reader.glob(include.value, directory);
    if (found.length === 0) {
      this.#report("FG112", include, `no file matches ${quote(include.template ?? include.value)}`, {
        pointer: "/include",
      });
    }
    return found;
  }
}

function emptySource(file: string): SourceText {
  return { file, text: "", place: () => ({ file, line: 1, column: 1 }) };
}
