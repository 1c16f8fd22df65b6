import { parseJson, type Json } from "@mcp-flowgate/core";
import type { ChainedLine } from "../hash-chain.ts";
import { severityOf } from "../severity.ts";
import type { AuditRecord } from "../record.ts";
import { createRemoteSink } from "./remote.ts";
import type { RemoteSinkOptions } from "./remote.ts";
import type { Sink, SinkContext } from "./sink.ts";

export interface OtlpSinkOptions extends Pick<
  RemoteSinkOptions,
  "background" | "attempts" | "maxPending" | "closeMs"
> {
  /** The collector (`http://host:4318`), or the whole URL of its logs. */
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
  /** `service.name` of the resource. */
  readonly serviceName: string;
}

/** Sends records as OpenTelemetry logs: OTLP 1.x over HTTP with JSON. The body of a log record is the whole record. */
export function createOtlpSink(context: SinkContext, options: OtlpSinkOptions): Sink {
  const url = new URL(options.url);
  if (url.pathname === "/") url.pathname = "/v1/logs";
  const resource = { attributes: attributes({ "service.name": options.serviceName }) };
  return createRemoteSink(context, {
    ...options,
    kind: "otlp",
    target: url.origin,
    toRequest: (lines) => ({
      url: url.href,
      headers: options.headers,
      timeoutMs: options.timeoutMs,
      body: JSON.stringify({
        resourceLogs: [
          {
            resource,
            scopeLogs: [
              {
                scope: { name: "@mcp-flowgate/audit" },
                logRecords: lines.map((line) => toLogRecord(line, context.clock.now())),
              },
            ],
          },
        ],
      }),
    }),
  });
}

function toLogRecord({ line }: ChainedLine, observedAt: number): Json {
  const record = parseJson(line) as AuditRecord;
  const severity = SEVERITY[severityOf(record.eventType)];
  return {
    timeUnixNano: nanoseconds(Date.parse(record.timestamp)),
    observedTimeUnixNano: nanoseconds(observedAt),
    severityNumber: severity.number,
    severityText: severity.text,
    eventName: record.eventType,
    body: { stringValue: line.slice(0, -1) },
    // Anything else than 32 hexadecimal digits would make a collector refuse the whole request.
    ...(/^[0-9a-f]{32}$/.test(record.traceId ?? "") ? { traceId: record.traceId as string } : {}),
    attributes: attributes({
      "audit.id": record.id,
      "audit.stream": record.stream,
      "audit.seq": record.seq,
      "audit.hash": record.hash,
      "flowgate.correlation_id": record.correlationId,
      "flowgate.workflow_id": record.workflowId,
      "flowgate.definition_id": record.definitionId,
      "flowgate.operation_id": record.operationId,
      "enduser.id": record.principal?.subject,
      "flowgate.tenant": record.principal?.tenant,
    }),
  };
}

/** OTLP in JSON writes 64-bit integers as text. */
function attributes(values: { readonly [name: string]: string | number | undefined }): Json {
  return Object.entries(values).flatMap(([key, value]): Json[] => {
    if (value === undefined) return [];
    return [{ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } }];
  });
}

function nanoseconds(ms: number): string {
  return `${BigInt(Math.round(ms)) * 1_000_000n}`;
}

/** By the OpenTelemetry log data model. */
const SEVERITY = {
  info: { number: 9, text: "INFO" },
  warning: { number: 13, text: "WARN" },
  error: { number: 17, text: "ERROR" },
} as const;
