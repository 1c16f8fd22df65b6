import { hash as hashOnce } from "node:crypto";
import type { Head } from "./hash-chain.ts";
import { placeEvent, toLineEnd } from "./record.ts";
import type { EventText } from "./record.ts";

/**
 * Lines of a stream as the bytes of one write, linked as they come. The same bytes as those of `linkEvents`, with one
 * encoding of each text, which is also what is hashed.
 */
export interface LineBlock {
  /** Forgets all lines, and links the next ones behind `head`. */
  begin(head: Head): void;
  /** Bytes that belong to no record. */
  addRaw(text: string): void;
  add(text: EventText): void;
  /** Only valid until the next call of anything here. */
  bytes(): Buffer;
  /** The lines that end within the first `length` bytes. */
  linesWithin(length: number): readonly BlockLine[];
}

export interface BlockLine {
  readonly eventType: string;
  readonly seq: number;
  readonly hash: string;
}

const HASH_LENGTH = 64;
const CLOSING_BRACE = 0x7d;
const FIRST_SIZE = 64 * 1024;
/** What a block does not hold on to for longer than one write. */
const KEPT_SIZE = 4 * 1024 * 1024;
/** Of one UTF-16 code unit. */
const MOST_BYTES = 3;

export function createLineBlock(): LineBlock {
  let block = Buffer.allocUnsafe(FIRST_SIZE);
  /** The hash before the record, the record, a closing brace: what is hashed. */
  let hashed = Buffer.allocUnsafe(FIRST_SIZE);
  let length = 0;
  let lines: (BlockLine & { readonly end: number })[] = [];
  let stream = "";
  let seq = 0;
  let last = "";

  function reserve(more: number): void {
    if (length + more <= block.length) return;
    const larger = Buffer.allocUnsafe(Math.max(block.length * 2, length + more));
    block.copy(larger, 0, 0, length);
    block = larger;
  }

  return {
    begin(head) {
      if (block.length > KEPT_SIZE) block = Buffer.allocUnsafe(FIRST_SIZE);
      if (hashed.length > KEPT_SIZE) hashed = Buffer.allocUnsafe(FIRST_SIZE);
      length = 0;
      lines = [];
      ({ stream, seq, hash: last } = head);
    },
    addRaw(text) {
      reserve(text.length * MOST_BYTES);
      length += block.write(text, length, "utf8");
    },
    add(text) {
      seq += 1;
      const placed = placeEvent(text, stream, seq);
      const most = HASH_LENGTH + placed.length * MOST_BYTES + 1;
      if (most > hashed.length) hashed = Buffer.allocUnsafe(most);
      hashed.write(last, 0, "latin1");
      const end = HASH_LENGTH + hashed.write(placed, HASH_LENGTH, "utf8");
      hashed[end] = CLOSING_BRACE;
      const hash = hashOnce("sha256", hashed.subarray(0, end + 1), "hex");
      const lineEnd = toLineEnd(last, hash);
      reserve(end - HASH_LENGTH + lineEnd.length);
      length += hashed.copy(block, length, HASH_LENGTH, end);
      length += block.write(lineEnd, length, "latin1");
      lines.push({ eventType: text.eventType, seq, hash, end: length });
      last = hash;
    },
    bytes: () => block.subarray(0, length),
    linesWithin(bytes) {
      const beyond = lines.findIndex(({ end }) => end > bytes);
      return beyond === -1 ? lines : lines.slice(0, beyond);
    },
  };
}
