import type { OpenApiSourceIr } from "@mcp-flowgate/core";
import type { Report } from "../diagnostics/reporter.ts";
import { Cursor } from "../emit/cursor.ts";
import type { PathResolver } from "../emit/world.ts";
import type { MapNode } from "./config-node.ts";
import type { SourceReader } from "./load.ts";

export interface OpenApiSources {
  /** By the text that an import names them with. */
  readonly byName: ReadonlyMap<string, OpenApiSourceIr>;
  /** Absolute paths of the files that were read. */
  readonly files: readonly string[];
}

/** Reads the OpenAPI documents that imports name. What begins with `/` is a path of the API itself: it is fetched when the gateway runs. */
export async function readOpenApiSources(
  root: MapNode,
  paths: PathResolver,
  reader: SourceReader,
  report: Report,
): Promise<OpenApiSources> {
  const byName = new Map<string, OpenApiSourceIr>();
  const files: string[] = [];
  for (const entry of new Cursor(root).child("proxy")?.itemsOf("import") ?? []) {
    const at = entry.get("openapi");
    const name = at?.value;
    if (at === undefined || name === undefined || byName.has(name)) continue;
    if (name.startsWith("/")) {
      byName.set(name, { kind: "url", path: name });
      continue;
    }
    const file = paths.resolve(at) ?? name;
    const bytes = await reader.read(file);
    if (!bytes.ok) {
      report("FG322", at.node, `${file} cannot be read: ${bytes.error.message}`, { pointer: at.pointer });
      continue;
    }
    files.push(file);
    // Loaded for those that import such a document; it would be a third of what a small check loads.
    const { listOperations, readDocument } = await import("@mcp-flowgate/openapi-import");
    const document = readDocument(new TextDecoder().decode(bytes.value));
    if (!document.ok) {
      const { pointer, message } = document.error;
      report("FG322", at.node, `${file}${pointer === "" ? "" : `#${pointer}`}: ${message}`, {
        pointer: at.pointer,
      });
      continue;
    }
    const { operations, problems } = listOperations(document.value);
    for (const { pointer, message } of problems) {
      report("FG323", at.node, `an operation of ${file}#${pointer} is left out: ${message}`, {
        pointer: at.pointer,
      });
    }
    byName.set(name, { kind: "file", name, operations });
  }
  return { byName, files };
}
