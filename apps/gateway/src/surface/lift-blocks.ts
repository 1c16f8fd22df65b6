import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";

/**
 * Images, sounds and binary resources of a downstream tool, as content blocks of our own result, so that a host
 * shows them to its model. In the output a short note stands in their place; the whole is kept with the workflow.
 *
 * @param extra blocks that the output never carried.
 * @param maxBytes of base64 text in all; what does not fit stays in the output, where it can be read in slices.
 */
export function liftBlocks(
  output: Json | undefined,
  extra: readonly JsonObject[],
  maxBytes: number,
): { readonly output: Json | undefined; readonly blocks: readonly JsonObject[] } {
  const blocks: JsonObject[] = [];
  let left = maxBytes;
  const lift = (block: Json): Json => {
    const data = isJsonObject(block) ? binaryOf(block) : undefined;
    if (data === undefined || data.length > left) return block;
    left -= data.length;
    blocks.push(block as JsonObject);
    return note(block as JsonObject, data);
  };
  if (!isJsonObject(output) || !Array.isArray(output["content"])) {
    for (const block of extra) lift(block);
    return { output, blocks };
  }
  const content = (output["content"] as readonly Json[]).map(lift);
  for (const block of extra) lift(block);
  return { output: blocks.length === 0 ? output : { ...output, content }, blocks };
}

function binaryOf(block: JsonObject): string | undefined {
  const { type, data, resource } = block;
  if ((type === "image" || type === "audio") && typeof data === "string") return data;
  if (type === "resource" && isJsonObject(resource ?? null)) {
    const { blob } = resource as JsonObject;
    return typeof blob === "string" ? blob : undefined;
  }
  return undefined;
}

function note(block: JsonObject, data: string): JsonObject {
  const mimeType = isJsonObject(block["resource"] ?? null)
    ? (block["resource"] as JsonObject)["mimeType"]
    : block["mimeType"];
  return {
    type: block["type"] ?? "resource",
    ...(mimeType === undefined ? {} : { mimeType }),
    bytes: Math.floor((data.length * 3) / 4),
    shown: "as a content block of this result",
  };
}
