import { canonicalJson, FlowgateError, type AuditDraft, type Digest, type Ids } from "@mcp-flowgate/core";

/** How far a stream has come: the place and the hash of its last record, 0 and 64 zeros before the first. */
export interface AuditHead {
  /** `wf:<id>` for what concerns an instance, else `replica:<name>:<epoch>`. */
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}

/** One record as it is kept: `line` is its JSON text, the other members are found in it too. */
export interface AuditLine {
  readonly id: string;
  readonly eventType: string;
  readonly seq: number;
  /** SHA-256 (hex) that the next record of the stream builds on. */
  readonly hash: string;
  readonly line: string;
}

/**
 * Links an event behind the head of its stream. It runs inside the transaction that writes the batch, so it must be
 * synchronous and touch nothing; what it throws fails the batch with `AUDIT_UNAVAILABLE`. `undefined` keeps no record.
 */
export type AuditChain = (head: AuditHead, draft: AuditDraft) => AuditLine | undefined;

/** The `hash` of the head of an empty stream. */
export const GENESIS_HASH: string = "0".repeat(64);

/**
 * The chain of a store that is given none: everything is kept as it is. A record is the canonical JSON (RFC 8785) of
 * the event with its `id`, `stream` and `seq`, and then `prevHash` and `hash`, the SHA-256 of `prevHash` followed by
 * that canonical JSON.
 */
export function createAuditChain(deps: { readonly ids: Ids; readonly digest: Digest }): AuditChain {
  const time = keepLast((at: number) => `,"timestamp":"${new Date(at).toISOString()}"`);
  const member = (name: string): ((text: string | undefined) => string) =>
    keepLast((text) => (text === undefined ? "" : `,"${name}":${canonicalJson(text)}`));
  const [definitionHash, definitionId] = [member("definitionHash"), member("definitionId")];
  const [operationId, stream] = [member("operationId"), member("stream")];
  const [traceId, workflowId] = [member("traceId"), member("workflowId")];
  const correlationId = keepLast((text: string) => `{"correlationId":${canonicalJson(text)}`);
  return (head, draft) => {
    const { type, payload, principal } = draft;
    const id = deps.ids.next("evt");
    const seq = head.seq + 1;
    let event = correlationId(draft.correlationId) + definitionHash(draft.definitionHash);
    event += `${definitionId(draft.definitionId)},"eventType":${canonicalJson(type)},"id":${canonicalJson(id)}`;
    event += `${operationId(draft.operationId)},"payload":${canonicalJson(payload)}`;
    if (principal !== undefined) event += `,"principal":${canonicalJson({ ...principal })}`;
    event += `,"seq":${seq}${stream(head.stream)}${time(draft.at)}${traceId(draft.traceId)}${workflowId(draft.workflowId)}`;
    const hash = deps.digest.sha256(`${head.hash}${event}}`);
    const line = `${event},"prevHash":"${head.hash}","hash":"${hash}"}`;
    return { id, eventType: type, seq, hash, line };
  };
}

/** The stream of an event: its instance's, else that of the process. */
export function streamOf(draft: AuditDraft, ownStream: string): string {
  return draft.workflowId === undefined ? ownStream : `wf:${draft.workflowId}`;
}

/** The stream of a process. */
export function ownStreamOf(replica: string, epoch: number): string {
  return `replica:${replica}:${epoch}`;
}

/**
 * Links an event, as `chain` does.
 * @throws FlowgateError `AUDIT_UNAVAILABLE` where the record cannot be made.
 */
export function linkRecord(chain: AuditChain, head: AuditHead, draft: AuditDraft): AuditLine | undefined {
  try {
    return chain(head, draft);
  } catch (thrown) {
    const message = "the audit record cannot be made, so nothing was done";
    throw new FlowgateError("AUDIT_UNAVAILABLE", message, { cause: thrown });
  }
}

/** `make`, not called again for the value that it was called for last: events that come together have much in common. */
function keepLast<Value>(make: (value: Value) => string): (value: Value) => string {
  let last: { readonly value: Value; readonly text: string } | undefined;
  return (value) => {
    if (last === undefined || last.value !== value) last = { value, text: make(value) };
    return last.text;
  };
}
