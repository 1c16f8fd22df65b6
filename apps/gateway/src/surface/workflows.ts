import type { JsonObject } from "@mcp-flowgate/core";
import { RUN, SESSION, type Snapshot } from "@mcp-flowgate/workflow-engine";
import { answer, HOME_LINK, refusal, type Answer, type Caller } from "./answer.ts";
import { answerOf, sliceThere } from "./answer-there.ts";
import { unknownDefinition } from "./discover.ts";
import { sliceOf } from "./slice.ts";
import type { SurfaceContext } from "./surface.ts";
import { toRequest } from "./to-request.ts";

export interface StartArguments {
  readonly definitionId?: string;
  readonly input?: JsonObject;
  readonly idempotencyKey?: string;
}

export interface GetArguments {
  readonly workflowId: string;
  readonly path?: string;
  readonly offset?: number;
  readonly limit?: number;
}

export interface SubmitArguments {
  readonly workflowId: string;
  readonly expectedVersion: number;
  readonly transition: string;
  readonly arguments?: JsonObject;
}

/** `workflow.start`: a workflow, a capability at once, or the session form. */
export async function startWorkflow(
  context: SurfaceContext,
  args: StartArguments,
  caller: Caller,
): Promise<Answer> {
  if (context.isDraining())
    return refusal(
      "DRAINING",
      "The gateway is stopping and takes no new starts; try again in a moment.",
      [],
      [HOME_LINK],
    );
  const id = args.definitionId ?? SESSION;
  const view = context.viewOf(caller.principal);
  const item = view.item(id);
  const definition = view.definition(id);
  if (definition === undefined) return unknownDefinition(context, id, caller);
  const input = args.input ?? {};
  const snapshot = await context.engine.start({
    definition,
    input,
    // A capability runs in the same commit that starts it.
    ...(item?.kind === "capability" ? { submit: { transition: RUN, arguments: input } } : {}),
    ...toRequest(caller),
    ...(args.idempotencyKey === undefined ? {} : { requestKey: args.idempotencyKey }),
  });
  if (item !== undefined && WENT_WELL.has(snapshot.status)) context.usage?.started(caller.principal, id);
  return await answerOf(context, snapshot, caller, "call");
}

/** What a start comes to that served its caller, as far as can be told. */
const WENT_WELL: ReadonlySet<Snapshot["status"]> = new Set(["started", "executed", "pending", "completed"]);

/** `workflow.get`: the snapshot, or one value of it in slices. */
export async function getWorkflow(
  context: SurfaceContext,
  args: GetArguments,
  caller: Caller,
): Promise<Answer> {
  const snapshot = await context.engine.get(args.workflowId, caller.principal);
  if (args.path === undefined || snapshot.instance === undefined || snapshot.status === "rejected")
    return await answerOf(context, snapshot, caller, "get");
  if (snapshot.there !== undefined)
    return await sliceThere(context, snapshot, snapshot.there, { ...args } as JsonObject, caller);
  const found = await sliceOf(context.engine, snapshot, { ...args, path: args.path }, caller);
  if (!found.ok) return refusal("INVALID_ARGUMENTS", found.error, [{ field: "path", problem: found.error }]);
  return answer(found.value);
}

/** `workflow.submit`: one of the current links. */
export async function submitTransition(
  context: SurfaceContext,
  args: SubmitArguments,
  caller: Caller,
): Promise<Answer> {
  const { principal, correlationId, cancels: reason } = caller;
  if (reason !== undefined) {
    const { workflowId } = args;
    const ended = await context.engine.cancel({ workflowId, principal, correlationId, reason });
    return await answerOf(context, ended, caller, "get");
  }
  const snapshot = await context.engine.submit({
    workflowId: args.workflowId,
    expectedVersion: args.expectedVersion,
    transition: args.transition,
    arguments: args.arguments ?? {},
    ...toRequest(caller),
  });
  return await answerOf(context, snapshot, caller, "call");
}
