import type { JsonObject, Principal, RequestKey } from "@mcp-flowgate/core";
import { FlowgateError } from "@mcp-flowgate/core";
import { checkArguments, type Proposal } from "./admit.ts";
import { newInstance } from "./children.ts";
import { draining, proposalOf, rateLimited, traceOf, unknownWorkflow, type Desk } from "./desk.ts";
import { isOver } from "./driver.ts";
import type { StartRequest } from "./engine-requests.ts";
import { ownSteps } from "./equal-call.ts";
import { settled } from "./join.ts";
import type { Refusal } from "./refusal.ts";
import { refusedWithout, type Snapshot } from "./snapshot.ts";
import { transition } from "./transition.ts";

const REQUEST_KEY_MS = 86_400_000;
/** What a claim in the inserting batch gets. */
const FIRST_FENCE = 1;

/** Starts an instance, or finds the one that the same request key has started. */
export async function startCall(desk: Desk, request: StartRequest): Promise<Snapshot> {
  if (desk.closing) return refusedWithout(draining());
  const { definition, principal, requestKey: key } = request;
  const remembered = key === undefined ? undefined : requestKeyOf(desk, request, key);
  if (remembered !== undefined) {
    const known = await desk.options.store.request(remembered.tenant, remembered.principal, remembered.key);
    if (known !== undefined) return await startedBefore(desk, known.workflowId, principal);
  }
  const env = desk.driver.env();
  const args = checkArguments({ env }, definition.ir.inputSchema, request.input, {});
  if (!args.ok) return await refuseStart(desk, request, args.error);
  const id = desk.options.ids.next("wf");
  const input = args.value;
  const owner = principal.subject;
  const instance = newInstance({ id, definition, input, owner, startedBy: principal, now: env.now });
  const work = await desk.driver.firstWork(definition, instance);
  const submit = request.submit && firstStep(request, request.submit, input);
  const begun = transition(work, {
    kind: "started",
    trace: traceOf(request),
    ...(submit === undefined ? {} : { submit }),
  });
  if (!begun.ok) return await refuseStart(desk, request, begun.error);
  if (remembered !== undefined) work.remember({ ...remembered, workflowId: id });
  const driven = await desk.drive(work, request);
  if (driven.status === "request_used")
    return await startedBefore(desk, driven.request.workflowId, principal);
  if (driven.status === "rate_limited") return await refuseStart(desk, request, rateLimited());
  if (driven.status === "conflict") throw new FlowgateError("INTERNAL", `the new id ${id} is in use`);
  // What another has brought to an end is in the journal alone.
  if (isOver(driven)) return await startedBefore(desk, id, principal);
  return await desk.answerOf("start", driven.opened, principal, ownSteps(driven.ended));
}

/** The step that a start takes at once. Where its arguments are the input, they are not judged a second time. */
function firstStep(
  request: StartRequest,
  step: NonNullable<StartRequest["submit"]>,
  input: JsonObject,
): Proposal {
  const proposal = proposalOf(request, step, "caller");
  if (step.arguments !== request.input) return proposal;
  return { ...proposal, checked: { schema: request.definition.ir.inputSchema, arguments: input } };
}

async function startedBefore(desk: Desk, workflowId: string, principal: Principal): Promise<Snapshot> {
  const opened = await desk.visible(workflowId, principal);
  if (opened === undefined) return unknownWorkflow();
  const { operation, instance } = opened.aggregate;
  if (instance.status === "running" && operation !== undefined) await settled(desk, operation);
  const journal = await desk.options.store.journal(workflowId);
  const [first] = journal;
  const after = (await desk.driver.open(workflowId)) ?? opened;
  // A first step that was claimed later than the start is none of the start's.
  return first?.fence === FIRST_FENCE
    ? await desk.answerAgain("start", after, principal, first, journal)
    : await desk.answerOf("start", after, principal, []);
}

function requestKeyOf(
  desk: Desk,
  { definition, principal, input }: StartRequest,
  key: string,
): Omit<RequestKey, "workflowId"> {
  const { digest, store } = desk.options;
  return {
    principal: principal.subject,
    tenant: principal.tenant,
    key: `${definition.ir.id}\n${key}`,
    argumentsHash: digest.sha256(JSON.stringify(input)),
    expiresAt: store.now() + REQUEST_KEY_MS,
  };
}

async function refuseStart(desk: Desk, request: StartRequest, error: Refusal): Promise<Snapshot> {
  const { definition, principal, correlationId, input } = request;
  const subject = { definitionId: definition.ir.id, definitionHash: definition.hash };
  await desk.options.store.record([
    desk.rejectionEvent(subject, principal, error, correlationId, { arguments: input }),
  ]);
  const args = { definitionId: definition.ir.id, input };
  return refusedWithout(error, [{ rel: "start", method: "workflow.start", args }]);
}
