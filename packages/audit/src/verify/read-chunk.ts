import { readSync } from "node:fs";
import { findRuns, HEADROOM } from "./run.ts";
import type { Run } from "./run.ts";

/** A part of a file: the lines that begin in it. */
export interface Chunk {
  /** The file, which whoever asks has open. */
  readonly fd: number;
  readonly from: number;
  readonly to: number;
  /** Where the file ends. */
  readonly size: number;
}

const LINE_FEED = 0x0a;
/** What is read beyond a chunk for the rest of its last line, at first. */
const REST_BYTES = 64 * 1024;
/** Longer lines are left to who reads line by line. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Reads chunks one after another, in the same memory. */
export function createChunkReader(): (chunk: Chunk) => readonly Run[] {
  let memory = Buffer.alloc(0);

  /** Reads on from `have` bytes to `want`. @returns how many there are. */
  function fill(fd: number, offset: number, have: number, want: number): number {
    if (memory.length < HEADROOM + want) {
      const larger = Buffer.allocUnsafeSlow(HEADROOM + want);
      memory.copy(larger, 0, 0, HEADROOM + have);
      memory = larger;
    }
    let end = have;
    while (end < want) {
      const read = readSync(fd, memory, HEADROOM + end, want - end, offset + end);
      if (read === 0) break;
      end += read;
    }
    return end;
  }

  return ({ fd, from, to, size }) => {
    // The byte before says whether a line begins at the first one.
    const offset = Math.max(0, from - 1);
    let want = Math.min(size, to + REST_BYTES) - offset;
    let end = 0;
    for (;;) {
      end = fill(fd, offset, end, want);
      const last = memory.indexOf(LINE_FEED, HEADROOM + to - offset - 1);
      const isWhole = last !== -1 && last < HEADROOM + end;
      if (isWhole || end < want || offset + want >= size || want > MOST_BYTES) break;
      want = Math.min(size - offset, want * 2);
    }
    const feed = from === 0 ? HEADROOM - 1 : memory.indexOf(LINE_FEED, HEADROOM);
    if (feed === -1 || feed >= HEADROOM + end) return [];
    return findRuns(memory, {
      start: feed + 1,
      until: HEADROOM + to - offset,
      end: HEADROOM + end,
      offset: offset - HEADROOM,
    });
  };
}
