import { settledPosition } from "./audit-table.ts";
import * as statements from "./checkpoint-statements.ts";
import type { Database, Session } from "./database.ts";
import { fromKey, toBoundedKey } from "./json-text.ts";

/** A statement about audit records, chained to the one before it. What it says is for who made it. */
export interface Checkpoint {
  /** 1, 2, 3, … */
  readonly number: number;
  readonly body: string;
  readonly hash: string;
  /** Of who made it; empty where it has no key. */
  readonly signature: string;
  /** The hashes of the records that it covers, 32 bytes each, in the order of their positions. */
  readonly leaves: Uint8Array;
}

/** A record with everything that the table says of it, for comparison. */
export interface AuditColumns {
  readonly position: number;
  readonly line: string;
  readonly stream: string;
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly hash: string;
}

/** The records that no checkpoint covers yet, and the checkpoints. */
export interface Checkpoints {
  /** Takes the right to make checkpoints, which one process has at a time. False where another one has it and lives. */
  claim(): Promise<boolean>;
  /** How many records no checkpoint covers, counted up to `limit`, and when the first of them was made. */
  backlog(limit: number): Promise<{ readonly events: number; readonly oldestAt?: number }>;
  /** The first of them. */
  unsealed(limit: number): Promise<readonly { readonly position: number; readonly line: string }[]>;
  /** Those among `positions` that no checkpoint covers. */
  stillUnsealed(positions: readonly number[]): Promise<readonly number[]>;
  last(): Promise<Checkpoint | undefined>;
  /** Adds the next one, which covers `positions`. False, and nothing happens, where this process may not or another was faster. */
  add(checkpoint: Checkpoint, positions: readonly number[]): Promise<boolean>;
  /** Those after number `after`, in order. */
  read(after: number, limit: number): Promise<readonly Checkpoint[]>;
  /** Records after a position, in order, with their columns. */
  rows(after: number, limit: number): Promise<readonly AuditColumns[]>;
}

/** Makes the checkpoint that says which records were removed on purpose. Called inside the transaction that removes them. */
export type SealPurge = (
  last: { readonly number: number; readonly hash: string; readonly body: string } | undefined,
  positions: readonly number[],
) => Checkpoint;

export interface CheckpointParts {
  readonly database: Database;
  readonly epoch: number;
  /** Runs a reading or writing of the store, with its errors. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * A number of a checkpoint is given once, by the table's key; so whatever two processes think of their right, their
 * checkpoints are one chain.
 */
export function createCheckpoints({ database, epoch, run }: CheckpointParts): Checkpoints {
  return {
    claim: () =>
      run(async () => {
        const [holder] = await database.read<{ epoch: number; gone: boolean }>(statements.HOLDER);
        if (holder === undefined) return false;
        if (holder.epoch === epoch) return true;
        if (!holder.gone) return false;
        return (await database.read(statements.TAKE_OVER, [epoch, holder.epoch])).length === 1;
      }),
    backlog: (limit) =>
      run(async () => {
        const [found] = await database.read<{ events: number; oldestAt: number | null }>(
          statements.COUNT_UNSEALED,
          [limit],
        );
        const { events = 0, oldestAt = null } = found ?? {};
        return oldestAt === null ? { events } : { events, oldestAt };
      }),
    unsealed: (limit) =>
      run(() => database.read<{ position: number; line: string }>(statements.SELECT_UNSEALED, [limit])),
    stillUnsealed: (positions) =>
      run(async () =>
        (await database.read<{ n: number }>(statements.STILL_UNSEALED, [positions])).map(({ n }) => n),
      ),
    last: () => run(async () => (await database.read<Checkpoint>(statements.LAST_CHECKPOINT))[0]),
    add: (checkpoint, positions) =>
      run(
        async () =>
          (await database.read(statements.ADD_CHECKPOINT, [...toValues(checkpoint), positions, epoch]))
            .length === 1,
      ),
    read: (after, limit) => run(() => database.read<Checkpoint>(statements.READ_CHECKPOINTS, [after, limit])),
    rows: (after, limit) =>
      run(async () => {
        const values = [after, await settledPosition(database), limit];
        return (await database.read<Row>(statements.READ_ROWS, values)).map(toColumns);
      }),
  };
}

/** Inside a transaction: the checkpoint that follows the last one. */
export async function addPurge(
  session: Session,
  sealPurge: SealPurge,
  positions: readonly number[],
): Promise<void> {
  const [last] = (await session.query<Checkpoint>(statements.LAST_CHECKPOINT)).rows;
  await session.query(statements.INSERT_CHECKPOINT, toValues(sealPurge(last, positions)));
}

interface Row extends AuditColumns {
  readonly streamName: string;
}

/** A stream's key is made of its name: where the two do not belong together, the key is what counts. */
function toColumns({ streamName, stream, id, ...row }: Row): AuditColumns {
  const name = fromKey(streamName);
  return { ...row, stream: toBoundedKey(name) === stream ? name : stream, id: fromKey(id) };
}

function toValues({ number, body, hash, signature, leaves }: Checkpoint): readonly unknown[] {
  return [number, body, hash, signature, Buffer.from(leaves)];
}
