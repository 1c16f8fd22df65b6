import { getOwn, isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { OperationProblem } from "./problem.ts";

/** A part of a document and where it stands. */
export interface Placed {
  readonly value: JsonObject;
  readonly pointer: string;
}

/** References that lead from one to the next. */
const MAX_CHAIN = 32;

/** The object at a place, references followed. Only the document itself can be referred to. */
export function follow(root: JsonObject, value: Json | undefined, pointer: string): Placed {
  let current = value;
  let at = pointer;
  for (let step = 0; step < MAX_CHAIN; step++) {
    if (!isJsonObject(current)) throw new OperationProblem(at, "is missing or no object");
    const ref = current["$ref"];
    if (typeof ref !== "string") return { value: current, pointer: at };
    at = toPointer(ref, at);
    current = lookUp(root, at);
  }
  throw new OperationProblem(pointer, `its references lead on and on (more than ${MAX_CHAIN})`);
}

/** The pointer of a reference into the same document. */
export function toPointer(ref: string, at: string): string {
  if (!ref.startsWith("#"))
    throw new OperationProblem(
      at,
      `refers to another document (\`${ref.slice(0, 80)}\`); only references within the document are followed`,
    );
  try {
    return decodeURIComponent(ref.slice(1));
  } catch {
    throw new OperationProblem(at, `\`${ref.slice(0, 80)}\` is not a reference`);
  }
}

/** The value that a pointer names. */
export function lookUp(root: JsonObject, pointer: string): Json {
  let value: Json = root;
  for (const raw of pointer.split("/").slice(1)) {
    const key = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const next: Json | undefined =
      typeof value === "object" && value !== null
        ? getOwn(value as { readonly [key: string]: Json }, key)
        : undefined;
    if (next === undefined) throw new OperationProblem(pointer, "there is nothing at this reference");
    value = next;
  }
  return value;
}
