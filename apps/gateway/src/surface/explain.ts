import type { JsonObject } from "@mcp-flowgate/core";
import { mermaid } from "@mcp-flowgate/workflow-engine";
import { answer, refusal, type Answer, type Caller } from "./answer.ts";
import { unknownDefinition } from "./discover.ts";
import type { SurfaceContext } from "./surface.ts";
import { isVisible } from "./visibility.ts";
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
  const { workflowId, definitionId, transition } = args;
  if ((workflowId === undefined) === (definitionId === undefined)) {
    const problem = "give workflowId or definitionId, one of them";
    return refusal("INVALID_ARGUMENTS", `workflow.explain was not called: ${problem}.`, [
      { field: "workflowId", problem },
    ]);
  }
  if (definitionId !== undefined) return explainDefinition(context, definitionId, caller);
  const explained = await context.engine.explain({
    workflowId: workflowId as string,
    ...(transition === undefined ? {} : { transition }),
    principal: caller.principal,
  });
  if (!explained.ok) return toAnswer(explained.error, context.limits);
  return answer(explained.value as unknown as JsonObject);
}

function explainDefinition(context: SurfaceContext, id: string, caller: Caller): Answer {
  const item = context.catalogue.item(id);
  const visible = item === undefined || isVisible(item, caller.principal, context.visibility);
  const definition = visible ? context.catalogue.definition(id) : undefined;
  if (definition === undefined) return unknownDefinition(context, id, caller);
  const { ir, hash } = definition;
  return answer({
    definitionId: ir.id,
    definitionVersion: ir.version,
    definitionHash: `sha256:${hash.slice(0, 12)}`,
    initialState: ir.initialState,
    mermaid: mermaid(ir),
  });
}
