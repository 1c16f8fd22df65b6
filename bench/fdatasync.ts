import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** How often a second the disk of `folder` flushes an append of a commit's size. */
export function fdatasyncRate(folder: string, ms: number): number {
  const file = openSync(join(folder, "probe"), "w");
  const bytes = Buffer.alloc(16_384, 1);
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < ms; count += 1) {
    writeSync(file, bytes);
    fdatasyncSync(file);
  }
  closeSync(file);
  return (count * 1000) / (performance.now() - began);
}
