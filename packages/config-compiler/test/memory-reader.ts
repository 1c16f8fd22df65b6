import { createHash } from "node:crypto";
import { dirname, matchesGlob, resolve } from "node:path/posix";
import { err, ok, type Digest } from "@mcp-flowgate/core";
import { compileConfig, type Compilation, type SourceReader } from "@mcp-flowgate/config-compiler";

/** Files in memory, by absolute path. */
export function createMemoryReader(files: { readonly [path: string]: string | Uint8Array }): SourceReader {
  return {
    read: async (path) => {
      const content = files[path];
      if (content === undefined) return err({ message: "there is no such file" });
      return ok(typeof content === "string" ? new TextEncoder().encode(content) : content);
    },
    glob: async (pattern, base) =>
      Object.keys(files)
        .filter((path) => matchesGlob(path, resolve(base, pattern)))
        .sort(),
    resolve,
    directory: dirname,
  };
}

export const digest: Digest = { sha256: (text) => createHash("sha256").update(text).digest("hex") };

/** Compiles files in memory; the first one is the configuration unless `entries` says more. */
export async function compileFiles(
  files: { readonly [path: string]: string | Uint8Array },
  options: { readonly env?: { readonly [name: string]: string }; readonly entries?: readonly string[] } = {},
): Promise<Compilation> {
  const { env = {}, entries = Object.keys(files).slice(0, 1) } = options;
  return compileConfig({
    files: entries,
    reader: createMemoryReader(files),
    env: (name) => env[name],
    digest,
  });
}

/** Compiles one document; `version` is added. */
export async function compileText(
  text: string,
  env: { readonly [name: string]: string } = {},
): Promise<Compilation> {
  return compileFiles({ "/c/gateway.yaml": `version: "1.0.0"\n${text}` }, { env });
}

/** `CODE line:column` of each finding; lines count without the added `version`. */
export function codes({ diagnostics }: Compilation): readonly string[] {
  return diagnostics.map(({ code, place }) =>
    place === undefined ? code : `${code} ${place.line - 1}:${place.column}`,
  );
}
