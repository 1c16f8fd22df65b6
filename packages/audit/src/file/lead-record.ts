import { canonicalJson } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import type { Head } from "../hash-chain.ts";
import type { SigningKey } from "../signing-key.ts";

/**
 * The payloads of the records that a file sink writes about its trail. Each also says what it saw of others: `heads`
 * of their streams, and `torn`, unfinished lines that stand before it, so that an honest crash and a tampered
 * line cannot be taken for each other.
 */
export interface Sight {
  /** The number of the file that was looked at, and how far. */
  readonly file: number;
  readonly bytes: number;
  readonly heads: readonly SeenHead[];
  /** The lines at the end of the file that are no records; the last one was not even ended. */
  readonly torn?: readonly TornLine[];
}

/** How far another stream had come, and the number of the file that says so. */
export interface SeenHead extends Head {
  readonly file: number;
}

/** A line that ends without a record's end: a write that did not finish. Nobody was told that it is recorded. */
export interface TornLine {
  readonly bytes: number;
  readonly sha256: string;
}

/** Files of a trail are numbered: 1, 2, 3, … */
export interface FilePlace {
  readonly file: number;
  /** Where the stream's record before this one is. */
  readonly previousFile: number;
  /** The oldest file that is kept; those before it were removed on purpose. Only said by who rotated. */
  readonly oldest?: number;
}

export interface Checkpoint {
  /** The records that it covers, by their place in its own stream. */
  readonly from: number;
  readonly to: number;
  /** The hash of record `to`. */
  readonly head: string;
  /** The Merkle root over the hashes of the records `from` to `to`: see `merkle.ts`. */
  readonly root: string;
}

export const TRAIL_FORMAT = 1;

export function openedPayload(file: number, process: string, key: SigningKey, sight: Sight): JsonObject {
  return {
    format: TRAIL_FORMAT,
    file,
    process,
    keyId: key.id,
    publicKey: key.publicKey,
    ...sightMembers(sight),
  };
}

export function rotatedPayload(place: FilePlace, sight: Sight): JsonObject {
  return {
    file: place.file,
    previousFile: place.previousFile,
    ...(place.oldest === undefined ? {} : { oldest: place.oldest }),
    ...sightMembers(sight),
  };
}

export function checkpointPayload(
  stream: string,
  checkpoint: Checkpoint,
  key: SigningKey,
  sight: Sight,
): JsonObject {
  return {
    ...checkpoint,
    keyId: key.id,
    signature: key.sign(checkpointStatement(stream, checkpoint)),
    ...sightMembers(sight),
  };
}

/** What the signature of a checkpoint covers. */
export function checkpointStatement(stream: string, checkpoint: Checkpoint): string {
  const { from, to, head, root } = checkpoint;
  return `mcp-flowgate audit checkpoint 1\n${canonicalJson({ stream, from, to, head, root })}`;
}

/**
 * A signed statement that a stream came at least this far, to be kept where whoever can change the trail cannot
 * change it. A trail that ends before it was cut.
 */
export interface ExportedHead extends SeenHead {
  /** ISO 8601. */
  readonly at: string;
  readonly keyId: string;
  /** Ed25519, base64, over {@link headStatement}. */
  readonly signature: string;
}

export function toExportedHead(head: SeenHead, key: SigningKey, now: number): ExportedHead {
  const { stream, seq, hash, file } = head;
  return {
    stream,
    seq,
    hash,
    file,
    at: new Date(now).toISOString(),
    keyId: key.id,
    signature: key.sign(headStatement(head)),
  };
}

/** What the signature of an exported head covers. */
export function headStatement({ stream, seq, hash, file }: SeenHead): string {
  return `mcp-flowgate audit head 1\n${canonicalJson({ stream, seq, hash, file })}`;
}

function sightMembers(sight: Sight): { readonly [name: string]: Json } {
  return {
    heads: sight.heads.map(({ stream, seq, hash, file }) => ({ stream, seq, hash, file })),
    seen: { file: sight.file, bytes: sight.bytes },
    ...(sight.torn === undefined ? {} : { torn: sight.torn.map(({ bytes, sha256 }) => ({ bytes, sha256 })) }),
  };
}
