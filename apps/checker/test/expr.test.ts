import { describe, expect, test } from "vitest";
import { runExpr } from "../src/commands/expr.ts";

async function run(
  expression: string,
  data?: string,
  json = false,
): Promise<{ code: number; out: string; errors: string }> {
  let out = "";
  let errors = "";
  const code = await runExpr(
    { expression, json, ...(data === undefined ? {} : { data: "data.json" }) },
    {
      write: (text) => {
        out += text;
      },
      writeError: (text) => {
        errors += text;
      },
      readFile: (path) =>
        data === ""
          ? Promise.reject(new Error("no such file"))
          : Promise.resolve(path === "data.json" ? (data ?? "") : ""),
    },
  );
  return { code, out, errors };
}

describe("flowgate-check expr", () => {
  test("a true expression ends with 0 and shows what it read", async () => {
    const data = '{ "context": { "score": 72 }, "arguments": { "env": "prod" } }';
    expect(await run('$.context.score <= 80 && $.arguments.env == "prod"', data)).toEqual({
      code: 0,
      out: 'true\n  $.context.score = 72\n  $.arguments.env = "prod"\n',
      errors: "",
    });
  });

  test("a false one ends with 1", async () => {
    expect(await run("$.context.score <= 80", '{ "context": { "score": 91 } }')).toEqual({
      code: 1,
      out: "false\n  $.context.score = 91\n",
      errors: "",
    });
  });

  test("an unknown one ends with 1 and says why", async () => {
    expect(await run("!($.context.score <= 80)", "{}")).toEqual({
      code: 1,
      out: "unknown: $.context.score is missing\n  $.context.score = (missing)\n",
      errors: "",
    });
  });

  test("a file without any scope is the context", async () => {
    expect((await run("$.context.a.b == 1", '{ "a": { "b": 1 } }')).code).toBe(0);
  });

  test("the input, the workflow and the caller can be given", async () => {
    const data =
      '{ "input": { "goal": "x" }, "workflow": { "state": "review" }, "principal": { "roles": ["manager"] }, "output": { "ok": true } }';
    expect(
      (
        await run(
          '$.input.goal == "x" && $.workflow.state == "review" && "manager" in $.principal.roles && $.output.ok',
          data,
        )
      ).code,
    ).toBe(0);
    expect(
      (await run('$.workflow.input.goal == "x"', '{ "workflow": { "input": { "goal": "x" } } }')).code,
    ).toBe(0);
  });

  test("without a file everything but the caller is empty", async () => {
    expect((await run('$.principal.subject == "anonymous" && $.context.x == null')).code).toBe(0);
  });

  test("an expression that does not compile ends with 2 and points at the place", async () => {
    expect(await run("$.context.score >=")).toEqual({
      code: 2,
      out: "",
      errors: `FG501 expected a value after \`>=\` at 1:19\n  $.context.score >=\n  ${" ".repeat(18)}^\n`,
    });
  });

  test("a file that cannot be used ends with 1", async () => {
    expect(await run("true", "")).toMatchObject({
      code: 1,
      errors: "data.json cannot be read: no such file\n",
    });
    expect(await run("true", "[1]")).toMatchObject({
      code: 1,
      errors: "data.json must hold a JSON object\n",
    });
    const broken = await run("true", "{");
    expect(broken).toMatchObject({ code: 1, out: "" });
    expect(broken.errors).toMatch(/^data\.json is not JSON: /);
  });

  test("what is suspicious about the expression goes to the errors", async () => {
    expect(await run("true")).toMatchObject({
      code: 0,
      out: "true\n",
      errors: expect.stringContaining("FG522") as string,
    });
  });

  test("with --json everything is one object", async () => {
    const { code, out, errors } = await run("$.context.a > $.context.b", '{ "context": { "a": 1 } }', true);
    expect({ code, errors, ...(JSON.parse(out) as object) }).toEqual({
      code: 1,
      errors: "",
      expression: "$.context.a > $.context.b",
      truth: "unknown",
      value: null,
      reason: "$.context.b is missing",
      reads: [
        { path: "$.context.a", value: 1 },
        { path: "$.context.b", missing: true },
      ],
      findings: [],
    });
    const refused = await run("1 +", undefined, true);
    expect(refused).toMatchObject({ code: 2, errors: "" });
    expect(JSON.parse(refused.out)).toMatchObject({
      expression: "1 +",
      errors: [{ code: "FG501", line: 1, column: 4 }],
    });
    expect(JSON.parse((await run("true", "[]", true)).out)).toEqual({
      expression: "true",
      problem: "data.json must hold a JSON object",
    });
  });
});
