import {
  getOwn,
  isJsonObject,
  type Executor,
  type ExecutorContext,
  type ExecutorOutcome,
  type Json,
  type JsonObject,
  type McpCall,
  type ThereVerb,
} from "@mcp-flowgate/core";
import type { ToolName } from "../surface/tools.ts";
import { evidenceOf, failureOf, following, objects, optionsOf, readAnswer } from "./answer-there.ts";
import { CANCEL_META, type Gateways } from "./gateways.ts";

/**
 * Begins, moves, reads and ends instances of workflows at other gateways. What comes back is the other gateway's whole
 * answer: the caller's links are in it. Where the other gateway waits for people, so does the step here.
 */
export async function actThere(
  gateways: Gateways,
  call: McpCall & { readonly there: ThereVerb },
  context: ExecutorContext,
): Promise<ExecutorOutcome> {
  const { there, follows } = call;
  const [tool, args, meta] =
    follows === undefined ? requestOf(call, context) : ([GET, { workflowId: follows }, {}] as const);
  const options = optionsOf(context);
  const answered = await gateways.call(call.connection, tool, args, {
    ...options,
    meta: { ...options.meta, ...meta },
  });
  if (!answered.ok) {
    if (follows === undefined) return { status: "failed", ...answered.error };
    // It goes on there whether it can be asked now or not.
    return following(call, follows, context, `cannot be asked for now: ${answered.error.message}`, []);
  }
  const body = answered.value;
  if (there === "get" || there === "explain") return read(call, body);
  const { code, workflowId } = readAnswer(body);
  // It has ended there without us: its end is what the step, or the cancellation, finds.
  if (code === "WORKFLOW_TERMINAL")
    return await actThere(gateways, { ...call, there: "get", arguments: idOnly(call) }, context);
  if (there === "cancel") return cancelled(call, body);
  return workflowId === undefined ? failureOf(call, body) : moved(call, body, workflowId, context);
}

const GET = "workflow.get";

function requestOf(
  { there, tool, arguments: args }: McpCall,
  context: ExecutorContext,
): readonly [tool: ToolName, args: JsonObject, meta: JsonObject] {
  switch (there) {
    case "submit":
      return ["workflow.submit", args, {}];
    case "cancel":
      return [
        "workflow.submit",
        { ...args, expectedVersion: 0, transition: CANCEL_META },
        { [CANCEL_META]: `cancelled where it was asked for, as ${context.workflowId}` },
      ];
    case "get":
      return [GET, args, {}];
    case "explain":
      return ["workflow.explain", args, {}];
    default:
      return [
        "workflow.start",
        { definitionId: tool, input: args, idempotencyKey: context.idempotencyKey },
        {},
      ];
  }
}

/** What an answer to a start or a step means here. */
function moved(
  call: McpCall,
  body: JsonObject,
  workflowId: string,
  context: ExecutorContext,
): ExecutorOutcome {
  const { status, message, version } = readAnswer(body);
  if (status === "rejected") return failureOf(call, body);
  if (status === "pending" || status === "outcome_unknown")
    return following(call, workflowId, context, message, objects(body["approvals"]));
  if (call.there === "start") return came(call, body);
  // What people turned down and what failed stays where it was; what moved on first and failed then has moved on.
  const stayed = version === call.arguments["expectedVersion"] && (status === "failed" || "error" in body);
  return stayed ? failureOf(call, body) : came(call, body);
}

function read(call: McpCall, body: JsonObject): ExecutorOutcome {
  return readAnswer(body).status === "rejected" ? failureOf(call, body) : came(call, body, []);
}

function cancelled(call: McpCall, body: JsonObject): ExecutorOutcome {
  const { status } = readAnswer(body);
  return status === "rejected" || status === "failed" ? failureOf(call, body) : came(call, body);
}

function came(
  call: McpCall,
  body: JsonObject,
  evidence = evidenceOf(call, body, "success"),
): ExecutorOutcome {
  return { status: "succeeded", output: body, evidence };
}

function idOnly({ arguments: args }: McpCall): JsonObject {
  const workflowId: Json | undefined = getOwn(args, "workflowId");
  return workflowId === undefined ? {} : { workflowId };
}

/** How the surface reads an instance at another gateway: through pins and limits, as everything else goes there. */
export async function readThere(
  executor: Executor,
  what: Pick<McpCall, "connection" | "tool" | "arguments"> & { readonly there: "get" | "explain" },
  context: ExecutorContext,
): Promise<
  { readonly ok: true; readonly body: JsonObject } | { readonly ok: false; readonly message: string }
> {
  const outcome = await executor.execute({ kind: "mcp", ...what }, context);
  if (outcome.status === "succeeded" && isJsonObject(outcome.output))
    return { ok: true, body: outcome.output };
  return { ok: false, message: outcome.status === "failed" ? outcome.message : "it gave no answer" };
}
