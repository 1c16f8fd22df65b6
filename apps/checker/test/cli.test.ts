import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "../bin/flowgate-check.mjs");
const folder = mkdtempSync(join(tmpdir(), "flowgate-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], env: { readonly [name: string]: string } = {}): Outcome {
  const result = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...env },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const GOOD = 'version: "1.0.0"\nproxy: { expose: [{ name: hello.echo }] }\n';
const WARNED = `${GOOD}connections: { unused: { command: x, kind: cli } }\n`;
const BAD = `${GOOD}workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: dnoe } } }\n      done: { terminal: true }\n`;

describe("flowgate-check", { timeout: 120_000 }, () => {
  it("ends with 0 and a summary when nothing is wrong", () => {
    expect(run([file("good.yaml", GOOD)])).toEqual({
      code: 0,
      out: "ok good.yaml: 0 workflows, 1 exposed capability, 0 connections\n",
      err: "",
    });
  });

  it("keeps compiled code in the user's cache, and works the same without one", () => {
    const good = file("good.yaml", GOOD);
    const cache = join(folder, "cache");
    const kept = run([good], { XDG_CACHE_HOME: cache });
    expect(existsSync(join(cache, "mcp-flowgate/code"))).toBe(true);
    const cached = run([good], { XDG_CACHE_HOME: cache });
    const unwritable = run([good], { XDG_CACHE_HOME: join(folder, good) });
    expect([kept.code, kept.err]).toEqual([0, ""]);
    expect([cached, unwritable]).toEqual([kept, kept]);
  });

  it("shows each mistake with its line and a caret, and ends with 1", () => {
    const { code, out } = run([file("bad.yaml", BAD)]);
    expect(code).toBe(1);
    expect(out).toBe(
      [
        'bad.yaml:7:41: error FG401: there is no state "dnoe"',
        " 7 |       a: { transitions: { go: { target: dnoe } } }",
        "   |                                         ^^^^",
        "  = Did you mean `done`?",
        "",
        "failed bad.yaml: 1 error",
        "",
      ].join("\n"),
    );
  });

  it("fails on warnings only when told to, and is quiet when told to", () => {
    const name = file("warned.yaml", WARNED);
    expect(run([name]).code).toBe(0);
    expect(run([name, "--quiet"])).toEqual({ code: 0, out: "", err: "" });
    const strict = run([name, "--strict", "--quiet"]);
    expect(strict.code).toBe(1);
    expect(strict.out).toContain("warning FG308");
  });

  it("takes further files as overlays, each by itself when told to, and FLOWGATE_CONFIG without any", () => {
    const base = file("base.yaml", GOOD);
    const overlay = file("overlay.yaml", "limits: { links: 5 }\n");
    expect(run([base, overlay]).code).toBe(0);
    expect(run(["-c", base, overlay]).code).toBe(0);
    expect(run(["--each", base, overlay]).out).toContain("the configuration needs `version`");
    expect(run([], { FLOWGATE_CONFIG: `${base}:${overlay}` }).out).toContain("ok base.yaml + overlay.yaml");
  });

  it("ends with 2 and one line when the command line is wrong", () => {
    expect(run([])).toMatchObject({ code: 2, out: "" });
    expect(run(["--format", "yaml", "x.yaml"]).err).toContain(
      "Allowed choices are pretty, json, sarif, github, junit",
    );
    expect(run(["explain", "FG999"])).toMatchObject({ code: 2, out: "" });
  });

  it("reports a file that is missing, a folder or a device", () => {
    expect(run(["missing.yaml"]).out).toContain("missing.yaml cannot be read: there is no such file");
    expect(run(["."]).out).toContain("it is a folder");
    expect(run(["/dev/zero"]).out).toContain("it is not a file");
  });

  it("explains codes and keys", () => {
    expect(run(["--explain", "FG402"]).out).toContain("FG402: A state cannot be reached (warning)");
    expect(run(["explain", "fg401", "store.kind"]).out).toContain(
      "store.kind: memory | sqlite | postgres | file",
    );
    const { code, out } = run(["explain", "fg402", "store.kind", "stor", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject([
      { topic: "fg402", known: true, severity: "warning", fix: "Add a transition to it, or remove it." },
      { topic: "store.kind", known: true, text: expect.stringContaining("sqlite") },
      { topic: "stor", known: false, text: expect.stringContaining("Did you mean `store`?") },
    ]);
  });

  it("shows no value of a variable and no control character", () => {
    const name = file(
      "secret.yaml",
      `${GOOD}store: { kind: "\${CANARY}" }\nlimits: { "li\\u001b[31mnks\\u202e": 1 }\n`,
    );
    const { code, out } = run([name], { CANARY: "canary-77f1" });
    expect(code).toBe(1);
    expect(out).not.toContain("canary-77f1");
    for (const character of ["\u001b", "\u202e"]) expect(out).not.toContain(character);
  });

  it("writes a starting configuration and does not overwrite one", () => {
    expect(run(["init", "--template", "production-sqlite", "-o", "first.yaml"]).code).toBe(0);
    expect(run(["first.yaml", "--strict", "--quiet"])).toEqual({ code: 0, out: "", err: "" });
    expect(run(["init", "-o", "first.yaml"])).toMatchObject({ code: 1, out: "" });
    expect(readFileSync(join(folder, "first.yaml"), "utf8")).toContain("kind: sqlite");
  });

  it("draws workflows", () => {
    run(["init", "-o", "drawn.yaml"]);
    expect(run(["graph", "drawn.yaml"]).out).toMatch(/^stateDiagram-v2\n/);
    expect(JSON.parse(run(["graph", "drawn.yaml", "--json"]).out)["greeting"]).toMatchObject({
      states: [{ name: "drafting", initial: true }, {}],
      edges: [{ from: "drafting", to: "approved" }],
    });
    expect(run(["graph", "drawn.yaml", "--workflow", "greting"]).err).toContain("did you mean greeting?");
    expect(run(["graph", file("bad.yaml", BAD)])).toMatchObject({ code: 1, out: "" });
  });
});
