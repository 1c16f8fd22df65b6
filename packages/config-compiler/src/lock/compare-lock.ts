import { canonicalJson, equalJson, getOwn, type Json } from "@mcp-flowgate/core";
import { LOCKED_PARTS, type LockedConnection, type LockedTool, type LockFile } from "./lock-file.ts";

/** One way in which what servers list differs from a lock file. */
export interface LockDifference {
  readonly connection: string;
  /** The tool as it is called now; where it is gone, as it was. Empty for `server`. */
  readonly tool: string;
  /**
   * `server`: another server answers under the connection's name. `renamed`: what stood under `from` of the same
   * connection. `moved`: what stood under the same or another name of connection `from`.
   */
  readonly change: "new" | "changed" | "renamed" | "moved" | "removed" | "server";
  readonly from?: string;
  /** For `changed`, `new` and `removed`: what differs, leaf by leaf. */
  readonly parts: readonly PartDifference[];
}

export interface PartDifference {
  readonly part: (typeof LOCKED_PARTS)[number];
  /** JSON pointer within the part; empty for the whole. */
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** More differing leaves of one tool than this are not told apart. */
const MAX_PARTS = 50;

/**
 * Compares what servers list now with what a lock file holds.
 *
 * @param now The connections that were listed; those that were not are no difference.
 */
export function compareLock(lock: LockFile, now: LockFile): readonly LockDifference[] {
  return Object.keys(now.connections)
    .sort()
    .flatMap((connection) =>
      compareConnection(connection, lock, now, now.connections[connection] as LockedConnection),
    );
}

function compareConnection(
  connection: string,
  lock: LockFile,
  now: LockFile,
  listed: LockedConnection,
): LockDifference[] {
  const differences: LockDifference[] = [];
  const pinned = getOwn(lock.connections, connection);
  if (pinned?.server !== undefined && listed.server !== undefined && pinned.server !== listed.server) {
    differences.push({
      connection,
      tool: "",
      change: "server",
      from: pinned.server,
      parts: [{ part: "title", pointer: "", before: pinned.server, after: listed.server }],
    });
  }
  const gone = new Set(Object.keys(pinned?.tools ?? {}).filter((tool) => !Object.hasOwn(listed.tools, tool)));
  const goneByContent = new Map(
    [...gone].map((tool) => [contentOf(pinned?.tools[tool] as LockedTool), tool]),
  );
  for (const tool of Object.keys(listed.tools).sort()) {
    const after = listed.tools[tool] as LockedTool;
    const before = getOwn(pinned?.tools ?? {}, tool);
    if (before?.hash === after.hash) continue;
    if (before !== undefined) {
      differences.push({ connection, tool, change: "changed", parts: partsOf(before, after) });
      continue;
    }
    const parts = partsOf(undefined, after);
    const oldName = goneByContent.get(contentOf(after));
    if (oldName !== undefined && gone.delete(oldName)) {
      differences.push({ connection, tool, change: "renamed", from: oldName, parts });
      continue;
    }
    const origin = originOf(tool, after, connection, lock, now);
    differences.push(
      origin === undefined
        ? { connection, tool, change: "new", parts }
        : { connection, tool, change: "moved", from: origin, parts },
    );
  }
  for (const tool of gone) {
    const parts = partsOf(pinned?.tools[tool], undefined);
    differences.push({ connection, tool, change: "removed", parts });
  }
  return differences;
}

/** The other connection that the lock file knows a tool of, when that one has it no more or the tool is the same. */
function originOf(
  tool: string,
  after: LockedTool,
  connection: string,
  lock: LockFile,
  now: LockFile,
): string | undefined {
  return Object.keys(lock.connections)
    .sort()
    .find((other) => {
      if (other === connection) return false;
      const before = getOwn((lock.connections[other] as LockedConnection).tools, tool);
      if (before === undefined) return false;
      const elsewhere = getOwn(now.connections, other);
      return before.hash === after.hash || (elsewhere !== undefined && !Object.hasOwn(elsewhere.tools, tool));
    });
}

function contentOf(tool: LockedTool): string {
  const { hash: _, ...parts } = tool;
  return canonicalJson(parts as unknown as Json);
}

function partsOf(before: LockedTool | undefined, after: LockedTool | undefined): readonly PartDifference[] {
  const found: PartDifference[] = [];
  for (const part of LOCKED_PARTS) addLeaves(part, "", before?.[part], after?.[part], found);
  return found;
}

function addLeaves(
  part: PartDifference["part"],
  pointer: string,
  before: Json | undefined,
  after: Json | undefined,
  found: PartDifference[],
): void {
  if (found.length >= MAX_PARTS || (before === undefined && after === undefined)) return;
  if (before !== undefined && after !== undefined && equalJson(before, after)) return;
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const below = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      addLeaves(part, below, member(before, key), member(after, key), found);
    }
    return;
  }
  found.push({
    part,
    pointer,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });
}

function isContainer(value: Json | undefined): value is Exclude<Json, null | string | number | boolean> {
  return typeof value === "object" && value !== null;
}

function member(value: object, key: string): Json | undefined {
  return getOwn(value as { readonly [key: string]: Json }, key);
}
