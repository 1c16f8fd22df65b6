import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCheck, runGraph, TEMPLATES } from "flowgate-check";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "flowgate-templates-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string): string => {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, TEMPLATES[name]?.text ?? "");
  return path;
};

describe("templates", () => {
  for (const name of Object.keys(TEMPLATES)) {
    it(`${name} passes a strict check without any variable set`, async () => {
      let text = "";
      const environment = { write: (part: string) => void (text += part), env: () => undefined };
      const exit = await runCheck({ files: [written(name)], strict: true, quiet: true }, environment);
      expect(text).toBe("");
      expect(exit).toBe(0);
    });
  }
});

describe("drawings", () => {
  const draw = async (format: "mermaid" | "dot" | "svg"): Promise<string> => {
    let text = "";
    const output = {
      write: (part: string) => void (text += part),
      writeError: (part: string) => void (text += part),
    };
    expect(await runGraph({ files: [written("production-sqlite")], format }, output)).toBe(0);
    return text;
  };

  it("tell the initial, terminal, human, deterministic and timed parts apart", async () => {
    const mermaid = await draw("mermaid");
    expect(mermaid).toContain("  [*] --> s0\n");
    expect(mermaid).toContain("  s0 --> s3 : 👤 request_approval rejected\n");
    expect(mermaid).toContain("  any --> s4 : ⏱ after 7d\n");
    expect(mermaid).toContain("  class s2 successState\n");
    expect(await draw("dot")).toContain(
      's4 [label="expired", fillcolor="#ffe3e3", color="#c92a2a", peripheries=2];',
    );
  });

  it("as SVG hold every state and no number that is none", async () => {
    const svg = await draw("svg");
    for (const state of ["requested", "approved", "deployed", "rejected", "expired"])
      expect(svg).toContain(`>${state}</text>`);
    expect(svg).not.toMatch(/NaN|undefined|<script/);
  });
});
