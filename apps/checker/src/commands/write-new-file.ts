import { writeFile } from "node:fs/promises";

/** Writes a file that is not there yet, or with `force` in place of the one that is. The reason, in words, where it cannot be. */
export async function writeNewFile(path: string, text: string, force: boolean): Promise<string | undefined> {
  try {
    await writeFile(path, text, { flag: force ? "w" : "wx" });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")
      return `${path} is already there; --force replaces it`;
    return `${path} cannot be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}
