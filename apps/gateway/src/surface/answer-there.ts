import { isJsonObject, type Json, type JsonObject, type LimitsIr } from "@mcp-flowgate/core";
import { TAKE_UP, type Snapshot } from "@mcp-flowgate/workflow-engine";
import { readThere } from "../federation/instance-there.ts";
import { answer, refusal, type Answer, type Caller } from "./answer.ts";
import type { SurfaceContext } from "./surface.ts";
import { withBlocks } from "./kept-output.ts";
import { bounded, evidenceList, toAnswer, toHead } from "./workflow-answer.ts";
import { toRequest } from "./to-request.ts";

/**
 * Answers for instances that go on at another gateway: what the caller sees is the instance there, under the id that it
 * has here. Links lead through this gateway; versions are the other's and one more, as submits expect them.
 */

type There = NonNullable<Snapshot["there"]>;

const READ_MS = 30_000;
const ENDS: ReadonlySet<string> = new Set(["completed", "cancelled", "timed_out"]);

/** A snapshot as an answer, wherever its instance goes on. */
export async function answerOf(
  context: SurfaceContext,
  snapshot: Snapshot,
  caller: Caller,
  asked: "call" | "get",
): Promise<Answer> {
  const { there, instance } = snapshot;
  // While a step is under way, what it waits for is this gateway's to say.
  const rests = instance?.status === "idle" || instance?.status === "terminal";
  if (there === undefined || instance === undefined || !rests)
    return toAnswer(await withBlocks(context.engine, snapshot, caller), context.limits);
  const known = isJsonObject(snapshot.output) ? snapshot.output : undefined;
  const went = snapshot.status !== "failed" && snapshot.status !== "rejected";
  if (known !== undefined && went && (asked === "call" || instance.status === "terminal"))
    return project(snapshot, there, known, context.limits);
  const live = await read(context, snapshot, there, {}, caller);
  if (!live.ok) {
    const last = isJsonObject(instance.output) ? instance.output : {};
    const told = `${there.connection} cannot be asked now, this is how it was after the last step: ${live.message}`;
    return project({ ...snapshot, message: went ? told : snapshot.message }, there, last, context.limits);
  }
  const isOver = instance.status === "idle" && ENDS.has(statusOf(live.body));
  if (isOver && caller.principal.subject === instance.owner) {
    await context.engine.submit({
      ...toRequest(caller),
      workflowId: instance.id,
      expectedVersion: instance.version,
      transition: TAKE_UP,
      arguments: {},
      admin: true,
    });
  }
  return project(snapshot, there, live.body, context.limits);
}

/** A value of the instance there, in slices. */
export async function sliceThere(
  context: SurfaceContext,
  snapshot: Snapshot,
  there: There,
  slice: JsonObject,
  caller: Caller,
): Promise<Answer> {
  const live = await read(context, snapshot, there, slice, caller);
  if (!live.ok) return refusal("INVALID_ARGUMENTS", live.message, [{ field: "path", problem: live.message }]);
  return answer(readdressed(live.body, there.workflowId, snapshot.instance?.id ?? "") as JsonObject);
}

/** Why a step is allowed there or not. */
export async function explainThere(
  context: SurfaceContext,
  snapshot: Snapshot,
  there: There,
  transition: string | undefined,
  caller: Caller,
): Promise<Answer> {
  const args = transition === undefined ? {} : { transition };
  const live = await read(context, snapshot, there, args, caller, "explain");
  if (!live.ok) return refusal("INVALID_ARGUMENTS", live.message);
  const { version } = live.body;
  return answer({
    ...live.body,
    workflowId: snapshot.instance?.id ?? "",
    version: ours(version),
    gateway: there.connection,
  });
}

function read(
  context: SurfaceContext,
  { instance }: Snapshot,
  { connection, tool, workflowId }: There,
  args: JsonObject,
  caller: Caller,
  verb: "get" | "explain" = "get",
): ReturnType<typeof readThere> {
  const { credentials, traceparent, tracestate, correlationId, principal } = caller;
  return readThere(
    context.mcp,
    { connection, tool, arguments: { ...args, workflowId }, there: verb },
    {
      workflowId: instance?.id ?? "",
      definitionId: instance?.definitionId ?? "",
      transition: "",
      idempotencyKey: "",
      attempt: 1,
      deadlineAt: Date.now() + READ_MS,
      signal: AbortSignal.any([caller.signal(), AbortSignal.timeout(READ_MS)]),
      principal,
      correlationId,
      ...(credentials === undefined ? {} : { credentials }),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(tracestate === undefined ? {} : { tracestate }),
    },
  );
}

function project(snapshot: Snapshot, there: There, body: JsonObject, limits: LimitsIr): Answer {
  const { instance, error } = snapshot;
  if (instance === undefined) return toAnswer(snapshot, limits);
  const { connection: gateway, workflowId } = there;
  const workflow = isJsonObject(body["workflow"]) ? body["workflow"] : {};
  const result = isJsonObject(body["result"]) ? body["result"] : {};
  const refused = snapshot.status === "failed" || snapshot.status === "rejected";
  const said = statusOf(body);
  const goesOn = said === "started" || said === "executed" || said === "waiting_for_action";
  const status = refused || goesOn ? snapshot.status : said;
  const output = refused ? undefined : result["output"];
  const message = refused || !("message" in result) ? snapshot.message : (result["message"] ?? null);
  const wrong = error === undefined ? body["error"] : ({ ...error } as JsonObject);
  const evidence = evidenceList(snapshot);
  const projected = {
    workflow: {
      ...toHead(instance),
      state: workflow["state"] ?? instance.state,
      version: ours(workflow["version"]),
      at: { gateway, workflowId },
    },
    result: { status, message, ...(output === undefined ? {} : { output }) },
    context: isJsonObject(body["context"]) ? body["context"] : {},
    ...(isJsonObject(body["guidance"]) ? { guidance: body["guidance"] } : {}),
    links: linksOf(body, workflowId, instance.id),
    ...(!refused && Array.isArray(body["chain"]) ? { chain: body["chain"] as readonly Json[] } : {}),
    ...(evidence.length === 0 ? {} : { evidence }),
    ...approvalsOf(body, gateway),
    ...(wrong === undefined ? {} : { error: wrong }),
  };
  const whole = readdressed(projected, workflowId, instance.id) as typeof projected;
  return {
    body: bounded(whole, instance.id, limits.responseBytes),
    isError: status === "rejected" || status === "failed",
  };
}

function statusOf({ result }: JsonObject): string {
  return isJsonObject(result) ? String(result["status"]) : "";
}

function ours(version: Json | undefined): number {
  return typeof version === "number" ? version + 1 : 1;
}

/** Those that lead to the instance itself; others lead to what has no id here. */
function linksOf(body: JsonObject, there: string, here: string): readonly JsonObject[] {
  const links = Array.isArray(body["links"]) ? body["links"].filter(isJsonObject) : [];
  return links.flatMap((link) => {
    const args = isJsonObject(link["args"]) ? link["args"] : {};
    if (args["workflowId"] !== there) return [];
    const { expectedVersion } = args;
    const own = { ...args, workflowId: here };
    if (link["method"] === "workflow.submit")
      return [{ ...link, args: { ...own, expectedVersion: ours(expectedVersion) } }];
    return link["method"] === "workflow.get" ? [{ ...link, args: own }] : [];
  });
}

function approvalsOf(body: JsonObject, gateway: string): JsonObject {
  const approvals = Array.isArray(body["approvals"]) ? body["approvals"].filter(isJsonObject) : [];
  return approvals.length === 0 ? {} : { approvals: approvals.map((one) => ({ ...one, gateway })) };
}

/** What says how the rest of a value is read says it of the instance here. */
function readdressed(value: Json, there: string, here: string): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => readdressed(one, there, here));
  if (!isJsonObject(value)) return value;
  const { method, args } = value;
  if (method === "workflow.get" && isJsonObject(args) && args["workflowId"] === there)
    return { ...value, args: { ...args, workflowId: here } };
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readdressed(one, there, here)]));
}
