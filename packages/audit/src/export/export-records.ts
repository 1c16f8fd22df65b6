import type { AuditRecord } from "../record.ts";
import { toCef } from "./cef.ts";
import { csvHeader, toCsv } from "./csv.ts";
import { toOcsf } from "./ocsf.ts";

export const EXPORT_FORMATS = ["jsonl", "csv", "ocsf", "cef"] as const;

/** `jsonl` is lossless; the others are for spreadsheets and SIEMs. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * The records as text in a format, in pieces that can be written one after the other.
 * @example for await (const text of exportRecords(readTrail({ path }), "csv")) process.stdout.write(text);
 */
export async function* exportRecords(
  records: AsyncIterable<AuditRecord> | Iterable<AuditRecord>,
  format: ExportFormat,
): AsyncGenerator<string> {
  const toText = FORMATS[format];
  if (format === "csv") yield csvHeader();
  for await (const record of records) yield toText(record);
}

const FORMATS: { readonly [format in ExportFormat]: (record: AuditRecord) => string } = {
  jsonl: (record) => `${JSON.stringify(record)}\n`,
  csv: toCsv,
  ocsf: toOcsf,
  cef: toCef,
};
