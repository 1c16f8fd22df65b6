import { parseJson } from "@mcp-flowgate/core";
import type { FileHandle } from "node:fs/promises";
import type { SeenHead } from "./lead-record.ts";
import { locateRecord, readTrailType } from "../record-bytes.ts";
import type { RecordBytes } from "../record-bytes.ts";

/**
 * Owns: what a process has seen of the other streams in the files that it appends to.
 *
 * Every lead record (`audit.opened`, `audit.checkpoint`, `audit.rotated`) names the heads of streams that no record
 * named before, so that all streams of a trail hang together like the commits of a version control system: whoever
 * cuts the end off one stream contradicts another. H1: a head leaves the set once some record names it, or
 * a later one of its stream.
 */
export interface HeadScanner {
  /** Reads on in file `number` to `to` (a size in bytes). Stops before an unfinished line. */
  scan(file: FileHandle, number: number, to: number): Promise<void>;
  /** The bytes from `from` to `to` are this process's own records, which need not be read. */
  skip(from: number, to: number): void;
  /** Starts at the beginning of another file. */
  restart(from: number): void;
  offset(): number;
  /** Heads of other streams that nobody has named yet. */
  heads(): readonly SeenHead[];
  /** They are named in a record that is written now. */
  named(): void;
}

const CHUNK_BYTES = 1024 * 1024;
/** The least that is made room for: what other processes append between two writes is short. */
const LEAST_BYTES = 16 * 1024;
/** The longest line that is looked at. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export function createHeadScanner(isOwn: (stream: string) => boolean): HeadScanner {
  const tips = new Map<string, SeenHead>();
  let offset = 0;
  let chunk = Buffer.alloc(0);

  function see(buffer: Buffer, record: RecordBytes, file: number): void {
    if (readTrailType(buffer, record) !== undefined) {
      for (const head of namedHeads(buffer, record)) forget(head);
    }
    if (!isOwn(record.stream)) {
      const { stream, seq, hash } = record;
      tips.set(stream, { stream, seq, hash, file });
    }
  }

  function forget(head: SeenHead): void {
    const tip = tips.get(head.stream);
    if (tip !== undefined && tip.seq <= head.seq) tips.delete(head.stream);
  }

  return {
    async scan(file, number, to) {
      let want = CHUNK_BYTES;
      while (offset < to) {
        const length = Math.min(want, to - offset);
        if (chunk.length < length) chunk = Buffer.allocUnsafe(Math.max(LEAST_BYTES, length));
        const { bytesRead } = await file.read(chunk, 0, length, offset);
        if (bytesRead === 0) return;
        let start = 0;
        for (let end = lineEnd(chunk, 0, bytesRead); end !== -1; end = lineEnd(chunk, start, bytesRead)) {
          const record = locateRecord(chunk, start, end);
          if (record !== undefined) see(chunk, record, number);
          start = end + 1;
        }
        offset += start;
        if (start > 0) want = CHUNK_BYTES;
        else if (bytesRead < want || want >= MAX_LINE_BYTES) return;
        else want *= 2;
      }
    },
    skip(from, to) {
      if (offset === from) offset = to;
    },
    restart(from) {
      offset = from;
    },
    offset: () => offset,
    heads: () => [...tips.values()],
    named: () => tips.clear(),
  };
}

function lineEnd(buffer: Buffer, from: number, to: number): number {
  const at = buffer.indexOf(0x0a, from);
  return at >= to ? -1 : at;
}

/** The heads that a lead record names. Those of a record that is not one, or was tampered with, name none. */
function namedHeads(buffer: Buffer, record: RecordBytes): readonly SeenHead[] {
  try {
    const parsed = parseJson(buffer.toString("utf8", record.start, record.end)) as {
      payload?: { heads?: readonly SeenHead[] };
    };
    return parsed.payload?.heads ?? [];
  } catch {
    return [];
  }
}
