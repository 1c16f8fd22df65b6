import { beginsRecord, findBegin, hashRecord, locateRecord } from "../record-bytes.ts";
import type { HashScratch, RecordBytes } from "../record-bytes.ts";

/** What a line is. */
export type LineContent =
  /** One record; more where somebody died before the line feed and another process went on. */
  | { readonly kind: "records"; readonly records: readonly RecordBytes[]; readonly torn: number }
  /** The beginning of a record and nothing more: a write that did not finish. */
  | { readonly kind: "torn" }
  | { readonly kind: "edited"; readonly record: RecordBytes }
  | { readonly kind: "not_a_record" };

/** Reads `buffer[start, end)`. Every record that is returned has the hash that it claims. */
export function readLine(buffer: Buffer, start: number, end: number, scratch: HashScratch): LineContent {
  const record = locateRecord(buffer, start, end);
  if (record !== undefined && hashRecord(buffer, record, scratch) === record.hash) {
    return { kind: "records", records: [record], torn: 0 };
  }
  const glued = readGlued(buffer, start, end, scratch);
  if (glued !== undefined) return glued;
  if (isTorn(buffer, start, end)) return { kind: "torn" };
  return record === undefined ? { kind: "not_a_record" } : { kind: "edited", record };
}

/** A torn write, or a record without its line feed, and behind it the line of a process that did not see it. */
function readGlued(
  buffer: Buffer,
  start: number,
  end: number,
  scratch: HashScratch,
): LineContent | undefined {
  for (let at = findBegin(buffer, start + 1, end); at !== -1; at = findBegin(buffer, at + 1, end)) {
    const record = locateRecord(buffer, at, end);
    if (record !== undefined && hashRecord(buffer, record, scratch) === record.hash) {
      const before = readLine(buffer, start, at, scratch);
      if (before.kind === "torn") return { kind: "records", records: [record], torn: 1 };
      if (before.kind !== "records") return undefined;
      return { ...before, records: [...before.records, record] };
    }
  }
  return undefined;
}

/** What a file system can leave behind a power failure. */
function isZeros(buffer: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (buffer[at] !== 0) return false;
  return true;
}

const PREV_KEY = Buffer.from(',"prevHash":"');
/** `"<hash>"` and what is around it: the length of a line's end from `prevHash` on. */
const END_LENGTH = 153;
const COMPLETE_END = /","hash":"[0-9a-f]{64}"\}$/;

/**
 * Whether the bytes can be what a write left that stopped in the middle: they begin as a record and do not reach its end.
 * A whole record with a changed byte is never taken for that: its length or its end gives it away.
 */
function isTorn(buffer: Buffer, start: number, end: number): boolean {
  if (isZeros(buffer, start, end)) return true;
  if (!beginsRecord(buffer, start, end)) return false;
  const key = buffer.subarray(start, end).lastIndexOf(PREV_KEY);
  if (key !== -1 && end - start - key >= END_LENGTH) return false;
  return !COMPLETE_END.test(buffer.toString("latin1", Math.max(start, end - END_LENGTH), end));
}
