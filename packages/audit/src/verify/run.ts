import { hashInPlace, locateInText } from "../record-bytes.ts";
import type { RecordText } from "../record-bytes.ts";

/**
 * Lines that follow each other and are nothing but records with the hashes that they claim, none of them of a type of
 * the trail itself, each behind the record before it in its stream. So the beginning and the end of each stream say
 * all about what is between, and who reads them needs to know nothing of what is before.
 */
export interface Run {
  /** In bytes, from the beginning of the first line to behind the line feed of the last. */
  readonly from: number;
  readonly to: number;
  readonly lines: number;
  readonly records: number;
  readonly parts: readonly RunPart[];
}

/** The records of one stream in a run. */
export interface RunPart {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  /** What the first one was written behind. */
  readonly prevHash: string;
  /** That of the last one. */
  readonly hash: string;
  /** 32 bytes of each, in order. */
  readonly hashes: Uint8Array;
}

/** The hash of a record of the part. */
export function hashIn(part: RunPart, seq: number): string {
  const at = (seq - part.from) * 32;
  return Buffer.from(part.hashes.buffer, part.hashes.byteOffset + at, 32).toString("hex");
}

/** Bytes that are there before those of a file: room for what is hashed with the first record. */
export const HEADROOM = 64;

/**
 * The runs among the lines that begin in `bytes[start, until)`, whose bytes are overwritten. What is in none of them has
 * to be looked at line by line.
 * @param end of what is there of the file
 * @param offset of the first of the bytes in the file
 */
export function findRuns(
  bytes: Buffer,
  { start, until, end, offset }: { start: number; until: number; end: number; offset: number },
): readonly Run[] {
  // As one text, so that what follows are operations on texts, which cost a fraction of those on bytes.
  const text = bytes.toString("latin1", 0, end);
  const runs: Run[] = [];
  let run: OpenRun | undefined;
  const close = (): void => {
    if (run !== undefined) runs.push(closeRun(run));
    run = undefined;
  };
  for (let at = start; at < until;) {
    const feed = text.indexOf("\n", at);
    if (feed === -1) break;
    const isEmpty = feed === at;
    const record = isEmpty ? undefined : readRecord(text, bytes, at, feed);
    if (record !== undefined && (run === undefined || !follows(run, record))) {
      close();
      run = { from: offset + at, to: 0, lines: 0, records: 0, parts: new Map() };
    }
    if (run !== undefined && (record !== undefined || isEmpty)) {
      if (record !== undefined) addRecord(run, record);
      run.lines += 1;
      run.to = offset + feed + 1;
    } else {
      close();
    }
    at = feed + 1;
  }
  close();
  return runs;
}

interface OpenRun {
  readonly from: number;
  to: number;
  lines: number;
  records: number;
  readonly parts: Map<string, OpenPart>;
}

interface OpenPart {
  readonly stream: string;
  readonly from: number;
  to: number;
  readonly prevHash: string;
  hash: string;
  readonly hashes: string[];
}

function readRecord(text: string, bytes: Buffer, start: number, end: number): RecordText | undefined {
  const record = locateInText(text, start, end);
  if (record === undefined || record.isTrail) return undefined;
  return hashInPlace(bytes, start, record.bodyEnd) === record.hash ? record : undefined;
}

function follows(run: OpenRun, { stream, seq, prevHash }: RecordText): boolean {
  const part = run.parts.get(stream);
  return part === undefined || (seq === part.to + 1 && prevHash === part.hash);
}

function addRecord(run: OpenRun, { stream, seq, prevHash, hash }: RecordText): void {
  const part = run.parts.get(stream);
  run.records += 1;
  if (part === undefined) {
    run.parts.set(stream, { stream, from: seq, to: seq, prevHash, hash, hashes: [hash] });
    return;
  }
  part.hashes.push(hash);
  part.to = seq;
  part.hash = hash;
}

function closeRun({ parts, ...run }: OpenRun): Run {
  return {
    ...run,
    parts: [...parts.values()].map((part) => ({ ...part, hashes: Buffer.from(part.hashes.join(""), "hex") })),
  };
}
