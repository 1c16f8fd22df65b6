import {
  getOwn,
  type Definition,
  type Json,
  type JsonObject,
  type Operation,
  type StateIr,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import { mayMigrate } from "./access.ts";
import { MAX_CALL_RACES, unknownWorkflow, type Desk } from "./desk.ts";
import type { Opened } from "./library.ts";
import type { MigrateRequest } from "./engine-requests.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { templatesOf } from "./resolve-call.ts";
import type { Snapshot } from "./snapshot.ts";
import { compensationOf } from "./step.ts";
import { transition } from "./transition.ts";

/** Moves an instance to another definition of its workflow, where it fits. */
export async function migrateCall(desk: Desk, request: MigrateRequest): Promise<Snapshot> {
  const { workflowId, principal, reason, correlationId } = request;
  for (let race = 0; race < MAX_CALL_RACES; race += 1) {
    const opened = await desk.visible(workflowId, principal);
    if (opened === undefined) return unknownWorkflow();
    const no = (error: Refusal): Promise<Snapshot> => desk.reject(opened, principal, error, correlationId);
    const { instance } = opened.aggregate;
    const refused = whyNotMigrate(instance, request);
    if (refused !== undefined) return await no(refused);
    const target = await findTarget(desk, instance, request.to);
    if (target === undefined) {
      const what = request.to === "current" ? "it is not configured any more" : `\`${request.to}\` is none`;
      const message = `there is no such definition of \`${instance.definitionId}\`: ${what}`;
      return await no(refusal("INVALID_ARGUMENTS", message));
    }
    const state = stateIn(opened, target, request.map);
    if (typeof state !== "string") return await no(state);
    const journal = await desk.options.store.journal(workflowId);
    const added = missingOf(instance, target);
    const unfit = whyUnfit(desk, opened, target, state, { journal, added });
    if (unfit !== undefined) return await no(unfit);
    const work = await desk.driver.work({ definition: target, aggregate: opened.aggregate }, principal);
    const migration = { from: opened.definition, state, added, reason, principal, correlationId };
    const done = transition(work, { kind: "migrated", migration });
    if (!done.ok) return await no(done.error);
    const driven = await desk.driver.drive(work);
    if (driven.status === "rest")
      return await desk.answerOf("decide", driven.opened, principal, driven.ended);
  }
  return unknownWorkflow();
}

function whyNotMigrate(instance: WorkflowInstance, request: MigrateRequest): Refusal | undefined {
  if (!mayMigrate(instance, request.principal)) {
    return refusal("FORBIDDEN", "moving a workflow to another definition needs `workflow.migrate`");
  }
  if (request.reason.trim() === "") return refusal("INVALID_ARGUMENTS", "a reason is required");
  if (instance.status === "terminal") return refusal("WORKFLOW_TERMINAL", "this workflow has ended");
  if (instance.cancelling !== undefined) {
    return refusal("TRANSITION_IN_PROGRESS", "this workflow is being cancelled");
  }
  if (instance.operationId === undefined && instance.status !== "running") return undefined;
  const open = instance.status === "outcome_unknown" || instance.status === "parked";
  const message = open
    ? "an operation's outcome is open; resolve it first"
    : "an operation is not over yet: it runs, or waits for people, a child or its next attempt";
  return refusal(open ? "OUTCOME_UNKNOWN" : "TRANSITION_IN_PROGRESS", message);
}

async function findTarget(
  desk: Desk,
  { definitionId, definitionHash }: WorkflowInstance,
  to: string,
): Promise<Definition | undefined> {
  const { definitions, store } = desk.options;
  const found =
    to === "current"
      ? definitions.current(definitionId)
      : (definitions.byHash(to) ?? (await store.definition(to)));
  return found?.ir.id === definitionId || found?.hash === definitionHash ? found : undefined;
}

/** Where the instance stands in the new definition, or why that is nowhere. */
function stateIn(
  { definition, aggregate }: Opened,
  target: Definition,
  map: { readonly [state: string]: string },
): string | Refusal {
  const { state, definitionHash } = aggregate.instance;
  if (target.hash === definitionHash) {
    return refusal("INVALID_ARGUMENTS", "it runs on this definition already");
  }
  for (const [from, to] of Object.entries(map)) {
    if (getOwn(definition.ir.states, from) === undefined)
      return refusal("INVALID_ARGUMENTS", `its definition has no state \`${from}\` to map`);
    if (getOwn(target.ir.states, to) === undefined)
      return refusal("INVALID_ARGUMENTS", `the new definition has no state \`${to}\``);
  }
  const mapped = getOwn(map, state) ?? state;
  if (getOwn(target.ir.states, mapped) !== undefined) return mapped;
  const message = `it stands in \`${state}\`, which the new definition does not have: map it to one that it has`;
  return refusal("INVALID_ARGUMENTS", message);
}

/** What the new definition begins with and the instance's context does not have. */
function missingOf({ context }: WorkflowInstance, { ir }: Definition): JsonObject {
  return Object.fromEntries(
    Object.entries(ir.initialContext).filter(([name]) => getOwn(context, name) === undefined),
  );
}

/** Input and context have to be such as the new definition needs, and what was done has to stay undoable. */
function whyUnfit(
  desk: Desk,
  { definition, aggregate }: Opened,
  target: Definition,
  stateName: string,
  { journal, added }: { readonly journal: readonly Operation[]; readonly added: JsonObject },
): Refusal | undefined {
  const { instance } = aggregate;
  const { programs } = desk.driver.env();
  const { inputSchema, initialContext, states } = target.ir;
  const input = inputSchema === undefined ? undefined : programs.validate(inputSchema, instance.input);
  if (input?.ok === false) {
    const why = input.error[0]?.message ?? "it does not match";
    return refusal("INPUT_SCHEMA_VIOLATION", `its input does not fit the new definition: ${why}`);
  }
  for (const [name, initial] of Object.entries(initialContext)) {
    const value = getOwn(instance.context, name) ?? null;
    if (initial !== null && value !== null && typeOf(value) !== typeOf(initial)) {
      const message = `its context does not fit: \`${name}\` is of type ${typeOf(value)}, and ${typeOf(initial)} in the new definition`;
      return refusal("INVALID_ARGUMENTS", message);
    }
  }
  const state = getOwn(states, stateName);
  for (const path of state === undefined ? [] : readsOf(state).flatMap((read) => programs.paths(read))) {
    const name = /^\$\.context\.([\w-]+)/.exec(path)?.[1];
    if (name === undefined || Object.hasOwn(instance.context, name) || Object.hasOwn(added, name)) continue;
    const message = `its context does not fit: the state \`${stateName}\` reads \`${name}\`, which it does not have`;
    return refusal("INVALID_ARGUMENTS", message);
  }
  for (const operation of journal) {
    if (operation.status !== "committed" || operation.error !== undefined) continue;
    if (compensationOf(definition, operation) === undefined) continue;
    if (compensationOf(target, operation) !== undefined) continue;
    const step = `${operation.fromState}.${operation.transition}`;
    return refusal(
      "INVALID_ARGUMENTS",
      `the new definition does not say how to undo \`${step}\`, which was done`,
    );
  }
  return undefined;
}

/** The templates that steps of a state cannot be taken without. */
function readsOf({ transitions }: StateIr): readonly Json[] {
  return Object.values(transitions).flatMap(({ executor }) =>
    executor === undefined ? [] : templatesOf(executor),
  );
}

function typeOf(value: Json): string {
  return Array.isArray(value) ? "array" : typeof value;
}
