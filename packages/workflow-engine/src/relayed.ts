import type { WorkflowInstance, WorkflowIr } from "@mcp-flowgate/core";
import type { SubmitRequest } from "./engine-requests.ts";

/**
 * A step of an instance that goes on at another gateway, as the one transition that carries it there. What its caller
 * expects is the other gateway's version and one more: version 0 is this instance's own, before it began there.
 */
export function relayed(ir: WorkflowIr, instance: WorkflowInstance, request: SubmitRequest): SubmitRequest {
  if (!isRelayed(ir, instance, request) || ir.relay === undefined) return request;
  const { transition, expectedVersion } = request;
  return {
    ...request,
    transition: ir.relay,
    arguments: { transition, arguments: request.arguments, expectedVersion: expectedVersion - 1 },
    expectedVersion: instance.version,
  };
}

export function isRelayed(
  ir: WorkflowIr,
  instance: WorkflowInstance,
  { admin, expectedVersion }: Pick<SubmitRequest, "admin" | "expectedVersion">,
): boolean {
  return (
    ir.relay !== undefined && admin !== true && expectedVersion > 0 && instance.state !== ir.initialState
  );
}
