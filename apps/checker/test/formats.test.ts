import { runCheck, type CheckFormat } from "flowgate-check";
import { err, ok } from "@mcp-flowgate/core";
import { describe, expect, it } from "vitest";

const TEXT =
  'version: "1.0.0"\nconnections: { api: { kind: rest, baseUrl: "https://a.example" } }\nlimits: { "a,b:c%\\"<": 1 }\n';

async function check(format: CheckFormat, strict = false): Promise<string> {
  let text = "";
  await runCheck(
    { files: ["gateway.yaml"], format, strict },
    {
      cwd: "/c",
      write: (part) => void (text += part),
      env: () => undefined,
      reader: {
        read: async (path) =>
          path === "/c/gateway.yaml" ? ok(new TextEncoder().encode(TEXT)) : err({ message: "no" }),
        glob: async () => [],
        resolve: (base, relative) => `${base}/${relative}`,
        directory: () => "/c",
      },
    },
  );
  return text;
}

describe("formats", () => {
  it("json holds each finding once, with counts", async () => {
    const { version, configs } = JSON.parse(await check("json")) as {
      version: number;
      configs: readonly object[];
    };
    expect(version).toBe(1);
    expect(configs[0]).toMatchObject({
      files: ["gateway.yaml"],
      ok: false,
      errors: 1,
      warnings: 1,
      notices: 1,
      diagnostics: [
        {
          code: "FG308",
          severity: "warning",
          place: { file: "gateway.yaml", line: 2, column: 16 },
          pointer: "/connections/api",
        },
        { code: "FG206", severity: "notice" },
        { code: "FG201", severity: "error", place: { line: 3, column: 11, endLine: 3, endColumn: 22 } },
      ],
    });
  });

  it("sarif names rules, levels and regions", async () => {
    const log = JSON.parse(await check("sarif")) as {
      readonly version: string;
      readonly runs: readonly [
        {
          readonly tool: { readonly driver: { readonly rules: readonly object[] } };
          readonly results: readonly object[];
        },
      ];
    };
    expect(log.version).toBe("2.1.0");
    expect(log.runs[0].tool.driver.rules).toMatchObject([{ id: "FG201" }, { id: "FG206" }, { id: "FG308" }]);
    expect(log.runs[0].results[2]).toMatchObject({
      ruleId: "FG201",
      ruleIndex: 0,
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "gateway.yaml" },
            region: { startLine: 3, startColumn: 11, endColumn: 22 },
          },
        },
      ],
    });
    expect(log.runs[0].results[1]).toMatchObject({ level: "note" });
  });

  it("github writes workflow commands with its own escapes", async () => {
    const lines = (await check("github")).split("\n");
    expect(lines[0]).toBe(
      '::warning file=gateway.yaml,line=2,col=16,endLine=2,endColumn=19,title=FG308::nothing uses the connection "api"',
    );
    expect(lines[2]).toContain("::error file=gateway.yaml,line=3,col=11");
    expect(lines[2]).toContain("a,b:c%25");
  });

  it("junit counts failures and escapes what XML reads as markup", async () => {
    const text = await check("junit");
    expect(text).toContain('<testsuite name="gateway.yaml" tests="1" failures="1" errors="0">');
    expect(text).toContain("&lt;");
    expect(await check("junit", true)).toContain('failures="2"');
  });
});
