import type { Digest } from "@mcp-flowgate/core";
import {
  compareLock,
  lockConnection,
  summarizeDifference,
  type ListedTool,
  type LockDifference,
  type LockFile,
} from "@mcp-flowgate/config-compiler";
import { createRecord } from "@mcp-flowgate/core";
import type { PinScope } from "./pin-scope.ts";
import type { Listing } from "./tool-source.ts";

/**
 * Holds what servers list to the lock file.
 *
 * It owns, for each pinned connection, which tools are refused and whether the session that answers calls is the one
 * whose listing was judged.
 * - P1 with `pin: block` a tool that differs from the lock file passes neither `judge` nor `refusal`, nor does one that is
 *   not listed, since nobody can compare it;
 * - P2 after a session has started, nothing is called on it before its listing was judged (`isJudged`);
 * - P3 a difference is told once, until it is another one.
 */
export interface Pins {
  mode(connection: string): "warn" | "block" | undefined;
  /** Compares a listing. `seen` is what `session` gave before it was asked for. */
  judge(connection: string, listing: Listing, seen: SessionMark): Judgement;
  /** Why a tool may not be called now; undefined when it may. */
  refusal(connection: string, tool: string): string | undefined;
  /** Whether the session that would answer a call now was listed and compared. */
  isJudged(connection: string): boolean;
  session(connection: string): SessionMark;
  noteSession(connection: string, live: boolean): void;
}

export interface Judgement {
  /** The tools that may be taken over. */
  readonly admitted: readonly ListedTool[];
  /** Differences that were not told before. */
  readonly news: readonly LockDifference[];
}

export interface SessionMark {
  readonly count: number;
  readonly live: boolean;
}

/** Of the last listing that was compared: what it admitted, and why not the others. */
interface Verdict {
  readonly admitted: ReadonlySet<string>;
  readonly reasons: ReadonlyMap<string, string>;
}

const NO_SESSION: SessionMark = { count: 0, live: false };

export function createPins(options: {
  readonly scope: PinScope;
  /** What was pinned; left out, imports with `warn` are not compared. */
  readonly lock: LockFile | undefined;
  readonly digest: Digest;
}): Pins {
  const { scope, lock, digest } = options;
  const sessions = new Map<string, SessionMark>();
  const judged = new Map<string, number>();
  const verdicts = new Map<string, Verdict>();
  const told = new Map<string, ReadonlySet<string>>();
  const session = (connection: string): SessionMark => sessions.get(connection) ?? NO_SESSION;
  const mode = (connection: string): "warn" | "block" | undefined =>
    lock === undefined ? undefined : scope.mode(connection);

  return {
    mode,
    session,
    judge(connection, { server, tools }, seen) {
      const now = session(connection);
      // A listing may have started the session that answered it; one that a restart overtook says nothing of the new one.
      if (now.count === seen.count || (!seen.live && now.count === seen.count + 1))
        judged.set(connection, now.count);
      if (lock === undefined || mode(connection) === undefined) return { admitted: tools, news: [] };
      const used = tools.filter(({ name }) => scope.has(connection, name));
      const listed = createRecord([[connection, lockConnection(server, used, digest)] as const]);
      const differences = compareLock(lock, { connections: listed });
      const keys = new Map(differences.map((one) => [JSON.stringify(one), one]));
      const before = told.get(connection);
      told.set(connection, new Set(keys.keys()));
      const news = [...keys].filter(([key]) => before?.has(key) !== true).map(([, one]) => one);
      if (mode(connection) !== "block") return { admitted: tools, news };
      const swapped = differences.find(({ change }) => change === "server");
      const reasons = new Map<string, string>();
      for (const one of differences) {
        if (one.tool !== "") reasons.set(one.tool, summarizeDifference(one));
        // A server may still answer to the old name, with whatever it likes.
        if (one.change === "renamed" && one.from !== undefined)
          reasons.set(one.from, summarizeDifference(one));
      }
      if (swapped !== undefined) for (const { name } of used) reasons.set(name, summarizeDifference(swapped));
      const admitted = used.filter(({ name }) => !reasons.has(name));
      verdicts.set(connection, { reasons, admitted: new Set(admitted.map(({ name }) => name)) });
      return { admitted, news };
    },
    refusal(connection, tool) {
      const verdict = mode(connection) === "block" ? verdicts.get(connection) : undefined;
      if (verdict === undefined || verdict.admitted.has(tool)) return undefined;
      return verdict.reasons.get(tool) ?? `tool "${tool}" is not listed`;
    },
    isJudged: (connection) => {
      const { count, live } = session(connection);
      return live && judged.get(connection) === count;
    },
    noteSession(connection, live) {
      const { count } = session(connection);
      sessions.set(connection, { count: live ? count + 1 : count, live });
    },
  };
}
