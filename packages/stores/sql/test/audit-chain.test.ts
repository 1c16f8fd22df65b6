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
