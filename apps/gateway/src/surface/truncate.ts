import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { childPath } from "./value-path.ts";

const PREVIEW_CHARACTERS = 500;
/** A value smaller than this is never worth a pointer of about the same size. */
const WORTH_BYTES = PREVIEW_CHARACTERS + 200;

/**
 * Keeps an answer within `maxBytes` by putting pointers in place of its largest values. Only values that
 * `workflow.get` can read back by path are replaced, so nothing is lost.
 *
 * @param values members of the answer by the path under which they can be read (`$.context` → the context).
 * @param restBytes what the rest of the answer takes.
 * @returns the same members, some of them or some inside them replaced.
 */
export function truncateValues(
  workflowId: string,
  values: { readonly [path: string]: Json },
  restBytes: number,
  maxBytes: number,
): { readonly [path: string]: Json } {
  const sizes = new Map<Json, number>();
  const result: Record<string, Json> = { ...values };
  let over =
    restBytes +
    Object.values(values).reduce<number>((sum, value) => sum + byteLength(value, sizes), 0) -
    maxBytes;
  while (over > 0) {
    const largest = largestValue(result, sizes);
    if (largest === undefined) break;
    const pointer = toPointer(workflowId, largest.path, largest.value, largest.bytes);
    replaceAt(result, largest.trail, pointer);
    const saved = largest.bytes - byteLength(pointer, sizes);
    if (saved <= 0) break;
    over -= saved;
  }
  return result;
}

interface Candidate {
  readonly path: string;
  readonly trail: readonly (string | number)[];
  readonly value: Json;
  readonly bytes: number;
}

/** Goes down from the largest root as long as one child makes up most of it: the pointer then replaces little else. */
function largestValue(
  roots: { readonly [path: string]: Json },
  sizes: Map<Json, number>,
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const [path, value] of Object.entries(roots)) {
    const bytes = byteLength(value, sizes);
    if (bytes >= WORTH_BYTES && !isPointer(value) && (best === undefined || bytes > best.bytes))
      best = { path, trail: [path], value, bytes };
  }
  while (best !== undefined) {
    const inside: Candidate | undefined = largestChild(best, sizes);
    if (inside === undefined || (inside.bytes < best.bytes * 0.5 && !isRoot(best))) break;
    if (inside.bytes < WORTH_BYTES) break;
    best = inside;
  }
  return best;
}

function isRoot(candidate: Candidate): boolean {
  return candidate.trail.length === 1;
}

function largestChild(parent: Candidate, sizes: Map<Json, number>): Candidate | undefined {
  const { value } = parent;
  const entries: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.map((item: Json, index) => [index, item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  let best: Candidate | undefined;
  for (const [key, child] of entries) {
    const bytes = byteLength(child, sizes);
    if (isPointer(child) || (best !== undefined && bytes <= best.bytes)) continue;
    best = { path: childPath(parent.path, key), trail: [...parent.trail, key], value: child, bytes };
  }
  return best;
}

function isPointer(value: Json): boolean {
  return isJsonObject(value) && Object.hasOwn(value, "$truncated");
}

function toPointer(workflowId: string, path: string, value: Json, bytes: number): JsonObject {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return {
    $truncated: {
      bytes,
      preview: text.slice(0, PREVIEW_CHARACTERS).toWellFormed(),
      read: { method: "workflow.get", args: { workflowId, path } },
    },
  };
}

/** Copies what is on the way down, since the values belong to the store. */
function replaceAt(root: Record<string, Json>, trail: readonly (string | number)[], replacement: Json): void {
  let holder: Record<string | number, Json> = root;
  for (const key of trail.slice(0, -1)) {
    const child = holder[key] as Json;
    const copy = (Array.isArray(child) ? [...child] : { ...(child as JsonObject) }) as Record<
      string | number,
      Json
    >;
    holder[key] = copy as Json;
    holder = copy;
  }
  holder[trail.at(-1) as string | number] = replacement;
}

/** UTF-8 bytes of the compact JSON text. */
export function byteLength(value: Json, sizes?: Map<Json, number>): number {
  const known = typeof value === "object" && value !== null ? sizes?.get(value) : undefined;
  if (known !== undefined) return known;
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? "null");
  if (typeof value === "object" && value !== null) sizes?.set(value, bytes);
  return bytes;
}
