import {
  tryParseJson,
  type EvidenceDraft,
  type ExecutorFailure,
  type ExecutorOutcome,
  type Json,
  type JsonObject,
  type McpCall,
} from "@mcp-flowgate/core";
import { isJsonObject } from "@mcp-flowgate/core";
import type { McpFailure } from "./failure.ts";
import type { McpToolResult } from "./managed-connection.ts";

const MESSAGE_CHARS = 2000;
const DETAIL_CHARS = 16_000;

/** What a tool's result says: a failure where it is marked as one, else its structured content or its text. */
export function toOutcome(call: McpCall, result: McpToolResult): ExecutorOutcome {
  const content = Array.isArray(result["content"])
    ? (result["content"] as readonly Json[]).filter(isJsonObject)
    : [];
  const text = toText(content);
  if (result["isError"] === true) return toToolFailure(call, result, text);
  const structured = result["structuredContent"];
  const evidence = toEvidence(call, "success", result);
  if (structured === undefined) {
    return { status: "succeeded", output: { content, text, json: toJson(text) }, evidence: [evidence] };
  }
  const rest = content.filter((block) => block["type"] !== "text");
  return {
    status: "succeeded",
    output: structured,
    ...(rest.length === 0 ? {} : { content: rest }),
    evidence: [evidence],
  };
}

export function toExecutorFailure(failure: McpFailure): ExecutorFailure {
  return { status: "failed", ...failure };
}

function toToolFailure(call: McpCall, result: McpToolResult, text: string): ExecutorFailure {
  const said = text.length > MESSAGE_CHARS ? `${text.slice(0, MESSAGE_CHARS)}…` : text;
  const structured = result["structuredContent"];
  return {
    status: "failed",
    effect: "failed",
    errorClass: "permanent",
    message: `${call.connection}.${call.tool} failed${said === "" ? "." : `: ${said}`}`,
    detail: {
      text: text.slice(0, DETAIL_CHARS),
      ...(structured === undefined ? {} : { structuredContent: bound(structured) }),
    },
    evidence: [toEvidence(call, "failure", result)],
  };
}

function toEvidence(call: McpCall, outcome: EvidenceDraft["outcome"], result: McpToolResult): EvidenceDraft {
  return {
    kind: "mcp_tool_result",
    outcome,
    summary: `${call.connection}.${call.tool} ${outcome === "success" ? "answered" : "failed"}`,
    payload: result,
  };
}

function toText(content: readonly JsonObject[]): string {
  return content
    .filter((block) => block["type"] === "text" && typeof block["text"] === "string")
    .map((block) => block["text"] as string)
    .join("\n");
}

function toJson(text: string): Json {
  if (!/^\s*[[{"\-0-9tfn]/.test(text)) return null;
  return tryParseJson(text) ?? null;
}

function bound(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length > DETAIL_CHARS ? text.slice(0, DETAIL_CHARS) : value;
}
