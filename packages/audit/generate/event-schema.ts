import { hash } from "node:crypto";
import { canonicalJson } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import { GENESIS_HASH } from "../src/record.ts";
import type { AuditRecord, RecordType } from "../src/record.ts";
import { EVENT_CATALOGUE } from "./event-catalogue.ts";
import type { EventEntry } from "./event-catalogue.ts";

const HEX_64: JsonObject = { type: "string", pattern: "^[0-9a-f]{64}$" };
const TEXT: JsonObject = { type: "string" };
const COUNT: JsonObject = { type: "integer", minimum: 0 };
const PLACE: JsonObject = { type: "integer", minimum: 1 };

const HEADS: JsonObject = {
  type: "array",
  description: "How far other streams had come, where no earlier record says so.",
  items: {
    type: "object",
    required: ["stream", "seq", "hash", "file"],
    properties: { stream: TEXT, seq: PLACE, hash: HEX_64, file: PLACE },
    additionalProperties: false,
  },
};

const SIGHT: JsonObject = {
  heads: HEADS,
  seen: {
    type: "object",
    description: "The file that was looked at, and how far.",
    required: ["file", "bytes"],
    properties: { file: PLACE, bytes: COUNT },
    additionalProperties: false,
  },
  torn: {
    type: "array",
    description: "Lines before this one that a crash cut off. Nobody was told that they are recorded.",
    items: {
      type: "object",
      required: ["bytes", "sha256"],
      properties: { bytes: COUNT, sha256: HEX_64 },
      additionalProperties: false,
    },
  },
};

/** Payloads that this package writes itself, and therefore knows. Those of events are the engine's and may grow. */
const TRAIL_PAYLOADS: { readonly [type: string]: JsonObject } = {
  "audit.opened": strict(["format", "file", "process", "keyId", "publicKey", "heads", "seen"], {
    format: { const: 1 },
    file: PLACE,
    process: TEXT,
    keyId: TEXT,
    publicKey: TEXT,
    ...SIGHT,
  }),
  "audit.checkpoint": strict(["from", "to", "head", "root", "keyId", "signature", "heads", "seen"], {
    from: PLACE,
    to: PLACE,
    head: HEX_64,
    root: HEX_64,
    keyId: TEXT,
    signature: TEXT,
    ...SIGHT,
  }),
  "audit.rotated": strict(["file", "previousFile", "heads", "seen"], {
    file: PLACE,
    previousFile: PLACE,
    oldest: PLACE,
    ...SIGHT,
  }),
  "audit.lost": strict(["outcome", "count", "types", "since", "error"], {
    outcome: { enum: ["lost", "refused"] },
    count: COUNT,
    types: { type: "object", additionalProperties: PLACE },
    since: { type: "string", format: "date-time" },
    error: TEXT,
  }),
};

/** The published JSON Schema of a record, with one example per type of event. */
export function createEventSchema(): JsonObject {
  const types = Object.entries(EVENT_CATALOGUE) as readonly [RecordType, EventEntry][];
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://mcp-flowgate.github.io/schemas/v1/audit-event.schema.json",
    title: "Audit record",
    description: "One line of an audit trail: an event with its place in a chain of hashes.",
    type: "object",
    required: [
      "id",
      "stream",
      "seq",
      "timestamp",
      "eventType",
      "correlationId",
      "payload",
      "prevHash",
      "hash",
    ],
    properties: {
      id: { ...TEXT, description: "Unique. A sink that repeats a record repeats its id." },
      stream: { type: "string", pattern: "^[ -~]+$", description: "The chain that the record belongs to." },
      seq: { ...PLACE, description: "Its place in the stream: 1, 2, 3, …" },
      timestamp: { type: "string", format: "date-time", description: "UTC, by the clock of who wrote it." },
      eventType: {
        description: "What happened.",
        oneOf: types.map(([type, { means }]) => ({ const: type, description: means })),
      },
      workflowId: { ...TEXT, description: "The instance that it is about." },
      definitionId: { ...TEXT, description: "The workflow or capability of the instance." },
      definitionHash: { ...TEXT, description: "SHA-256 of the definition that the instance is pinned to." },
      operationId: { ...TEXT, description: "The step that it is about." },
      correlationId: { ...TEXT, description: "Equal for everything that one call caused." },
      traceId: { ...TEXT, description: "The W3C trace that the call belongs to." },
      principal: {
        type: "object",
        description: "Who caused it.",
        required: ["subject", "tenant", "kind", "via"],
        properties: { subject: TEXT, tenant: TEXT, kind: { enum: ["agent", "human", "service"] }, via: TEXT },
        additionalProperties: false,
      },
      payload: { type: "object", description: "The particulars, redacted, and reduced by `audit.payloads`." },
      prevHash: {
        ...HEX_64,
        description: "The `hash` of the record before it in the stream; zeros for the first.",
      },
      hash: {
        ...HEX_64,
        description:
          "SHA-256 of `prevHash` followed by the RFC 8785 text of the record without `prevHash` and `hash`.",
      },
    },
    additionalProperties: false,
    allOf: Object.entries(TRAIL_PAYLOADS).map(([type, payload]) => ({
      anyOf: [{ not: { properties: { eventType: { const: type } } } }, { properties: { payload } }],
    })),
    examples: types.map(([type, entry]) => toExample(type, entry)),
  };
}

/** A whole record of the type, with the hash that it has to have. */
export function toExample(type: RecordType, { payload, about }: EventEntry): JsonObject {
  const inside: JsonObject = {
    workflowId: "wf_01jg8zv6k3",
    definitionId: "deploy_prod",
    definitionHash: hash("sha256", "deploy_prod"),
    principal: { subject: "agent-1", tenant: "default", kind: "agent", via: "apiKey:ci" },
  };
  const event: Omit<AuditRecord, "prevHash" | "hash"> = {
    id: "evt_01jg8zv6k4",
    stream: "gateway:q1Xz7RkN0aBc",
    seq: 1,
    timestamp: "2026-01-01T00:00:00.000Z",
    eventType: type,
    correlationId: "cor_01jg8zv6k2",
    ...(about === "gateway" ? {} : inside),
    ...(about === "operation"
      ? { operationId: "op_01jg8zv6k5", traceId: "4bf92f3577b34da6a3ce929d0e0e4736" }
      : {}),
    payload,
  };
  const sealed = hash("sha256", GENESIS_HASH + canonicalJson(event as unknown as Json));
  return { ...(event as unknown as JsonObject), prevHash: GENESIS_HASH, hash: sealed };
}

function strict(required: readonly string[], properties: JsonObject): JsonObject {
  return { type: "object", required, properties, additionalProperties: false };
}
