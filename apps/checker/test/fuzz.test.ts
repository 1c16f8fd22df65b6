import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok } from "@mcp-flowgate/core";
import { compileConfig, DIAGNOSTIC_CODES } from "@mcp-flowgate/config-compiler";
import { createNodeDigest, TEMPLATES } from "flowgate-check";
import { describe, expect, it } from "vitest";

/** What every run takes; a longer run sets the variable. */
const DOCUMENTS = Number(process.env["FLOWGATE_FUZZ"] ?? 5000);
/** Of the processor, not of the clock: other tests run at the same time. */
const MAX_CPU_MS = 1500;

const corpus = [
  ...Object.values(TEMPLATES).map(({ text }) => text),
  ...globSync(join(import.meta.dirname, "../../../conformance/config/**/*.yaml")).map((file) =>
    readFileSync(file, "utf8"),
  ),
].filter((text) => text.length < 20_000);

const FRAGMENTS = [
  "{",
  "}",
  "[",
  "]",
  ":",
  "- ",
  "\n",
  "\t",
  "\r\n",
  "'",
  '"',
  "#",
  "&a ",
  "*a",
  "<<: *a",
  "!replace ",
  "!!binary ",
  "? ",
  "| ",
  "> ",
  "---\n",
  "...\n",
  "${X}",
  "${",
  "$${",
  "$.context.x",
  "{{ $.x }}",
  "null",
  "~",
  "true",
  "1e999",
  ".nan",
  "0x1F",
  "-1",
  "99999999999999999999",
  "__proto__",
  "constructor",
  "\u0000",
  "\ufeff",
  "\u2028",
  "\ud800",
  "kind: human",
  "wraps: a",
  "include: [x]",
  "terminal: true",
  "  ",
  "        ",
] as const;

/** A small generator of its own, so that a failing document can be made again from its number. */
function randomOf(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

function mutate(seed: number): string {
  const random = randomOf(seed);
  let text = corpus[random(corpus.length)] ?? "";
  for (let count = 1 + random(6); count > 0; count -= 1) {
    const at = random(text.length + 1);
    const to = Math.min(text.length, at + random(40));
    switch (random(5)) {
      case 0:
        text = text.slice(0, at) + text.slice(to);
        break;
      case 1:
        text = text.slice(0, at) + (FRAGMENTS[random(FRAGMENTS.length)] ?? "") + text.slice(at);
        break;
      case 2:
        text = text.slice(0, to) + text.slice(at, to).repeat(1 + random(4)) + text.slice(to);
        break;
      case 3: {
        const lines = text.split("\n");
        const [line = ""] = lines.splice(random(lines.length), 1);
        lines.splice(random(lines.length + 1), 0, line);
        text = lines.join("\n");
        break;
      }
      default:
        text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
    }
  }
  return text;
}

describe("mutated documents", () => {
  it(
    `never crash the compiler and take bounded time (${DOCUMENTS} of them)`,
    { timeout: 600_000 },
    async () => {
      const digest = createNodeDigest();
      let slowest = 0;
      let plans = 0;
      for (let seed = 0; seed < DOCUMENTS; seed += 1) {
        const bytes = new TextEncoder().encode(mutate(seed));
        const started = process.cpuUsage();
        const { plan, diagnostics } = await compileConfig({
          files: ["/c/gateway.yaml"],
          reader: {
            read: async (path) =>
              path === "/c/gateway.yaml" ? ok(bytes) : err({ message: "there is no such file" }),
            glob: async () => [],
            resolve: (base, relative) => `${base}/${relative}`,
            directory: () => "/c",
          },
          env: () => undefined,
          digest,
        });
        const { user } = process.cpuUsage(started);
        slowest = Math.max(slowest, user / 1000);
        if (plan !== undefined) plans += 1;
        const errors = diagnostics.filter(({ severity }) => severity === "error");
        const sound =
          (plan === undefined) === errors.length > 0 &&
          diagnostics.every(
            ({ code, place }) =>
              code in DIAGNOSTIC_CODES && place !== undefined && place.line > 0 && place.column > 0,
          );
        if (!sound)
          throw new Error(`document ${seed} is judged wrongly: ${JSON.stringify(diagnostics.slice(0, 3))}`);
      }
      expect(slowest).toBeLessThan(MAX_CPU_MS);
      expect(plans).toBeGreaterThan(DOCUMENTS / 100);
    },
  );
});
