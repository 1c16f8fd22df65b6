import {
  ERROR_CLASSES,
  isJsonObject,
  type EvidenceDraft,
  type Executor,
  type ExecutorContext,
  type ExecutorFailure,
  type ExecutorOutcome,
  type Json,
  type JsonObject,
  type McpCall,
} from "@mcp-flowgate/core";
import { TOOL_NAMES } from "../surface/tools.ts";
import type { GatewayCallOptions, Gateways } from "./gateways.ts";

const FIRST_CHECK_MS = 1000;
const LONGEST_CHECK_MS = 30_000;
/** What is read of one output that does not fit one answer, in characters. */
const MOST_READ = 4 * 1024 * 1024;
const SLICE = 100_000;
const MOST_EVIDENCE = 20;

/**
 * Puts calls to capabilities of other gateways through those gateways: a call starts the capability there, under the
 * effect's key, and where it waits there it waits here, asking what became of it. Calls to other servers pass.
 */
export function federate(executor: Executor, gateways: Gateways): Executor {
  return {
    ...executor,
    async execute(call, context) {
      if (call.kind !== "mcp" || isOwnTool(call.tool)) return await executor.execute(call, context);
      const { follows } = call;
      const isGateway = await gateways.isGateway(call.connection, context.signal);
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

function optionsOf(context: ExecutorContext): GatewayCallOptions {
  return {
    signal: context.signal,
    meta: context.traceparent === undefined ? {} : { traceparent: context.traceparent },
    ...(context.credentials === undefined ? {} : { credentials: context.credentials }),
    ...(context.onProgress === undefined ? {} : { onProgress: context.onProgress }),
  };
}

async function toOutcome(
  gateways: Gateways,
  call: McpCall,
  body: JsonObject,
  context: ExecutorContext,
): Promise<ExecutorOutcome> {
  const result = isJsonObject(body["result"]) ? body["result"] : {};
  const workflow = isJsonObject(body["workflow"]) ? body["workflow"] : {};
  const status = String(result["status"]);
  const workflowId = typeof workflow["id"] === "string" ? workflow["id"] : undefined;
  const message = typeof result["message"] === "string" ? result["message"] : status;
  const what = `${call.connection}.${call.tool}`;
  if (status === "completed") {
    const value = result["output"] ?? body["context"] ?? null;
    const path = result["output"] === undefined ? "$.context" : "$.output";
    const output = await whole(gateways, call, workflowId, path, value, context);
    return { status: "succeeded", output, evidence: evidenceOf(call, body, "success", what) };
  }
  if (status === "pending" && workflowId !== undefined)
    return following(call, workflowId, context, message, objects(body["approvals"]));
  const error = isJsonObject(body["error"]) ? body["error"] : {};
  const code = typeof error["code"] === "string" ? error["code"] : status.toUpperCase();
  const reason = typeof error["message"] === "string" ? error["message"] : message;
  const rejected = status === "rejected";
  const failure: ExecutorFailure = {
    status: "failed",
    effect: rejected ? "not_sent" : status === "outcome_unknown" ? "unknown" : "failed",
    errorClass: ERROR_CLASSES.find((one) => one === error["errorClass"]) ?? "permanent",
    message: `${what} ${rejected ? "was refused" : "did not complete"} (${code}): ${reason}`,
    detail: {
      code,
      status,
      ...(workflowId === undefined ? {} : { workflowId }),
      ...(error["details"] === undefined ? {} : { details: error["details"] }),
    },
    evidence: evidenceOf(call, body, "failure", what),
  };
  return failure;
}

function following(
  call: McpCall,
  workflowId: string,
  context: ExecutorContext,
  message: string,
  approvals: readonly JsonObject[],
): ExecutorOutcome {
  const wait = Math.min(LONGEST_CHECK_MS, FIRST_CHECK_MS * 1.3 ** Math.min(context.attempt - 1, 40));
  return {
    status: "following",
    call: { ...call, follows: workflowId },
    checkAfterMs: Math.round(wait),
    message: `${call.connection}.${call.tool} goes on there as ${workflowId}: ${message}`,
    approvals: approvals.map((approval) => ({ ...approval, gateway: call.connection })),
  };
}

/** An output that was too large for one answer is read in slices. */
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
  for (let offset: Json | undefined = 0; typeof offset === "number" && text.length < MOST_READ;) {
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
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** That the other gateway answered, and what it has as evidence, under the connection's name: it vouches for nothing of this gateway's. */
function evidenceOf(
  call: McpCall,
  body: JsonObject,
  outcome: EvidenceDraft["outcome"],
  what: string,
): readonly EvidenceDraft[] {
  const inner = objects(body["evidence"]).slice(0, MOST_EVIDENCE);
  return [
    {
      kind: "gateway_result",
      outcome,
      summary: `${what} ${outcome === "success" ? "completed" : "did not complete"}`,
      payload: body,
    },
    ...inner.map((one): EvidenceDraft => ({
      kind: `${call.connection}:${String(one["kind"])}`,
      outcome: one["outcome"] === "failure" ? "failure" : "success",
      summary: String(one["summary"] ?? ""),
      payload: one,
    })),
  ];
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
