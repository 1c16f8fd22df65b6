import {
  createRecord,
  isJsonObject,
  parseJson,
  type Digest,
  type InstanceBlob,
  type Json,
  type JsonObject,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { utf8Length, type EngineLimits } from "./limits.ts";

/**
 * Stands in a row for a value that is too large for it. With `kept`, the whole is a blob of the same instance under
 * `sha256`; without, this is all that is left of it. A downstream system may answer something that looks the same: it
 * can only ever name what its own instance has.
 */
export type KeptRef = {
  readonly $truncated: {
    /** UTF-8 bytes of the compact JSON text, which `sha256` (hex) is of. */
    readonly bytes: number;
    readonly sha256: string;
    /** The first characters of that text. */
    readonly preview: string;
    /** Members of an object that are small enough to be shown. */
    readonly members?: JsonObject;
    /** How many images, sounds and resources are among its content. */
    readonly blocks?: number;
    readonly kept?: true;
  };
};

export function isKeptRef(value: Json | undefined): value is KeptRef {
  if (!isJsonObject(value)) return false;
  const { $truncated: told } = value;
  return (
    isJsonObject(told) &&
    told["kept"] === true &&
    typeof told["sha256"] === "string" &&
    typeof told["bytes"] === "number" &&
    typeof told["preview"] === "string"
  );
}

/** The value of a row, whole. */
export async function wholeOf(
  store: Pick<WorkflowStore, "blob">,
  workflowId: string,
  value: Json,
): Promise<Json> {
  if (!isKeptRef(value)) return value;
  const text = await store.blob(workflowId, value.$truncated.sha256);
  return text === undefined ? value : (parseJson(text) as Json);
}

/** What of a value is only told about. */
export function cutOff({ text, bytes }: Measured, digest: Digest): KeptRef {
  const preview = text.slice(0, PREVIEW_CHARACTERS).toWellFormed();
  return { $truncated: { bytes, sha256: digest.sha256(text), preview } };
}

/** A blob, and what stands in the row for it. */
export interface Spilled {
  readonly value: KeptRef;
  readonly blob: InstanceBlob;
}

/** A value that goes into a blob. */
export function spill(workflowId: string, measured: Measured, digest: Digest): Spilled {
  const { value, text } = measured;
  const { $truncated: told } = cutOff(measured, digest);
  const members = smallMembers(value);
  const blocks = contentBlocks(value);
  return {
    value: {
      $truncated: {
        ...told,
        ...(members === undefined ? {} : { members }),
        ...(blocks === 0 ? {} : { blocks }),
        kept: true,
      },
    },
    blob: { workflowId, sha256: told.sha256, text },
  };
}

/** A value that is kept for people: in its row, as a blob, or, beyond all bounds, as its beginning. */
export function keepAny(
  workflowId: string,
  value: Json,
  limits: Pick<EngineLimits, "outputBytes" | "spillBytes">,
  digest: Digest,
): { readonly value: Json; readonly blob?: InstanceBlob } {
  const measured = measure(value);
  if (measured.bytes <= limits.outputBytes) return { value };
  return measured.bytes <= limits.spillBytes
    ? spill(workflowId, measured, digest)
    : { value: cutOff(measured, digest) };
}

/** A value with its JSON text and that one's UTF-8 bytes. */
export interface Measured {
  readonly value: Json;
  readonly text: string;
  readonly bytes: number;
}

export function measure(value: Json): Measured {
  const text = JSON.stringify(value) ?? "null";
  return { value, text, bytes: utf8Length(text) };
}

/** What a reader wants to know at once, such as an exit code: members that take next to nothing. */
function smallMembers(value: Json): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const small: (readonly [string, Json])[] = [];
  for (const [name, member] of Object.entries(value)) {
    const isSmall =
      typeof member === "string"
        ? member.length <= SMALL_TEXT
        : typeof member !== "object" || member === null;
    if (isSmall && name.length <= SMALL_TEXT) small.push([name, member]);
    if (small.length === MOST_MEMBERS) break;
  }
  return small.length === 0 ? undefined : createRecord(small);
}

/** Images, sounds and resources, which go out as content of an answer. */
function contentBlocks(value: Json): number {
  const content = isJsonObject(value) ? value["content"] : value;
  if (!Array.isArray(content)) return 0;
  return content.filter((block) => isJsonObject(block) && BLOCKS.has(block["type"] ?? null)).length;
}

const PREVIEW_CHARACTERS = 500;
const SMALL_TEXT = 100;
const MOST_MEMBERS = 20;
const BLOCKS: ReadonlySet<Json> = new Set(["image", "audio", "resource"]);
