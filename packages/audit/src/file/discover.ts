import { tryParseJson } from "@mcp-flowgate/core";
import { open, readdir, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { AuditRecord } from "../record.ts";
import { beginsRecord } from "../record-bytes.ts";

/** One file of a trail as found on disk. */
export interface FoundFile {
  readonly path: string;
  /** What its first record says; `undefined` where it says nothing. */
  readonly number: number | undefined;
  /** The number of the oldest file that was kept when this one began, where its first record says so. */
  readonly oldestKept: number | undefined;
  /** Stays the same when the file is renamed: the beginning of the hash of its first record. */
  readonly id: string | undefined;
  readonly size: number;
}

/**
 * Every file of the trail at `path`, oldest first: the current one and those rotated out, by this package or by
 * logrotate (`audit.jsonl.1`, `audit.jsonl-20260101`). Ordered by what the files say, not by their names.
 */
export async function findTrailFiles(path: string): Promise<readonly FoundFile[]> {
  const base = basename(path);
  const folder = dirname(path);
  const names = (await readdir(folder)).filter(
    (name) => name === base || (name.startsWith(base) && /^[.-]\d/.test(name.slice(base.length))),
  );
  const found = new Map<string, FoundFile>();
  for (const name of names.sort()) {
    const file = join(folder, name);
    const there = await stat(file);
    // A rotation that a crash interrupted leaves one file with two names.
    if (there.isFile()) found.set(`${there.dev}:${there.ino}`, await readFound(file));
  }
  return orderFiles([...found.values()]);
}

/** The given files, oldest first. @throws where one cannot be read. */
export async function readTrailFiles(paths: readonly string[]): Promise<readonly FoundFile[]> {
  return orderFiles(await Promise.all(paths.map(readFound)));
}

/** The first whole record of a file, `foreign` where the file does not begin as a trail does. */
export async function readFirstRecord(handle: FileHandle): Promise<AuditRecord | "foreign" | undefined> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const block = Buffer.alloc(BLOCK_BYTES);
    const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, bytes.length);
    bytes = Buffer.concat([bytes, block.subarray(0, bytesRead)]);
    if (bytes.length > 0 && !beginsRecord(bytes, 0, bytes.length)) return "foreign";
    // A torn line may stand before the first whole one.
    for (let start = 0, end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      const record = tryParseJson(bytes.toString("utf8", start, end)) as AuditRecord | undefined;
      if (record !== undefined) return record;
      start = end + 1;
    }
    if (bytesRead < BLOCK_BYTES || bytes.length > MAX_FIRST_LINE) return undefined;
  }
}

/** Which file of its trail the file says that it is. */
export function fileNumber(first: AuditRecord | "foreign" | undefined): number | undefined {
  return payloadNumber(first, "file");
}

const LINE_FEED = 0x0a;
const BLOCK_BYTES = 64 * 1024;
const MAX_FIRST_LINE = 8 * 1024 * 1024;

async function readFound(path: string): Promise<FoundFile> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const first = await readFirstRecord(handle);
    return {
      path,
      number: fileNumber(first),
      oldestKept: payloadNumber(first, "oldest"),
      id: firstHash(first),
      size,
    };
  } finally {
    await handle.close();
  }
}

function firstHash(first: AuditRecord | "foreign" | undefined): string | undefined {
  return first === undefined || first === "foreign" ? undefined : first.hash.slice(0, 16);
}

function payloadNumber(first: AuditRecord | "foreign" | undefined, name: string): number | undefined {
  if (first === undefined || first === "foreign") return undefined;
  const number = first.payload?.[name];
  return typeof number === "number" ? number : undefined;
}

/** Files that say nothing go last: a file that was only just created, or one whose beginning is gone. */
function orderFiles(files: readonly FoundFile[]): readonly FoundFile[] {
  const last = Number.POSITIVE_INFINITY;
  return [...files].sort((left, right) => (left.number ?? last) - (right.number ?? last));
}
