import type { AuditRecord } from "../record.ts";
import { severityOf } from "../severity.ts";

const VERSION = "1.3.0";
/** API Activity, of the category Application Activity. */
const CLASS_UID = 6003;
const CATEGORY_UID = 6;
const SEVERITY_ID = { info: 1, warning: 3, error: 4 } as const;

/** One event of the Open Cybersecurity Schema Framework 1.3, class API Activity, as a line of JSON. */
export function toOcsf(record: AuditRecord): string {
  const { eventType, principal } = record;
  const severity = severityOf(eventType);
  const activity = activityOf(eventType);
  const event = {
    activity_id: activity,
    actor: {
      user: {
        uid: principal?.subject ?? "system",
        type_id: principal?.kind === "service" ? 3 : 1,
        ...(principal === undefined ? {} : { org: { uid: principal.tenant } }),
      },
    },
    api: { operation: eventType, request: { uid: record.correlationId }, service: { name: "mcp-flowgate" } },
    category_uid: CATEGORY_UID,
    class_uid: CLASS_UID,
    message: eventType,
    metadata: {
      version: VERSION,
      product: { name: "mcp-flowgate", vendor_name: "mcp-flowgate" },
      uid: record.id,
      event_code: eventType,
      correlation_uid: record.correlationId,
      log_name: record.stream,
      sequence: record.seq,
    },
    ...(record.workflowId === undefined ? {} : { resources: [{ uid: record.workflowId, type: "workflow" }] }),
    severity_id: SEVERITY_ID[severity],
    src_endpoint: { name: principal?.via ?? "runtime" },
    status_id: severity === "info" ? 1 : 2,
    time: Date.parse(record.timestamp),
    type_uid: CLASS_UID * 100 + activity,
    unmapped: {
      definitionId: record.definitionId,
      definitionHash: record.definitionHash,
      operationId: record.operationId,
      traceId: record.traceId,
      payload: record.payload,
      prevHash: record.prevHash,
      hash: record.hash,
    },
  };
  return `${JSON.stringify(event)}\n`;
}

/** Create, Read, Update, Delete or Other, as the schema numbers them. */
function activityOf(eventType: string): number {
  if (/\.(started|requested|pending|initialized|discovered|opened)$/.test(eventType)) return 1;
  if (eventType.startsWith("guard.")) return 2;
  if (/\.(transitioned|completed|succeeded|resolved|changed|reloaded|branched|recovered)$/.test(eventType))
    return 3;
  if (/\.(cancelled|expired|stopped|closed)$/.test(eventType)) return 4;
  return 99;
}
