import { createRecord, isJsonObject, type JsonObject } from "@mcp-flowgate/core";
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
import { CommandError } from "./command-error.ts";

export interface ListOptions extends AdminOptions {
  readonly definition?: string;
  readonly status?: readonly string[];
}

export interface OperatorOptions extends AdminOptions {
  readonly as?: string;
  readonly reason: string;
}

export interface ResolveOptions extends OperatorOptions {
  readonly outcome: "executed" | "not_executed" | "abandon";
  readonly result?: string;
}

export interface MigrateOptions extends OperatorOptions {
  readonly to: string;
  readonly map?: readonly string[];
}

/** `workflows list`: the instances, newest first. */
export async function listWorkflows(options: ListOptions, write: Write): Promise<void> {
  const query: (readonly [string, string])[] = (options.status ?? []).map((status) => ["status", status]);
  if (options.definition !== undefined) query.push(["definition", options.definition]);
  if (options.tenant !== undefined) query.push(["tenant", options.tenant]);
  const items = await withAdmin(options.config, (targets) => listAll(targets, "workflows", query));
  if (options.json === true) return writeJson(items, write);
  if (items.length === 0) return write("There are no workflows.\n");
  for (const { id, definitionId, state, status, version, owner, updatedAt } of items) {
    write(
      `${String(id)}  ${String(status).padEnd(15)}  ${String(definitionId)}@${String(state)}  v${String(version)}  ${String(owner)}  ${String(updatedAt)}\n`,
    );
  }
}

export interface ShowOptions extends AdminOptions {
  /** The operation whose output is wanted; `true`, the last one that has any. */
  readonly output?: string | true;
}

/** `workflows show ID`: where it stands, and everything that ran, as a timeline; or one output, whole. */
export async function showWorkflow(id: string, options: ShowOptions, write: Write): Promise<void> {
  if (options.output !== undefined) return await writeOutput(id, options.output, options, write);
  const { body } = await withAdmin(options.config, (targets) => findOne(targets, "workflows", id, options));
  if (options.json === true) return writeJson(body, write);
  write(
    `${id}  ${String(body["definitionId"])} ${String(body["definitionVersion"])}  started by ${String(body["owner"])} at ${String(body["createdAt"])}\n`,
  );
  write(`${String(body["message"])}\n\n`);
  for (const entry of body["journal"] as readonly JsonObject[]) write(`${timelineLine(entry)}\n`);
  write(`\ninput    ${JSON.stringify(body["input"])}\ncontext  ${JSON.stringify(body["context"])}\n`);
}

/** Text as it is, anything else as JSON: whatever its size, for a file or another program. */
async function writeOutput(
  id: string,
  operation: string | true,
  options: AdminOptions,
  write: Write,
): Promise<void> {
  const { output, content } = await withAdmin(options.config, async (targets) => {
    const { target } = await findOne(targets, "workflows", id, options);
    const path = itemPath("workflows", id, options, "output");
    const which = operation === true ? "" : `operation=${encodeURIComponent(operation)}`;
    return expectObject(await target.call("GET", `${path}${path.includes("?") ? "&" : "?"}${which}`));
  });
  if (content !== undefined) return write(`${JSON.stringify({ output: output ?? null, content })}\n`);
  write(typeof output === "string" ? output : `${JSON.stringify(output)}\n`);
}

/** `workflows cancel ID`: stops what runs, undoes what can be undone, tells the parent. */
export async function cancelWorkflow(id: string, options: OperatorOptions, write: Write): Promise<void> {
  await operate(id, "cancel", { reason: options.reason }, options, write);
}

/** `workflows resolve-unknown ID`: says what became of an operation whose outcome nobody knows. */
export async function resolveUnknown(id: string, options: ResolveOptions, write: Write): Promise<void> {
  const result = options.result === undefined ? {} : { result: parseJsonFlag("--result", options.result) };
  await operate(
    id,
    "resolve",
    { reason: options.reason, outcome: options.outcome, ...result },
    options,
    write,
  );
}

/** `workflows migrate ID`: moves it to another definition of its workflow. */
export async function migrateWorkflow(id: string, options: MigrateOptions, write: Write): Promise<void> {
  const map: (readonly [string, string])[] = (options.map ?? []).map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1 || at === pair.length - 1)
      throw new CommandError(`--map takes OLD=NEW, two names of states, not ${pair}.`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const call = { reason: options.reason, to: options.to, map: createRecord(map) };
  await operate(id, "migrate", call, options, write);
}

async function operate(
  id: string,
  action: string,
  call: JsonObject,
  options: OperatorOptions,
  write: Write,
): Promise<void> {
  const os = osUser().name;
  const as = { subject: options.as ?? os, osUser: os, roles: [], permissions: [] };
  const body = await withAdmin(options.config, async (targets) => {
    const { target } = await findOne(targets, "workflows", id, options);
    return expectObject(
      await target.call("POST", itemPath("workflows", id, options, action), { ...call, as }),
    );
  });
  if (options.json === true) return writeJson(body, write);
  const workflow = isJsonObject(body["workflow"] ?? null) ? (body["workflow"] as JsonObject) : {};
  write(
    `${id} is ${String(body["status"])} in state ${String(workflow["state"])}: ${String(body["message"])}\n`,
  );
}

function timelineLine(entry: JsonObject): string {
  const where =
    entry["to"] === undefined || entry["to"] === entry["from"]
      ? String(entry["from"])
      : `${String(entry["from"])} → ${String(entry["to"])}`;
  const what =
    entry["executor"] === undefined
      ? String(entry["transition"])
      : `${String(entry["transition"])} (${String(entry["executor"])})`;
  const took = entry["tookMs"] === undefined ? "" : `  ${String(entry["tookMs"])} ms`;
  const error = isJsonObject(entry["error"] ?? null)
    ? `  ${String((entry["error"] as JsonObject)["message"])}`
    : "";
  const kept = isJsonObject(entry["kept"] ?? null)
    ? `  output of ${String((entry["kept"] as JsonObject)["bytes"])} bytes: --output ${String(entry["id"])}`
    : "";
  return `${String(entry["at"])}  ${String(entry["status"]).padEnd(12)} ${String(entry["slot"]).padEnd(8)} ${what}  ${where}  by ${String(entry["by"])}${took}${error}${kept}`;
}
