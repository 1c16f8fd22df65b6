import {
  isJsonObject,
  type Definition,
  type Digest,
  type ExecutorFailure,
  type JsonObject,
  type Operation,
  type Principal,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import type { Dispatch } from "./dispatch.ts";
import type { Driver, DriveOptions } from "./driver.ts";
import type { Opened } from "./library.ts";
import type { DefinitionDirectory } from "./engine-options.ts";
import type { EngineLimits } from "./limits.ts";
import type { Programs } from "./programs.ts";
import type { Outcome } from "./settle.ts";
import { transition } from "./transition.ts";

/** What a new instance starts with. */
export interface Birth {
  readonly id: string;
  readonly definition: Definition;
  readonly input: JsonObject;
  readonly owner: string;
  readonly startedBy: Principal;
  readonly parent?: NonNullable<WorkflowInstance["parent"]>;
  readonly now: number;
}

export function newInstance({
  id,
  definition,
  input,
  owner,
  startedBy,
  parent,
  now,
}: Birth): WorkflowInstance {
  const { ir, hash } = definition;
  return {
    id,
    tenant: startedBy.tenant,
    owner,
    definitionId: ir.id,
    definitionVersion: ir.version,
    definitionHash: hash,
    state: ir.initialState,
    stateEnteredAt: now,
    version: 0,
    status: "idle",
    context: ir.initialContext,
    input,
    output: null,
    startedBy,
    ...(parent === undefined ? {} : { parent }),
    fence: 0,
    chainDepth: 0,
    createdAt: now,
    updatedAt: now,
  };
}

/** The id of an operation's child: the same at every attempt and takeover, so that there is never a second one. */
export function childIdOf(operation: Pick<Operation, "id" | "candidate">, digest: Digest): string {
  return `wf_${digest.sha256(`${operation.id}/${operation.candidate}`).slice(0, 26)}`;
}

export interface ChildDeps {
  readonly driver: Driver;
  readonly definitions: DefinitionDirectory;
  readonly digest: Digest;
  readonly limits: EngineLimits;
  readonly programs: Programs;
}

/** Starts the child of an operation, or finds the one that an earlier attempt has started. */
export async function startChild(
  deps: ChildDeps,
  { aggregate }: Opened,
  { operation, work }: Dispatch,
  options: DriveOptions,
): Promise<Outcome> {
  const { driver, definitions, limits, programs } = deps;
  const { instance } = aggregate;
  if (work?.call.kind !== "workflow") return failed("there is no sub-workflow to start");
  const { definitionId } = work.call;
  const depth = (instance.parent?.depth ?? 0) + 1;
  if (depth > limits.depth) return failed(`sub-workflows nest deeper than ${limits.depth}`);
  const definition = definitions.current(definitionId);
  if (definition === undefined) return failed(`there is no workflow \`${definitionId}\``);
  const schema = definition.ir.inputSchema;
  const input =
    schema === undefined
      ? { ok: true as const, value: work.call.input }
      : programs.validate(schema, work.call.input);
  if (!input.ok) return failed(`the input of \`${definitionId}\` is wrong: ${input.error[0]?.message ?? ""}`);
  const childId = childIdOf(operation, deps.digest);
  const child = newInstance({
    id: childId,
    definition,
    input: isJsonObject(input.value) ? input.value : {},
    owner: instance.owner,
    startedBy: operation.actor,
    parent: { workflowId: instance.id, operationId: operation.id, depth },
    now: driver.env().now,
  });
  const first = await driver.firstWork(definition, child);
  const { correlationId, traceparent } = operation;
  const trace = traceparent === undefined ? { correlationId } : { correlationId, traceparent };
  transition(first, { kind: "started", trace });
  await driver.drive(first, options);
  return { status: "child", childId };
}

function failed(message: string): ExecutorFailure {
  return { status: "failed", effect: "not_sent", errorClass: "permanent", message };
}
