import { ok, type Json, type JsonObject, type Result } from "@mcp-flowgate/core";
import { isKeptRef, type Engine, type Snapshot } from "@mcp-flowgate/workflow-engine";
import type { Caller } from "./answer.ts";
import { hashAt } from "./kept-output.ts";
import { parsePath, readPath } from "./value-path.ts";
import { readableRoots } from "./workflow-answer.ts";

export interface SliceArguments {
  readonly path: string;
  readonly offset?: number;
  readonly limit?: number;
}

const DEFAULT_SLICE = 8000;
/** A slice is an answer too: nobody gets a megabyte by asking for it. */
const MOST_SLICE = 100_000;

/**
 * The value at a path of a workflow, or a slice of its text.
 * @returns one sentence where the path leads nowhere.
 */
export async function sliceOf(
  engine: Engine,
  snapshot: Snapshot,
  { path, offset = 0, limit = DEFAULT_SLICE }: SliceArguments,
  caller: Caller,
): Promise<Result<JsonObject, string>> {
  const found = await findValue(engine, snapshot, path, caller);
  if (!found.ok) return found;
  return ok(cut(snapshot.instance?.id ?? "", path, found.value, offset, Math.min(limit, MOST_SLICE)));
}

/** What can be sliced: a value and its text, which is JSON where the value is no text itself. */
interface Readable {
  readonly value: Json;
  readonly text: string;
}

/**
 * What was read last out of a blob, for as long as memory allows: who reads a large value in slices asks for the same one
 * again and again. The key names workflow, blob and path; a blob never changes, and who asks has been let see the workflow.
 */
let lastRead: WeakRef<Readable & { readonly key: string }> | undefined;

async function findValue(
  engine: Engine,
  snapshot: Snapshot,
  path: string,
  caller: Caller,
): Promise<Result<Readable, string>> {
  const roots = readableRoots(snapshot);
  const workflowId = snapshot.instance?.id ?? "";
  const sha256 = hashAt(parsePath(path) ?? [], roots["output"]);
  const key = JSON.stringify([workflowId, sha256, path]);
  const last = sha256 === undefined ? undefined : lastRead?.deref();
  if (last?.key === key) return ok(last);
  const whole = sha256 === undefined ? undefined : await engine.kept(workflowId, sha256, caller.principal);
  const read = whole === undefined || sha256 === undefined ? {} : { [sha256]: whole };
  const output = isKeptRef(roots["output"]) ? (whole ?? roots["output"]) : roots["output"];
  const found = readPath({ ...roots, output: output ?? null, blobs: read }, path);
  if (!found.ok) return found;
  const { value } = found;
  const readable = { value, text: typeof value === "string" ? value : JSON.stringify(value), key };
  if (whole !== undefined) lastRead = new WeakRef(readable);
  return ok(readable);
}

/** A value whole where it fits, else a piece of its text; pieces never cut a character in two. */
function cut(
  workflowId: string,
  path: string,
  { value, text }: Readable,
  offset: number,
  limit: number,
): JsonObject {
  if (offset === 0 && text.length <= limit) {
    return typeof value === "string"
      ? { path, text, offset: 0, total: text.length }
      : { path, value, offset: 0, total: text.length };
  }
  const start = Math.min(startOfCharacter(text, offset), text.length);
  const end = Math.max(
    startOfCharacter(text, Math.min(start + limit, text.length)),
    Math.min(start + 2, text.length),
  );
  return {
    path,
    text: text.slice(start, end),
    offset: start,
    total: text.length,
    ...(end < text.length ? { nextOffset: end, links: [nextLink(workflowId, path, end, limit)] } : {}),
  };
}

function nextLink(workflowId: string, path: string, offset: number, limit: number): JsonObject {
  return { rel: "next", method: "workflow.get", args: { workflowId, path, offset, limit } };
}

function startOfCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const isLow = unit >= 0xdc00 && unit <= 0xdfff;
  const before = text.charCodeAt(at - 1);
  return isLow && before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}
