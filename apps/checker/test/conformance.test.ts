import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { compileConfig, DIAGNOSTIC_CODES, type Compilation } from "@mcp-flowgate/config-compiler";
import { createNodeDigest, createNodeReader } from "flowgate-check";
import { describe, expect, it } from "vitest";

const CORPUS = join(import.meta.dirname, "../../../conformance/config");

/** A fixture is a file, or a folder with `gateway.yaml`; what it earns stands in its first comments or in `expect`. */
function fixtures(kind: "accept" | "reject"): readonly { readonly name: string; readonly file: string }[] {
  return globSync(`${CORPUS}/${kind}/*`)
    .filter((path) => !path.endsWith(".md"))
    .map((path) => ({
      name: basename(path, ".yaml"),
      file: statSync(path).isDirectory() ? join(path, "gateway.yaml") : path,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function expected(file: string): readonly string[] {
  const beside = join(dirname(file), "expect");
  const text = readFileSync(existsSync(beside) ? beside : file, "utf8");
  return [...text.matchAll(/^# expect: (.+)$/gm)].map(([, line = ""]) => line.trim());
}

async function compile(file: string): Promise<Compilation> {
  return compileConfig({
    files: [file],
    reader: createNodeReader(),
    digest: createNodeDigest(),
    env: () => undefined,
  });
}

function found({ diagnostics }: Compilation, file: string): readonly string[] {
  return diagnostics.map(({ code, severity, place }) => {
    const other = place === undefined || place.file === file ? "" : `${basename(place.file)} `;
    return `${code} ${severity} ${other}${place === undefined ? "-" : `${place.line}:${place.column}`}`;
  });
}

describe("the corpus of refused configurations", () => {
  for (const { name, file } of fixtures("reject")) {
    it(`${name} earns exactly its codes, at their places`, async () => {
      expect(found(await compile(file), file)).toEqual(expected(file));
    });
  }

  it("has a fixture for every code, named after it", () => {
    const named = new Set(fixtures("reject").map(({ name }) => name.split("-")[0] ?? ""));
    // FG7xx are not in the file: the gateway's `check --deep` finds them on the machine, and its tests earn each.
    const inTheFile = Object.keys(DIAGNOSTIC_CODES).filter((code) => !code.startsWith("FG7"));
    expect([...named].sort()).toEqual(inTheFile.sort());
    for (const { name, file } of fixtures("reject")) {
      expect(expected(file).join("\n")).toContain(name.split("-")[0]);
    }
  });
});

describe("the corpus of accepted configurations", () => {
  for (const { name, file } of fixtures("accept")) {
    it(`${name} compiles with the findings that it names`, async () => {
      const compilation = await compile(file);
      expect(found(compilation, file)).toEqual(expected(file));
      expect(compilation.plan).toBeDefined();
    });
  }
});

describe("the documentation of codes", () => {
  it("has a title, an explanation, an example and a fix for each", () => {
    for (const [code, entry] of Object.entries(DIAGNOSTIC_CODES)) {
      for (const text of [entry.title, entry.explanation, entry.example, entry.fix]) {
        expect(`${code} ${text}`.length).toBeGreaterThan(code.length + 4);
      }
    }
  });

  it("is complete: every code that the compiler's sources name is documented", () => {
    const sources = globSync(join(import.meta.dirname, "../../../packages/config-compiler/src/**/*.ts"));
    const named = new Set(sources.flatMap((file) => readFileSync(file, "utf8").match(/"FG\d{3}"/g) ?? []));
    expect([...named].map((code) => code.slice(1, -1)).filter((code) => !(code in DIAGNOSTIC_CODES))).toEqual(
      [],
    );
  });
});
