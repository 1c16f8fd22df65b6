import { createRecord, type Json, type JsonObject, type WorkflowIr } from "@mcp-flowgate/core";
import { mermaid, SESSION } from "@mcp-flowgate/workflow-engine";
import { answer, refusal, searchLink, type Answer, type Caller } from "./answer.ts";
import { explainThere } from "./answer-there.ts";
import { unknownDefinition } from "./discover.ts";
import { fitAnswer } from "./fit.ts";
import type { SurfaceContext } from "./surface.ts";
import { toAnswer } from "./workflow-answer.ts";

export interface ExplainArguments {
  readonly workflowId?: string;
  readonly transition?: string;
  readonly definitionId?: string;
}

/** `workflow.explain`: why something is allowed or not, or what a definition looks like. Changes and records nothing. */
export async function explainCall(
  context: SurfaceContext,
  args: ExplainArguments,
  caller: Caller,
): Promise<Answer> {
  const { body, isError } = await explainWhole(context, args, caller);
  return { body: fitAnswer(body, context.limits.responseBytes), isError };
}

async function explainWhole(
  context: SurfaceContext,
  args: ExplainArguments,
  caller: Caller,
): Promise<Answer> {
  const { workflowId, definitionId, transition } = args;
  if ((workflowId === undefined) === (definitionId === undefined)) {
    const problem = "give workflowId or definitionId, one of them";
    return refusal("INVALID_ARGUMENTS", `workflow.explain was not called: ${problem}.`, [
      { field: "workflowId", problem },
    ]);
  }
  if (definitionId !== undefined) return explainDefinition(context, definitionId, caller);
  const snapshot = await context.engine.get(workflowId as string, caller.principal);
  if (snapshot.there !== undefined && snapshot.instance?.status === "idle")
    return await explainThere(context, snapshot, snapshot.there, transition, caller);
  const explained = await context.engine.explain({
    workflowId: workflowId as string,
    ...(transition === undefined ? {} : { transition }),
    principal: caller.principal,
  });
  if (!explained.ok) return toAnswer(explained.error, context.limits);
  return answer(bounded(explained.value as unknown as Explained, context.limits.links));
}

function explainDefinition(context: SurfaceContext, id: string, caller: Caller): Answer {
  const definition = context.viewOf(caller.principal).definition(id);
  if (definition === undefined) return unknownDefinition(context, id, caller);
  const { ir, hash } = definition;
  return answer({
    definitionId: ir.id,
    definitionVersion: ir.version,
    definitionHash: `sha256:${hash.slice(0, 12)}`,
    initialState: ir.initialState,
    ...drawn(ir, context.limits.links),
  });
}

type Explained = JsonObject & { readonly transitions: readonly Json[] };

/** The session form has a transition for each capability; naming one in the call explains any of them. */
function bounded(explained: Explained, most: number): JsonObject {
  const { transitions } = explained;
  if (transitions.length <= most) return explained;
  return { ...explained, transitions: transitions.slice(0, most), totalTransitions: transitions.length };
}

function drawn(ir: WorkflowIr, most: number): JsonObject {
  const ready = ir.states[ir.initialState];
  const transitions = Object.entries(ready?.transitions ?? {});
  if (ir.id !== SESSION || ready === undefined || transitions.length <= most) return { mermaid: mermaid(ir) };
  const some = { ...ready, transitions: createRecord(transitions.slice(0, most)) };
  return {
    mermaid: mermaid({ ...ir, states: { ...ir.states, [ir.initialState]: some } }),
    totalTransitions: transitions.length,
    links: [searchLink("")],
  };
}
