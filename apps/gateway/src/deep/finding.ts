import type { Diagnostic } from "@mcp-flowgate/core";

/** The codes of what is found by trying. */
export type ReachCode =
  | "FG701"
  | "FG702"
  | "FG703"
  | "FG704"
  | "FG705"
  | "FG706"
  | "FG707"
  | "FG708"
  | "FG709";

/** One thing that was tried, and what is wrong with it. */
export interface Tried {
  /** In words, for example `connection "github"`. */
  readonly what: string;
  /** JSON pointer into the configuration: what it is about. */
  readonly pointer: string;
  /** What was seen where it is well, for example `12 tools`. */
  readonly seen?: string;
  readonly problems: readonly Problem[];
}

export interface Problem {
  readonly code: ReachCode;
  readonly severity: Diagnostic["severity"];
  readonly message: string;
  /** Where it is about something else than the whole. */
  readonly pointer?: string;
}

/** @param reason A sentence or its end, with or without a full stop. */
export function problem(code: ReachCode, what: string, reason: string): Problem {
  return { code, severity: "error", message: `${what}: ${reason.replace(/\.$/, "")}` };
}

export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
