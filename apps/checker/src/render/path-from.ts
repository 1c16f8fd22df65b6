import { relative } from "node:path";

/** `file` as people see it from `folder`: the shorter of its relative and its absolute path. */
export function pathFrom(folder: string, file: string): string {
  const fromHere = relative(folder, file);
  return fromHere === "" || fromHere.length > file.length ? file : fromHere;
}
