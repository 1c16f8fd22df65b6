import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { isKeptRef, type Engine, type KeptRef, type Snapshot } from "@mcp-flowgate/workflow-engine";
import type { Caller } from "./answer.ts";

/**
 * Outputs that are too large for the rows of their workflow. Answers tell of them and say how to read them; what holds
 * images, sounds or resources is read here, since those go out as content of the answer.
 */
export async function withBlocks(engine: Engine, snapshot: Snapshot, caller: Caller): Promise<Snapshot> {
  const { instance, output, content } = snapshot;
  if (instance === undefined) return snapshot;
  const read = async (ref: KeptRef): Promise<Json | undefined> =>
    await engine.kept(instance.id, ref.$truncated.sha256, caller.principal);
  const whole = isKeptRef(output) && (output.$truncated.blocks ?? 0) > 0 ? await read(output) : undefined;
  const [first] = content ?? [];
  const blocks = isKeptRef(first) ? await read(first) : undefined;
  return {
    ...snapshot,
    ...(whole === undefined ? {} : { output: whole }),
    ...(Array.isArray(blocks) ? { content: blocks.filter(isJsonObject) } : {}),
  };
}

/** What an answer shows of an output that is kept elsewhere: its beginning, and the call that reads it. */
export function toPointer(ref: KeptRef, { instance }: Snapshot): JsonObject {
  const { kept: _kept, ...told } = ref.$truncated;
  const { sha256 } = told;
  const isCurrent = isKeptRef(instance?.output) && instance.output.$truncated.sha256 === sha256;
  const path = isCurrent ? "$.output" : `$.blobs.${sha256}`;
  const read = { method: "workflow.get", args: { workflowId: instance?.id ?? "", path } };
  return { $truncated: { ...told, read } };
}

/** The hash of the blob that a path leads into, where it does. */
export function hashAt(steps: readonly string[], output: Json | undefined): string | undefined {
  const [root, name] = steps;
  if (root === "blobs") return name;
  return root === "output" && isKeptRef(output) ? output.$truncated.sha256 : undefined;
}
