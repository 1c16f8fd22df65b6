import type { ApplyResult, RequestKey } from "@mcp-flowgate/core";
import { fromJsonText, isLiveOrFinal, type BatchRows, type StandingInstance } from "@mcp-flowgate/store-sql";
import type { OpenedDatabase } from "./database.ts";
import { and, count, eq, gt, sql } from "./drizzle.ts";
import { toKey } from "./keys.ts";
import { approvals, operations, rates, requests, signals, timers } from "./schema.ts";

export type Refusal = Exclude<ApplyResult, { status: "applied" }>;

/** Judges batches inside the transaction that would write them. Upholds S2 and S3: nothing is changed here. */
export interface Expectation {
  /** `present` is the instance of the batch as it stands, if it is there. */
  findRefusal(batch: BatchRows, now: number, present: StandingInstance | undefined): Refusal | undefined;
  request(key: {
    readonly tenant: string;
    readonly principal: string;
    readonly key: string;
  }): RequestKey | undefined;
  /** Entries of `key` later than `since`. */
  countRates(key: string, since: number): number;
}

export function createExpectation({ db, prepare }: OpenedDatabase): Expectation {
  const selectApproval = prepare.rows(
    db
      .select({ revision: approvals.revision })
      .from(approvals)
      .where(eq(approvals.id, sql.placeholder("id"))),
    ["revision"],
  );
  const selectSignal = prepare.rows(
    db
      .select({ n: signals.n })
      .from(signals)
      .where(eq(signals.id, sql.placeholder("id"))),
    ["n"],
  );
  const selectTimer = prepare.rows(
    db
      .select({ n: timers.n })
      .from(timers)
      .where(eq(timers.id, sql.placeholder("id"))),
    ["n"],
  );
  const selectRequest = prepare.rows(
    db
      .select({ body: requests.body })
      .from(requests)
      .where(
        and(
          eq(requests.tenant, sql.placeholder("tenant")),
          eq(requests.principal, sql.placeholder("principal")),
          eq(requests.key, sql.placeholder("key")),
        ),
      ),
    ["body"],
  );
  const selectLive = prepare.rows(
    db
      .select({ id: operations.id })
      .from(operations)
      .where(
        and(
          eq(operations.workflowId, sql.placeholder("workflowId")),
          eq(operations.fromVersion, sql.placeholder("fromVersion")),
          sql`${operations.status} IN ('running', 'waiting', 'unknown', 'committed')`,
        ),
      ),
    ["id"],
  );
  const selectRate = prepare.rows(
    db
      .select({ entries: count() })
      .from(rates)
      .where(and(eq(rates.key, sql.placeholder("key")), gt(rates.at, sql.placeholder("since")))),
    ["entries"],
  );

  const request: Expectation["request"] = ({ tenant, principal, key }) => {
    const row = selectRequest.get({ tenant: toKey(tenant), principal: toKey(principal), key: toKey(key) });
    return row && fromJsonText<RequestKey>(row.body);
  };
  const countRates: Expectation["countRates"] = (key, since) =>
    selectRate.get({ key: toKey(key), since })?.entries ?? 0;

  /** S3, as after the batch. */
  const hasTwoLive = (batch: BatchRows): boolean => {
    const after = new Map(batch.operations.map((row) => [row.id, row]));
    const taken = new Map<string, string>();
    for (const { id, workflowId, fromVersion, status } of after.values()) {
      if (!isLiveOrFinal(status)) continue;
      const place = `${fromVersion} ${workflowId}`;
      if (taken.has(place)) return true;
      taken.set(place, id);
      const present = selectLive.get({ workflowId, fromVersion });
      if (present !== undefined && !after.has(present.id)) return true;
    }
    return false;
  };

  return {
    request,
    countRates,
    findRefusal(batch, now, present) {
      const { expect } = batch;
      if (expect.requestUnused !== undefined) {
        const used = request(expect.requestUnused);
        if (used !== undefined && used.expiresAt > now) return { status: "request_used", request: used };
      }
      if (expect.absent !== undefined && present !== undefined) {
        return { status: "conflict", on: "instance" };
      }
      if (expect.instance !== undefined) {
        const { version, fence } = expect.instance;
        if (present?.version !== version || present.fence !== fence)
          return { status: "conflict", on: "instance" };
      }
      for (const { id, revision } of expect.approvals ?? []) {
        if (selectApproval.get({ id: toKey(id) })?.revision !== revision)
          return { status: "conflict", on: "approval" };
      }
      for (const id of expect.signals ?? []) {
        if (selectSignal.get({ id: toKey(id) }) === undefined) return { status: "conflict", on: "signal" };
      }
      for (const id of expect.timers ?? []) {
        if (selectTimer.get({ id: toKey(id) }) === undefined) return { status: "conflict", on: "timer" };
      }
      if (hasTwoLive(batch)) return { status: "conflict", on: "operation" };
      for (const { key, max, perMs } of expect.rates ?? []) {
        if (countRates(key, now - perMs) >= max) return { status: "rate_limited", key };
      }
      return undefined;
    },
  };
}
