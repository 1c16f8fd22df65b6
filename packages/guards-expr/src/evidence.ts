import type { Evidence, EvidenceRequirement } from "@mcp-flowgate/core";

/**
 * How much successful evidence of the required kind there is. An operation counts once, however many rows of the kind
 * it recorded; with `distinct: actor` the different people behind them count.
 */
export function countEvidence(evidence: readonly Evidence[], requirement: EvidenceRequirement): number {
  const counted = new Set<string>();
  for (const row of evidence) {
    if (row.kind !== requirement.kind || row.outcome !== "success") continue;
    counted.add(requirement.distinct === "actor" ? row.actor : row.operationId);
  }
  return counted.size;
}
