import { isJsonObject, parseJson, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { AdminTarget } from "./admin-target.ts";
import { CommandError } from "./command-error.ts";

/** What every command that asks a gateway takes. */
export interface AdminOptions {
  readonly config?: readonly string[];
  readonly tenant?: string;
  readonly json?: boolean;
}

export type Write = (text: string) => void;

/** Every item of a collection, over all pages of all targets. */
export async function listAll(
  targets: readonly AdminTarget[],
  collection: string,
  query: readonly (readonly [string, string])[],
): Promise<readonly JsonObject[]> {
  const items: JsonObject[] = [];
  for (const target of targets) {
    let cursor: string | undefined;
    do {
      const search = new URLSearchParams([
        ...query,
        ...(cursor === undefined ? [] : [["cursor", cursor] as const]),
      ] as [string, string][]);
      const body = expectObject(await target.call("GET", `/admin/${collection}?${search}`));
      items.push(...(body["items"] as readonly JsonObject[]));
      cursor = typeof body["nextCursor"] === "string" ? body["nextCursor"] : undefined;
    } while (cursor !== undefined);
  }
  return items;
}

/** The target that knows an id, with what it says of it: several gateways may run, each with a memory store of its own. */
export async function findOne(
  targets: readonly AdminTarget[],
  collection: string,
  id: string,
  options: AdminOptions,
): Promise<{ readonly target: AdminTarget; readonly body: JsonObject }> {
  let message = `There is no ${id}.`;
  for (const target of targets) {
    const { status, body } = await target.call("GET", itemPath(collection, id, options));
    if (status === 200 && isJsonObject(body)) return { target, body };
    if (isJsonObject(body)) message = String(body["error"] ?? message);
  }
  throw new CommandError(message);
}

export function itemPath(collection: string, id: string, { tenant }: AdminOptions, action = ""): string {
  const search = tenant === undefined ? "" : `?tenant=${encodeURIComponent(tenant)}`;
  return `/admin/${collection}/${encodeURIComponent(id)}${action === "" ? "" : `/${action}`}${search}`;
}

/** The body of an answer, or the command's failure with the gateway's own sentence. */
export function expectObject({ status, body }: { readonly status: number; readonly body: Json }): JsonObject {
  if (status === 200 && isJsonObject(body)) return body;
  throw new CommandError(
    isJsonObject(body)
      ? String(body["error"] ?? `The gateway answered ${status}.`)
      : `The gateway answered ${status}.`,
  );
}

export function parseJsonFlag(flag: string, text: string): Json {
  try {
    return parseJson(text) as Json;
  } catch (error) {
    throw new CommandError(
      `${flag} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      2,
    );
  }
}

export function writeJson(value: Json, write: Write): void {
  write(`${JSON.stringify(value, null, 2)}\n`);
}
