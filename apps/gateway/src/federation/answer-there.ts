import {
  ERROR_CLASSES,
  isJsonObject,
  type EvidenceDraft,
  type ExecutorContext,
  type ExecutorFailure,
  type ExecutorOutcome,
  type Json,
  type JsonObject,
  type McpCall,
} from "@mcp-flowgate/core";
import type { GatewayCallOptions } from "./gateways.ts";

/** What answers of another gateway mean to the engine of this one. */

const FIRST_CHECK_MS = 1000;
const LONGEST_CHECK_MS = 30_000;
const MOST_EVIDENCE = 20;

export function optionsOf(
  context: ExecutorContext,
): GatewayCallOptions & Required<Pick<GatewayCallOptions, "meta">> {
  return {
    signal: context.signal,
    meta: {
      ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
      ...(context.tracestate === undefined ? {} : { tracestate: context.tracestate }),
    },
    ...(context.credentials === undefined ? {} : { credentials: context.credentials }),
    ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
  };
}

export interface ReadAnswer {
  readonly status: string;
  readonly message: string;
  readonly workflowId: string | undefined;
  readonly version: Json | undefined;
  /** Of the error, where there is one. */
  readonly code: Json | undefined;
}

export function readAnswer(body: JsonObject): ReadAnswer {
  const result = isJsonObject(body["result"]) ? body["result"] : {};
  const workflow = isJsonObject(body["workflow"]) ? body["workflow"] : {};
  const error = isJsonObject(body["error"]) ? body["error"] : {};
  const status = String(result["status"]);
  return {
    status,
    message: typeof result["message"] === "string" ? result["message"] : status,
    workflowId: typeof workflow["id"] === "string" ? workflow["id"] : undefined,
    version: workflow["version"],
    code: error["code"],
  };
}

/** A refusal or failure there, with its code and reason; the instance there is named. */
export function failureOf(call: McpCall, body: JsonObject): ExecutorFailure {
  const { status, message, workflowId } = readAnswer(body);
  const error = isJsonObject(body["error"]) ? body["error"] : {};
  const code = typeof error["code"] === "string" ? error["code"] : status.toUpperCase();
  const reason = typeof error["message"] === "string" ? error["message"] : message;
  const rejected = status === "rejected";
  return {
    status: "failed",
    effect: rejected ? "not_sent" : status === "outcome_unknown" ? "unknown" : "failed",
    errorClass: ERROR_CLASSES.find((one) => one === error["errorClass"]) ?? "permanent",
    message: `${whatOf(call)} ${rejected ? "was refused" : "did not complete"} (${code}): ${
      // The other gateway counts versions by itself.
      code === "STALE_WORKFLOW_VERSION" ? "it has moved on there; use one of its current links" : reason
    }`,
    detail: {
      code,
      status,
      ...(workflowId === undefined ? {} : { workflowId }),
      ...(error["details"] === undefined ? {} : { details: error["details"] }),
    },
    evidence: evidenceOf(call, body, "failure"),
  };
}

/** The effect goes on there: it is asked for again, after 1 s, then in growing steps. */
export function following(
  call: McpCall,
  workflowId: string,
  context: ExecutorContext,
  message: string,
  approvals: readonly JsonObject[],
): ExecutorOutcome {
  const wait = Math.min(LONGEST_CHECK_MS, FIRST_CHECK_MS * 1.3 ** Math.min(context.attempt - 1, 40));
  return {
    status: "following",
    call: { ...call, follows: workflowId },
    checkAfterMs: Math.round(wait),
    message: `${whatOf(call)} goes on there as ${workflowId}: ${message}`,
    approvals: approvals.map((approval) => ({ ...approval, gateway: call.connection })),
  };
}

/** That the other gateway answered, and what it has as evidence, under the connection's name: it vouches for nothing of this gateway's. */
export function evidenceOf(
  call: McpCall,
  body: JsonObject,
  outcome: EvidenceDraft["outcome"],
): readonly EvidenceDraft[] {
  const inner = objects(body["evidence"]).slice(0, MOST_EVIDENCE);
  const ended = call.there === undefined ? "completed" : "answered";
  return [
    {
      kind: "gateway_result",
      outcome,
      summary: `${whatOf(call)} ${outcome === "success" ? ended : "did not complete"}`,
      payload: body,
    },
    ...inner.map((one): EvidenceDraft => ({
      kind: `${call.connection}:${String(one["kind"])}`,
      outcome: one["outcome"] === "failure" ? "failure" : "success",
      summary: String(one["summary"] ?? ""),
      payload: one,
    })),
  ];
}

export function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function whatOf({ connection, tool, there, arguments: args }: McpCall): string {
  const step = there === "submit" ? ` ${String(args["transition"])}` : there === "cancel" ? " cancel" : "";
  return `${connection}.${tool}${step}`;
}
