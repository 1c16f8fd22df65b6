import type { AuditDraft, AuditFilter, StoredAudit } from "@mcp-flowgate/core";
import {
  GENESIS_HASH,
  linkRecord,
  streamOf,
  toTime,
  type AuditChain,
  type AuditHead,
} from "@mcp-flowgate/store-sql";
import type Database from "better-sqlite3";
import type { OpenedDatabase } from "./database.ts";
import { and, asc, desc, eq, gt, lt, sql } from "./drizzle.ts";
import { toKey } from "./keys.ts";
import { auditRows } from "./schema.ts";

/** The audit records, dense and chained per stream. */
export interface AuditTable {
  /**
   * Links records, which {@link AuditTable.write} writes. Only inside a transaction: the heads that are read must still be
   * the heads when the records are written.
   */
  append(drafts: readonly AuditDraft[], ownStream: string): void;
  /** Writes what was appended in the transaction, of all batches together. */
  write(): void;
  /** Where the heads that are remembered may no longer be the heads, and what was appended is undone. */
  forget(): void;
  read(filter: AuditFilter): readonly StoredAudit[];
}

const COLUMNS = ["stream", "seq", "id", "type", "at", "hash", "line"];
/** Rows of one statement. */
const MAX_ROWS = 16;

/** Heads remembered, so that the next record of a stream need not look for the last one. */
const MAX_HEADS = 5000;

export function createAuditTable({ db, prepare, sqlite }: OpenedDatabase, chain: AuditChain): AuditTable {
  const place = sql.placeholder;
  const selectHead = prepare.rows(
    db
      .select({ seq: auditRows.seq, hash: auditRows.hash })
      .from(auditRows)
      .where(eq(auditRows.stream, place("stream")))
      .orderBy(desc(auditRows.seq))
      .limit(1),
    ["seq", "hash"],
  );
  const inserts = new Map<number, Database.Statement>();
  /** As many rows in a statement as there are: what a statement takes by itself is a good part of what a row takes. */
  const insert = (rows: readonly (readonly unknown[])[]): void => {
    let statement = inserts.get(rows.length);
    if (statement === undefined) {
      const row = `(${COLUMNS.map(() => "?").join(", ")})`;
      // Whoever writes records undoes all of them where one fails, so SQLite need not be able to undo a single statement.
      statement = sqlite.prepare(
        `INSERT OR FAIL INTO audit (${COLUMNS.join(", ")}) VALUES ${rows.map(() => row).join(", ")}`,
      );
      inserts.set(rows.length, statement);
    }
    statement.run(rows.flat());
  };
  const columns = { position: auditRows.n, line: auditRows.line };
  const selectAll = prepare.rows(
    db
      .select(columns)
      .from(auditRows)
      .where(gt(auditRows.n, place("after")))
      .orderBy(asc(auditRows.n))
      .limit(place("limit")),
    ["position", "line"],
  );
  const selectStream = prepare.rows(
    db
      .select(columns)
      .from(auditRows)
      .where(and(eq(auditRows.stream, place("stream")), gt(auditRows.n, place("after"))))
      .orderBy(asc(auditRows.seq))
      .limit(place("limit")),
    ["position", "line"],
  );
  const selectAllBefore = prepare.rows(
    db
      .select(columns)
      .from(auditRows)
      .where(lt(auditRows.n, place("before")))
      .orderBy(desc(auditRows.n))
      .limit(place("limit")),
    ["position", "line"],
  );
  const selectStreamBefore = prepare.rows(
    db
      .select(columns)
      .from(auditRows)
      .where(and(eq(auditRows.stream, place("stream")), lt(auditRows.n, place("before"))))
      .orderBy(desc(auditRows.seq))
      .limit(place("limit")),
    ["position", "line"],
  );

  const heads = new Map<string, AuditHead>();
  let rows: unknown[][] = [];
  const remember = (stream: string, head: AuditHead): void => {
    heads.delete(stream);
    heads.set(stream, head);
  };

  return {
    forget() {
      heads.clear();
      rows = [];
    },
    append(drafts, ownStream) {
      for (const draft of drafts) {
        const name = streamOf(draft, ownStream);
        const stream = toKey(name);
        const head = heads.get(stream) ?? {
          stream: name,
          ...(selectHead.get({ stream }) ?? { seq: 0, hash: GENESIS_HASH }),
        };
        const record = linkRecord(chain, head, draft);
        if (record === undefined) continue;
        const { seq, hash } = record;
        rows.push([
          stream,
          seq,
          toKey(record.id),
          record.eventType,
          toTime(draft.at),
          hash,
          record.line.trimEnd(),
        ]);
        remember(stream, { stream: name, seq, hash });
      }
    },
    write() {
      for (let from = 0; from < rows.length; from += MAX_ROWS) insert(rows.slice(from, from + MAX_ROWS));
      rows = [];
      // Not before: the table does not have the heads of what is yet to be written.
      for (const stream of heads.keys()) {
        if (heads.size <= MAX_HEADS) break;
        heads.delete(stream);
      }
    },
    read({ stream, after = 0, before, limit }) {
      if (before === undefined) {
        if (stream === undefined) return selectAll.all({ after, limit });
        return selectStream.all({ stream: toKey(stream), after, limit });
      }
      if (stream === undefined) return selectAllBefore.all({ before, limit });
      return selectStreamBefore.all({ stream: toKey(stream), before, limit });
    },
  };
}
