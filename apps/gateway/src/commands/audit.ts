import { parseJson, type Json } from "@mcp-flowgate/core";
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { exportRecords, type AuditRecord, type ExportFormat, type RecordFilter } from "@mcp-flowgate/audit";
import { writeJson, type Write } from "./admin-calls.ts";
import { withTrail, type OpenTrail, type TrailSource } from "./audit-source.ts";
import { CommandError } from "./command-error.ts";

export interface TrailOptions extends TrailSource {
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
  const publicKeys = await Promise.all((options.key ?? []).map((file) => readFile(file, "utf8")));
  const { name, verdict } = await withTrail(options, async (trail) => ({
    name: trail.name,
    verdict: await trail.verify(publicKeys),
  }));
  if (!verdict.ok) process.exitCode = 1;
  if (options.json === true) return writeJson(parseJson(JSON.stringify(verdict)) as Json, write);
  const { problem, records, files, streams, checkpoints } = verdict;
  if (problem === undefined) {
    return write(
      `ok: ${records} records of ${streams.length} stream${streams.length === 1 ? "" : "s"} in ${files.length} file${files.length === 1 ? "" : "s"}, ${checkpoints} signed checkpoint${checkpoints === 1 ? "" : "s"}\n`,
    );
  }
  const place =
    problem.file === undefined
      ? name
      : `${problem.file}${problem.line === undefined ? "" : `:${problem.line}`}`;
  write(`${place}: ${problem.kind}: ${problem.message}\n`);
}

/** `audit query`: matching records, newest first, a page at a time. */
export async function queryAudit(
  options: FilterOptions & { readonly limit?: string; readonly cursor?: string },
  write: Write,
): Promise<void> {
  const limit = Number(options.limit ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw new CommandError(`--limit ${options.limit ?? ""} is not a whole number from 1 to 10000.`, 2);
  const query = {
    ...toFilter(options),
    limit,
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  };
  const page = await withTrail(options, (trail) => trail.query(query));
  if (options.json === true) return writeJson(parseJson(JSON.stringify(page)) as Json, write);
  for (const record of page.items) write(`${toLine(record)}\n`);
  if (page.nextCursor !== undefined) write(`more: --cursor ${page.nextCursor}\n`);
}

/** `audit export`: matching records, oldest first, for a spreadsheet or a SIEM. */
export async function exportAudit(
  options: FilterOptions & { readonly format: ExportFormat },
  write: Write,
): Promise<void> {
  await withTrail(options, async (trail) => {
    for await (const text of exportRecords(trail.read(toFilter(options)), options.format)) write(text);
  });
}

const LAST_RECORDS = 10;
const POLL_MS = 250;

/** `audit tail`: the last records, then new ones as they come, until it is interrupted. */
export async function tailAudit(options: FilterOptions, write: Write): Promise<void> {
  const filter = toFilter(options);
  const show = (record: AuditRecord): void =>
    write(options.json === true ? `${JSON.stringify(record)}\n` : `${toLine(record)}\n`);
  const seen = new Set<string>();
  const look = async (trail: OpenTrail, limit: number): Promise<void> => {
    const { items } = await trail.query({ ...filter, limit });
    for (const record of items.toReversed()) {
      if (seen.has(record.id)) continue;
      seen.add(record.id);
      show(record);
    }
  };
  await withTrail(options, async (trail) => {
    await look(trail, LAST_RECORDS);
    for (;;) {
      await wait(POLL_MS);
      await look(trail, 1000);
    }
  });
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
