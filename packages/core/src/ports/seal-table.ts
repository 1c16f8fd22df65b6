import type { StoredAudit } from "./audit-rows.ts";

/** A statement about the audit records of a store, chained to the one before it. What it says is for who made it. */
export interface StoredCheckpoint {
  /** 1, 2, 3, … */
  readonly number: number;
  readonly body: string;
  /** SHA-256 (hex) of `body`. */
  readonly hash: string;
  /** Ed25519, base64; empty where who made it has no key. */
  readonly signature: string;
  /** The hashes of the records that it covers, 32 bytes each, in the order of their positions. */
  readonly leaves: Uint8Array;
}

/** A record with everything that the store says of it beside its text. */
export interface StoredRow extends StoredAudit {
  readonly stream: string;
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly hash: string;
}

/**
 * What sealing and verifying need of a store that keeps records. Records are unsealed from their commit until a
 * checkpoint covers them, in whatever order the commits came. Stores have this shape.
 */
export interface SealTable {
  /** Takes the right to seal, which one process has at a time. False where another has it and lives. */
  claim(): Promise<boolean>;
  /** How many records are unsealed, counted up to `limit`, and when the first of them was made. */
  backlog(limit: number): Promise<{ readonly events: number; readonly oldestAt?: number }>;
  /** The first of them, in the order of their positions. */
  unsealed(limit: number): Promise<readonly StoredAudit[]>;
  /** Those among `positions` that are unsealed. */
  stillUnsealed(positions: readonly number[]): Promise<readonly number[]>;
  last(): Promise<StoredCheckpoint | undefined>;
  /**
   * Adds the next checkpoint and takes the records at `positions` for sealed, in one transaction. False, and nothing happens,
   * where this process may not or another was faster.
   */
  add(checkpoint: StoredCheckpoint, positions: readonly number[]): Promise<boolean>;
  /** Those after number `after`, in order. */
  read(after: number, limit: number): Promise<readonly StoredCheckpoint[]>;
  /** Records after a position, in order, sealed or not. */
  rows(after: number, limit: number): Promise<readonly StoredRow[]>;
}

/** Makes the checkpoint that says which records were removed on purpose. Called inside the transaction that removes them. */
export type SealPurge = (
  last: Pick<StoredCheckpoint, "number" | "hash" | "body"> | undefined,
  positions: readonly number[],
) => StoredCheckpoint;
