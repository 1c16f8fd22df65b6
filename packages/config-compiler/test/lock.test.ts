import * as fc from "fast-check";
import {
  compareLock,
  findTricks,
  lockConnection,
  parseLockFile,
  renderDifferences,
  renderLockFile,
  showTricks,
  toLookalike,
  type ListedTool,
  type LockFile,
} from "@mcp-flowgate/config-compiler";
import type { JsonObject } from "@mcp-flowgate/core";
import { describe, expect, it } from "vitest";
import { digest } from "./memory-reader.ts";

const name = fc.string({ minLength: 1, maxLength: 8 });
const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }) as fc.Arbitrary<JsonObject>;
const tool: fc.Arbitrary<ListedTool> = fc.record(
  {
    name,
    title: fc.string(),
    description: fc.string(),
    inputSchema: object,
    outputSchema: object,
    annotations: object,
  },
  { requiredKeys: ["name", "inputSchema"] },
);
const tools = fc.uniqueArray(tool, { selector: (one) => one.name, maxLength: 5 });
const lock: fc.Arbitrary<LockFile> = fc.dictionary(name, tools, { maxKeys: 3 }).map((named) => ({
  connections: Object.fromEntries(
    Object.entries(named).map(([key, listed]) => [key, lockConnection("server", listed, digest)]),
  ),
}));

describe("a lock file", () => {
  it("is read as it was written, and its text does not hang on the order of anything", () => {
    fc.assert(
      fc.property(lock, (one) => {
        const text = renderLockFile(one);
        const parsed = parseLockFile(text, digest);
        if (!parsed.ok) throw new Error(parsed.error);
        expect(compareLock(parsed.value, one)).toEqual([]);
        const reversed = { connections: Object.fromEntries(Object.entries(one.connections).reverse()) };
        expect(renderLockFile(reversed)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  it("is refused, with the tool's name, when any text in it is not the one that was pinned", () => {
    const held = {
      connections: {
        bank: lockConnection(undefined, [{ name: "pay", description: "Pays.", inputSchema: {} }], digest),
      },
    };
    const edited = renderLockFile(held).replace("Pays.", "Pays all.");
    expect(parseLockFile(edited, digest)).toEqual({
      ok: false,
      error: 'the entry of tool "pay" of connection "bank" does not fit its hash',
    });
    for (const text of [
      "",
      "[]",
      "{}",
      '{"lockVersion":2,"connections":{}}',
      '{"lockVersion":1,"connections":{"a":1}}',
    ])
      expect(parseLockFile(text, digest).ok).toBe(false);
  });

  it("differs from every listing in which anything of a tool is another", () => {
    fc.assert(
      fc.property(tools, tool, (listed, other) => {
        const rest = listed.filter((one) => one.name !== other.name);
        const held = { connections: { bank: lockConnection(undefined, [...rest, other], digest) } };
        for (const changed of [
          { ...other, title: `${other.title ?? ""}!` },
          { ...other, description: `${other.description ?? ""}\u200b` },
          { ...other, inputSchema: { ...other.inputSchema, added: 1 } },
          { ...other, annotations: { ...other.annotations, destructiveHint: "added" } },
          { ...other, name: `${other.name}\u0430` },
        ]) {
          const now = { connections: { bank: lockConnection(undefined, [...rest, changed], digest) } };
          const differences = compareLock(held, now);
          expect(differences.map((one) => one.tool)).toContain(changed.name);
          expect(renderDifferences(differences)).not.toMatch(/[\u200b\u202e]/);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("text that is not what it seems", () => {
  it("is written out where it hides or deceives, and left alone where it is only another language", () => {
    expect(showTricks("p\u0430y\u200b \u202enow\u{e0041}")).toBe(
      "p\\u{430}y\\u{200b} \\u{202e}now\\u{e0041}",
    );
    for (const honest of ["Оплата счёта", "Ünïcode naïve", "支付发票", "Πληρωμή", "👩‍💻 ❤️ done", "a\tb\nc"])
      expect(findTricks(honest)).toEqual([]);
    expect(findTricks("p\u0430y").map(({ kind }) => kind)).toEqual(["lookalike"]);
    expect(toLookalike("ｐａｙ")).toBe("pay");
    expect(toLookalike("рау")).toBe("pay");
  });
});
