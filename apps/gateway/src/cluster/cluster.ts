/**
 * What the replicas on one store agree on.
 *
 * Owns: how far this process has taken up what was decided, what it says of itself, and what it last saw of the others.
 * - C1 Decisions are in the store. Each process looks there once a second; the bus says when to look at once.
 * - C2 A process takes up the last decision about a subject, once. Those before its start are taken up at its start.
 * - C3 Only decisions and replicas of its own group concern a process: those that serve the same configuration.
 */
import type { Bus, Clock, Decision, JsonObject, Log, ReplicaInfo, SharedState } from "@mcp-flowgate/core";

export interface Cluster {
  /** Takes up what was decided before, and goes on to look. */
  start(): Promise<void>;
  /** Decides for all replicas; this process counts as having taken it up. */
  decide(subject: string, body: JsonObject): Promise<Decision>;
  /** Calls `take` for decisions about subjects that begin with `prefix`, one after the other. */
  onDecision(prefix: string, take: (decision: Decision, isFirstLook: boolean) => Promise<void>): void;
  /** Called after every look. */
  onLook(look: () => void): void;
  /** The replicas of the group, as of the last look. */
  replicas(): readonly ReplicaInfo[];
  /** Says what `about` gives now. */
  report(): Promise<void>;
  stop(): Promise<void>;
}

const LOOK_MS = 1_000;

export function createCluster(options: {
  readonly state: SharedState;
  readonly bus: Bus | undefined;
  readonly group: string;
  /** What this process says of itself. */
  readonly about: () => JsonObject;
  readonly clock: Clock;
  readonly log: Log;
}): Cluster {
  const { state, bus, group, clock, log } = options;
  const takers: { readonly prefix: string; readonly take: (d: Decision, first: boolean) => Promise<void> }[] =
    [];
  const lookers = new Set<() => void>();
  const seen = new Map<string, number>();
  let replicas: readonly ReplicaInfo[] = [];
  let looking: Promise<void> | undefined;
  let again = false;
  let isFirst = true;
  let isStopped = false;
  let cancel: () => void = () => undefined;
  let leave: () => void = () => undefined;

  const own = (subject: string): string => `${group}/${subject}`;
  const aboutNow = (): JsonObject => ({ group, ...options.about() });

  const lookOnce = async (): Promise<void> => {
    const view = await state.look();
    replicas = view.replicas.filter(({ about, isSelf }) => isSelf || about?.["group"] === group);
    const first = isFirst;
    isFirst = false;
    for (const decision of view.decisions) {
      if (!decision.subject.startsWith(`${group}/`)) continue;
      const subject = decision.subject.slice(group.length + 1);
      if ((seen.get(subject) ?? 0) >= decision.n || isStopped) continue;
      seen.set(subject, decision.n);
      for (const { prefix, take } of takers)
        if (subject.startsWith(prefix)) await take({ ...decision, subject }, first);
    }
    for (const looked of lookers) looked();
    const self = replicas.find(({ isSelf }) => isSelf);
    if (!isStopped && JSON.stringify(self?.about) !== JSON.stringify(aboutNow()))
      await state.report(aboutNow());
  };

  const look = (): Promise<void> => {
    if (looking !== undefined) {
      again = true;
      return looking;
    }
    again = false;
    const current = lookOnce()
      .catch((thrown: unknown) => {
        // A store that is away is told of elsewhere; it is looked at again.
        log.debug("what replicas share could not be read", { error: String(thrown) });
      })
      .finally(() => {
        looking = undefined;
        if (again && !isStopped) void look();
      });
    looking = current;
    return current;
  };

  const plan = (): void => {
    cancel = clock.schedule(LOOK_MS, () => void look().finally(() => !isStopped && plan()));
  };

  return {
    async start() {
      leave =
        bus?.listen(({ topic }) => {
          if (topic === "decided") void look();
        }) ?? leave;
      await look();
      if (!isStopped) plan();
    },
    async decide(subject, body) {
      const decision = await state.decide(own(subject), body);
      seen.set(subject, Math.max(decision.n, seen.get(subject) ?? 0));
      bus?.publish({ topic: "decided" });
      return { ...decision, subject };
    },
    onDecision: (prefix, take) => void takers.push({ prefix, take }),
    onLook: (looked) => void lookers.add(looked),
    replicas: () => replicas,
    async report() {
      await state.report(aboutNow()).catch((thrown: unknown) => {
        log.debug("what this replica runs could not be reported", { error: String(thrown) });
      });
      bus?.publish({ topic: "decided" });
    },
    async stop() {
      isStopped = true;
      cancel();
      leave();
      await looking;
    },
  };
}
