import { parseJson, type Page } from "@mcp-flowgate/core";
import { createTypeMatcher } from "./event-filter.ts";
import { findTrailFiles, readTrailFiles } from "./file/discover.ts";
import type { FoundFile } from "./file/discover.ts";
import { readLines, readLinesBackward } from "./read-lines.ts";
import type { LineBytes } from "./read-lines.ts";
import { findBegin } from "./record-bytes.ts";
import type { AuditRecord } from "./record.ts";

/** What to look for. Everything that is given has to hold. */
export interface RecordFilter {
  readonly workflowId?: string;
  readonly definitionId?: string;
  readonly operationId?: string;
  readonly correlationId?: string;
  /** Of the principal. */
  readonly subject?: string;
  readonly tenant?: string;
  /** Globs over event types; any of them. */
  readonly types?: readonly string[];
  /** Milliseconds since the epoch: from `from`, before `to`. By the time that each record says. */
  readonly from?: number;
  readonly to?: number;
}

export interface TrailQuery extends RecordFilter {
  /** The current file of a trail; the rotated ones beside it belong to it. */
  readonly path?: string;
  /** Or exactly these files. */
  readonly files?: readonly string[];
  /** Newest first unless said otherwise. */
  readonly order?: "newest" | "oldest";
  readonly limit: number;
  /** `nextCursor` of the page before. It stays good while gateways write and rotate. */
  readonly cursor?: string;
}

/**
 * The records that match, a page at a time. Lines that are no records are passed over; `verifyTrail` is who judges them.
 * @throws TypeError for a cursor that is not one of these files', system errors where a file cannot be read.
 */
export async function queryTrail(query: TrailQuery): Promise<Page<AuditRecord>> {
  const all = await listFiles(query);
  const newestFirst = query.order !== "oldest";
  const files = newestFirst ? all.toReversed() : all;
  const position = query.cursor === undefined ? undefined : readCursor(query.cursor, files);
  const matches = createRecordMatcher(query);
  const items: AuditRecord[] = [];
  let nextCursor: string | undefined;
  for (const file of files.slice(position?.index ?? 0)) {
    const at = file.id === position?.id ? position?.offset : undefined;
    const visit = (line: LineBytes): boolean => {
      const record = matches(line);
      if (record === undefined) return true;
      if (items.length === query.limit) {
        // Read on from here: forward this line is the next one, backward everything before the one after it.
        nextCursor = toCursor(file, newestFirst ? line.offset + (line.end - line.start) + 1 : line.offset);
        return false;
      }
      items.push(record);
      return true;
    };
    await (newestFirst
      ? readLinesBackward(file.path, visit, at ?? file.size)
      : readLines(file.path, visit, at ?? 0));
    if (nextCursor !== undefined) return { items, nextCursor };
  }
  return { items };
}

/** All records that match, oldest first, however many. */
export async function* readTrail(
  query: Omit<TrailQuery, "limit" | "cursor" | "order">,
): AsyncGenerator<AuditRecord> {
  let cursor: string | undefined;
  do {
    const page: Page<AuditRecord> = await queryTrail({
      ...query,
      order: "oldest",
      limit: READ_PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** Whether a record is what `filter` looks for. */
export function matchesRecord(record: AuditRecord, filter: RecordFilter): boolean {
  const at = Date.parse(record.timestamp);
  return (
    (filter.workflowId === undefined || record.workflowId === filter.workflowId) &&
    (filter.definitionId === undefined || record.definitionId === filter.definitionId) &&
    (filter.operationId === undefined || record.operationId === filter.operationId) &&
    (filter.correlationId === undefined || record.correlationId === filter.correlationId) &&
    (filter.subject === undefined || record.principal?.subject === filter.subject) &&
    (filter.tenant === undefined || record.principal?.tenant === filter.tenant) &&
    (filter.types === undefined || createTypeMatcher(filter.types)(record.eventType)) &&
    (filter.from === undefined || at >= filter.from) &&
    (filter.to === undefined || at < filter.to)
  );
}

const READ_PAGE = 1000;

/** A line is only parsed where it holds every value that is looked for. */
function createRecordMatcher(filter: RecordFilter): (line: LineBytes) => AuditRecord | undefined {
  const needles = (
    ["workflowId", "definitionId", "operationId", "correlationId", "subject", "tenant"] as const
  )
    .filter((name) => filter[name] !== undefined)
    .map((name) => Buffer.from(`"${name}":${JSON.stringify(filter[name])}`));
  return ({ buffer, start, end }) => {
    const line = buffer.subarray(start, end);
    if (!needles.every((needle) => line.includes(needle))) return undefined;
    const record = parseLine(line);
    return record !== undefined && matchesRecord(record, filter) ? record : undefined;
  };
}

/** The record of a line; the last one where a torn write stands before it. */
function parseLine(line: Buffer): AuditRecord | undefined {
  for (let at = 0; at !== -1; at = findBegin(line, at + 1, line.length)) {
    try {
      const record = parseJson(line.toString("utf8", at)) as AuditRecord;
      if (typeof record === "object" && record !== null && typeof record.hash === "string") return record;
    } catch {
      // Not a whole record from here; maybe from further on.
    }
  }
  return undefined;
}

async function listFiles(query: TrailQuery): Promise<readonly FoundFile[]> {
  if (query.files !== undefined) return readTrailFiles(query.files);
  if (query.path === undefined) throw new TypeError("a query needs a `path` or `files`");
  return findTrailFiles(query.path);
}

interface Position {
  readonly index: number;
  readonly id: string;
  readonly offset: number;
}

function toCursor(file: FoundFile, offset: number): string {
  return Buffer.from(`${file.id ?? ""}:${offset}`).toString("base64url");
}

function readCursor(cursor: string, files: readonly FoundFile[]): Position {
  const [id, offset] = Buffer.from(cursor, "base64url").toString().split(":");
  const index = files.findIndex((file) => (file.id ?? "") === id);
  if (id === undefined || index === -1 || !/^\d+$/.test(offset ?? "")) {
    throw new TypeError("the cursor does not belong to these files, or its file is no longer kept");
  }
  return { index, id, offset: Number(offset) };
}
