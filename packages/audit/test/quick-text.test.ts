import { Buffer } from "node:buffer";
import type { AuditDraft, AuditIr, JsonObject } from "@mcp-flowgate/core";
import { nodeDigest } from "@mcp-flowgate/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emptyHead, linkEvents } from "../src/hash-chain.ts";
import { createLineBlock } from "../src/line-block.ts";
import { createExactMaker } from "../src/make-text.ts";
import { createQuickMaker } from "../src/quick-text.ts";
import { createRedactor } from "../src/redact.ts";
import { createSecretFinder } from "../src/secret-finder.ts";
import { auditIr } from "./support/deps.ts";

const SECRETS = ["s3cr3t-value", 'quo"ted\\secret', "ünïcode-🔑", "state"];
const text = fc.oneof(
  fc.string({ maxLength: 12, unit: "binary" }),
  fc.constantFrom(
    "deploy",
    "x".repeat(195),
    ...SECRETS,
    `Bearer ${SECRETS[0]}`,
    Buffer.from(`u:${SECRETS[0]}`).toString("base64"),
  ),
);
const name = fc.oneof(
  fc.constantFrom(
    "transition",
    "code",
    "arguments",
    "input",
    "password",
    "card",
    "items",
    "note",
    "state",
    "__proto__",
    "10",
    "9",
  ),
  text,
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    fc.constantFrom(null, true, false, 0, -0, 1.5, 1e21, 2 ** 53),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  ),
}));
const drafts: fc.Arbitrary<AuditDraft> = fc.record(
  {
    type: fc.constantFrom("executor.started", "workflow.started", "guard.rejected"),
    at: fc.constantFrom(0, Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 0, 0, 0, 7)),
    correlationId: text,
    payload: fc.dictionary(name, value, { maxKeys: 5 }) as fc.Arbitrary<JsonObject>,
    workflowId: text,
    definitionId: text,
    definitionHash: fc.constant("d".repeat(64)),
    operationId: text,
    traceId: text,
    principal: fc.record({
      subject: text,
      tenant: text,
      kind: fc.constantFrom("agent", "human"),
      via: text,
    }),
  },
  { requiredKeys: ["type", "at", "correlationId", "payload"] },
) as fc.Arbitrary<AuditDraft>;

const MODES = ["full", "arguments", "digest", "none"] as const satisfies readonly AuditIr["payloads"][];
const RULES = [
  [],
  ["iban", "note"],
  ["/payload/arguments/card", "/payload/items/*/note", "/principal/subject"],
];

test("an event's text is made in one go exactly where it comes out as step by step", () => {
  let quickly = 0;
  fc.assert(
    fc.property(
      fc.array(drafts, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...MODES),
      fc.constantFrom(...RULES),
      fc.subarray(SECRETS),
      (events, payloads, redact, secrets) => {
        const ir = auditIr({ payloads, redact });
        const redactor = createRedactor({ redact, secrets, key: Buffer.alloc(32, 7) });
        const quick = createQuickMaker(ir, nodeDigest, redactor);
        const exact = createExactMaker(ir, nodeDigest, redactor);
        // Twice: what is kept of the first time must not change the second.
        for (const [index, event] of [...events, ...events].entries()) {
          const made = quick(event, `evt_${index}`);
          if (made === undefined) continue;
          quickly += 1;
          expect(made).toEqual(exact(event, `evt_${index}`));
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(quickly).toBeGreaterThan(500);
});

test("an event without a secret in it is always made in one go", () => {
  fc.assert(
    fc.property(drafts, fc.constantFrom(...MODES), (event, payloads) => {
      const ir = auditIr({ payloads });
      const redactor = createRedactor({ redact: [], secrets: ["n0where-in-it"], key: Buffer.alloc(32, 7) });
      expect(createQuickMaker(ir, nodeDigest, redactor)(event, "evt_1")).toBeDefined();
    }),
  );
});

test("a form is found wherever it stands, and nothing else is", () => {
  const part = fc.string({ minLength: 5, maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 8 }),
      fc.string({ maxLength: 300 }),
      fc.nat(),
      (forms, around, at) => {
        const find = createSecretFinder(forms);
        const escaped = forms.map((form) => JSON.stringify(form).slice(1, -1));
        expect(find(around)).toBe(escaped.some((form) => around.includes(form)));
        const place = at % (around.length + 1);
        for (const form of escaped)
          expect(find(around.slice(0, place) + form + around.slice(place))).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

test("the bytes of a write are those of its lines, each behind the one before it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: "binary", maxLength: 300 }), fc.nat({ max: 40 })), {
        maxLength: 12,
      }),
      fc.boolean(),
      fc.nat(),
      (parts, torn, cut) => {
        const texts = parts.map(([one, times], index) => ({
          id: `evt_${index}`,
          eventType: "executor.started" as const,
          head: JSON.stringify(one.repeat(times + 1)),
          tail: ',"timestamp":"2026-01-01T00:00:00.000Z"',
        }));
        const { lines } = linkEvents(emptyHead("gateway:a"), texts, nodeDigest);
        const block = createLineBlock();
        for (const _again of [1, 2]) {
          block.begin(emptyHead("gateway:a"));
          if (torn) block.addRaw("\n");
          for (const one of texts) block.add(one);
          const expected = Buffer.from((torn ? "\n" : "") + lines.map(({ line }) => line).join(""));
          expect(block.bytes().equals(expected)).toBe(true);
        }
        const length = cut % (block.bytes().length + 1);
        const whole = block.bytes().subarray(0, length).toString("latin1").split("\n").length - 1;
        expect(block.linesWithin(length).map(({ hash }) => hash)).toEqual(
          lines.slice(0, Math.max(0, torn ? whole - 1 : whole)).map(({ hash }) => hash),
        );
      },
    ),
  );
});
