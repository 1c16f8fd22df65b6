import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "flowgate-integrations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = 'version: "1.0.0"\nproxy: { expose: [{ name: hello.echo }] }\n';
const WARNED = `${GOOD}connections: { unused: { command: x, kind: cli } }\n`;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** In the repository's own folder, so that `npx` takes the checker of this checkout. */
function run(
  command: string,
  args: readonly string[],
  env: { readonly [name: string]: string } = {},
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const path = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  const result = spawnSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, PATH: path, NO_COLOR: "1", npm_config_offline: "true", ...env },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

describe("the pre-commit hook", { timeout: 60_000 }, () => {
  const hooks = parse(readFileSync(join(ROOT, ".pre-commit-hooks.yaml"), "utf8")) as readonly {
    readonly id: string;
    readonly name: string;
    readonly entry: string;
    readonly args: readonly string[];
    readonly language: string;
    readonly files: string;
  }[];
  const [hook] = hooks;

  it("has what pre-commit asks for, and takes the files that are configurations", () => {
    expect(hooks.map(({ id }) => id)).toEqual(["flowgate-check"]);
    expect(Object.keys(hook ?? {})).toEqual(expect.arrayContaining(["id", "name", "entry", "language"]));
    const files = new RegExp(hook?.files ?? "$^");
    expect(["gateway.yaml", "ops/gateway-prod.yml", "a/gateway.json"].every((name) => files.test(name))).toBe(
      true,
    );
    expect(["package.json", "my-gateway.md", "gateways/readme.yaml"].some((name) => files.test(name))).toBe(
      false,
    );
  });

  it("runs, takes each file by itself, and fails for a warning in any of the files", () => {
    const [program = "", ...args] = (hook?.entry ?? "").split(" ");
    const all = [...args, ...(hook?.args ?? [])];
    const good = file("gateway.yaml", GOOD);
    const outcome = run(program, [...all, good, file("gateway-b.yaml", WARNED)]);
    expect(outcome.code).toBe(1);
    expect(outcome.out).toMatch(/gateway-b\.yaml:3:16: warning FG308/);
    expect(outcome.out).toMatch(/^ok .*gateway\.yaml: 0 workflows/m);
  });
});

describe("the GitHub Action", { timeout: 60_000 }, () => {
  const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8")) as {
    readonly name: string;
    readonly description: string;
    readonly inputs: { readonly [name: string]: { readonly description: string; readonly default?: string } };
    readonly runs: {
      readonly using: string;
      readonly steps: readonly {
        readonly shell: string;
        readonly run: string;
        readonly env: { readonly [name: string]: string };
      }[];
    };
  };
  const [step] = action.runs.steps;

  /** What a runner does: inputs become the step's variables, the script a file that bash runs. */
  function act(inputs: { readonly [name: string]: string }): ReturnType<typeof run> {
    const env = Object.fromEntries(
      Object.entries(step?.env ?? {}).map(([name, expression]) => {
        const [, input = ""] = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(expression) ?? [];
        return [name, inputs[input] ?? action.inputs[input]?.default ?? ""];
      }),
    );
    const script = file("step.sh", step?.run ?? "");
    return run("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], env);
  }

  it("has what GitHub asks for, and no input is a part of the script", () => {
    expect(action.runs.using).toBe("composite");
    expect(action.runs.steps.every(({ shell }) => shell === "bash")).toBe(true);
    expect(action.runs.steps.every((each) => !each.run.includes("${{"))).toBe(true);
    expect(Object.values(action.inputs).every(({ description }) => description !== "")).toBe(true);
    const used = Object.values(step?.env ?? {}).map((expression) => /inputs\.(\w+)/.exec(expression)?.[1]);
    expect(used.toSorted()).toEqual(Object.keys(action.inputs).toSorted());
  });

  it("annotates findings, fails as it is told, and writes SARIF beside", () => {
    const good = file("gateway.yaml", GOOD);
    const warned = file("with space.yaml", WARNED);
    const sarif = join(folder, "out.sarif");
    const strict = act({ files: `${good}\n${warned}\n`, each: "true", sarif });
    expect(strict.code).toBe(1);
    expect(strict.out).toMatch(/^::warning file=[^\n]*with space\.yaml,line=3,/);
    expect(JSON.parse(readFileSync(sarif, "utf8"))).toMatchObject({ version: "2.1.0" });
    expect(act({ files: "\n" })).toMatchObject({
      code: 2,
      out: "::error::name a configuration with files\n",
    });
    expect(act({ files: `${warned}\n$(exit 3)`, each: "true", strict: "false" }).out).toContain("FG101");
  });
});
