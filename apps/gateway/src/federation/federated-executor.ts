import {
  tryParseJson,
  type Executor,
  type ExecutorContext,
  type ExecutorOutcome,
  type Json,
  type JsonObject,
  type McpCall,
} from "@mcp-flowgate/core";
import { TOOL_NAMES } from "../surface/tools.ts";
import { evidenceOf, failureOf, following, objects, optionsOf, readAnswer } from "./answer-there.ts";
import type { Gateways } from "./gateways.ts";
import { actThere } from "./instance-there.ts";

/** What is read of one output that does not fit one answer, in characters: what a gateway keeps of one, as it comes. */
const MOST_READ = 32 * 1024 * 1024;
const SLICE = 100_000;

/**
 * Puts calls to capabilities of other gateways through those gateways: a call starts the capability there, under the
 * effect's key, and where it waits there it waits here, asking what became of it. Calls to other servers pass.
 */
export function federate(executor: Executor, gateways: Gateways): Executor {
  return {
    ...executor,
    async execute(call, context) {
      if (call.kind !== "mcp") return await executor.execute(call, context);
      const { follows, there } = call;
      if (there === undefined && isOwnTool(call.tool)) return await executor.execute(call, context);
      const isGateway = await gateways.isGateway(call.connection, context.signal);
      if (there !== undefined) return await actThere(gateways, { ...call, there }, context);
      if (!isGateway && follows === undefined) return await executor.execute(call, context);
      const options = optionsOf(context);
      const answer =
        follows === undefined
          ? await gateways.call(
              call.connection,
              "workflow.start",
              { definitionId: call.tool, input: call.arguments, idempotencyKey: context.idempotencyKey },
              options,
            )
          : await gateways.call(call.connection, "workflow.get", { workflowId: follows }, options);
      if (answer.ok) return await toOutcome(gateways, call, answer.value, context);
      if (follows === undefined) return { status: "failed", ...answer.error };
      // It goes on there whether it can be asked now or not.
      return following(call, follows, context, `cannot be asked for now: ${answer.error.message}`, []);
    },
  };
}

/** A configuration may call the seven tools by name; those calls mean what they say. */
function isOwnTool(tool: string): boolean {
  return TOOL_NAMES.some((name) => name === tool || name.replace(".", "_") === tool);
}

async function toOutcome(
  gateways: Gateways,
  call: McpCall,
  body: JsonObject,
  context: ExecutorContext,
): Promise<ExecutorOutcome> {
  const { status, message, workflowId } = readAnswer(body);
  const result = body["result"] as JsonObject | undefined;
  if (status === "completed") {
    const value = result?.["output"] ?? body["context"] ?? null;
    const path = result?.["output"] === undefined ? "$.context" : "$.output";
    const output = await whole(gateways, call, workflowId, path, value, context);
    return { status: "succeeded", output, evidence: evidenceOf(call, body, "success") };
  }
  if (status === "pending" && workflowId !== undefined)
    return following(call, workflowId, context, message, objects(body["approvals"]));
  if ((status === "started" || status === "waiting_for_action") && workflowId !== undefined)
    return await refuseSteps(gateways, call, workflowId, context);
  return failureOf(call, body);
}

/** One call cannot take the steps that such a workflow asks for: nobody would ever take them, so it is ended there. */
async function refuseSteps(
  gateways: Gateways,
  call: McpCall,
  workflowId: string,
  context: ExecutorContext,
): Promise<ExecutorOutcome> {
  const ended = await actThere(gateways, { ...call, there: "cancel", arguments: { workflowId } }, context);
  const message =
    `${call.connection}.${call.tool} goes on by steps of its caller, which a single step cannot take; ` +
    (ended.status === "succeeded"
      ? `${workflowId} was cancelled there`
      : `${workflowId} waits there and could not be cancelled`);
  return {
    status: "failed",
    effect: "failed",
    errorClass: "permanent",
    message,
    detail: { workflowId },
  };
}

/**
 * An output that was too large for one answer is read in slices. Where it is too large for that as well, or cannot be read,
 * the answer's pointers to it are what there is: half of a value would pass for a whole one.
 */
async function whole(
  gateways: Gateways,
  call: McpCall,
  workflowId: string | undefined,
  path: string,
  value: Json,
  context: ExecutorContext,
): Promise<Json> {
  if (workflowId === undefined || !JSON.stringify(value).includes('"$truncated"')) return value;
  let text = "";
  for (let offset: Json | undefined = 0; typeof offset === "number";) {
    if (text.length >= MOST_READ) return value;
    const slice = await gateways.call(
      call.connection,
      "workflow.get",
      { workflowId, path, offset, limit: SLICE },
      optionsOf(context),
    );
    if (!slice.ok) return value;
    if (slice.value["value"] !== undefined) return slice.value["value"];
    text += String(slice.value["text"] ?? "");
    offset = slice.value["nextOffset"];
  }
  const output = tryParseJson(text);
  return output === undefined ? text : output;
}
