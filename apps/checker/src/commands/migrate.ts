import { chmod, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Diagnostic } from "@mcp-flowgate/core";
import type { Migration } from "../migrate/migrate.ts";
import { createNodeDigest, createNodeReader } from "../node-reader.ts";
import { pathFrom } from "../render/path-from.ts";
import { oneLine } from "../render/plain-text.ts";

export interface MigrateOptions {
  /** Files of one configuration; the later ones are overlays on the earlier. What they include is rewritten too. */
  readonly files: readonly string[];
  /** Replaces the files. */
  readonly write?: boolean;
  /** Changes nothing; older forms fail. */
  readonly check?: boolean;
  /** One JSON object instead of a difference. */
  readonly json?: boolean;
}

export interface MigrateOutput {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly env?: (name: string) => string | undefined;
  /** Paths are shown seen from here. */
  readonly cwd?: string;
}

/**
 * Writes the older forms of a configuration the way they are written today, everything else byte for byte as it was.
 * 0: done, or nothing to do; 1: older forms under `check`, or a file that cannot be read, parsed or written.
 */
export async function runMigrate(options: MigrateOptions, output: MigrateOutput): Promise<0 | 1> {
  const { migrate } = await import("../migrate/migrate.ts");
  const { cwd = process.cwd(), env = (name: string) => process.env[name] } = output;
  const reader = createNodeReader();
  const show = (file: string): string => pathFrom(cwd, file);
  const files = options.files.map((file) => reader.resolve(cwd, file));
  const migration = await migrate({ files, reader, env, digest: createNodeDigest() });
  const unread = migration.original.diagnostics.filter(isUnread);
  for (const diagnostic of unread) output.writeError(`${line(diagnostic, show)}\n`);
  if (unread.length > 0) return 1;
  const changed = migration.files.filter(({ before, after }) => before !== after);
  if (options.write === true && options.check !== true) {
    for (const { file, after } of changed) {
      const problem = await replaceFile(file, after);
      if (problem !== undefined) {
        output.writeError(`${show(file)} cannot be written: ${problem}\n`);
        return 1;
      }
    }
  }
  if (options.json === true) output.write(toJson(migration, changed, show));
  else if (options.write === true && options.check !== true) {
    for (const { file } of changed) output.write(`rewrote ${show(file)}\n`);
  } else await writeDifferences(changed, show, output);
  if (options.json !== true) summarize(migration, options, show, output);
  const older = migration.rewritten.length + migration.left.length;
  return options.check === true && older > 0 ? 1 : 0;
}

/** Of a file that could not be read whole, nothing else can be said. */
function isUnread({ code, severity }: Diagnostic): boolean {
  return severity === "error" && /^FG(?:10[1-9]|113)$/.test(code);
}

async function writeDifferences(
  changed: Migration["files"],
  show: (file: string) => string,
  { write }: MigrateOutput,
): Promise<void> {
  if (changed.length === 0) return;
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  for (const { file, before, after } of changed) {
    const name = show(file);
    write(
      createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined, {
        headerOptions: FILE_HEADERS_ONLY,
      }),
    );
  }
}

function summarize(
  { rewritten, left }: Migration,
  options: MigrateOptions,
  show: (file: string) => string,
  { writeError }: MigrateOutput,
): void {
  if (rewritten.length + left.length === 0) writeError("nothing is written in an older form\n");
  for (const diagnostic of left) writeError(`${line(diagnostic, show)}\n`);
  if (left.length > 0) writeError(`${count(left.length, "older form")} left for you to rewrite\n`);
  if (rewritten.length === 0) return;
  const done = options.write === true && options.check !== true;
  writeError(
    done
      ? `${count(rewritten.length, "older form")} rewritten\n`
      : `${count(rewritten.length, "older form")} can be rewritten with --write\n`,
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function line({ code, message, hint, place }: Diagnostic, show: (file: string) => string): string {
  const where = place === undefined ? "" : `${show(place.file)}:${place.line}:${place.column}: `;
  return oneLine(`${where}${code}: ${message}${hint === undefined ? "" : `. ${hint}`}`);
}

function toJson(
  { rewritten, left }: Migration,
  changed: Migration["files"],
  show: (file: string) => string,
): string {
  const plain = ({ code, message, hint, place, pointer }: Diagnostic): object => ({
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { place: { ...place, file: show(place.file) } }),
    ...(pointer === undefined ? {} : { pointer }),
  });
  const body = {
    version: 1,
    changed: changed.map(({ file }) => show(file)),
    rewritten: rewritten.map(plain),
    left: left.map(plain),
  };
  return `${JSON.stringify(body, undefined, 2)}\n`;
}

const BYTE_ORDER_MARK = "\ufeff";

/** All or nothing: whoever reads the file sees the old text or the new one. Links stay links. */
async function replaceFile(file: string, text: string): Promise<string | undefined> {
  let temporary: string | undefined;
  try {
    const target = await realpath(file);
    const { mode } = await stat(target);
    const marked = (await readFile(target, "utf8")).startsWith(BYTE_ORDER_MARK);
    temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(`${marked ? BYTE_ORDER_MARK : ""}${text}`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, mode);
    await rename(temporary, target);
    return undefined;
  } catch (thrown) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
