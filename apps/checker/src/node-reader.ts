import { createHash } from "node:crypto";
import { glob, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { err, ok, type Digest } from "@mcp-flowgate/core";
import type { SourceReader } from "@mcp-flowgate/config-compiler";

/** Files longer than the compiler's own bound are not read to their end. */
const MOST_BYTES = 16 * 1024 * 1024 + 1;

/** Reads configurations from this machine's disk. Devices, pipes and folders are refused: reading them may never end. */
export function createNodeReader(): SourceReader {
  return {
    read: async (path) => {
      try {
        const file = await open(path, "r");
        try {
          const stats = await file.stat();
          if (!stats.isFile())
            return err({ message: stats.isDirectory() ? "it is a folder" : "it is not a file" });
          const bytes = Buffer.alloc(Math.min(stats.size, MOST_BYTES));
          let length = 0;
          while (length < bytes.length) {
            const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
            if (bytesRead === 0) break;
            length += bytesRead;
          }
          return ok(bytes.subarray(0, length));
        } finally {
          await file.close();
        }
      } catch (thrown) {
        return err({ message: describeFault(thrown) });
      }
    },
    glob: async (pattern, base) => {
      const found: string[] = [];
      for await (const entry of glob(pattern, { cwd: base })) found.push(resolve(base, entry));
      return found.sort();
    },
    resolve,
    directory: dirname,
  };
}

/** SHA-256 by Node. */
export function createNodeDigest(): Digest {
  return { sha256: (text) => createHash("sha256").update(text, "utf8").digest("hex") };
}

const FAULTS: { readonly [code: string]: string } = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is not a folder",
  ELOOP: "its links go in circles",
  ENAMETOOLONG: "its name is too long",
};

function describeFault(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return FAULTS[code] ?? (code === "" ? "it cannot be opened" : code);
}
