import type { ApplyResult, Batch, Operation } from "@mcp-flowgate/core";
import { isLiveOrFinal, requestId, rowsOf, type Rows } from "./memory-data.ts";
import type { WorkflowRows } from "./workflow-rows.ts";

type Refused = Exclude<ApplyResult, { status: "applied" }>;

/** Which condition of a batch does not hold now. Upholds S2 and S3: nothing is changed here. */
export function findRefusal(
  rows: Rows,
  workflowId: string | undefined,
  batch: Batch,
  now: number,
): Refused | undefined {
  const { expect } = batch;
  if (expect.requestUnused !== undefined) {
    const request = rows.requests.get(requestId(expect.requestUnused));
    if (request !== undefined && request.expiresAt > now) return { status: "request_used", request };
  }
  if (expect.absent !== undefined && rows.workflows.has(expect.absent))
    return { status: "conflict", on: "instance" };
  const own = workflowId === undefined ? undefined : rowsOf(rows, workflowId);
  if (expect.instance !== undefined) {
    const instance = own?.instance;
    if (
      instance === undefined ||
      instance.version !== expect.instance.version ||
      instance.fence !== expect.instance.fence
    ) {
      return { status: "conflict", on: "instance" };
    }
  }
  for (const { id, revision } of expect.approvals ?? NONE) {
    if (own?.approvals.get(id)?.revision !== revision) return { status: "conflict", on: "approval" };
  }
  for (const id of expect.signals ?? NONE) {
    if (own?.signals.has(id) !== true) return { status: "conflict", on: "signal" };
  }
  for (const id of expect.timers ?? NONE) {
    if (own?.timers.has(id) !== true) return { status: "conflict", on: "timer" };
  }
  if (batch.operations !== undefined && hasTwoLive(own, batch.operations))
    return { status: "conflict", on: "operation" };
  for (const { key, max, perMs } of expect.rates ?? NONE) {
    if (countSince(rows, key, now - perMs) >= max) return { status: "rate_limited", key };
  }
  return undefined;
}

/** Entries of `key` later than `since`. */
export function countSince(rows: Rows, key: string, since: number): number {
  const times = rows.rates.get(key) ?? [];
  let count = 0;
  for (let index = times.length - 1; index >= 0 && times[index]! > since; index -= 1) count += 1;
  return count;
}

/** S3: one live or final operation per version, as after the batch. */
function hasTwoLive(own: WorkflowRows | undefined, written: readonly Operation[]): boolean {
  return written.some((operation, at) => {
    if (!isLiveOrFinal(operation)) return false;
    const { fromVersion } = operation;
    const present = own?.live[fromVersion];
    return (
      (present !== undefined && !written.some(({ id }) => id === present)) ||
      written.some((other, place) => place < at && other.fromVersion === fromVersion && isLiveOrFinal(other))
    );
  });
}

const NONE: readonly never[] = [];
