import type { Clock, Lease, Log } from "@mcp-flowgate/core";
import { dispatchUntil, ownStreamOf, toLease } from "@mcp-flowgate/store-sql";
import type { Database, Statement } from "./database.ts";
import { toKey } from "./keys.ts";
import { toClaimant } from "./rows.ts";

/**
 * Owns: this process's row among the replicas, and its idea of the database's time.
 *
 * L1 An epoch is never given twice: the database numbers them.
 * L2 A claimant is gone where it has no row, or where the row's time is over by the database's clock. No clock of a
 *    replica is compared with another's, so setting one moves no lease.
 * L3 This process may dispatch effects until 0.7 of a lease after it began to send its last beat. The row says that
 *    it lives for a whole lease from when the database took the beat, which was later.
 * L4 `now` is the database's time, as far as the last answer tells: it was made after it was asked for and before it
 *    came. Within that, what was known before stands, so that a slow answer moves nothing.
 */
export interface ReplicaLease {
  /** Of this process's records that concern no instance. */
  readonly auditStream: string;
  readonly epoch: number;
  readonly claimant: string;
  /** What the transactions in one trip of this process have to know; see {@link Guard}. */
  readonly guard: Guard;
  lease(): Lease;
  now(): number;
  /** Takes the row away: the end of the claimant for everybody. */
  release(): Promise<void>;
}

/** A number in this process's row. Who changes it there ends all transactions that were sent with the one before. */
export interface Guard {
  current: number;
}

export interface ReplicaLeaseOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly replica: string;
  readonly leaseMs: number;
  /** Called with every beat that was taken. */
  readonly onBeat: () => void;
}

/** How many leases the row of a replica that is gone stays, for people to see. */
const KEPT_LEASES = 40;

const ENTER: Statement = {
  name: "",
  text: `INSERT INTO mcp_flowgate.replica (id, live_until, started_at)
    SELECT $1, now + $2::bigint, now FROM (SELECT mcp_flowgate.now_ms() AS now) AS clock RETURNING epoch, guard, started_at AS now`,
};
const BEAT: Statement = {
  name: "beat",
  text: `INSERT INTO mcp_flowgate.replica AS own (epoch, id, claimant, live_until, started_at) OVERRIDING SYSTEM VALUE
    SELECT $1::bigint, $2, $3, now + $4::bigint, now FROM (SELECT mcp_flowgate.now_ms() AS now) AS clock
    ON CONFLICT (epoch) DO UPDATE SET claimant = excluded.claimant, live_until = excluded.live_until
    RETURNING guard, live_until - $4::bigint AS now`,
};
const FORGET: Statement = {
  name: "forget",
  text: "DELETE FROM mcp_flowgate.replica WHERE epoch <> $1 AND live_until < mcp_flowgate.now_ms() - $2::bigint",
};
const LEAVE: Statement = { name: "", text: "DELETE FROM mcp_flowgate.replica WHERE epoch = $1" };

export async function createReplicaLease(options: ReplicaLeaseOptions): Promise<ReplicaLease> {
  const { database, clock, replica, leaseMs } = options;
  const name = toKey(replica);
  const sentAt = clock.monotonic();
  const [entered] = await database.read<Entered>(ENTER, [name, leaseMs]);
  const lease = new RowLease(options, entered ?? { epoch: 0, guard: 0, now: 0 }, sentAt);
  await lease.beat();
  return lease;
}

interface Entered {
  readonly epoch: number;
  readonly guard: number;
  readonly now: number;
}

class RowLease implements ReplicaLease {
  readonly auditStream: string;
  readonly epoch: number;
  readonly claimant: string;
  readonly guard: Guard;
  readonly #options: ReplicaLeaseOptions;
  #offset: number;
  #validUntil: number;
  #beating: Promise<void> | undefined;
  #isReleased = false;
  #isMissed = false;
  #cancel: () => void;

  constructor(options: ReplicaLeaseOptions, { epoch, guard, now }: Entered, sentAt: number) {
    this.#options = options;
    this.epoch = epoch;
    this.guard = { current: guard };
    this.auditStream = ownStreamOf(options.replica, epoch);
    this.claimant = toClaimant({ replica: options.replica, epoch });
    this.#offset = now - options.clock.monotonic();
    this.#validUntil = dispatchUntil(sentAt, options.leaseMs);
    this.#cancel = this.#schedule();
  }

  lease(): Lease {
    return toLease(this.#options, this.epoch, this.#validUntil);
  }

  now(): number {
    return Math.round(this.#options.clock.monotonic() + this.#offset);
  }

  async beat(): Promise<void> {
    const { clock, database, leaseMs, replica } = this.#options;
    const sentAt = clock.monotonic();
    const [beaten] = await database.read<{ guard: number; now: number }>(BEAT, [
      this.epoch,
      toKey(replica),
      this.claimant,
      leaseMs,
    ]);
    if (beaten !== undefined) {
      const [least, most] = [beaten.now - clock.monotonic(), beaten.now - sentAt];
      this.#offset = Math.min(Math.max(this.#offset, least), most);
      // A row that somebody took away is made anew, with another number.
      this.guard.current = beaten.guard;
    }
    this.#validUntil = dispatchUntil(sentAt, leaseMs);
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    this.#cancel();
    await this.#beating;
    await this.#options.database.read(LEAVE, [this.epoch]);
  }

  #schedule(): () => void {
    return this.#options.clock.schedule(this.#options.leaseMs / 3, () => {
      if (this.#isReleased) return;
      this.#cancel = this.#schedule();
      this.#beating ??= this.#beatOnce().finally(() => {
        this.#beating = undefined;
      });
    });
  }

  async #beatOnce(): Promise<void> {
    const { database, leaseMs, log, onBeat } = this.#options;
    try {
      await this.beat();
      if (this.#isMissed) log.info("the store's heartbeat is written again");
      this.#isMissed = false;
      onBeat();
      await database.read(FORGET, [this.epoch, KEPT_LEASES * leaseMs]);
    } catch (thrown) {
      if (!this.#isMissed && !this.#isReleased) {
        log.warn("the store's heartbeat could not be written; nothing new is begun until it can", {
          error: String(thrown),
        });
      }
      this.#isMissed = true;
    }
  }
}
