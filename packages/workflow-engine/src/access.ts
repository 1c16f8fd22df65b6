import {
  SYSTEM,
  type Approval,
  type Principal,
  type WorkflowInstance,
  type WorkflowIr,
} from "@mcp-flowgate/core";
import { grants } from "@mcp-flowgate/guards-expr";

/** What an operator of a tenant may be granted. */
export const PERMISSIONS = {
  read: "workflow.read",
  cancel: "workflow.cancel",
  resolve: "workflow.resolve",
  migrate: "workflow.migrate",
} as const;

/** Whether the principal may know that the instance exists (W20). Whoever may not gets the answer of an unknown id. */
export function maySee(
  instance: Pick<WorkflowInstance, "tenant" | "owner">,
  ir: Pick<WorkflowIr, "visibility">,
  principal: Principal,
): boolean {
  if (instance.tenant !== principal.tenant) return false;
  if (instance.owner === principal.subject || ir.visibility === "tenant") return true;
  return Object.values(PERMISSIONS).some((permission) => grants(principal.permissions, permission));
}

/** Whether the principal may submit: its own instances, and those that its tenant shares. */
export function mayAct(
  instance: Pick<WorkflowInstance, "tenant" | "owner">,
  ir: Pick<WorkflowIr, "visibility">,
  principal: Principal,
): boolean {
  return (
    instance.tenant === principal.tenant &&
    (instance.owner === principal.subject || ir.visibility === "tenant")
  );
}

export function mayCancel(
  instance: Pick<WorkflowInstance, "tenant" | "owner">,
  principal: Principal,
): boolean {
  if (instance.tenant !== principal.tenant) return false;
  return instance.owner === principal.subject || grants(principal.permissions, PERMISSIONS.cancel);
}

export function mayResolve(instance: Pick<WorkflowInstance, "tenant">, principal: Principal): boolean {
  return instance.tenant === principal.tenant && grants(principal.permissions, PERMISSIONS.resolve);
}

export function mayMigrate(instance: Pick<WorkflowInstance, "tenant">, principal: Principal): boolean {
  return instance.tenant === principal.tenant && grants(principal.permissions, PERMISSIONS.migrate);
}

/** People see what their tenant asks of people, operators too; others see what they themselves asked. */
export function maySeeApproval(
  approval: Pick<Approval, "tenant" | "requestedBy">,
  principal: Principal,
): boolean {
  if (approval.tenant !== principal.tenant) return false;
  if (principal.kind === "human" || approval.requestedBy.subject === principal.subject) return true;
  return Object.values(PERMISSIONS).some((permission) => grants(principal.permissions, permission));
}

/** The runtime, acting within the instance's tenant. */
export function systemOf({ instance }: { readonly instance: Pick<WorkflowInstance, "tenant"> }): Principal {
  return { ...SYSTEM, tenant: instance.tenant };
}
