import type { AuditRecord } from "../record.ts";

const COLUMNS: readonly (readonly [
  name: string,
  read: (record: AuditRecord) => string | number | undefined,
])[] = [
  ["timestamp", (record) => record.timestamp],
  ["eventType", (record) => record.eventType],
  ["workflowId", (record) => record.workflowId],
  ["definitionId", (record) => record.definitionId],
  ["definitionHash", (record) => record.definitionHash],
  ["operationId", (record) => record.operationId],
  ["correlationId", (record) => record.correlationId],
  ["traceId", (record) => record.traceId],
  ["subject", (record) => record.principal?.subject],
  ["tenant", (record) => record.principal?.tenant],
  ["principalKind", (record) => record.principal?.kind],
  ["via", (record) => record.principal?.via],
  ["payload", (record) => JSON.stringify(record.payload)],
  ["id", (record) => record.id],
  ["stream", (record) => record.stream],
  ["seq", (record) => record.seq],
  ["prevHash", (record) => record.prevHash],
  ["hash", (record) => record.hash],
];

/** The first line of the table. */
export function csvHeader(): string {
  return `${COLUMNS.map(([name]) => name).join(",")}\r\n`;
}

/** One row by RFC 4180. What a spreadsheet would take for a formula is made text. */
export function toCsv(record: AuditRecord): string {
  return `${COLUMNS.map(([, read]) => toCell(read(record))).join(",")}\r\n`;
}

function toCell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
