import { canonicalJson } from "@mcp-flowgate/core";
import { createAuditSink, GENESIS_HASH } from "@mcp-flowgate/audit";
import { nodeDigest } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { auditIr, createDeps, draft } from "./support/deps.ts";

test("a record has exactly the documented members, and its hash covers all of them and the record before it", async () => {
  const trail = await createAuditSink(auditIr(), createDeps({ process: "p1" }));
  const full = draft({
    definitionId: "deploy",
    definitionHash: "d".repeat(64),
    operationId: "op_1",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    principal: { subject: "ann", tenant: "default", kind: "agent", via: "apiKey:ci" },
    payload: { z: 1, a: 'ü\u2028"' },
  });
  await trail.append([full, draft()]);
  const [first, second] = trail.records();
  expect(first).toEqual({
    id: "evt_000002",
    stream: "gateway:p1",
    seq: 1,
    timestamp: "2026-01-01T00:00:00.000Z",
    eventType: "transition.requested",
    workflowId: "wf_1",
    definitionId: "deploy",
    definitionHash: "d".repeat(64),
    operationId: "op_1",
    correlationId: "cor_1",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    principal: { subject: "ann", tenant: "default", kind: "agent", via: "apiKey:ci" },
    payload: { z: 1, a: 'ü\u2028"' },
    prevHash: GENESIS_HASH,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  for (const record of trail.records()) {
    const { prevHash, hash, ...event } = record;
    expect(nodeDigest.sha256(prevHash + canonicalJson(JSON.parse(JSON.stringify(event))))).toBe(hash);
  }
  expect(second?.prevHash).toBe(first?.hash);
  expect(second?.seq).toBe(2);
});
