import { hash } from "node:crypto";
import { canonicalJson, isJsonObject, tryParseJson } from "@mcp-flowgate/core";
import type { StoredCheckpoint } from "@mcp-flowgate/core";
import { createMerkleTree } from "../merkle.ts";
import { GENESIS_HASH } from "../record.ts";
import type { SigningKey } from "../signing-key.ts";
import { runsFromText, runsToText, toRuns } from "./positions.ts";
import type { Runs } from "./positions.ts";

/**
 * What a checkpoint of a store says. A `seal` covers records: their positions, their hashes in that order (the leaves)
 * and the Merkle root of these (`merkle.ts`). A `purge` names positions whose records retention removed. Both are links
 * of one chain by `prevHash`, and signed: whoever drops a record without the key contradicts a seal, and cannot make
 * the purge that would excuse it.
 */
export interface CheckpointBody {
  readonly kind: "seal" | "purge";
  readonly number: number;
  /** The `hash` of the one before; 64 zeros for the first. */
  readonly prevHash: string;
  readonly positions: Runs;
  /** Of a seal. */
  readonly root?: string;
  readonly keyId?: string;
  /** Where it is another key than that of the one before. */
  readonly publicKey?: string;
}

type Last = Pick<StoredCheckpoint, "number" | "hash" | "body"> | undefined;

/** A record that is sealed. */
export interface SealedRecord {
  readonly position: number;
  /** 64 hex digits. */
  readonly hash: string;
}

/** The checkpoint over `records` that follows `last`. @param records in the order of their positions. */
export function makeSeal(
  last: Last,
  records: readonly SealedRecord[],
  key: SigningKey | undefined,
  now: number,
): StoredCheckpoint {
  const leaves = Buffer.from(records.map((record) => record.hash).join(""), "hex");
  const positions = records.map(({ position }) => position);
  return make("seal", last, positions, key, now, leaves);
}

/** The checkpoint that says which records were removed on purpose. */
export function makePurge(
  last: Last,
  positions: readonly number[],
  key: SigningKey | undefined,
  now: number,
): StoredCheckpoint {
  return make("purge", last, positions, key, now, Buffer.alloc(0));
}

/** @returns nothing where the text is not that of a checkpoint. */
export function readBody(text: string): CheckpointBody | undefined {
  const body = tryParseJson(text);
  if (!isJsonObject(body)) return undefined;
  const { kind, number, prevHash, positions, root, keyId, publicKey } = body;
  const runs = typeof positions === "string" ? runsFromText(positions) : undefined;
  if ((kind !== "seal" && kind !== "purge") || typeof number !== "number" || runs === undefined)
    return undefined;
  if (typeof prevHash !== "string" || (kind === "seal" && typeof root !== "string")) return undefined;
  return {
    kind,
    number,
    prevHash,
    positions: runs,
    ...(typeof root === "string" ? { root } : {}),
    ...(typeof keyId === "string" ? { keyId } : {}),
    ...(typeof publicKey === "string" ? { publicKey } : {}),
  };
}

/** The Merkle root over leaves as a checkpoint keeps them. */
export function rootOf(leaves: Uint8Array): string {
  const bytes = Buffer.from(leaves.buffer, leaves.byteOffset, leaves.byteLength);
  const tree = createMerkleTree();
  for (let at = 0; at < bytes.length; at += 32) tree.add(bytes.toString("hex", at, at + 32));
  return tree.root();
}

/** What the signature covers. */
export function storeStatement(body: string): string {
  return `mcp-flowgate audit store checkpoint 1\n${body}`;
}

export function hashBody(body: string): string {
  return hash("sha256", body);
}

function make(
  kind: CheckpointBody["kind"],
  last: Last,
  positions: readonly number[],
  key: SigningKey | undefined,
  now: number,
  leaves: Buffer,
): StoredCheckpoint {
  const number = (last?.number ?? 0) + 1;
  const isNewKey = key !== undefined && (last === undefined || readBody(last.body)?.keyId !== key.id);
  const body = canonicalJson({
    kind,
    number,
    at: new Date(now).toISOString(),
    prevHash: last?.hash ?? GENESIS_HASH,
    positions: runsToText(toRuns(positions)),
    ...(kind === "seal" ? { root: rootOf(leaves) } : {}),
    ...(key === undefined ? {} : { keyId: key.id }),
    ...(isNewKey ? { publicKey: key.publicKey } : {}),
  });
  return { number, body, hash: hashBody(body), signature: key?.sign(storeStatement(body)) ?? "", leaves };
}
