import {
  isJsonObject,
  type CapabilityIr,
  type ExecutorIr,
  type ImportIr,
  type JsonObject,
  type OperationIr,
} from "@mcp-flowgate/core";

/** A tool as an MCP server lists it. */
export interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations?: JsonObject;
  /** For an operation of an HTTP API: the document's tags, and the request. */
  readonly tags?: readonly string[];
  readonly executor?: OperationIr["executor"];
}

/** The capability that an imported tool becomes. Its texts were written by the server: they are untrusted. */
export function capabilityFromTool(entry: ImportIr, tool: ListedTool): CapabilityIr {
  const title = titleOf(tool);
  return {
    id: entry.prefix === undefined ? tool.name : `${entry.prefix}.${tool.name}`,
    ...(title === undefined ? {} : { title }),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    tags: [...new Set([...entry.tags, ...(tool.tags ?? [])])],
    aliases: [],
    examples: [],
    inputSchema: tool.inputSchema,
    ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
    executor:
      tool.executor === undefined
        ? withAnnotations(
            {
              kind: "mcp",
              effect: "once",
              effectDeclared: false,
              connection: entry.connection,
              tool: tool.name,
            },
            tool,
          )
        : { ...tool.executor, connection: entry.connection },
    guards: entry.guards,
    reliability: entry.reliability,
    source: {
      kind: "imported",
      connection: entry.connection,
      tool: tool.name,
      ...(tool.annotations === undefined ? {} : { annotations: tool.annotations }),
    },
  };
}

/** A capability that wraps an imported tool, with what it leaves open taken from the tool. Others come back as they are. */
export function completeWrapped(capability: CapabilityIr, tool: ListedTool): CapabilityIr {
  if (capability.source.kind !== "declared" || capability.source.wraps === undefined) return capability;
  const title = capability.title ?? titleOf(tool);
  const description = capability.description ?? tool.description;
  const outputSchema = capability.outputSchema ?? tool.outputSchema;
  const completed: true | false =
    title !== capability.title ||
    description !== capability.description ||
    capability.inputSchema === undefined;
  const source = {
    ...capability.source,
    ...(completed ? { completed } : {}),
    ...(tool.annotations === undefined ? {} : { annotations: tool.annotations }),
  };
  return {
    ...capability,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    inputSchema: capability.inputSchema ?? tool.inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    executor: withAnnotations(capability.executor, tool),
    source,
  };
}

function titleOf(tool: ListedTool): string | undefined {
  if (tool.title !== undefined) return tool.title;
  const title = isJsonObject(tool.annotations) ? tool.annotations["title"] : undefined;
  return typeof title === "string" ? title : undefined;
}

/** Hints of the server count only where the author said nothing. */
function withAnnotations(executor: ExecutorIr, tool: ListedTool): ExecutorIr {
  if (executor.effectDeclared || executor.kind !== "mcp") return executor;
  if (tool.annotations?.["readOnlyHint"] === true) return { ...executor, effect: "read" };
  if (tool.annotations?.["idempotentHint"] === true) return { ...executor, effect: "idempotent" };
  return executor;
}
