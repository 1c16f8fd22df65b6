import { setTimeout as wait } from "node:timers/promises";
import { isJsonObject, type JsonObject } from "@mcp-flowgate/core";
import {
  expectObject,
  findOne,
  itemPath,
  listAll,
  parseJsonFlag,
  writeJson,
  type AdminOptions,
  type Write,
} from "./admin-calls.ts";
import { osUser } from "../host/os-user.ts";
import { withAdmin } from "./admin-target.ts";

export interface ListOptions extends AdminOptions {
  readonly all?: boolean;
  readonly queue?: string;
}

export interface DecideOptions extends AdminOptions {
  readonly as: string;
  readonly role?: readonly string[];
  readonly permission?: readonly string[];
  readonly reason?: string;
  readonly transition?: string;
  readonly input?: string;
}

/** `approvals list`: what waits for people. */
export async function listApprovals(options: ListOptions, write: Write): Promise<void> {
  const query: (readonly [string, string])[] = [];
  if (options.all !== true) query.push(["status", "pending"]);
  else
    for (const status of ["pending", "approved", "denied", "expired", "withdrawn", "consumed"])
      query.push(["status", status]);
  if (options.queue !== undefined) query.push(["queue", options.queue]);
  if (options.tenant !== undefined) query.push(["tenant", options.tenant]);
  const items = await withAdmin(options.config, (targets) => listAll(targets, "approvals", query));
  if (options.json === true) return writeJson(items, write);
  if (items.length === 0) return write("Nothing waits for a person.\n");
  for (const item of items) write(`${toLine(item)}\n`);
}

const POLL_MS = 1000;

/** `approvals tail`: what waits, what comes to wait, and what becomes of each, until it is interrupted. */
export async function tailApprovals(options: ListOptions, write: Write): Promise<void> {
  const query: (readonly [string, string])[] = [["status", "pending"]];
  if (options.queue !== undefined) query.push(["queue", options.queue]);
  if (options.tenant !== undefined) query.push(["tenant", options.tenant]);
  const show = (item: JsonObject): void =>
    write(`${options.json === true ? JSON.stringify(item) : toLine(item)}\n`);
  await withAdmin(options.config, async (targets) => {
    let waiting = new Set<string>();
    for (;;) {
      const items = await listAll(targets, "approvals", query);
      const now = new Set(items.map(({ id }) => String(id)));
      for (const id of waiting) {
        if (!now.has(id)) show((await findOne(targets, "approvals", id, options)).body);
      }
      for (const item of items.toReversed()) if (!waiting.has(String(item["id"]))) show(item);
      waiting = now;
      await wait(POLL_MS);
    }
  });
}

/** `approvals show ID`: all that is needed to decide. */
export async function showApproval(id: string, options: AdminOptions, write: Write): Promise<void> {
  const { body } = await withAdmin(options.config, (targets) => findOne(targets, "approvals", id, options));
  if (options.json === true) return writeJson(body, write);
  for (const [name, value] of Object.entries(body)) {
    write(`${name.padEnd(12)} ${typeof value === "string" ? value : JSON.stringify(value)}\n`);
  }
}

/** `approvals approve|reject ID`: one person's decision. */
export async function decideApproval(
  id: string,
  decision: "approve" | "reject",
  options: DecideOptions,
  write: Write,
): Promise<void> {
  const input = options.input === undefined ? undefined : parseJsonFlag("--input", options.input);
  const as = {
    subject: options.as,
    osUser: osUser().name,
    roles: options.role ?? [],
    permissions: options.permission ?? [],
  };
  const body = await withAdmin(options.config, async (targets) => {
    const { target } = await findOne(targets, "approvals", id, options);
    return expectObject(
      await target.call("POST", itemPath("approvals", id, options, decision), {
        as,
        ...(options.reason === undefined ? {} : { reason: options.reason }),
        ...(options.transition === undefined ? {} : { transition: options.transition }),
        ...(input === undefined ? {} : { input }),
      }),
    );
  });
  if (options.json === true) return writeJson(body, write);
  const approval = isJsonObject(body["approval"] ?? null)
    ? (body["approval"] as Record<string, unknown>)
    : {};
  const workflow = isJsonObject(body["workflow"] ?? null)
    ? (body["workflow"] as Record<string, unknown>)
    : {};
  write(
    `${id} is ${toWord(approval["status"])}; workflow ${String(approval["workflowId"])} is in state ${String(workflow["state"] ?? approval["state"])}.\n`,
  );
}

function toLine({ id, status, queue, title, requestedBy }: JsonObject): string {
  return `${String(id)}  ${toWord(status)}  ${String(queue)}  ${String(title)}  (asked by ${String(requestedBy)})`;
}

/** An approval that was taken up at once is consumed; whoever gave it asks whether it is approved. */
function toWord(status: unknown): string {
  return status === "consumed" ? "approved" : String(status);
}
