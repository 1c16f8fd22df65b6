import { link, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { listRotated, rotatedName, syncFolder } from "./trail-file.ts";
import type { TrailFile } from "./trail-file.ts";

/**
 * Moves the current file of a trail out of the way while other processes append to it.
 *
 * R1 One process rotates at a time: it holds `<path>.lock`, made exclusively. A lock older than 30 s is a dead
 *    process's.
 * R2 The path always names a file: the old one gets its second name (`link`), then the new one, complete with its first
 *    record, takes over the first name (`rename`). No moment exists at which another process finds nothing.
 * R3 Nothing is lost where another process still appends to the old file: it is the same file under its new name.
 * R4 A crash in between leaves a file with two names; the next rotation finishes it.
 */
export interface RotationPlan {
  /** The number of the new file, and of the oldest that stays. */
  readonly next: number;
  readonly oldest: number;
}

/** @returns `undefined` where another process is at it, or has been. */
export async function rotateTrailFile(
  file: TrailFile,
  keep: number,
  writeFirst: (plan: RotationPlan) => Promise<string>,
): Promise<RotationPlan | undefined> {
  const lock = `${file.path}.lock`;
  if (!(await takeLock(lock))) return undefined;
  try {
    const now = await stat(file.path);
    if (`${now.dev}:${now.ino}` !== file.inode) return undefined;
    const target = rotatedName(file.path, file.number);
    const linked = await linkOnce(file, target);
    const plan = await planRotation(file, keep);
    const draft = `${file.path}.next`;
    try {
      await writeFile(draft, await writeFirst(plan), { mode: 0o600, flush: true });
      await rename(draft, file.path);
    } catch (error) {
      await rm(draft, { force: true });
      if (linked) await rm(target, { force: true });
      throw error;
    }
    await syncFolder(file.path);
    await removeBefore(file.path, plan.oldest);
    return plan;
  } finally {
    await rm(lock, { force: true });
  }
}

const STALE_LOCK_MS = 30_000;

async function planRotation(file: TrailFile, keep: number): Promise<RotationPlan> {
  const numbers = (await listRotated(file.path)).map(({ number }) => number);
  const kept = numbers.slice(-Math.max(1, keep));
  return { next: file.number + 1, oldest: kept[0] ?? file.number };
}

async function removeBefore(path: string, oldest: number): Promise<void> {
  for (const rotated of await listRotated(path)) {
    if (rotated.number < oldest) await rm(rotated.path, { force: true });
  }
}

/** Whether this call gave the file its second name; a rotation that a crash interrupted already did. */
async function linkOnce(file: TrailFile, target: string): Promise<boolean> {
  try {
    await link(file.path, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const there = await stat(target);
    if (`${there.dev}:${there.ino}` === file.inode) return false;
    throw new Error(`${target} exists already and is another file`, { cause: error });
  }
}

async function takeLock(lock: string): Promise<boolean> {
  for (const last of [false, true]) {
    try {
      const handle = await open(lock, "wx", 0o600);
      await handle.writeFile(`${process.pid}\n`);
      await handle.close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || last) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
      }
      if (!(await breakStaleLock(lock))) return false;
    }
  }
  return false;
}

/** Age by the file system's own clock: the probe is as new as its clock says now is. */
async function breakStaleLock(lock: string): Promise<boolean> {
  const probe = `${lock}.${process.pid}`;
  try {
    await writeFile(probe, "");
    const [held, now] = await Promise.all([stat(lock), stat(probe)]);
    if (now.mtimeMs - held.mtimeMs < STALE_LOCK_MS) return false;
    await rm(lock, { force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  } finally {
    await rm(probe, { force: true });
  }
}
