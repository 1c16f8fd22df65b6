import type { ExecutorIr, GuardIr } from "@mcp-flowgate/core";
import type { Report } from "../diagnostics/reporter.ts";
import type { Cursor } from "./cursor.ts";
import { emitExecutor } from "./executors.ts";
import { readReliability as read, type AuthoredReliability } from "./reliability.ts";
import type { World } from "./world.ts";

/** Reads a reliability block. Guards of capabilities that stand in as fallbacks are added to `guards`. */
export function readReliability(
  cursor: Cursor | undefined,
  world: World,
  guards: GuardIr[],
): AuthoredReliability {
  const executors = (items: readonly Cursor[]): readonly ExecutorIr[] =>
    items.flatMap((item) => {
      const emitted = emitExecutor(item, world);
      if (emitted === undefined) return [];
      guards.push(...emitted.guards);
      return [emitted.executor];
    });
  return read(cursor, executors, world.report);
}

/** Repeating a call that counts each time may double its effect: FG610, or FG611 where the author said that it counts. */
export function checkRetry(
  executor: ExecutorIr,
  reliability: AuthoredReliability,
  owner: Cursor,
  report: Report,
): void {
  if ((reliability.retry?.maxAttempts ?? 1) <= 1 || executor.effect !== "once") return;
  const retry = owner.child("reliability")?.get("retry") ?? owner.child("reliability")?.get("retries");
  const at = retry ?? owner.get("executor") ?? owner;
  if (executor.effectDeclared) {
    report("FG611", at.key, "this call is declared to count each time, so it cannot be retried", {
      pointer: at.pointer,
      hint: "Declare an `idempotencyKey`, or leave `retry` out.",
    });
    return;
  }
  report("FG610", at.key, `a retried ${executor.kind} call may take effect twice`, {
    pointer: at.pointer,
    hint: "If repeating it is harmless, say so with `idempotent: true` or an `idempotencyKey`.",
  });
}
