/**
 * Replaces the configuration of a running gateway.
 *
 * Protocol: `reload` reads the configuration, makes its parts beside those in use, and swaps them in one tick.
 * - R1 One reload runs at a time. Those asked for meanwhile become one more after it, which reads what is there then.
 * - R2 Whatever fails on the way leaves everything as it was, and says why: in the log, in the trail, in the answer.
 * - R3 Nothing of it waits longer than the start's patience for servers.
 */
import { err, ok, type GatewayPlan, type Json, type JsonObject, type Result } from "@mcp-flowgate/core";
import type { HostLog } from "../host/log.ts";
import { changesBetween, needsRestart, toChangesJson } from "./differences.ts";
import type { Live } from "./live.ts";
import type { Revision } from "./revision.ts";

/** Why a configuration was not taken over. */
export interface ReloadProblem {
  readonly reason: string;
  readonly diagnostics?: readonly JsonObject[];
  /** Settings that only a restart changes. */
  readonly needsRestart?: readonly string[];
}

export interface Reloaded {
  readonly config: string;
  readonly changes: JsonObject;
}

/** What asked for a reload. */
export type ReloadTrigger = "signal" | "admin" | "watch" | "replica";

export interface Reloader {
  reload(trigger: ReloadTrigger): Promise<Result<Reloaded, ReloadProblem>>;
  /** No reload begins from here on, and one that runs does not swap. Resolves when none runs. */
  stop(): Promise<void>;
}

/** Reads and checks the configuration anew. */
export type LoadAgain = () => Promise<Result<GatewayPlan, ReloadProblem>>;

export function createReloader(options: {
  readonly load: LoadAgain;
  readonly live: Live;
  /** The parts of a plan; rejects with a sentence where they cannot be made. */
  readonly prepare: (plan: GatewayPlan) => Promise<Revision>;
  /**
   * Reads what lies beside the configuration; throws a sentence where it cannot be used.
   * @returns what takes it over.
   */
  readonly alongside: () => () => void;
  /** How long a reload waits for servers that are new or changed. */
  readonly patienceMs: number;
  /** Called when the new configuration is the one that runs. */
  readonly swapped: () => void;
  /** Ends what no revision uses any more. */
  readonly tidy: () => void;
  readonly record: (type: "config.reloaded" | "config.reload_failed", payload: JsonObject) => Promise<void>;
  /** Resolves when the start is over. */
  readonly started: Promise<void>;
  readonly log: HostLog;
}): Reloader {
  const { live, log } = options;
  let running: Promise<Result<Reloaded, ReloadProblem>> | undefined;
  let next: Promise<Result<Reloaded, ReloadProblem>> | undefined;
  const stopping = Promise.withResolvers<void>();
  let stopped = false;

  const replace = async (): Promise<Result<Reloaded, ReloadProblem>> => {
    await Promise.race([options.started, stopping.promise]);
    if (stopped) return err({ reason: "the gateway is stopping" });
    const loaded = await options.load();
    if (!loaded.ok) return loaded;
    const plan = loaded.value;
    const before = live.current();
    const fixed = needsRestart(before.plan, plan);
    if (fixed.length > 0)
      return err({
        reason: `these settings change with a restart only: ${fixed.join(", ")}`,
        needsRestart: fixed,
      });
    const takeOver = options.alongside();
    const prepared = await options.prepare(plan);
    await Promise.race([prepared.importer.start(options.patienceMs), stopping.promise]);
    if (stopped) {
      prepared.importer.stop();
      options.tidy();
      return err({ reason: "the gateway is stopping" });
    }
    live.swap(prepared);
    takeOver();
    options.swapped();
    before.importer.stop();
    options.tidy();
    return ok({ config: plan.hash, changes: toChangesJson(changesBetween(before.plan, plan)) });
  };

  const run = async (trigger: ReloadTrigger): Promise<Result<Reloaded, ReloadProblem>> => {
    const outcome = await replace().catch((error: unknown): Result<Reloaded, ReloadProblem> => {
      options.tidy();
      return err({ reason: error instanceof Error ? error.message : String(error) });
    });
    if (outcome.ok) {
      log.info("the configuration was reloaded", {
        trigger,
        ...(outcome.value.changes as { [name: string]: Json }),
      });
      await options.record("config.reloaded", { trigger, ...outcome.value });
    } else {
      const { reason, diagnostics = [], needsRestart: fixed = [] } = outcome.error;
      log.error(`the configuration was not reloaded, nothing changed: ${reason}`, {
        trigger,
        ...(diagnostics.length === 0 ? {} : { diagnostics }),
      });
      await options.record("config.reload_failed", { trigger, reason, diagnostics, needsRestart: fixed });
    }
    return outcome;
  };

  const begin = (trigger: ReloadTrigger): Promise<Result<Reloaded, ReloadProblem>> => {
    const current = run(trigger).finally(() => {
      if (running === current) running = undefined;
    });
    running = current;
    return current;
  };

  return {
    reload(trigger) {
      if (running === undefined) return begin(trigger);
      next ??= running.then(() => {
        next = undefined;
        return begin(trigger);
      });
      return next;
    },
    async stop() {
      stopped = true;
      stopping.resolve();
      await (next ?? running);
    },
  };
}
