import type { Json, JsonObject } from "@mcp-flowgate/core";
import { isJsonObject } from "@mcp-flowgate/core";

/** A tool as its server lists it. Every text in it was written by the server. */
export interface McpTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations?: JsonObject;
}

/** Something in a listing that was left out, and why. */
export interface McpToolProblem {
  readonly tool?: string;
  readonly problem: string;
}

export interface McpToolList {
  readonly tools: readonly McpTool[];
  readonly problems: readonly McpToolProblem[];
  readonly server: { readonly name: string; readonly version: string };
  readonly instructions?: string;
}

/** Bounds on one listing. */
export interface ToolListLimits {
  readonly pages: number;
  readonly tools: number;
  readonly schemaBytes: number;
  readonly totalBytes: number;
}

export const TOOL_LIST_LIMITS: ToolListLimits = Object.freeze({
  pages: 200,
  tools: 10_000,
  schemaBytes: 256 * 1024,
  totalBytes: 64 * 1024 * 1024,
});

const MAX_NAME_LENGTH = 256;
const MAX_SCHEMA_DEPTH = 64;
/** Problems that are told apart; a listing with more of them is summed up. */
const MAX_PROBLEMS = 100;

/**
 * Reads a listing page by page. A tool that is not valid is left out and reported; it never costs the others.
 *
 * @param page Asks for one page.
 */
export async function readTools(
  page: (cursor: string | undefined) => Promise<JsonObject>,
  limits: ToolListLimits = TOOL_LIST_LIMITS,
): Promise<{ readonly tools: readonly McpTool[]; readonly problems: readonly McpToolProblem[] }> {
  const tools = new Map<string, McpTool>();
  const problems: McpToolProblem[] = [];
  let unnamed = 0;
  const report = (problem: McpToolProblem): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
    else unnamed++;
  };
  const cursors = new Set<string>();
  let cursor: string | undefined;
  let bytes = 0;
  for (let pages = 1; ; pages++) {
    const answer = await page(cursor);
    const listed = Array.isArray(answer["tools"]) ? (answer["tools"] as readonly Json[]) : [];
    if (!Array.isArray(answer["tools"])) report({ problem: "A page of the listing has no tools array." });
    for (const item of listed) {
      if (tools.size >= limits.tools) break;
      const tool = toTool(item, limits, report);
      if (tool === undefined) continue;
      bytes += tool.bytes;
      if (bytes > limits.totalBytes) break;
      if (tools.has(tool.value.name))
        report({ tool: tool.value.name, problem: "The name is listed more than once." });
      else tools.set(tool.value.name, tool.value);
    }
    const next = answer["nextCursor"];
    const full = tools.size >= limits.tools || bytes > limits.totalBytes;
    const more = typeof next === "string" && next !== "";
    if (full && (more || listed.length > 0))
      report({ problem: "The listing is longer than allowed; its end is left out." });
    if (full || !more) break;
    if (cursors.has(next) || pages >= limits.pages) {
      report({
        problem: cursors.has(next)
          ? "The listing goes in a circle."
          : "The listing has more pages than allowed.",
      });
      break;
    }
    cursors.add(next);
    cursor = next;
  }
  if (unnamed > 0) problems.push({ problem: `${unnamed} more problems are not shown.` });
  return { tools: [...tools.values()], problems };
}

function toTool(
  item: Json,
  limits: ToolListLimits,
  report: (problem: McpToolProblem) => void,
): { readonly value: McpTool; readonly bytes: number } | undefined {
  const name = isJsonObject(item) ? item["name"] : undefined;
  if (!isJsonObject(item) || typeof name !== "string" || name === "" || /\p{Cc}/u.test(name)) {
    report({ problem: "A tool has no usable name." });
    return undefined;
  }
  if (name.length > MAX_NAME_LENGTH) {
    report({ tool: `${name.slice(0, 64)}…`, problem: "The name is too long." });
    return undefined;
  }
  const input = toSchema(item["inputSchema"], limits);
  if (typeof input === "string") {
    report({ tool: name, problem: `The input schema ${input}.` });
    return undefined;
  }
  const output = item["outputSchema"] === undefined ? undefined : toSchema(item["outputSchema"], limits);
  if (typeof output === "string")
    report({ tool: name, problem: `The output schema ${output}; it is ignored.` });
  const { title, description, annotations } = item;
  const value: McpTool = {
    name,
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof description === "string" ? { description } : {}),
    inputSchema: input.schema,
    ...(output === undefined || typeof output === "string" ? {} : { outputSchema: output.schema }),
    ...(isJsonObject(annotations) ? { annotations } : {}),
  };
  return {
    value,
    bytes: input.bytes + (typeof description === "string" ? description.length : 0) + name.length,
  };
}

function toSchema(
  value: Json | undefined,
  limits: ToolListLimits,
): { readonly schema: JsonObject; readonly bytes: number } | string {
  if (!isJsonObject(value)) return "is not an object";
  if (value["type"] !== undefined && value["type"] !== "object") return "does not describe an object";
  if (!isShallow(value, MAX_SCHEMA_DEPTH)) return "is nested too deeply";
  const bytes = JSON.stringify(value).length;
  return bytes > limits.schemaBytes ? `is larger than ${limits.schemaBytes} bytes` : { schema: value, bytes };
}

function isShallow(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  return Object.values(value).every((child) => isShallow(child as Json, depth - 1));
}
