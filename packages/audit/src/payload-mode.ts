import { canonicalJson, createRecord } from "@mcp-flowgate/core";
import type { AuditIr, Digest, Json, JsonObject } from "@mcp-flowgate/core";

/**
 * How much of a payload is kept. Facts (names, codes, hashes, counts) stay in every mode. Content, which is
 * everything that callers and downstream systems sent, and whatever is not known to be a fact:
 * - `full` stays;
 * - `arguments` is replaced by its digest, but for what the caller itself sent;
 * - `digest` is replaced by its digest and size;
 * - `none` is left out.
 */
export function createPayloadMode(
  mode: AuditIr["payloads"],
  digest: Digest,
): (payload: JsonObject) => JsonObject {
  if (mode === "full") return (payload) => payload;
  return (payload) => {
    const kept = createRecord<Json>();
    for (const [name, value] of Object.entries(payload)) {
      const fate = fateOf(mode, name, value);
      if (fate === "keep") kept[name] = value;
      else if (fate === "digest") kept[name] = toDigest(canonicalJson(value), digest);
    }
    return kept;
  };
}

/** What becomes of a member of a payload. */
export function fateOf(mode: AuditIr["payloads"], name: string, value: Json): "keep" | "digest" | "drop" {
  if (mode === "full" || isFact(name, value)) return "keep";
  if (mode === "arguments" && ARGUMENT_KEYS.has(name)) return "keep";
  return mode === "none" ? "drop" : "digest";
}

/** Texts under these names are names, codes and hashes of the configuration and the engine, never content. */
const FACT_KEYS: ReadonlySet<string> = new Set([
  "actor",
  "approvalId",
  "arguments_hash",
  "argumentsHash",
  "branch",
  "callHash",
  "capability",
  "capabilityId",
  "childId",
  "class",
  "code",
  "config",
  "configHash",
  "connection",
  "contextHash",
  "decision",
  "definitionHash",
  "definitionVersion",
  "effect",
  "errorClass",
  "errorCode",
  "executor",
  "executorKind",
  "fallback",
  "from",
  "fromState",
  "guard",
  "hash",
  "id",
  "idempotencyKey",
  "inputHash",
  "kind",
  "method",
  "outcome",
  "outputHash",
  "parent",
  "parentId",
  "payloadHash",
  "phase",
  "priority",
  "queue",
  "reasonCode",
  "server",
  "slot",
  "state",
  "status",
  "subjectHash",
  "target",
  "timer",
  "to",
  "tool",
  "toState",
  "transition",
  "transport",
  "verdict",
  "version",
  "via",
  "workflow",
]);

const ARGUMENT_KEYS: ReadonlySet<string> = new Set(["arguments", "input"]);

/** A fact is short: a long text under a fact's name is somebody's content. */
const LONGEST_FACT = 200;

function isFact(name: string, value: Json): boolean {
  if (value === null || typeof value === "boolean" || typeof value === "number") return true;
  return typeof value === "string" && value.length <= LONGEST_FACT && FACT_KEYS.has(name);
}

/** What stands in the place of a value whose canonical text this is. */
export function toDigest(text: string, digest: Digest): JsonObject {
  return createRecord<Json>([
    ["bytes", Buffer.byteLength(text)],
    ["sha256", digest.sha256(text)],
  ]);
}
