import { hash as hashOnce } from "node:crypto";
import type { Head } from "./hash-chain.ts";

/**
 * Reading the place of a record from the bytes of its line, without parsing JSON.
 *
 * That is sound because of how lines are written: keys are sorted, so after `payload` come only `principal` (whose
 * keys are fixed), `seq`, `stream`, `timestamp`, `traceId`, `workflowId`, and then `prevHash` and `hash`. Inside a
 * JSON string a quote is always preceded by a backslash, so `,"seq":` can only be a key, and the last one is ours.
 *
 * Names of streams are ASCII, so their bytes are their text.
 */
export interface RecordBytes extends Head {
  readonly prevHash: string;
  /** Where the record begins in the buffer: after the start of the line where a torn write stands before it. */
  readonly start: number;
  /** Where `,"prevHash"` begins: what is hashed ends here. */
  readonly bodyEnd: number;
  /** Where the line ends, without the line feed. */
  readonly end: number;
}

const BEGIN_TEXT = '{"correlationId":"';
const BEGIN = Buffer.from(BEGIN_TEXT);
const PREV_KEY = ',"prevHash":"';
const HASH_KEY = '","hash":"';
const SUFFIX_LENGTH = PREV_KEY.length + 64 + HASH_KEY.length + 64 + 2;

/**
 * The place of the record in `line[start, end)`, or `undefined` where that is not a record's line. Nothing vouches for
 * it yet: that `hash` is a hash at all is only known once it equals {@link hashRecord}.
 */
export function locateRecord(buffer: Buffer, start: number, end: number): RecordBytes | undefined {
  const bodyEnd = end - SUFFIX_LENGTH;
  if (bodyEnd <= start || !beginsRecord(buffer, start, end)) return undefined;
  const suffix = buffer.toString("latin1", bodyEnd, end);
  const prevHash = suffix.slice(PREV_KEY.length, PREV_KEY.length + 64);
  const hash = suffix.slice(-66, -2);
  if (!suffix.startsWith(PREV_KEY) || !suffix.endsWith('"}')) return undefined;
  if (!suffix.startsWith(HASH_KEY, PREV_KEY.length + 64)) return undefined;
  const place = locatePlace(buffer, start, bodyEnd);
  if (place === undefined) return undefined;
  return { stream: place.stream, seq: place.seq, hash, prevHash, start, bodyEnd, end };
}

/** {@link RecordBytes} in text: the positions are the same where a character stands for each byte. */
export interface RecordText extends Head {
  readonly prevHash: string;
  readonly bodyEnd: number;
  /** Whether its type is one of the trail itself. */
  readonly isTrail: boolean;
}

/**
 * What {@link locateRecord} and {@link readTrailType} find, from bytes that were made a text as a whole (`latin1`).
 * `undefined` as well where they would find something that no writer writes.
 */
export function locateInText(text: string, start: number, end: number): RecordText | undefined {
  const bodyEnd = end - SUFFIX_LENGTH;
  const prevAt = bodyEnd + PREV_KEY.length;
  const hashAt = prevAt + 64 + HASH_KEY.length;
  if (bodyEnd <= start || !text.startsWith(BEGIN_TEXT, start)) return undefined;
  if (!text.startsWith(PREV_KEY, bodyEnd) || !text.startsWith(HASH_KEY, prevAt + 64)) return undefined;
  if (!text.startsWith('"}', end - 2)) return undefined;
  const body = text.slice(start, bodyEnd);
  const seqAt = body.lastIndexOf(SEQ_KEY);
  if (seqAt === -1) return undefined;
  let at = seqAt + SEQ_KEY.length;
  let seq = 0;
  for (let digit = body.charCodeAt(at) - 0x30; digit >= 0 && digit <= 9; digit = body.charCodeAt(at) - 0x30) {
    seq = seq * 10 + digit;
    at += 1;
  }
  if (seq < 1 || !Number.isSafeInteger(seq) || !body.startsWith(STREAM_KEY, at)) return undefined;
  const timeAt = body.indexOf(TIME_KEY, at);
  const typeAt = body.indexOf(TYPE_TEXT);
  if (timeAt < at + STREAM_KEY.length || typeAt === -1) return undefined;
  return {
    stream: body.slice(at + STREAM_KEY.length, timeAt),
    seq,
    prevHash: text.slice(prevAt, prevAt + 64),
    hash: text.slice(hashAt, hashAt + 64),
    bodyEnd,
    isTrail: body.startsWith("aud", typeAt + TYPE_TEXT.length),
  };
}

const SEQ_KEY = ',"seq":';
const STREAM_KEY = ',"stream":"';
const TIME_KEY = '","timestamp":"';
const TYPE_TEXT = ',"eventType":"';

/**
 * The hash that the record in `buffer[start, …)` has. Overwrites what it has to: the 64 bytes before it, and the first of
 * `,"prevHash"`.
 */
export function hashInPlace(buffer: Buffer, start: number, bodyEnd: number): string {
  const prevAt = bodyEnd + PREV_KEY.length;
  buffer.copyWithin(start - 64, prevAt, prevAt + 64);
  buffer[bodyEnd] = 0x7d;
  return hashOnce("sha256", buffer.subarray(start - 64, bodyEnd + 1), "hex");
}

/** Whether `buffer[start, end)` begins as every record does, as far as it goes. */
export function beginsRecord(buffer: Buffer, start: number, end: number): boolean {
  const length = Math.min(BEGIN.length, end - start);
  return buffer.compare(BEGIN, 0, length, start, start + length) === 0;
}

/** The next place from `from` on at which a record could begin, or -1. */
export function findBegin(buffer: Buffer, from: number, end: number): number {
  const at = buffer.indexOf(BEGIN, from);
  return at === -1 || at >= end ? -1 : at;
}

/** The hash that the record's bytes have: what `hash` has to say. */
export function hashRecord(buffer: Buffer, record: RecordBytes, scratch: HashScratch): string {
  const bodyLength = record.bodyEnd - record.start;
  const bytes = scratch.take(64 + bodyLength + 1);
  bytes.write(record.prevHash, 0, "latin1");
  buffer.copy(bytes, 64, record.start, record.bodyEnd);
  bytes[64 + bodyLength] = 0x7d;
  return hashOnce("sha256", bytes, "hex");
}

/** Memory that hashing reuses from record to record. */
export interface HashScratch {
  take(length: number): Buffer;
}

export function createHashScratch(): HashScratch {
  let memory = Buffer.allocUnsafe(64 * 1024);
  return {
    take(length) {
      if (length > memory.length) memory = Buffer.allocUnsafe(length * 2);
      return memory.subarray(0, length);
    },
  };
}

/**
 * The type of the record where that is one of the trail itself (`audit.…`), else `undefined`. `eventType` comes before
 * `payload`, so its first occurrence is the record's.
 */
export function readTrailType(buffer: Buffer, { start, end }: RecordBytes): string | undefined {
  const at = buffer.indexOf(TYPE_KEY, start);
  if (at === -1 || at >= end) return undefined;
  const from = at + TYPE_KEY.length;
  // No other type begins with `aud`.
  if (buffer[from] !== 0x61 || buffer[from + 1] !== 0x75 || buffer[from + 2] !== 0x64) return undefined;
  return buffer.toString("latin1", from, buffer.indexOf(0x22, from));
}

const TYPE_KEY = Buffer.from(TYPE_TEXT);

/** Usually `seq` to `workflowId` fit in this many bytes; where they do not, the whole body is searched. */
const USUAL_PLACE = 320;

function locatePlace(
  buffer: Buffer,
  start: number,
  bodyEnd: number,
): { readonly seq: number; readonly stream: string } | undefined {
  let text = buffer.toString("latin1", Math.max(start, bodyEnd - USUAL_PLACE), bodyEnd);
  let at = text.lastIndexOf(',"seq":');
  if (at === -1) {
    text = buffer.toString("latin1", start, bodyEnd);
    at = text.lastIndexOf(',"seq":');
  }
  const streamAt = text.indexOf(',"stream":"', at);
  const timeAt = text.indexOf('","timestamp":"', streamAt);
  if (at === -1 || streamAt === -1 || timeAt === -1) return undefined;
  const seq = Number(text.slice(at + 7, streamAt));
  if (!Number.isSafeInteger(seq) || seq < 1) return undefined;
  return { seq, stream: text.slice(streamAt + 11, timeAt) };
}
