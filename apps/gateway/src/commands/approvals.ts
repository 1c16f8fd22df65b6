import { userInfo } from "node:os";
import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { callControl, liveSockets } from "../control/control-client.ts";
import { CommandError } from "./command-error.ts";

interface Common {
  readonly config?: readonly string[];
  readonly tenant?: string;
  readonly json?: boolean;
}

export interface DecideOptions extends Common {
  readonly as: string;
  readonly role?: readonly string[];
  readonly permission?: readonly string[];
  readonly reason?: string;
  readonly transition?: string;
  readonly input?: string;
}

type Write = (text: string) => void;

/** `approvals list`: what waits for people, in every running gateway that the command can reach. */
export async function listApprovals(
  options: Common & { readonly all?: boolean; readonly queue?: string },
  write: Write,
): Promise<void> {
  const query = new URLSearchParams([
    ...(options.all === true ? [] : [["status", "pending"]]),
    ...(options.queue === undefined ? [] : [["queue", options.queue]]),
    ...(options.tenant === undefined ? [] : [["tenant", options.tenant]]),
  ] as [string, string][]);
  const items: JsonObject[] = [];
  for (const socket of await reachable(options)) {
    let cursor: string | undefined;
    do {
      if (cursor !== undefined) query.set("cursor", cursor);
      const body = await get(socket, `/admin/approvals?${query}`);
      items.push(...(body["items"] as readonly JsonObject[]));
      cursor = typeof body["nextCursor"] === "string" ? body["nextCursor"] : undefined;
    } while (cursor !== undefined);
    query.delete("cursor");
  }
  if (options.json === true) return write(`${JSON.stringify(items, null, 2)}\n`);
  if (items.length === 0) return write("Nothing waits for a person.\n");
  for (const item of items)
    write(
      `${String(item["id"])}  ${String(item["status"])}  ${String(item["queue"])}  ${String(item["title"])}  (asked by ${String(item["requestedBy"])})\n`,
    );
}

/** `approvals show ID`: all that is needed to decide. */
export async function showApproval(id: string, options: Common, write: Write): Promise<void> {
  const { body } = await find(id, options);
  if (options.json === true) return write(`${JSON.stringify(body, null, 2)}\n`);
  for (const [name, value] of Object.entries(body))
    write(`${name.padEnd(12)} ${typeof value === "string" ? value : JSON.stringify(value)}\n`);
}

/** `approvals approve|reject ID`: one person's decision. */
export async function decideApproval(
  id: string,
  decision: "approve" | "reject",
  options: DecideOptions,
  write: Write,
): Promise<void> {
  const input = options.input === undefined ? undefined : parseInput(options.input);
  const { socket } = await find(id, options);
  const answer = await callControl(socket, "POST", pathOf(id, options, `/${decision}`), {
    as: {
      subject: options.as,
      osUser: userInfo().username,
      roles: options.role ?? [],
      permissions: options.permission ?? [],
    },
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.transition === undefined ? {} : { transition: options.transition }),
    ...(input === undefined ? {} : { input }),
  });
  const body = isJsonObject(answer.body) ? answer.body : {};
  if (answer.status !== 200)
    throw new CommandError(String(body["error"] ?? "The gateway refused the decision."));
  if (options.json === true) return write(`${JSON.stringify(body, null, 2)}\n`);
  const approval = isJsonObject(body["approval"]) ? body["approval"] : {};
  const workflow = isJsonObject(body["workflow"]) ? body["workflow"] : {};
  write(
    `${id} is ${String(approval["status"])}; workflow ${String(approval["workflowId"])} is in state ${String(workflow["state"] ?? approval["state"])}.\n`,
  );
}

function pathOf(id: string, { tenant }: Common, rest = ""): string {
  return `/admin/approvals/${encodeURIComponent(id)}${rest}${tenant === undefined ? "" : `?tenant=${encodeURIComponent(tenant)}`}`;
}

async function reachable(options: Common): Promise<readonly string[]> {
  const live = await liveSockets(options.config);
  if (!live.ok) throw new CommandError(live.error);
  return live.value;
}

/** The gateway that knows an approval: several may run on one machine, each with a memory store of its own. */
async function find(
  id: string,
  options: Common,
): Promise<{ readonly socket: string; readonly body: JsonObject }> {
  const sockets = await reachable(options);
  let message = `There is no approval ${id}.`;
  for (const socket of sockets) {
    const answer = await callControl(socket, "GET", pathOf(id, options));
    if (answer.status === 200 && isJsonObject(answer.body)) return { socket, body: answer.body };
    if (isJsonObject(answer.body)) message = String(answer.body["error"] ?? message);
  }
  throw new CommandError(message);
}

async function get(socket: string, path: string): Promise<JsonObject> {
  const { status, body } = await callControl(socket, "GET", path);
  if (status !== 200 || !isJsonObject(body)) throw new CommandError(`The gateway answered ${status}.`);
  return body;
}

function parseInput(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new CommandError(
      `--input is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      2,
    );
  }
}
