import type { Digest, OperationSlot } from "@mcp-flowgate/core";

export interface KeySubject {
  readonly workflowId: string;
  /** Of the version that it begins at; of a compensation, of the step that it undoes: several may be undone at one version. */
  readonly fromVersion: number;
  readonly slot: OperationSlot;
  readonly transition: string;
  /** The canonical text of the arguments. */
  readonly argumentsText: string;
}

/**
 * The key of one effect: `<workflowId>.<fromVersion>.<slot>.<16 hex digits>`, the digits from the SHA-256 of transition
 * and canonical arguments. No clock and no chance goes in, so every attempt, replica and recovery of the effect carries
 * the same key, while each turn of a loop and each onEnter has its own (W10).
 */
export function idempotencyKey(subject: KeySubject, digest: Digest): string {
  const hash = digest.sha256(`[${JSON.stringify(subject.transition)},${subject.argumentsText}]`).slice(0, 16);
  return `${subject.workflowId}.${subject.fromVersion}.${subject.slot}.${hash}`;
}

/** A key by an author's template; an unknown name stays as it is written. */
export function declaredKey(
  template: string,
  names: { readonly workflowId: string; readonly transition: string; readonly correlationId: string },
): string {
  return template.replaceAll(
    /\{(workflowId|transition|correlationId)\}/g,
    (_whole, name: keyof typeof names) => names[name],
  );
}
