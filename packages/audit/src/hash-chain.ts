import type { Digest } from "@mcp-flowgate/core";
import { GENESIS_HASH, placeEvent, toLine } from "./record.ts";
import type { EventText } from "./record.ts";

/** How far a stream has come. */
export interface Head {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}

/** A record as it is written. `hash` is also inside `line`. */
export interface ChainedLine {
  readonly id: string;
  readonly eventType: string;
  readonly seq: number;
  readonly hash: string;
  readonly line: string;
}

/** The head of a stream that has no records yet. */
export function emptyHead(stream: string): Head {
  return { stream, seq: 0, hash: GENESIS_HASH };
}

/** Links `text` behind `head`. Pure: the caller moves its head once the line is written. */
export function linkEvent(head: Head, text: EventText, digest: Digest): ChainedLine {
  const seq = head.seq + 1;
  const hashed = `${head.hash}${placeEvent(text, head.stream, seq)}}`;
  const hash = digest.sha256(hashed);
  // A part of the text that was hashed, which is in one piece: the many pieces are not put together twice.
  const placed = hashed.slice(head.hash.length, -1);
  return { id: text.id, eventType: text.eventType, seq, hash, line: toLine(placed, head.hash, hash) };
}

/** Links each of `texts` behind the one before it. */
export function linkEvents(
  head: Head,
  texts: readonly EventText[],
  digest: Digest,
): { readonly lines: readonly ChainedLine[]; readonly head: Head } {
  const lines: ChainedLine[] = [];
  let last = head;
  for (const text of texts) {
    const line = linkEvent(last, text, digest);
    lines.push(line);
    last = { stream: head.stream, seq: line.seq, hash: line.hash };
  }
  return { lines, head: last };
}
