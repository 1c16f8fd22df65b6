import { parseJson } from "@mcp-flowgate/core";
import { open, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { ExportedHead } from "../file/lead-record.ts";
import { findTrailFiles, readTrailFiles } from "../file/discover.ts";
import type { FoundFile } from "../file/discover.ts";
import { readLinesBetween } from "../read-lines.ts";
import { toVerifyingKey } from "../signing-key.ts";
import { createRunReader } from "./run-reader.ts";
import type { RunReader } from "./run-reader.ts";
import { TrailCheck } from "./trail-check.ts";
import type { TrailProblem, TrailVerdict } from "./verdict.ts";

export interface VerifyOptions {
  /** The current file of a trail; the rotated ones beside it belong to it. */
  readonly path?: string;
  /** Or exactly these files, in any order. */
  readonly files?: readonly string[];
  /**
   * Heads that were exported, as {@link readExportedHeads} returns them. Left out, those in `<path>.heads` count,
   * where there is such a file.
   */
  readonly heads?: readonly ExportedHead[];
  /** Public keys (PEM) that are trusted: every checkpoint has to be signed with one of them. */
  readonly publicKeys?: readonly string[];
  /** Accepts that the oldest files are gone although no record says so: who removes files with other tools needs it. */
  readonly allowMissingOlder?: boolean;
  /** How many threads read. As many as there are processors, unless said otherwise; 1 for none but this one. */
  readonly threads?: number;
}

/**
 * Reads a whole trail and says whether it is what was written, and if not, which record is the first bad one and why.
 * Gateways may go on writing meanwhile.
 *
 * It finds every record that was changed, dropped, added, moved or repeated; streams cut before a head that a later
 * record or an exported head names; checkpoints with a wrong root or signature; and missing files. It cannot find
 * the loss of a stream's last records where nobody had seen them yet.
 * @throws where a file cannot be read or a key is not an ed25519 public key.
 */
export async function verifyTrail(options: VerifyOptions): Promise<TrailVerdict> {
  const threads = options.threads ?? availableParallelism();
  const here = createRunReader(0);
  const reader = threads > 1 ? createRunReader(threads) : here;
  try {
    return await verifyWith(options, ({ size }) => (size < LEAST_BYTES ? here : reader));
  } finally {
    await reader.close();
  }
}

/** @param readerOf who looks for runs in a file, if anybody: the verdict is the same */
export async function verifyWith(
  options: VerifyOptions,
  readerOf: (file: FoundFile) => RunReader | undefined,
): Promise<TrailVerdict> {
  const files = dropSuperseded(await listFiles(options));
  const numbered = files.filter((file) => file.number !== undefined);
  const check = new TrailCheck({
    firstFile: numbered[0]?.number ?? 1,
    heads: options.heads ?? (await readHeadsBeside(options.path)),
    keys: (options.publicKeys ?? []).map(toVerifyingKey),
  });
  let problem = checkNumbers(files, numbered);
  let bytes = 0;
  if (problem === undefined) {
    for (const file of files) {
      check.beginFile(file.path);
      bytes += await takeFile(file, check, readerOf(file));
      if (!check.endFile()) break;
    }
    problem = check.finish(options.allowMissingOlder ?? false);
  }
  return {
    ok: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    files: files.map((file) => file.path),
    records: check.records,
    bytes,
    streams: check.streams(),
    tornLines: check.tornLines,
    checkpoints: check.checkpoints,
    keyIds: check.keyIds(),
  };
}

/** Each line of the file, many at once where a reader found runs of them. @returns how many bytes were read. */
async function takeFile(file: FoundFile, check: TrailCheck, reader: RunReader | undefined): Promise<number> {
  const handle = await open(file.path, "r");
  let bytes = 0;
  let good = true;
  const takeLines = (from: number, to: number): Promise<void> =>
    readLinesBetween(
      handle,
      (line) => {
        bytes += line.end - line.start + 1;
        return (good = check.takeLine(line));
      },
      from,
      to,
    );
  try {
    let at = 0;
    for await (const run of reader?.read(handle.fd, file.size) ?? []) {
      if (run.from > at) await takeLines(at, run.from);
      if (good && check.takeRun(run)) bytes += run.to - run.from;
      else if (good) await takeLines(run.from, run.to);
      if (!good) return bytes;
      at = run.to;
    }
    await takeLines(at, Number.POSITIVE_INFINITY);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Smaller files are read by the time that threads are there. */
const LEAST_BYTES = 16 * 1024 * 1024;

/**
 * The heads in a file that a file sink exported them to. A last line that a crash cut off is left out.
 * @throws where the file cannot be read or another line is not a head.
 */
export async function readExportedHeads(path: string): Promise<readonly ExportedHead[]> {
  const lines = (await readFile(path, "utf8")).split("\n");
  lines.pop();
  return lines.filter((line) => line !== "").map((line) => parseJson(line) as ExportedHead);
}

async function readHeadsBeside(path: string | undefined): Promise<readonly ExportedHead[]> {
  if (path === undefined) return [];
  try {
    return await readExportedHeads(`${path}.heads`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function listFiles(options: VerifyOptions): Promise<readonly FoundFile[]> {
  if (options.files !== undefined) return readTrailFiles(options.files);
  if (options.path === undefined) throw new TypeError("verifyTrail needs a `path` or `files`");
  return findTrailFiles(options.path);
}

/**
 * Without files in front of a gap that retention made: what another tool kept of those that were to go is no
 * longer a part of the trail.
 */
function dropSuperseded(files: readonly FoundFile[]): readonly FoundFile[] {
  const oldest = Math.max(1, ...files.map((file) => file.oldestKept ?? 1));
  const numbers = new Set(files.map((file) => file.number));
  let first = oldest;
  while (numbers.has(first - 1)) first -= 1;
  return files.filter((file) => file.number === undefined || file.number >= first);
}

/** Numbers are consecutive, and only a file that nobody wrote to yet, or a capture of another sink, has none. */
function checkNumbers(files: readonly FoundFile[], numbered: readonly FoundFile[]): TrailProblem | undefined {
  if (numbered.length === 0) return undefined;
  for (const [index, file] of numbered.entries()) {
    const before = numbered[index - 1];
    if (before === undefined || file.number === (before.number ?? 0) + 1) continue;
    const message =
      file.number === before.number
        ? `this file and ${before.path} both say that they are file ${file.number}`
        : `file ${(before.number ?? 0) + 1} of the trail is not here`;
    return { kind: "missing_file", message, file: file.path };
  }
  const headless = files.find((file) => file.number === undefined && file.size > 0);
  if (headless === undefined) return undefined;
  return {
    kind: "missing_file",
    message:
      "the beginning of the file is not here: its first record does not say which file of the trail it is",
    file: headless.path,
  };
}
