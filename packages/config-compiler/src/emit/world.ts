import type { ConnectionIr, GuardIr, JsonObject, OpenApiSourceIr } from "@mcp-flowgate/core";
import type { Recall } from "../cache/recall.ts";
import type { Report } from "../diagnostics/reporter.ts";
import type { SourceReader } from "../source/load.ts";
import type { Cursor } from "./cursor.ts";
import type { AuthoredReliability } from "./reliability.ts";
import type { ExecutorIr } from "@mcp-flowgate/core";

/** Everything that emitting one part needs to know of the others. */
export interface World {
  readonly report: Report;
  /** What parts were emitted as before, and where they note what they ask of others. */
  readonly recall: Recall;
  readonly paths: PathResolver;
  readonly connections: ConnectionIndex;
  /** A capability or imported tool, flattened; reports and answers undefined where there is none. */
  capability(id: string, at: Cursor): FlatCapability | undefined;
  readonly workflowIds: ReadonlySet<string>;
  /** The documents that imports name, by the text that names them. */
  readonly openapi: ReadonlyMap<string, OpenApiSourceIr>;
}

/** A path as written, seen from the file that wrote it; `~/` is the home folder. */
export interface PathResolver {
  resolve(cursor: Cursor | undefined): string | undefined;
}

/** A capability with its chain of wrappers folded in, before reliability gets its defaults. */
export interface FlatCapability {
  readonly title?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly aliases: readonly string[];
  readonly examples: readonly string[];
  readonly inputSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly executor: ExecutorIr;
  readonly guards: readonly GuardIr[];
  readonly reliability: AuthoredReliability;
  readonly wraps?: { readonly connection: string; readonly tool: string };
}

/** The connections, and who uses them. */
export interface ConnectionIndex {
  readonly names: readonly string[];
  /** Notes a use; reports a connection that is missing or of another kind. */
  use(name: Cursor, kind: "mcp" | "cli" | "http"): void;
  /** Notes a use where there is nothing to report of it; false where there is. */
  useAgain(name: string, kind: "mcp" | "cli" | "http"): boolean;
  /** The final connections, and reports of those that nothing uses. */
  finish(): { readonly [name: string]: ConnectionIr };
}

export function createPathResolver(reader: SourceReader, home: string | undefined): PathResolver {
  return {
    resolve: (cursor) => {
      const path = cursor?.value;
      if (cursor === undefined || path === undefined) return undefined;
      if (home !== undefined && path.startsWith("~/")) return reader.resolve(home, path.slice(2));
      return reader.resolve(reader.directory(cursor.node.source.file), path);
    },
  };
}
