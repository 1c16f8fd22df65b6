import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createAuditSink, createStoreChain, GENESIS_HASH } from "@mcp-flowgate/audit";
import type { AuditRecord } from "@mcp-flowgate/audit";
import type { AuditIr, JsonObject } from "@mcp-flowgate/core";
import { createCountingIds, nodeDigest } from "@mcp-flowgate/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { auditIr, createDeps, draft, fileIr, temporaryFolder } from "./support/deps.ts";

async function recordOf(
  payload: JsonObject,
  ir: Partial<AuditIr> = {},
  secrets: readonly string[] = [],
): Promise<AuditRecord> {
  const trail = await createAuditSink(auditIr(ir), createDeps({ secrets }));
  await trail.append([draft({ payload })]);
  return trail.records()[0] as AuditRecord;
}

const MARK = /^\[redacted:[0-9a-f]{16}\]$/;

test("values under secret names are hidden at any depth, however the name is written", async () => {
  const { payload } = await recordOf({
    arguments: { password: "p", headers: [{ "X-Api-Key": "k", Authorization: "Bearer t" }], db_password: 7 },
    oauth: { clientSecret: { nested: "s" }, "refresh-token": null, token: true },
    passenger: "ann",
    tokens: 12,
  });
  expect(payload).toEqual({
    arguments: {
      password: expect.stringMatching(MARK),
      headers: [{ "X-Api-Key": expect.stringMatching(MARK), Authorization: expect.stringMatching(MARK) }],
      db_password: expect.stringMatching(MARK),
    },
    oauth: { clientSecret: expect.stringMatching(MARK), "refresh-token": null, token: true },
    passenger: "ann",
    tokens: 12,
  });
});

test("pointers and names of the configuration hide more; equal values have equal marks, different ones different marks", async () => {
  const redact = ["iban", "/payload/arguments/card", "/payload/items/*/note", "/principal/subject"];
  const principal = { subject: "ann", tenant: "default", kind: "human", via: "cli" } as const;
  const trail = await createAuditSink(auditIr({ redact }), createDeps());
  const payload = {
    arguments: { card: "4111", other: "4111" },
    items: [{ note: "a" }, { note: "b", id: 1 }],
    IBAN: "4111",
  };
  await trail.append([draft({ payload, principal }), draft({ payload })]);
  const [first, second] = trail.records();
  expect(first?.principal?.subject).toMatch(MARK);
  expect(first?.payload).toEqual(second?.payload);
  const shown = first?.payload as { arguments: JsonObject; items: JsonObject[]; IBAN: string };
  expect(shown.arguments).toEqual({ card: shown.IBAN, other: "4111" });
  expect(shown.items[0]?.["note"]).not.toBe(shown.items[1]?.["note"]);
  expect(shown.items[1]?.["id"]).toBe(1);
});

test("a pointer to what cannot be hidden is refused at the start", async () => {
  await expect(createAuditSink(auditIr({ redact: ["/seq"] }), createDeps())).rejects.toMatchObject({
    code: "AUDIT_UNAVAILABLE",
    message: expect.stringContaining("`/seq`"),
  });
});

test("no form of a secret value survives anywhere in a record (W16)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 6, maxLength: 40, unit: "grapheme" }),
      fc.string({ maxLength: 10 }),
      fc.string({ maxLength: 10 }),
      async (secret, before, after) => {
        fc.pre(!"[redacted:0123456789abcdef]".includes(secret) && secret.trim() !== "");
        const around = before + secret + after;
        const forms = {
          raw: around,
          basic: Buffer.from(around).toString("base64"),
          basicUrl: Buffer.from(around).toString("base64url"),
          url: `https://x/?q=${encodeURIComponent(secret)}`,
          json: JSON.stringify({ inner: around }),
          hex: Buffer.from(around).toString("hex"),
          [around]: 1,
        };
        const trail = await createAuditSink(auditIr(), createDeps({ secrets: [secret] }));
        await trail.append([
          draft({ payload: forms, correlationId: around, traceId: secret, workflowId: around }),
        ]);
        const record = trail.records()[0] as AuditRecord;
        const texts = [...Object.keys(record.payload), ...Object.values(record.payload).map(String)];
        for (const text of [...texts, record.correlationId, record.traceId ?? "", record.workflowId ?? ""]) {
          expect(text).not.toContain(secret);
          expect(text).not.toContain(encodeURIComponent(secret));
          expect(Buffer.from(text, "base64").toString()).not.toContain(secret);
          expect(Buffer.from(text, "hex").toString()).not.toContain(secret);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("marks are equal in all processes that share the key, and do not tell the secret to who can guess it", async () => {
  const folder = temporaryFolder();
  const signingKeyFile = join(folder, "key");
  const one = await recordOf({ token: "t" }, { signingKeyFile });
  const other = await recordOf({ token: "t" }, { signingKeyFile });
  const foreign = await recordOf({ token: "t" }, { signingKeyFile: join(folder, "other") });
  expect(one.payload["token"]).toBe(other.payload["token"]);
  expect(one.payload["token"]).not.toBe(foreign.payload["token"]);
});

test.each([
  ["full", { transition: "deploy", code: "X", attempt: 2, arguments: { a: 1 }, output: { b: "c" } }],
  [
    "arguments",
    { transition: "deploy", code: "X", attempt: 2, arguments: { a: 1 }, output: digestOf({ b: "c" }) },
  ],
  [
    "digest",
    {
      transition: "deploy",
      code: "X",
      attempt: 2,
      arguments: digestOf({ a: 1 }),
      output: digestOf({ b: "c" }),
    },
  ],
  ["none", { transition: "deploy", code: "X", attempt: 2 }],
] as const)("payloads: %s keeps facts, and of content what it says", async (payloads, kept) => {
  const payload = { transition: "deploy", code: "X", attempt: 2, arguments: { a: 1 }, output: { b: "c" } };
  expect((await recordOf(payload, { payloads })).payload).toEqual(kept);
});

test("a long text under a fact's name is content", async () => {
  const { payload } = await recordOf({ code: "x".repeat(500) }, { payloads: "none" });
  expect(payload).toEqual({});
});

test("a store's own chain redacts and filters as every sink, and links as the store asks", async () => {
  const ir = auditIr({ sinks: [{ kind: "sqlite", events: ["executor.*"], options: {} }] });
  const deps = { ids: createCountingIds(), digest: nodeDigest, secrets: ["s3cr3t!"] };
  const chain = await createStoreChain(ir, "sqlite", deps);
  const head = { stream: "wf:wf_1", seq: 0, hash: GENESIS_HASH };
  const line = chain(head, draft({ type: "executor.started", payload: { note: "s3cr3t!" } }));
  const record = JSON.parse(line?.line ?? "") as AuditRecord;
  expect(record).toMatchObject({
    stream: "wf:wf_1",
    seq: 1,
    hash: line?.hash,
    payload: { note: expect.stringMatching(MARK) },
  });
  expect(chain(head, draft({ type: "workflow.started" }))).toBeUndefined();
});

test("names of prototypes are ordinary keys", async () => {
  const payload = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":"c","toString":{"password":"x"}}',
  ) as JsonObject;
  const record = await recordOf(payload);
  expect(JSON.stringify(record.payload)).toContain('"__proto__":{"polluted":1}');
  expect(JSON.stringify(record.payload)).toContain('"constructor":"c"');
});

test("the file holds no secret either", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps({ secrets: ["canary-42!"] }));
  await trail.append([draft({ payload: { url: "https://u:canary-42!@host" } })]);
  await trail.close();
  expect(readFileSync(path, "utf8")).not.toContain("canary-42!");
});

function digestOf(value: JsonObject): JsonObject {
  const text = JSON.stringify(value);
  return { bytes: text.length, sha256: nodeDigest.sha256(text) };
}

test("a secret that is added later is hidden from then on", async () => {
  const secrets = ["the-first-secret"];
  const trail = await createAuditSink(auditIr(), createDeps({ secrets }));
  const payload = { note: "the-first-secret and the-later-secret" };
  await trail.append([draft({ payload })]);
  secrets.push("the-later-secret");
  await trail.append([draft({ payload })]);
  const [before, after] = trail.records().map((record) => JSON.stringify(record.payload));
  expect(before).toContain("the-later-secret");
  expect(before).not.toContain("the-first-secret");
  expect(after).not.toMatch(/the-(?:first|later)-secret/);
});
