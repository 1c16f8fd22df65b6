import { tryParseJson, type AuditRows, type Page, type SealTable, type StoredRow } from "@mcp-flowgate/core";
import { matchesRecord } from "./query-trail.ts";
import type { RecordFilter } from "./query-trail.ts";
import type { AuditRecord } from "./record.ts";
import type { ExportedHead } from "./file/lead-record.ts";
import { toVerifyingKey } from "./signing-key.ts";
import { StoreCheck } from "./verify/store-check.ts";
import { TrailCheck } from "./verify/trail-check.ts";
import type { TrailProblem, TrailVerdict } from "./verify/verdict.ts";

/** Records that a store keeps in its own tables, and the checkpoints over them. */
export interface SealedRows extends AuditRows {
  readonly checkpoints: SealTable;
}

export interface RowsQuery extends RecordFilter {
  /** Newest first unless said otherwise. */
  readonly order?: "newest" | "oldest";
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

const CHUNK = 1000;

/**
 * The records of a store that match, a page at a time. Those of one instance are read from its own stream.
 * @throws TypeError for a cursor that is none.
 */
export async function queryRows(rows: AuditRows, query: RowsQuery): Promise<Page<AuditRecord>> {
  const newestFirst = query.order !== "oldest";
  const stream = query.workflowId === undefined ? {} : { stream: `wf:${query.workflowId}` };
  const items: AuditRecord[] = [];
  let at = query.cursor === undefined ? undefined : readCursor(query.cursor);
  for (;;) {
    const from = newestFirst ? { before: at ?? Number.MAX_SAFE_INTEGER } : { after: at ?? 0 };
    const chunk = await rows.audit({ ...stream, ...from, limit: CHUNK });
    for (const { position, line } of chunk) {
      // A line that is no record is passed over; `verifyRows` is who judges them.
      const record = tryParseJson(line) as AuditRecord | undefined;
      if (record !== undefined && matchesRecord(record, query)) {
        if (items.length === query.limit) return { items, nextCursor: toCursor(at as number) };
        items.push(record);
      }
      at = position;
    }
    if (chunk.length < CHUNK) return { items };
  }
}

/** All records of a store that match, oldest first, however many. */
export async function* readRows(rows: AuditRows, filter: RecordFilter): AsyncGenerator<AuditRecord> {
  let cursor: string | undefined;
  do {
    const page: Page<AuditRecord> = await queryRows(rows, {
      ...filter,
      order: "oldest",
      limit: CHUNK,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

export interface VerifyRowsOptions {
  /** What people call the store, for the verdict. */
  readonly name: string;
  /** Heads of checkpoints that were exported. */
  readonly heads?: readonly ExportedHead[];
  /** Public keys (PEM) that are trusted: every checkpoint has to be signed with one of them. */
  readonly publicKeys?: readonly string[];
}

/**
 * Whether the records of a store are what was written: every stream dense and chained from its first record, every
 * sealed record there with the hash that its checkpoint has, or removed by a purge, and the checkpoints themselves one
 * signed chain that reaches every exported head. Gateways may go on writing meanwhile.
 * @throws where a key is not an ed25519 public key.
 */
export async function verifyRows(
  { checkpoints }: SealedRows,
  { name, heads = [], publicKeys = [] }: VerifyRowsOptions,
): Promise<TrailVerdict> {
  const check = new TrailCheck({ firstFile: 1, heads: [], keys: [] });
  const seals = new StoreCheck(checkpoints, heads, publicKeys.map(toVerifyingKey));
  check.beginFile(name);
  let bytes = 0;
  let good = true;
  let chunk: readonly StoredRow[];
  let after = 0;
  do {
    chunk = await checkpoints.rows(after, CHUNK);
    for (const row of chunk) {
      const buffer = Buffer.from(row.line);
      bytes += buffer.length + 1;
      after = row.position;
      good = check.takeLine({ buffer, start: 0, end: buffer.length, offset: after, terminated: true });
      const problem = good ? await seals.take(row) : undefined;
      if (problem !== undefined) check.report(problem);
      good &&= problem === undefined;
      if (!good) break;
    }
  } while (good && chunk.length === CHUNK);
  if (good) check.endFile();
  const problem = check.finish(true) ?? (await asProblem(seals, name));
  return {
    ok: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    files: [name],
    records: check.records,
    bytes,
    streams: check.streams(),
    tornLines: check.tornLines,
    checkpoints: seals.checkpoints,
    keyIds: [...seals.usedKeys],
  };
}

async function asProblem(seals: StoreCheck, file: string): Promise<TrailProblem | undefined> {
  const problem = await seals.finish();
  return problem && { ...problem, file };
}

function toCursor(position: number): string {
  return Buffer.from(`row:${position}`).toString("base64url");
}

function readCursor(cursor: string): number {
  const position = /^row:(\d+)$/.exec(Buffer.from(cursor, "base64url").toString())?.[1];
  if (position === undefined) throw new TypeError("the cursor does not belong to a store");
  return Number(position);
}
