import type { SealPurge, SealTable, StoredCheckpoint, StoredRow } from "@mcp-flowgate/core";
import { settledPosition } from "./audit-table.ts";
import * as statements from "./checkpoint-statements.ts";
import type { Database, Session } from "./database.ts";
import { fromKey, toBoundedKey } from "./keys.ts";

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
export function createCheckpoints({ database, epoch, run }: CheckpointParts): SealTable {
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
    last: () => run(async () => (await database.read<StoredCheckpoint>(statements.LAST_CHECKPOINT))[0]),
    add: (checkpoint, positions) =>
      run(
        async () =>
          (await database.read(statements.ADD_CHECKPOINT, [...toValues(checkpoint), positions, epoch]))
            .length === 1,
      ),
    read: (after, limit) =>
      run(() => database.read<StoredCheckpoint>(statements.READ_CHECKPOINTS, [after, limit])),
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
  const [last] = (await session.query<StoredCheckpoint>(statements.LAST_CHECKPOINT)).rows;
  await session.query(statements.INSERT_CHECKPOINT, toValues(sealPurge(last, positions)));
}

interface Row extends StoredRow {
  readonly streamName: string;
}

/** A stream's key is made of its name: where the two do not belong together, the key is what counts. */
function toColumns({ streamName, stream, id, ...row }: Row): StoredRow {
  const name = fromKey(streamName);
  return { ...row, stream: toBoundedKey(name) === stream ? name : stream, id: fromKey(id) };
}

function toValues({ number, body, hash, signature, leaves }: StoredCheckpoint): readonly unknown[] {
  return [number, body, hash, signature, Buffer.from(leaves)];
}
