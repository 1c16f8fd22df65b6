import type { AuditRecord } from "../record.ts";
import { severityOf } from "../severity.ts";

const SEVERITY = { info: 3, warning: 6, error: 8 } as const;

/** One line of ArcSight's Common Event Format, version 0. */
export function toCef(record: AuditRecord): string {
  const { eventType, principal } = record;
  const header = [
    "CEF:0",
    "mcp-flowgate",
    "mcp-flowgate",
    "1",
    eventType,
    eventType.replaceAll(/[._]/g, " "),
  ];
  const extension: readonly (readonly [string, string | number | undefined])[] = [
    ["rt", Date.parse(record.timestamp)],
    ["externalId", record.id],
    ["suser", principal?.subject],
    ["spriv", principal?.kind],
    ["requestContext", principal?.via],
    ["cs1Label", "workflowId"],
    ["cs1", record.workflowId],
    ["cs2Label", "definitionId"],
    ["cs2", record.definitionId],
    ["cs3Label", "correlationId"],
    ["cs3", record.correlationId],
    ["cs4Label", "tenant"],
    ["cs4", principal?.tenant],
    ["cs5Label", "stream"],
    ["cs5", record.stream],
    ["cs6Label", "hash"],
    ["cs6", record.hash],
    ["cn1Label", "seq"],
    ["cn1", record.seq],
    ["msg", JSON.stringify(record.payload)],
  ];
  const members = extension.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeValue(String(value))}`],
  );
  return `${header.map(escapeHeader).join("|")}|${SEVERITY[severityOf(eventType)]}|${members.join(" ")}\n`;
}

function escapeHeader(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replaceAll(/[\r\n]+/g, " ");
}

function escapeValue(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("=", "\\=").replaceAll("\r", "\\r").replaceAll("\n", "\\n");
}
