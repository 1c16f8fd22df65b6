/**
 * Brings replicas to one configuration.
 *
 * Where one of them reloads, the others read their own files again; the configuration itself, with its secrets, goes
 * nowhere. What each runs is told by its hash.
 * - A1 A reload that was asked for at this process and succeeded is decided for all; one that a decision asked for is not.
 * - A2 A process whose files do not give the decided configuration yet keeps what it has or takes what they give, and
 *   reads them again when they change: files may reach machines at different times.
 * - A3 Replicas that run different configurations for longer than {@link PATIENCE_MS} are told of.
 */
import type { Clock, Json, JsonObject, Log, Result } from "@mcp-flowgate/core";
import type { Reloaded, ReloadProblem, ReloadTrigger } from "../reload/reloader.ts";
import { digestsOf } from "../reload/watch-files.ts";
import type { Cluster } from "./cluster.ts";

export interface Agreement {
  reload(trigger: ReloadTrigger): Promise<Result<Reloaded, ReloadProblem>>;
  /** Why the last reload changed nothing here. */
  problem(): string | undefined;
  /** How many different configurations the replicas run. */
  configurations(): number;
}

const SUBJECT = "config";
/** An upgrade that replaces replicas one by one is no news. */
const PATIENCE_MS = 30_000;

export function createAgreement(options: {
  readonly cluster: Cluster;
  readonly reload: (trigger: ReloadTrigger) => Promise<Result<Reloaded, ReloadProblem>>;
  readonly hash: () => string;
  readonly files: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}): Agreement {
  const { cluster, hash, files, clock, log } = options;
  let problem: string | undefined;
  /** What was decided and is not run here, and the files that did not give it. */
  let wanted: { readonly hash: string; readonly content: string } | undefined;
  let differSince: number | undefined;
  let hasSaidDiffer = false;
  const toldOf = new Map<number, string>();

  const attempt = async (trigger: ReloadTrigger): Promise<Result<Reloaded, ReloadProblem>> => {
    const outcome = await options.reload(trigger);
    problem = outcome.ok ? undefined : outcome.error.reason;
    return outcome;
  };

  const follow = async (target: string): Promise<void> => {
    const content = await contentOf(files());
    await attempt("replica");
    wanted = hash() === target ? undefined : { hash: target, content };
    await cluster.report();
  };

  cluster.onDecision(SUBJECT, async ({ body }, isFirstLook) => {
    const target = String(body["config"]);
    // A process has just read its files when it starts. Of files that all replicas watch, each has seen the change.
    if (isFirstLook || (body["trigger"] === "watch" && target === hash())) return;
    await follow(target);
  });

  cluster.onLook(() => {
    judge();
    const pending = wanted;
    if (pending === undefined) return;
    if (hash() === pending.hash) wanted = undefined;
    else
      void contentOf(files()).then((content) => {
        if (wanted !== pending || content === pending.content) return undefined;
        wanted = { ...pending, content };
        return follow(pending.hash);
      });
  });

  /** A3, and problems of others. */
  const judge = (): void => {
    const all = cluster.replicas();
    for (const { epoch, replica, isSelf, about } of all) {
      const said = text(about?.["problem"]);
      if (isSelf || toldOf.get(epoch) === said) continue;
      toldOf.set(epoch, said);
      if (said !== "") log.warn("a replica did not take the configuration over", { replica, reason: said });
    }
    for (const epoch of toldOf.keys()) if (all.every((one) => one.epoch !== epoch)) toldOf.delete(epoch);
    if (configurations() < 2) {
      if (hasSaidDiffer) log.info("all replicas run the same configuration again");
      differSince = undefined;
      hasSaidDiffer = false;
      return;
    }
    differSince ??= clock.monotonic();
    if (hasSaidDiffer || clock.monotonic() - differSince < PATIENCE_MS) return;
    hasSaidDiffer = true;
    const run: JsonObject = Object.fromEntries(
      all.map(({ replica, about }) => [replica, text(about?.["config"]).slice(0, 12)]),
    );
    log.warn("the replicas run different configurations", { replicas: run });
  };

  const configurations = (): number =>
    new Set(cluster.replicas().flatMap(({ about }) => about?.["config"] ?? [])).size;

  return {
    async reload(trigger) {
      const outcome = await attempt(trigger);
      if (!outcome.ok) {
        await cluster.report();
        return outcome;
      }
      wanted = undefined;
      await cluster.report();
      await cluster.decide(SUBJECT, { config: hash(), trigger }).catch((thrown: unknown) => {
        log.warn("the other replicas could not be told to reload", { error: String(thrown) });
      });
      return outcome;
    },
    problem: () => problem,
    configurations,
  };
}

async function contentOf(files: readonly string[]): Promise<string> {
  return JSON.stringify([...(await digestsOf(files))]);
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
