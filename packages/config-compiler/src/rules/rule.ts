import type { CapabilityIr, WorkflowIr } from "@mcp-flowgate/core";
import type { Parts } from "../cache/part.ts";
import type { Report } from "../diagnostics/reporter.ts";
import type { Cursor } from "../emit/cursor.ts";
import type { Settings } from "../emit/settings.ts";
import type { LockSource } from "../lock/read-lock.ts";
import type { Span } from "../source/config-node.ts";
import type { StateGraph } from "./state-graph.ts";

/** What every rule sees of a configuration that was emitted as far as it could be. */
export interface RuleContext {
  readonly root: Cursor;
  readonly report: Report;
  readonly parts: Parts;
  readonly settings: Settings;
  readonly capabilities: { readonly [id: string]: CapabilityIr };
  readonly workflows: { readonly [id: string]: WorkflowIr };
  readonly lock: LockSource;
  readonly graphs: ReadonlyMap<string, StateGraph>;
  /** The value at a JSON pointer into the merged configuration, or the nearest thing above it. */
  valueAt(pointer: string): Span;
  /** The key at a pointer. */
  keyAt(pointer: string): Span;
}

/** Looks for one kind of mistake. */
export type Rule = (context: RuleContext) => void;
