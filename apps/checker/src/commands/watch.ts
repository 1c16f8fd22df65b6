import { watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";

/** Editors write a file in several steps; checking waits until they are done. */
const SETTLE_MS = 100;

/**
 * Runs `check` now and again whenever one of the files that it names changes, until `signal` aborts. Folders are
 * watched, not files: saving often replaces a file.
 */
export async function watchFiles(
  check: () => Promise<readonly string[]>,
  signal: AbortSignal,
  writeError: (text: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    const files = new Set(await check());
    await changeOf(files, signal, writeError);
  }
}

async function changeOf(
  files: ReadonlySet<string>,
  signal: AbortSignal,
  writeError: (text: string) => void,
): Promise<void> {
  const watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve) => {
      const changed = (): void => {
        clearTimeout(timer);
        timer = setTimeout(resolve, SETTLE_MS);
      };
      signal.addEventListener("abort", () => resolve(), { once: true });
      for (const folder of new Set([...files].map((file) => dirname(file)))) {
        try {
          const watcher = watch(folder, { persistent: true }, changed);
          watcher.on("error", () => resolve());
          watchers.push(watcher);
        } catch {
          writeError(`${folder} cannot be watched\n`);
        }
      }
    });
  } finally {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  }
}
