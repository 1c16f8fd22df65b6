import type { AuditDraft, AuditIr, Digest } from "@mcp-flowgate/core";
import { createPayloadWriter } from "./payload-text.ts";
import type { Redactor } from "./redact.ts";
import type { EventText } from "./record.ts";

/**
 * Writes the text of an event in one go where no secret value can be in it, which is nearly always: the text is searched
 * as a whole. Events of one call have most of their facts in common; the text of the last one is kept of each.
 * @returns `undefined` where the event has to be redacted value by value.
 */
export function createQuickMaker(
  ir: AuditIr,
  digest: Digest,
  redactor: Redactor,
): (draft: AuditDraft, id: string) => EventText | undefined {
  const isSuspect = redactor.mayHoldSecret;
  const { isSecretName, markValue, payloadNodes: nodes } = redactor;
  if (nodes.some((node) => node.hidden)) return () => undefined;
  const payloads = createPayloadWriter({
    mode: ir.payloads,
    digest,
    isSecretName,
    nodes,
    markValue,
    isSuspect,
  });
  const correlation = keepLast(quote);
  const definition = keepLast(quote);
  const definitionHash = keepLast(quote);
  const operation = keepLast(quote);
  const workflow = keepLast(quote);
  const trace = keepLast(quote);
  const time = keepLast((at: number) => new Date(at).toISOString());
  const who = createPrincipalText(redactor);
  return (draft, id) => {
    let head = `{"correlationId":${correlation(draft.correlationId)}`;
    if (draft.definitionHash !== undefined)
      head += `,"definitionHash":${definitionHash(draft.definitionHash)}`;
    if (draft.definitionId !== undefined) head += `,"definitionId":${definition(draft.definitionId)}`;
    head += `,"eventType":"${draft.type}","id":${quote(id)}`;
    if (draft.operationId !== undefined) head += `,"operationId":${operation(draft.operationId)}`;
    const payload = payloads.write(draft.type, draft.payload);
    if (payload === undefined) return undefined;
    head += `,"payload":${payload}`;
    if (draft.principal !== undefined) head += `,"principal":${who(draft.principal)}`;
    let tail = `,"timestamp":"${time(draft.at)}"`;
    if (draft.traceId !== undefined) tail += `,"traceId":${trace(draft.traceId)}`;
    if (draft.workflowId !== undefined) tail += `,"workflowId":${workflow(draft.workflowId)}`;
    if (isSuspect(head) || isSuspect(tail)) return undefined;
    return { id, eventType: draft.type, head, tail };
  };
}

/** Equal to `canonicalJson` of the four fields, each hidden where the configuration says so. */
function createPrincipalText(redactor: Redactor): (who: NonNullable<AuditDraft["principal"]>) => string {
  let last: NonNullable<AuditDraft["principal"]> | undefined;
  let text = "";
  const field = (name: "subject" | "tenant" | "via", value: string): string =>
    `"${name}":${quote(redactor.isHiddenField(name) ? String(redactor.markValue(value)) : value)}`;
  return (who) => {
    const { kind, subject, tenant, via } = who;
    if (
      last === undefined ||
      last.subject !== subject ||
      last.tenant !== tenant ||
      last.via !== via ||
      last.kind !== kind
    ) {
      last = { kind, subject, tenant, via };
      text = `{"kind":${quote(kind)},${field("subject", subject)},${field("tenant", tenant)},${field("via", via)}}`;
    }
    return text;
  };
}

/** `make`, which is not called again for the value that it was called for last. */
function keepLast<Value>(make: (value: Value) => string): (value: Value) => string {
  let last: Value | undefined;
  let text = "";
  return (value) => {
    if (value !== last) {
      text = make(value);
      last = value;
    }
    return text;
  };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
