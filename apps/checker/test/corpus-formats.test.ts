import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { JsonObject } from "@mcp-flowgate/core";
import { compileConfig } from "@mcp-flowgate/config-compiler";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import {
  createNodeDigest,
  createNodeReader,
  renderCheck,
  type CheckFormat,
  type CheckedConfig,
} from "flowgate-check";
import { beforeAll, describe, expect, it } from "vitest";

const CORPUS = join(import.meta.dirname, "../../../conformance/config");
/** The schema that OASIS published with SARIF 2.1.0. It uses no keyword that draft-07 took otherwise than its draft-04. */
const SARIF_SCHEMA: JsonObject = {
  ...(JSON.parse(
    readFileSync(
      createRequire(import.meta.url).resolve(
        "@microsoft/sarif-matcher-utils/lib/schemas/sarif-2.1.0-rtm.5.json",
      ),
      "utf8",
    ),
  ) as JsonObject),
  $schema: "http://json-schema.org/draft-07/schema#",
};

/** The whole corpus, so that every code, severity and kind of place goes through every format. */
let configs: readonly CheckedConfig[] = [];
beforeAll(async () => {
  const files = globSync(`${CORPUS}/**/*.yaml`).sort();
  configs = await Promise.all(
    files.map(async (file) => ({
      files: [file],
      compilation: await compileConfig({
        files: [file],
        reader: createNodeReader(),
        env: () => undefined,
        digest: createNodeDigest(),
      }),
    })),
  );
});

const NASTY = 'x,y:%z\r\n"<&>\u001b[31m\u202e]]>';

function render(format: CheckFormat, shown: readonly CheckedConfig[] = configs): string {
  return renderCheck(shown, { format, color: false, quiet: false, strict: true, showPath: (path) => path });
}

/** One finding that tries to break out of every format. */
function nasty(): CheckedConfig {
  const place = { file: `/c/${NASTY}.yaml`, line: 1, column: 2, endLine: 3, endColumn: 4 };
  const diagnostic = {
    code: "FG201",
    severity: "error",
    message: NASTY,
    hint: NASTY,
    pointer: "/a",
    place,
  } as const;
  const compilation = { ...configs[0]?.compilation, diagnostics: [diagnostic] };
  return { files: [place.file], compilation: compilation as CheckedConfig["compilation"] };
}

describe("the findings of the whole corpus", () => {
  it("are valid SARIF 2.1.0", () => {
    const compiled = createSchemas().compile(SARIF_SCHEMA);
    expect(compiled.ok).toBe(true);
    for (const shown of [configs, [nasty()], []]) {
      const log = JSON.parse(render("sarif", shown)) as JsonObject;
      const verdict = compiled.ok ? compiled.value.validate(log) : undefined;
      expect(verdict).toMatchObject({ ok: true });
    }
    const broken = { ...(JSON.parse(render("sarif")) as JsonObject), version: "2.0.0" };
    expect(compiled.ok && compiled.value.validate(broken).ok).toBe(false);
  });

  it("are well-formed JUnit XML whose counts are true", () => {
    for (const shown of [configs, [nasty()], []]) {
      const text = render("junit", shown);
      expect(XMLValidator.validate(text)).toBe(true);
      const parser = new XMLParser({
        ignoreAttributes: false,
        isArray: (name) => /^test(?:suite|case)$/.test(name),
      });
      const { testsuites } = parser.parse(text) as {
        readonly testsuites: { readonly testsuite?: readonly Suite[] };
      };
      const suites = testsuites.testsuite ?? [];
      expect(suites.length).toBe(shown.length);
      for (const [index, suite] of suites.entries()) {
        const failing = (shown[index]?.compilation.diagnostics ?? []).filter(
          ({ severity }) => severity !== "notice",
        );
        const cases = suite.testcase;
        expect(Number(suite["@_failures"])).toBe(failing.length);
        expect(Number(suite["@_tests"])).toBe(cases.length);
        expect(cases.filter(({ failure }) => failure !== undefined).length).toBe(failing.length);
        expect(cases.every((each) => each["@_classname"] !== undefined && each["@_name"] !== undefined)).toBe(
          true,
        );
      }
    }
  });

  it("come out of GitHub's workflow commands as they went in", () => {
    for (const shown of [configs, [nasty()], []]) {
      const lines = render("github", shown).split("\n").slice(0, -1);
      const diagnostics = shown.flatMap(({ compilation }) => compilation.diagnostics);
      expect(lines.length).toBe(diagnostics.length);
      for (const [index, line] of lines.entries()) {
        const { message, hint, severity, place, code } = diagnostics[index] ?? {};
        expect(readCommand(line)).toEqual({
          command: severity,
          data: hint === undefined ? message : `${message} ${hint}`,
          properties: {
            ...(place === undefined
              ? {}
              : { file: place.file, line: `${place.line}`, col: `${place.column}` }),
            ...(place?.endLine === undefined ? {} : { endLine: `${place.endLine}` }),
            ...(place?.endColumn === undefined ? {} : { endColumn: `${place.endColumn}` }),
            title: code,
          },
        });
      }
    }
  });
});

interface Suite {
  readonly "@_tests": string;
  readonly "@_failures": string;
  readonly testcase: readonly {
    readonly "@_classname"?: string;
    readonly "@_name"?: string;
    readonly failure?: unknown;
  }[];
}

/** How a runner reads `::command key=value,…::data`: properties end at the first `::`, escapes are undone last. */
function readCommand(line: string): object {
  const [, command = "", list = "", data = ""] = /^::(\w+) (.*?)::(.*)$/s.exec(line) ?? [];
  const properties = Object.fromEntries(
    list.split(",").map((pair) => {
      const [key = "", value = ""] = pair.split(/=(.*)/s);
      return [key, unescape(value).replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%25", "%")];
    }),
  );
  return { command, data: unescape(data).replaceAll("%25", "%"), properties };
}

function unescape(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}
