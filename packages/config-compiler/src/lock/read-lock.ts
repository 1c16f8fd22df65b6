import type { Digest, Result } from "@mcp-flowgate/core";
import { Cursor } from "../emit/cursor.ts";
import type { PathResolver } from "../emit/world.ts";
import type { MapNode } from "../source/config-node.ts";
import type { SourceReader } from "../source/load.ts";
import { LOCK_FILE_NAME, parseLockFile, type LockFile } from "./lock-file.ts";

/** Where the lock file of a configuration is, and what it holds. */
export interface LockSource {
  /** Absolute. */
  readonly path: string;
  /** The file, or why it cannot be used; undefined where nothing is held to it. */
  readonly content: Result<LockFile, string> | undefined;
}

/** Finds the lock file that a configuration names, else the one beside its first file, and reads it where an import is pinned. */
export async function readLock(
  root: MapNode,
  firstFile: string,
  paths: PathResolver,
  reader: SourceReader,
  digest: Digest,
): Promise<LockSource> {
  const proxy = new Cursor(root).child("proxy");
  const path =
    paths.resolve(proxy?.get("lockFile")) ?? reader.resolve(reader.directory(firstFile), LOCK_FILE_NAME);
  const pinned = proxy?.itemsOf("import").some((entry) => entry.text("pin") !== undefined) ?? false;
  if (!pinned) return { path, content: undefined };
  const bytes = await reader.read(path);
  if (!bytes.ok) return { path, content: { ok: false, error: bytes.error.message } };
  return { path, content: parseLockFile(new TextDecoder().decode(bytes.value), digest) };
}
