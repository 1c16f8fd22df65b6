import { canonicalJson, type Digest, type Json, type WorkflowIr } from "@mcp-flowgate/core";

/**
 * SHA-256 (hex) of a definition's canonical JSON (RFC 8785). Key order, comments, anchors, units and the files that it
 * was written in do not matter; what it means does.
 */
export function hashDefinition(ir: WorkflowIr, digest: Digest): string {
  return hashOf(ir as unknown as Json, digest);
}

/** SHA-256 (hex) of a value's canonical JSON. */
export function hashOf(value: Json, digest: Digest): string {
  return digest.sha256(canonicalJson(value));
}
