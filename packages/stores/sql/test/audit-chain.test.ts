import { canonicalJson, type AuditDraft } from "@mcp-flowgate/core";
import { digest } from "@mcp-flowgate/store-testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createAuditChain } from "../src/index.ts";

test("a record is canonical whatever facts its event has, and whatever events came before it", () => {
  const text = fc.constantFrom("a", "é", '"', "\\", "\n", "\uD800", "x".repeat(120));
  const facts = fc.record(
    {
      type: fc.constantFrom("executor.started", "guard.evaluated"),
      at: fc.nat({ max: 2 }),
      correlationId: text,
      payload: fc.dictionary(text, fc.oneof(text, fc.jsonValue({ maxDepth: 2 }))),
      workflowId: text,
      definitionId: text,
      definitionHash: text,
      operationId: fc.option(text, { nil: undefined }),
      traceId: fc.option(text, { nil: undefined }),
      principal: fc.record({ subject: text, tenant: text, kind: fc.constant("agent"), via: text }),
    },
    { requiredKeys: ["type", "at", "correlationId", "payload"] },
  ) as fc.Arbitrary<AuditDraft>;
  const chain = createAuditChain({ ids: { next: () => "evt_1", random: () => 0 }, digest });
  fc.assert(
    fc.property(facts, text, fc.nat({ max: 3 }), (draft, stream, before) => {
      const { type, at, ...rest } = draft;
      const [seq, prevHash] = [before + 1, String(before).repeat(64)];
      const timestamp = new Date(at).toISOString();
      const event = canonicalJson({ ...rest, id: "evt_1", seq, stream, timestamp, eventType: type });
      const hash = digest.sha256(`${prevHash}${event}`);
      const line = `${event.slice(0, -1)},"prevHash":"${prevHash}","hash":"${hash}"}`;
      const record = { id: "evt_1", eventType: type, seq, hash, line };
      expect(chain({ stream, seq: before, hash: prevHash }, draft)).toEqual(record);
    }),
  );
});

test("a record is the canonical event with its place, then the hashes that chain it", () => {
  const chain = createAuditChain({ ids: { next: () => "evt_1", random: () => 0 }, digest });
  const draft: AuditDraft = {
    type: "executor.started",
    at: Date.UTC(2026, 0, 5, 9),
    workflowId: "wf_1",
    correlationId: "cor_1",
    principal: { subject: "ann", tenant: "default", kind: "human", via: "cli" },
    payload: { b: 1, a: "é" },
  };
  const event =
    '{"correlationId":"cor_1","eventType":"executor.started","id":"evt_1","payload":{"a":"é","b":1},' +
    '"principal":{"kind":"human","subject":"ann","tenant":"default","via":"cli"},"seq":8,"stream":"wf:wf_1",' +
    '"timestamp":"2026-01-05T09:00:00.000Z","workflowId":"wf_1"}';
  const before = "b".repeat(64);
  const hash = digest.sha256(`${before}${event}`);
  expect(chain({ stream: "wf:wf_1", seq: 7, hash: before }, draft)).toEqual({
    id: "evt_1",
    eventType: "executor.started",
    seq: 8,
    hash,
    line: `${event.slice(0, -1)},"prevHash":"${before}","hash":"${hash}"}`,
  });
});
