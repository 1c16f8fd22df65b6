import type { JsonObject, SharedState } from "@mcp-flowgate/core";
import { fromJsonText, toJsonText } from "@mcp-flowgate/store-sql";
import type { CommitQueue } from "./commit-queue.ts";
import type { OpenedDatabase } from "./database.ts";
import { and, asc, eq, isNull, ne, or, sql } from "./drizzle.ts";
import { fromKey, toKey } from "./keys.ts";
import type { ReplicaLease } from "./replica-lease.ts";
import { retryBusy } from "./retry-busy.ts";
import { decisions, replicas } from "./schema.ts";
import { toStoreError } from "./store-error.ts";

/** What the processes on one file agree on besides workflows (H1, H2). */
export function createSharedState(options: {
  readonly opened: OpenedDatabase;
  readonly queue: CommitQueue;
  readonly lease: ReplicaLease;
  readonly now: () => number;
  readonly busyMs: number;
}): SharedState {
  const { opened, queue, lease, now, busyMs } = options;
  const { db } = opened;
  const write = async <T>(task: () => T): Promise<T> => {
    try {
      return await queue.add(task);
    } catch (thrown) {
      throw toStoreError(thrown);
    }
  };
  return {
    async report(about) {
      const text = toJsonText(about);
      const isNews = or(isNull(replicas.about), ne(replicas.about, text));
      await write(() =>
        db
          .update(replicas)
          .set({ about: text })
          .where(and(eq(replicas.epoch, lease.epoch), isNews))
          .run(),
      );
    },
    async decide(subject, body) {
      const decidedAt = now();
      const row = { subject: toKey(subject), n: 1, decidedAt, body: toJsonText(body) };
      const [written] = await write(() =>
        db
          .insert(decisions)
          .values(row)
          .onConflictDoUpdate({
            target: decisions.subject,
            set: { n: sql`${decisions.n} + 1`, decidedAt, body: row.body },
          })
          .returning()
          .all(),
      );
      return { subject, n: written?.n ?? 0, body, decidedAt };
    },
    async look() {
      try {
        return await retryBusy(busyMs, () => ({
          decisions: db
            .select()
            .from(decisions)
            .orderBy(asc(decisions.subject))
            .all()
            .map(({ subject, n, decidedAt, body }) => ({
              subject: fromKey(subject),
              n,
              decidedAt,
              body: fromJsonText<JsonObject>(body),
            })),
          replicas: lease
            .living()
            .toSorted((left, right) => left.epoch - right.epoch)
            .map(({ id, epoch, startedAt, about }) => ({
              replica: id,
              epoch,
              startedAt,
              isSelf: epoch === lease.epoch,
              ...(about === null ? {} : { about: fromJsonText<JsonObject>(about) }),
            })),
        }));
      } catch (thrown) {
        throw toStoreError(thrown);
      }
    },
  };
}
