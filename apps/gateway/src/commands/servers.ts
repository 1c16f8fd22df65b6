import { isJsonObject, type JsonObject } from "@mcp-flowgate/core";
import { callControl, liveSockets } from "../control/control-client.ts";
import type { ServerAction } from "../cluster/server-control.ts";
import { expectObject, writeJson, type Write } from "./admin-calls.ts";
import { CommandError } from "./command-error.ts";

export interface ServersOptions {
  readonly config?: readonly string[];
  readonly tag?: readonly string[];
  readonly json?: boolean;
}

/** `servers list`: connections and what is known of them, at every running gateway of this user. */
export async function listServers(options: ServersOptions, write: Write): Promise<void> {
  const query = new URLSearchParams((options.tag ?? []).map((tag): [string, string] => ["tag", tag]));
  const items: JsonObject[] = [];
  for (const socket of await sockets(options)) {
    const { items: found } = expectObject(await callControl(socket, "GET", `/servers?${query}`));
    if (Array.isArray(found)) items.push(...found.filter(isJsonObject));
  }
  if (options.json === true) return writeJson(items, write);
  if (items.length === 0) return write("There are no connections.\n");
  for (const { name, kind, stopped, state, tags } of items) {
    const shown = stopped === true ? "stopped" : String(state ?? "");
    write(`${[name, kind, shown, Array.isArray(tags) ? tags.join(",") : ""].join("  ").trimEnd()}\n`);
  }
}

const DONE: { readonly [action in ServerAction]: string } = {
  start: "started",
  stop: "stopped; calls of it are refused",
  restart: "restarted",
};

/** `servers start|stop|restart NAME`: at all replicas of the running gateways that have it. */
export async function operateServer(
  name: string,
  action: ServerAction,
  options: ServersOptions,
  write: Write,
): Promise<void> {
  let problem = `There is no connection ${name}.`;
  let done: JsonObject | undefined;
  for (const socket of await sockets(options)) {
    const path = `/servers/${encodeURIComponent(name)}/${action}`;
    const { status, body } = await callControl(socket, "POST", path);
    if (status === 200 && isJsonObject(body)) done = body;
    else if (isJsonObject(body)) problem = String(body["error"] ?? problem);
  }
  if (done === undefined) throw new CommandError(problem);
  if (options.json === true) return writeJson(done, write);
  write(`${name} is ${DONE[action]}.\n`);
}

async function sockets({ config }: ServersOptions): Promise<readonly string[]> {
  const live = await liveSockets(config);
  if (!live.ok) throw new CommandError(live.error);
  return live.value;
}
