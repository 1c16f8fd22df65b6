import {
  canonicalJson,
  createRecord,
  err,
  getOwn,
  isJsonObject,
  ok,
  parseJson,
  type Digest,
  type Json,
  type JsonObject,
  type Result,
} from "@mcp-flowgate/core";
import type { ListedTool } from "../imported-tool.ts";

/** The name of the lock file where a configuration names no other. */
export const LOCK_FILE_NAME = "flowgate.lock.json";

/** What imported tools were when somebody looked at them: by connection (see {@link lockKey}), by tool. */
export interface LockFile {
  readonly connections: { readonly [connection: string]: LockedConnection };
}

export interface LockedConnection {
  /** What the server calls itself. */
  readonly server?: string;
  readonly tools: { readonly [tool: string]: LockedTool };
}

/** A tool as it was, in plain text, and one hash over all of it, its name included. */
export interface LockedTool {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations?: JsonObject;
}

/** The parts of a tool that are compared, in the order in which they are shown. */
export const LOCKED_PARTS = ["title", "description", "inputSchema", "outputSchema", "annotations"] as const;

/** What an import's tools stand under in a lock file: the connection, for an HTTP API with the document that describes it. */
export function lockKey(connection: string, document: string | undefined): string {
  return document === undefined ? connection : `${connection} ${document}`;
}

const LOCK_VERSION = 1;
/** A lock file of ten thousand tools with long schemas stays below it. */
const MAX_LOCK_CHARACTERS = 128 * 1024 * 1024;

/** The entry that a tool gets in a lock file. */
export function lockTool(tool: ListedTool, digest: Digest): LockedTool {
  const { title, description, inputSchema, outputSchema, annotations } = tool;
  const parts = {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { hash: hashParts(tool.name, parts, digest), ...parts };
}

/** The entry of a connection: what its server lists now. */
export function lockConnection(
  server: string | undefined,
  tools: readonly ListedTool[],
  digest: Digest,
): LockedConnection {
  return {
    ...(server === undefined ? {} : { server }),
    tools: createRecord(tools.map((tool) => [tool.name, lockTool(tool, digest)] as const)),
  };
}

/** The text of a lock file: the same content gives the same bytes. */
export function renderLockFile(lock: LockFile): string {
  const connections = createRecord<Json>();
  for (const name of Object.keys(lock.connections).sort()) {
    const { server, tools } = lock.connections[name] as LockedConnection;
    const entries = createRecord<Json>();
    for (const tool of Object.keys(tools).sort()) {
      const locked = tools[tool] as LockedTool;
      const entry = createRecord<Json>([["hash", locked.hash]]);
      for (const part of LOCKED_PARTS) {
        const value = locked[part];
        if (value !== undefined) entry[part] = inOrder(value);
      }
      entries[tool] = entry;
    }
    connections[name] = { ...(server === undefined ? {} : { server }), tools: entries };
  }
  return `${JSON.stringify({ lockVersion: LOCK_VERSION, connections }, null, 2)}\n`;
}

/**
 * Reads a lock file.
 *
 * @returns The file, or one sentence that says what is wrong with it. An entry whose texts do not give its hash is
 * wrong: it was edited or merged by hand, and nobody saw a tool like that.
 */
export function parseLockFile(text: string, digest: Digest): Result<LockFile, string> {
  if (text.length > MAX_LOCK_CHARACTERS) return err("it is larger than 128 MiB");
  let document: Json;
  try {
    document = parseJson(text) as Json;
  } catch (error) {
    return err(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isJsonObject(document) || !isJsonObject(document["connections"])) return err("it is not a lock file");
  if (document["lockVersion"] !== LOCK_VERSION)
    return err(`its lockVersion is ${JSON.stringify(document["lockVersion"] ?? null)}, not ${LOCK_VERSION}`);
  const connections = createRecord<LockedConnection>();
  for (const [name, value] of Object.entries(document["connections"])) {
    const connection = toConnection(name, value, digest);
    if (!connection.ok) return connection;
    connections[name] = connection.value;
  }
  return ok({ connections });
}

function toConnection(name: string, value: Json, digest: Digest): Result<LockedConnection, string> {
  if (!isJsonObject(value) || !isJsonObject(value["tools"])) return err(`connection "${name}" has no tools`);
  const server = getOwn(value, "server");
  const tools = createRecord<LockedTool>();
  for (const [tool, entry] of Object.entries(value["tools"])) {
    const locked = toTool(tool, entry, digest);
    if (locked === undefined)
      return err(`the entry of tool "${tool}" of connection "${name}" does not fit its hash`);
    tools[tool] = locked;
  }
  return ok({ ...(typeof server === "string" ? { server } : {}), tools });
}

function toTool(name: string, entry: Json, digest: Digest): LockedTool | undefined {
  if (!isJsonObject(entry)) return undefined;
  const parts = createRecord<Json>();
  for (const part of LOCKED_PARTS) {
    const value = getOwn(entry, part);
    if (value === undefined) continue;
    if (part === "title" || part === "description" ? typeof value !== "string" : !isJsonObject(value))
      return undefined;
    parts[part] = value;
  }
  const hash = hashParts(name, parts, digest);
  if (parts["inputSchema"] === undefined || getOwn(entry, "hash") !== hash) return undefined;
  return { ...(parts as unknown as Omit<LockedTool, "hash">), hash };
}

function hashParts(name: string, parts: JsonObject, digest: Digest): string {
  return `sha256:${digest.sha256(canonicalJson({ name, ...parts }))}`;
}

/** The value with its keys sorted at every depth. */
function inOrder(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => inOrder(item));
  const object = value as JsonObject;
  return createRecord(
    Object.keys(object)
      .sort()
      .map((key) => [key, inOrder(object[key] as Json)] as const),
  );
}
