import type { CallToolResult } from "@modelcontextprotocol/server";
import type { JsonObject } from "@mcp-flowgate/core";
import { textOf, type Answer } from "../surface/answer.ts";

/** Structured content, the same as compact JSON text, then whatever the body cannot carry. */
export function toCallToolResult(answer: Answer): CallToolResult {
  const blocks = (answer.content ?? []) as readonly JsonObject[] as CallToolResult["content"];
  return {
    content: [{ type: "text", text: textOf(answer) }, ...blocks],
    structuredContent: answer.body as Record<string, unknown>,
    ...(answer.isError ? { isError: true } : {}),
  };
}
