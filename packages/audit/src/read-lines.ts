import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** A line: `buffer[start, end)` without its line feed. Only valid until the visitor returns. */
export interface LineBytes {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where the line begins in the file. */
  readonly offset: number;
  /** False for what stands behind the last line feed. */
  readonly terminated: boolean;
}

const CHUNK_BYTES = 4 * 1024 * 1024;
/** The least that is made room for: a small file takes no more. */
const LEAST_BYTES = 64 * 1024;

/**
 * Calls `visit` with every line of the file from `from` (the beginning of a line) on, until it returns false. Memory is
 * bounded by the longest line, not by the file.
 */
export async function readLines(path: string, visit: (line: LineBytes) => boolean, from = 0): Promise<void> {
  const handle = await open(path, "r");
  try {
    await readLinesBetween(handle, visit, from, Number.POSITIVE_INFINITY);
  } finally {
    await handle.close();
  }
}

/** The lines of an open file from `from` to `to`, which are the beginnings of lines, or the end of the file. */
export async function readLinesBetween(
  handle: FileHandle,
  visit: (line: LineBytes) => boolean,
  from: number,
  to: number,
): Promise<void> {
  const { size } = await handle.stat();
  const length = Math.min(size, to) - from;
  let buffer: Buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(LEAST_BYTES, length + 1)));
  let filled = 0;
  let offset = from;
  for (;;) {
    if (filled === buffer.length) {
      const larger = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(larger, 0, 0, filled);
      buffer = larger;
    }
    const room = Math.min(buffer.length - filled, to - offset - filled);
    const bytesRead = room === 0 ? 0 : (await handle.read(buffer, filled, room, offset + filled)).bytesRead;
    filled += bytesRead;
    let start = 0;
    for (let end = findLineFeed(buffer, start, filled); end !== -1;) {
      if (!visit({ buffer, start, end, offset: offset + start, terminated: true })) return;
      start = end + 1;
      end = findLineFeed(buffer, start, filled);
    }
    if (bytesRead === 0) {
      if (filled > start) visit({ buffer, start, end: filled, offset: offset + start, terminated: false });
      return;
    }
    buffer.copyWithin(0, start, filled);
    offset += start;
    filled -= start;
  }
}

function findLineFeed(buffer: Buffer, from: number, to: number): number {
  const at = buffer.indexOf(0x0a, from);
  return at >= to ? -1 : at;
}

/** Like {@link readLines}, from the last line before `to` to the first. */
export async function readLinesBackward(
  path: string,
  visit: (line: LineBytes) => boolean,
  to: number,
): Promise<void> {
  const handle = await open(path, "r");
  try {
    let tail: Buffer = Buffer.alloc(0);
    let offset = to;
    let terminated = false;
    while (offset > 0) {
      const length = Math.min(CHUNK_BYTES, offset);
      const block = Buffer.allocUnsafe(length);
      await handle.read(block, 0, length, offset - length);
      offset -= length;
      const buffer: Buffer = Buffer.concat([block, tail]);
      let end = buffer.length;
      for (
        let at = buffer.lastIndexOf(0x0a, end - 1);
        end > 0 && at !== -1;
        at = buffer.lastIndexOf(0x0a, end - 1)
      ) {
        if (at + 1 < end && !visit({ buffer, start: at + 1, end, offset: offset + at + 1, terminated }))
          return;
        terminated = true;
        end = at;
        if (end === 0) break;
      }
      tail = buffer.subarray(0, end);
    }
    if (tail.length > 0) visit({ buffer: tail, start: 0, end: tail.length, offset: 0, terminated });
  } finally {
    await handle.close();
  }
}
