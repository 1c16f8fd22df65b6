import { createHash } from "node:crypto";
import { constants, fstatSync, statSync } from "node:fs";
import { mkdir, open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileNumber, findTrailFiles, readFirstRecord } from "./discover.ts";
import { locateRecord } from "../record-bytes.ts";
import type { TornLine } from "./lead-record.ts";

/** A file of a trail, open for appending. Other processes append to it too. */
export interface TrailFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly inode: string;
  /** By its first record; the next free one where it has none yet. */
  readonly number: number;
  /** When its first record was written; milliseconds since the epoch. */
  beganAt: number | undefined;
  /** Where this process last saw its end, just after a line feed; -1 where that is not known. */
  end: number;
}

/** How a path and an open file relate now. */
export type FileState =
  | { readonly status: "current"; readonly size: number }
  /** Renamed, deleted, replaced or cut: what is at the path has to be opened anew. */
  | { readonly status: "moved" };

/**
 * Opens `path` for appending and reads which file of the trail it is.
 * @throws with a sentence for people where it is not a file or does not hold a trail; system errors as they are.
 */
export async function openTrailFile(path: string, atLeast: number): Promise<TrailFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, constants.O_APPEND | constants.O_CREAT | constants.O_RDWR, 0o600);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new NotATrailError(`${path} is not a regular file`);
    const first = await readFirstRecord(handle);
    if (first === "foreign") throw new NotATrailError(`${path} holds something else than an audit trail`);
    if (stat.size === 0) await syncFolder(path);
    return {
      path,
      handle,
      inode: `${stat.dev}:${stat.ino}`,
      number: fileNumber(first) ?? Math.max(atLeast, await nextNumber(path)),
      beganAt: first === undefined ? undefined : Date.parse(first.timestamp),
      end: stat.size === 0 ? 0 : -1,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A configuration that can never work, as against a disk that is full for now. */
export class NotATrailError extends Error {
  override readonly name = "NotATrailError";
}

export function checkTrailFile(file: TrailFile): FileState {
  const stat = statSync(file.path, { throwIfNoEntry: false });
  if (stat === undefined || `${stat.dev}:${stat.ino}` !== file.inode) return { status: "moved" };
  return stat.size < file.end ? { status: "moved" } : { status: "current", size: stat.size };
}

/** The size of the open file; `undefined` where it has no name any more: what is written to it is lost when it is closed. */
export function sizeOfOpen(file: TrailFile): number | undefined {
  const { nlink, size } = fstatSync(file.handle.fd);
  return nlink === 0 ? undefined : size;
}

/**
 * What stands at the end of the file where that is not the end of a line: somebody died while writing. The line without
 * an end comes last; before it, other lines that are no records, where whoever ended them died as well.
 */
export async function readTornLines(file: TrailFile, size: number): Promise<readonly TornLine[]> {
  if (size === 0 || size === file.end) return [];
  const last = await readBytes(file, size - 1, size);
  if (last[0] === LINE_FEED) return [];
  let tail: Buffer = Buffer.alloc(0);
  for (let from = size; from > 0;) {
    const to = from;
    from = Math.max(0, from - BLOCK_BYTES);
    tail = Buffer.concat([await readBytes(file, from, to), tail]);
    const torn = splitTornLines(tail, from === 0);
    if (torn !== undefined) return torn;
  }
  return [];
}

/** The lines behind the last whole record of `tail`, or `undefined` where that is further up. */
function splitTornLines(tail: Buffer, isWholeFile: boolean): readonly TornLine[] | undefined {
  const torn: TornLine[] = [];
  for (let end = tail.length; end >= 0;) {
    const start = tail.subarray(0, end).lastIndexOf(LINE_FEED) + 1;
    if (start === 0 && !isWholeFile) return undefined;
    if (torn.length > 0 && locateRecord(tail, start, end) !== undefined) return torn.reverse();
    if (end > start) torn.push(toTornLine(tail.subarray(start, end)));
    end = start - 1;
  }
  return torn.reverse();
}

async function readBytes(file: TrailFile, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  await file.handle.read(bytes, 0, bytes.length, from);
  return bytes;
}

function toTornLine(bytes: Uint8Array): TornLine {
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Makes a new or renamed file's name survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The name of file `number` once it is rotated out. */
export function rotatedName(path: string, number: number): string {
  return `${path}.${String(number).padStart(6, "0")}`;
}

/** The files that were rotated out and are still there, oldest first. */
export async function listRotated(
  path: string,
): Promise<readonly { readonly path: string; readonly number: number }[]> {
  const base = `${basename(path)}.`;
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(base) && /^\d{6,}$/.test(name.slice(base.length)))
    .map((name) => ({ path: `${dirname(path)}/${name}`, number: Number(name.slice(base.length)) }))
    .sort((left, right) => left.number - right.number);
}

const LINE_FEED = 0x0a;
const BLOCK_BYTES = 64 * 1024;

async function nextNumber(path: string): Promise<number> {
  const numbers = (await findTrailFiles(path)).map((file) => file.number ?? 0);
  return Math.max(0, ...numbers) + 1;
}
