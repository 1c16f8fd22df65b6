import type { JsonObject } from "@mcp-flowgate/core";

/** One of the seven tools as `tools/list` shows it. */
export interface ToolDefinition {
  readonly name: ToolName;
  readonly description: string;
  readonly inputSchema: JsonObject & { readonly type: "object" };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint?: boolean;
    readonly idempotentHint?: boolean;
    readonly openWorldHint: boolean;
  };
}

export const TOOL_NAMES = [
  "gateway.home",
  "gateway.search",
  "gateway.describe",
  "workflow.start",
  "workflow.get",
  "workflow.submit",
  "workflow.explain",
] as const;

export type ToolName = (typeof TOOL_NAMES)[number];

const text = { type: "string" } as const;
const object = { type: "object" } as const;
const READ_ONLY = { readOnlyHint: true, openWorldHint: false } as const;
const ACTS = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
} as const;

/**
 * The whole surface. It costs every host tokens on every call, so each word here is paid for: a test holds the
 * seven definitions under 600 tokens (o200k_base). Bounds and unknown properties are checked by the same schemas.
 */
export const TOOLS: readonly ToolDefinition[] = [
  {
    name: "gateway.home",
    description: "Overview: topics, counts, your open workflows.",
    inputSchema: schema({}),
    annotations: READ_ONLY,
  },
  {
    name: "gateway.search",
    description:
      "Find capabilities and workflows by what you want to do. Hits carry a signature and a start link.",
    inputSchema: schema(
      {
        query: text,
        kind: { enum: ["workflow", "capability", "connection"] },
        tags: { type: "array", items: text },
        limit: { type: "integer", minimum: 1, maximum: 50 },
        cursor: text,
      },
      ["query"],
    ),
    annotations: READ_ONLY,
  },
  {
    name: "gateway.describe",
    description: "Full input schema, guards and states of one id.",
    inputSchema: schema({ id: text }, ["id"]),
    annotations: READ_ONLY,
  },
  {
    name: "workflow.start",
    description: "Run a capability or start a workflow by id. Then follow the returned links.",
    inputSchema: schema({ definitionId: text, input: object, idempotencyKey: text }),
    annotations: ACTS,
  },
  {
    name: "workflow.get",
    description: "Current state and links; with path, a slice of a large value.",
    inputSchema: schema(
      {
        workflowId: text,
        path: text,
        offset: { type: "integer", minimum: 0 },
        limit: { type: "integer", minimum: 1 },
      },
      ["workflowId"],
    ),
    annotations: READ_ONLY,
  },
  {
    name: "workflow.submit",
    description: "Take one of the current links; send its args.",
    inputSchema: schema(
      { workflowId: text, expectedVersion: { type: "integer" }, transition: text, arguments: object },
      ["workflowId", "expectedVersion", "transition"],
    ),
    annotations: ACTS,
  },
  {
    name: "workflow.explain",
    description: "Why a transition is allowed or not, or a definition's states.",
    inputSchema: schema({ workflowId: text, transition: text, definitionId: text }),
    annotations: READ_ONLY,
  },
];

/** The name under which a host sees a tool. Some hosts refuse dots. */
export function toWireName(name: ToolName, style: "dotted" | "underscore"): string {
  return style === "dotted" ? name : name.replace(".", "_");
}

function schema(
  properties: JsonObject,
  required: readonly string[] = [],
): JsonObject & { readonly type: "object" } {
  return {
    type: "object",
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}
