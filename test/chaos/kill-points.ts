import type { Batch, WorkflowStore } from "@mcp-flowgate/core";

/**
 * Where a process can be made to end itself: every row of the recovery table. They stand around the ports of the
 * engine (its store, its executor, the chain of records inside a commit), so the product itself has none.
 */
export const KILL_POINTS = [
  "before-claim",
  "inside-claim",
  "after-claim",
  "effect-begun",
  "effect-sent",
  "effect-answered",
  "before-commit",
  "inside-commit",
  "after-commit",
  "between-steps",
  "after-decision",
  "after-takeover",
  "after-deadline",
  "after-retry-row",
  "after-start",
  "after-probe",
  "inside-migrate",
  "after-migrate",
] as const;

export type KillPoint = (typeof KILL_POINTS)[number];

/** What a client has to ask for so that a process comes to a point, where most of what is asked for does not lead there. */
export const LEADS_TO: { readonly [Point in KillPoint]?: string } = {
  "between-steps": "chain",
  "after-decision": "decide",
  "after-deadline": "wait",
  "after-retry-row": "retry",
  "after-start": "start",
  "after-probe": "settle",
  "inside-migrate": "migrate",
  "after-migrate": "migrate",
};

/** What happens to this process at a point: it ends as by a power cut, it stands still until it is continued, or its event loop is busy. */
export interface Armed {
  readonly point: KillPoint;
  readonly visit: number;
  /** Left out: `SIGKILL`. */
  readonly how?: "SIGKILL" | "SIGSTOP" | { readonly busyMs: number };
}

export interface Killer {
  reach(point: KillPoint): void;
}

export function createKiller(armed: Armed | undefined): Killer {
  let left = armed?.visit ?? 0;
  return {
    reach(point) {
      if (armed === undefined || point !== armed.point) return;
      left -= 1;
      if (left !== 0) return;
      const { how = "SIGKILL" } = armed;
      if (typeof how === "string") process.kill(process.pid, how);
      else for (const until = performance.now() + how.busyMs; performance.now() < until;);
    },
  };
}

/** Reaches the points of the commits. */
export function withKillPoints<Store extends WorkflowStore>(store: Store, killer: Killer): Store {
  return withApply(store, async (apply, batch) => {
    const { before, after } = pointsOf(batch);
    for (const point of before) killer.reach(point);
    const result = await apply(batch);
    if (result.status === "applied") for (const point of after) killer.reach(point);
    return result;
  });
}

/** The points inside a commit, by the event that is being recorded. */
export function reachInside(killer: Killer, eventType: string): void {
  if (eventType === "executor.started") killer.reach("inside-claim");
  if (eventType === "executor.succeeded") killer.reach("inside-commit");
  if (eventType === "workflow.migrated") killer.reach("inside-migrate");
}

type Apply = WorkflowStore["apply"];

/** The store with another `apply`. */
export function withApply<Store extends WorkflowStore>(
  store: Store,
  instead: (apply: Apply, batch: Batch) => ReturnType<Apply>,
): Store {
  const apply: Apply = (batch) => store.apply(batch);
  return new Proxy(store, {
    get(target, name) {
      if (name === "apply") return (batch: Batch) => instead(apply, batch);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function pointsOf(batch: Batch): {
  readonly before: readonly KillPoint[];
  readonly after: readonly KillPoint[];
} {
  const operations = batch.operations ?? [];
  const claims = operations.some(({ status, call }) => status === "running" && call !== undefined);
  const commits = operations.some(({ status }) => status === "committed");
  const before: KillPoint[] = [];
  const after: KillPoint[] = [];
  if (claims) {
    before.push("before-claim");
    after.push("after-claim");
  }
  if (commits) {
    before.push("before-commit");
    after.push("after-commit");
  }
  if (claims && commits) after.push("between-steps");
  if (batch.signals?.some(({ kind }) => kind === "approval_settled")) after.push("after-decision");
  const recorded = new Set(batch.audit.map(({ type }) => type));
  if (recorded.has("executor.recovered")) after.push("after-takeover");
  if (recorded.has("operation.probed")) after.push("after-probe");
  if (recorded.has("workflow.migrated")) after.push("after-migrate");
  if (batch.expect.timers !== undefined) after.push("after-deadline");
  if (operations.some(({ nextAttemptAt }) => nextAttemptAt !== undefined)) after.push("after-retry-row");
  if (batch.expect.absent !== undefined) after.push("after-start");
  return { before, after };
}
