import { canonicalJson, type AuditDraft, type Digest, type Ids } from "@mcp-flowgate/core";

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
  return (head, draft) => {
    const { type, at, ...facts } = draft;
    const id = deps.ids.next("evt");
    const seq = head.seq + 1;
    const event = canonicalJson({
      ...facts,
      id,
      seq,
      stream: head.stream,
      timestamp: new Date(at).toISOString(),
      eventType: type,
    });
    const hash = deps.digest.sha256(`${head.hash}${event}`);
    const line = `${event.slice(0, -1)},"prevHash":"${head.hash}","hash":"${hash}"}`;
    return { id, eventType: type, seq, hash, line };
  };
}
