import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import {
  exportRecords,
  queryTrail,
  readTrail,
  verifyTrail,
  type AuditRecord,
  type ExportFormat,
  type RecordFilter,
} from "@mcp-flowgate/audit";
import { writeJson, type Write } from "./admin-calls.ts";
import { CommandError } from "./command-error.ts";
import { configFiles, loadPlan } from "./load.ts";

export interface TrailOptions {
  readonly config?: readonly string[];
  /** The trail itself, instead of the one that a configuration names. */
  readonly path?: string;
  readonly json?: boolean;
}

export interface FilterOptions extends TrailOptions {
  readonly workflow?: string;
  readonly definition?: string;
  readonly subject?: string;
  readonly tenant?: string;
  readonly type?: readonly string[];
  readonly since?: string;
  readonly until?: string;
}

/** `audit verify`: whether the trail is what was written; if not, the first bad record and why, with exit code 1. */
export async function verifyAudit(
  options: TrailOptions & { readonly key?: readonly string[] },
  write: Write,
): Promise<void> {
  const path = await trailPath(options);
  const publicKeys = await Promise.all((options.key ?? []).map((file) => readFile(file, "utf8")));
  const verdict = await verifyTrail({ path, ...(publicKeys.length === 0 ? {} : { publicKeys }) });
  if (!verdict.ok) process.exitCode = 1;
  if (options.json === true) return writeJson(JSON.parse(JSON.stringify(verdict)), write);
  const { problem, records, files, streams, checkpoints } = verdict;
  if (problem === undefined) {
    return write(
      `ok: ${records} records of ${streams.length} stream${streams.length === 1 ? "" : "s"} in ${files.length} file${files.length === 1 ? "" : "s"}, ${checkpoints} signed checkpoint${checkpoints === 1 ? "" : "s"}\n`,
    );
  }
  const place =
    problem.file === undefined
      ? path
      : `${problem.file}${problem.line === undefined ? "" : `:${problem.line}`}`;
  write(`${place}: ${problem.kind}: ${problem.message}\n`);
}

/** `audit query`: matching records, newest first, a page at a time. */
export async function queryAudit(
  options: FilterOptions & { readonly limit?: string; readonly cursor?: string },
  write: Write,
): Promise<void> {
  const path = await trailPath(options);
  const limit = Number(options.limit ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw new CommandError(`--limit ${options.limit ?? ""} is not a whole number from 1 to 10000.`, 2);
  const page = await queryTrail({
    path,
    ...toFilter(options),
    limit,
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  });
  if (options.json === true) return writeJson(JSON.parse(JSON.stringify(page)), write);
  for (const record of page.items) write(`${toLine(record)}\n`);
  if (page.nextCursor !== undefined) write(`more: --cursor ${page.nextCursor}\n`);
}

/** `audit export`: matching records, oldest first, for a spreadsheet or a SIEM. */
export async function exportAudit(
  options: FilterOptions & { readonly format: ExportFormat },
  write: Write,
): Promise<void> {
  const path = await trailPath(options);
  for await (const text of exportRecords(readTrail({ path, ...toFilter(options) }), options.format))
    write(text);
}

const LAST_RECORDS = 10;
const POLL_MS = 250;

/** `audit tail`: the last records, then new ones as they come, until it is interrupted. */
export async function tailAudit(options: FilterOptions, write: Write): Promise<void> {
  const path = await trailPath(options);
  const filter = toFilter(options);
  const show = (record: AuditRecord): void =>
    write(options.json === true ? `${JSON.stringify(record)}\n` : `${toLine(record)}\n`);
  const seen = new Set<string>();
  const look = async (limit: number): Promise<void> => {
    const { items } = await queryTrail({ path, ...filter, limit });
    for (const record of items.toReversed()) {
      if (seen.has(record.id)) continue;
      seen.add(record.id);
      show(record);
    }
  };
  await look(LAST_RECORDS);
  for (;;) {
    await wait(POLL_MS);
    await look(1000);
  }
}

async function trailPath(options: TrailOptions): Promise<string> {
  const path = options.path ?? (await configuredPath(configFiles(options.config)));
  if (!existsSync(path))
    throw new CommandError(`There is no audit trail at ${path}; nothing has been recorded there yet.`);
  return path;
}

async function configuredPath(files: readonly string[]): Promise<string> {
  const plan = await loadPlan(files);
  const path = plan.audit.sinks.find(({ kind }) => kind === "file")?.path;
  if (path === undefined)
    throw new CommandError(
      `${files.join(", ")} has no audit sink of kind file; name a trail with --path FILE.`,
    );
  return path;
}

function toFilter(options: FilterOptions): RecordFilter {
  return {
    ...(options.workflow === undefined ? {} : { workflowId: options.workflow }),
    ...(options.definition === undefined ? {} : { definitionId: options.definition }),
    ...(options.subject === undefined ? {} : { subject: options.subject }),
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.type === undefined ? {} : { types: options.type }),
    ...(options.since === undefined ? {} : { from: toTime("--since", options.since) }),
    ...(options.until === undefined ? {} : { to: toTime("--until", options.until) }),
  };
}

function toTime(flag: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new CommandError(`${flag} ${text} is not a time; write it as 2026-01-31T08:00:00Z.`, 2);
  return at;
}

function toLine(record: AuditRecord): string {
  const who = record.principal === undefined ? "" : `  ${record.principal.subject}`;
  const what = record.workflowId === undefined ? "" : `  ${record.workflowId}`;
  return `${record.timestamp}  ${record.eventType.padEnd(26)}${what}${who}  ${JSON.stringify(record.payload)}`;
}
