import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CONFIG,
  explainPath,
  toConfigSchema,
  type Field,
  type GatewayConfig,
} from "@mcp-flowgate/config-compiler";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { describe, expect, it } from "vitest";
import { compileFiles } from "./memory-reader.ts";
import { generatedFiles, isCurrent } from "../generate/outputs.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("generated files", () => {
  for (const [path, text] of generatedFiles()) {
    it(`${path} is what the code says`, () => {
      expect(isCurrent(path, readFileSync(join(ROOT, path), "utf8"), text)).toBe(true);
    });
  }

  it("the schema is a valid JSON Schema that accepts a small configuration and refuses an unknown key", () => {
    const schema = { ...toConfigSchema() };
    const compiled = createSchemas().compile(schema);
    expect(compiled).toMatchObject({ ok: true });
    if (!compiled.ok) return;
    expect(compiled.value.validate({ version: "1.0.0" }).ok).toBe(true);
    expect(compiled.value.validate({ version: "1.0.0", workfows: {} })).toMatchObject({
      ok: false,
      error: [{ message: "`/workfows` is not a known property; did you mean `workflows`?" }],
    });
  });
});

describe("the types", () => {
  it("let a program write what the compiler accepts", async () => {
    const config: GatewayConfig = {
      version: "1.0.0",
      connections: { api: { baseUrl: "https://api.example.com", timeoutMs: "5s" } },
      proxy: {
        expose: [
          {
            name: "x",
            guards: [{ kind: "expr", expr: "$.arguments.n > 1" }],
            executor: { kind: "http", connection: "api", method: "GET" },
          },
        ],
      },
    };
    const { plan, diagnostics } = await compileFiles({ "/c/gateway.json": JSON.stringify(config) });
    expect(diagnostics).toEqual([]);
    expect(plan?.exposed).toEqual(["x"]);
  });
});

describe("the schema in the code", () => {
  it("describes every field and gives an example for every value that is not a map of further keys", () => {
    const missing: string[] = [];
    const visit = (field: Field, path: string): void => {
      if (field.about.trim() === "") missing.push(`${path}: about`);
      const leaf = field.kind !== "object" && field.kind !== "ref";
      if (leaf && field.example === undefined) missing.push(`${path}: example`);
      if (field.kind === "object")
        for (const [name, one] of Object.entries(field.fields)) visit(one, `${path}.${name}`);
      if (field.kind === "list" || field.kind === "map") visit(field.of, `${path}.*`);
      if (field.kind === "variants")
        for (const [name, one] of Object.entries(field.cases)) visit(one, `${path}.${name}`);
      if (field.kind === "either") for (const one of field.of) visit(one, path);
    };
    visit(CONFIG, "");
    expect(missing).toEqual([]);
  });

  it("explains keys by path, with the nearest one for a misspelt path", () => {
    expect(explainPath("workflows.*.states.*.transitions.*.actor")).toMatchObject({ ok: true });
    expect(explainPath("connections.github.auth.token")).toMatchObject({ ok: true });
    expect(explainPath("store.knd")).toEqual({
      ok: false,
      error: "`store` has no key `knd`. Did you mean `kind`?",
    });
  });
});
