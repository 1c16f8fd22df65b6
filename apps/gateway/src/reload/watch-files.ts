import { createHash } from "node:crypto";
import { watch, type FSWatcher } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Log } from "@mcp-flowgate/core";

export interface FileWatch {
  close(): void;
}

/** Writes that come this close together are one change. */
const QUIET_MS = 100;

/**
 * Calls `changed` when the content of one of the files is another one. Their folders are watched, since editors and
 * orchestrators put a new file, or a new link, in the place of the old one; an event is a reason to look and no more.
 *
 * @param files Asked for anew after each change: a new configuration may consist of other files.
 */
export async function watchFiles(
  files: () => readonly string[],
  changed: () => Promise<unknown>,
  log: Log,
): Promise<FileWatch> {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let again = false;
  const closing = new AbortController();

  const follow = (): void => {
    const folders = new Set(files().map((file) => dirname(file)));
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) {
      if (watchers.has(folder) || closing.signal.aborted) continue;
      try {
        const watcher = watch(folder, { persistent: false }, notice);
        watcher.on("error", (error) => {
          log.warn("a folder of the configuration is not watched any more", { folder, error: error.message });
          watcher.close();
          watchers.delete(folder);
        });
        watchers.set(folder, watcher);
      } catch (error) {
        log.warn("a folder of the configuration cannot be watched", { folder, error: String(error) });
      }
    }
  };
  function notice(): void {
    if (closing.signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), QUIET_MS);
  }
  const look = async (): Promise<void> => {
    again = true;
    if (looking) return;
    looking = true;
    while (again && !closing.signal.aborted) {
      again = false;
      const now = await digestsOf(files());
      if ([...now].every(([file, digest]) => seen.get(file) === digest)) continue;
      seen = now;
      await changed();
      follow();
      // Files that the new configuration names for the first time; what is written to others from now on counts.
      const fresh = await digestsOf(files().filter((file) => !seen.has(file)));
      seen = new Map([...seen, ...fresh]);
    }
    looking = false;
  };

  let seen = await digestsOf(files());
  follow();
  return {
    close() {
      closing.abort();
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** SHA-256 of what each file holds; empty for one that cannot be read. */
export async function digestsOf(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const digests = await Promise.all(
    files.map(async (file) => {
      const content = await readFile(file).catch(() => undefined);
      const digest = content === undefined ? "" : createHash("sha256").update(content).digest("hex");
      return [file, digest] as const;
    }),
  );
  return new Map(digests);
}
