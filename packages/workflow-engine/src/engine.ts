import {
  FlowgateError,
  type Approval,
  type AuditDraft,
  type JsonObject,
  type Operation,
  type Page,
  type Principal,
  type RequestKey,
  type WorkflowInstance,
  err,
  ok,
  type Result,
} from "@mcp-flowgate/core";
import { mayAct, mayCancel, mayResolve, maySee } from "./access.ts";
import type { Proposal } from "./admit.ts";
import { checkArguments } from "./admit.ts";
import { dueDeadline } from "./advance.ts";
import { answer, rejection, type Asked } from "./answer.ts";
import { newInstance, startChild } from "./children.ts";
import { decide, whyMayNotDecide } from "./decide.ts";
import { createDriver, type Driven, type Driver, type DriveOptions, type Opened } from "./driver.ts";
import type { EngineOptions } from "./engine-options.ts";
import type {
  CallContext,
  CancelRequest,
  DecideRequest,
  ExplainRequest,
  ListApprovals,
  ListInstances,
  ResolveRequest,
  StartRequest,
  SubmitRequest,
} from "./engine-requests.ts";
import { findEqual, stepsSince } from "./equal-call.ts";
import { explainInstance, type Explanation } from "./explain.ts";
import { mayPreempt } from "./preempt.ts";
import { createPrograms } from "./programs.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { sleep, within } from "./sleep.ts";
import { refusedWithout, type Snapshot } from "./snapshot.ts";
import { createSweeper, type Sweeper } from "./sweeper.ts";
import { transition } from "./transition.ts";
import { whoOf, type Work } from "./work.ts";

/**
 * Runs governed workflows on a store. Every call answers with a {@link Snapshot}; ordinary refusals are answers too,
 * and nothing is thrown for them. What the store or the audit trail refuses is an answer with their code, as long as
 * nothing ran.
 */
export interface Engine {
  start(request: StartRequest): Promise<Snapshot>;
  /** Where an instance stands. Writes nothing (W17). */
  get(workflowId: string, principal: Principal): Promise<Snapshot>;
  submit(request: SubmitRequest): Promise<Snapshot>;
  /** Why each transition is allowed or not. Writes nothing (W17). */
  explain(request: ExplainRequest): Promise<Result<Explanation, Snapshot>>;
  decide(request: DecideRequest): Promise<Snapshot>;
  /** Ends an instance: stops what runs, undoes what can be undone, tells the parent. */
  cancel(request: CancelRequest): Promise<Snapshot>;
  /** Says what became of an operation whose outcome is unknown, or whose result could not be applied. */
  resolveUnknown(request: ResolveRequest): Promise<Snapshot>;
  /** The approvals of the principal's tenant, newest first. */
  approvals(filter: ListApprovals): Promise<Page<Approval>>;
  approval(approvalId: string, principal: Principal): Promise<Approval | undefined>;
  /** The instances that the principal may see, newest first. */
  instances(filter: ListInstances): Promise<Page<WorkflowInstance>>;
  /** Every operation of an instance in the order of their beginning, or nothing where the principal may not see it. */
  journal(workflowId: string, principal: Principal): Promise<readonly Operation[] | undefined>;
  /** Starts the sweeper, which does by itself what is due. */
  run(): void;
  /** One look at what is due; for tests and for processes that do one thing. Returns how much was due. */
  sweep(): Promise<number>;
  /** Refuses new work and waits until what runs is done. Returns whether it is, within the deadline. */
  close(options?: { readonly deadlineMs?: number }): Promise<boolean>;
}

const REQUEST_KEY_MS = 86_400_000;
const MAX_RACES = 64;

export function createEngine(options: EngineOptions): Engine {
  return new StoreEngine(options);
}

class StoreEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #driver: Driver;
  readonly #sweeper: Sweeper;
  #closing = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { store, executors, definitions, clock, ids, digest, limits, log } = options;
    const programs = createPrograms(options.schemas);
    const driver: Driver = createDriver({
      store,
      executors,
      findDefinition: (hash) => definitions.byHash(hash),
      startChild: (opened, dispatch, drive) =>
        startChild({ driver, definitions, digest, limits, programs }, opened, dispatch, drive),
      clock,
      ids,
      digest,
      limits,
      programs,
      log,
    });
    this.#driver = driver;
    this.#sweeper = createSweeper({ store, driver, clock, ids, log, sweepMs: options.sweepMs ?? 1000 });
  }

  start(request: StartRequest): Promise<Snapshot> {
    return this.#answering(async () => {
      if (this.#closing) return refusedWithout(draining());
      const { definition, principal, requestKey } = request;
      const remembered = requestKey === undefined ? undefined : this.#requestKey(request, requestKey);
      if (remembered !== undefined) {
        const known = await this.#options.store.request(
          remembered.tenant,
          remembered.principal,
          remembered.key,
        );
        if (known !== undefined) return await this.#startedBefore(known, principal);
      }
      const env = this.#driver.env();
      const args = checkArguments({ env }, definition.ir.inputSchema, request.input, {});
      if (!args.ok) return await this.#refuseStart(request, args.error);
      const id = this.#options.ids.next("wf");
      const input = args.value;
      const owner = principal.subject;
      const instance = newInstance({ id, definition, input, owner, startedBy: principal, now: env.now });
      const work = await this.#driver.firstWork(definition, instance);
      const submit = request.submit === undefined ? undefined : proposalOf(request, request.submit, "caller");
      const begun = transition(work, {
        kind: "started",
        trace: traceOf(request),
        ...(submit === undefined ? {} : { submit }),
      });
      if (!begun.ok) return await this.#refuseStart(request, begun.error);
      if (remembered !== undefined) work.remember({ ...remembered, workflowId: id });
      const driven = await this.#drive(work, request);
      if (driven.status === "request_used") return await this.#startedBefore(driven.request, principal);
      if (driven.status === "rate_limited") return await this.#refuseStart(request, rateLimited());
      if (driven.status === "conflict") throw new FlowgateError("INTERNAL", `the new id ${id} is in use`);
      return await this.#answerOf("start", driven.opened, principal, driven.ended);
    });
  }

  get(workflowId: string, principal: Principal): Promise<Snapshot> {
    return this.#answering(async () => {
      const opened = await this.#visible(workflowId, principal);
      return opened === undefined ? unknownWorkflow() : await this.#answerOf("get", opened, principal, []);
    });
  }

  submit(request: SubmitRequest): Promise<Snapshot> {
    return this.#answering(async () => {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const answered = await this.#trySubmit(request);
        if (answered !== undefined) return answered;
      }
      return refusedWithout(
        refusal("TRANSITION_IN_PROGRESS", "too many calls at once; get the workflow and try again"),
      );
    });
  }

  async explain(request: ExplainRequest): Promise<Result<Explanation, Snapshot>> {
    try {
      const opened = await this.#visible(request.workflowId, request.principal);
      if (opened === undefined) return err(unknownWorkflow());
      return ok(explainInstance(await this.#driver.work(opened, request.principal), request));
    } catch (thrown) {
      return err(this.#faultOf(thrown));
    }
  }

  decide(request: DecideRequest): Promise<Snapshot> {
    return this.#answering(async () => {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const answered = await this.#tryDecide(request);
        if (answered !== undefined) return answered;
      }
      return refusedWithout(refusal("TRANSITION_IN_PROGRESS", "too many decisions at once; look again"));
    });
  }

  cancel(request: CancelRequest): Promise<Snapshot> {
    return this.#answering(async () => {
      const { workflowId, principal, reason, correlationId } = request;
      const opened = await this.#visible(workflowId, principal);
      if (opened === undefined) return unknownWorkflow();
      const { instance } = opened.aggregate;
      const refused = whyNotCancel(instance, principal);
      if (refused !== undefined) return await this.#reject(opened, principal, refused, correlationId);
      const { store, ids } = this.#options;
      await store.apply({
        expect: {},
        signals: [
          {
            id: ids.next("sig"),
            workflowId,
            kind: "cancel",
            payload: { reason, by: { ...principal } },
            at: store.now(),
          },
        ],
        audit: [],
      });
      this.#driver.abort(workflowId, "cancelled");
      await this.#driver.takeSignals(workflowId);
      const after = await this.#driver.open(workflowId);
      return await this.#answerOf("get", after ?? opened, principal, []);
    });
  }

  resolveUnknown(request: ResolveRequest): Promise<Snapshot> {
    return this.#answering(async () => {
      const { workflowId, principal, correlationId } = request;
      const opened = await this.#visible(workflowId, principal);
      if (opened === undefined) return unknownWorkflow();
      const refused = this.#whyNotResolve(opened, request);
      if (refused !== undefined) return await this.#reject(opened, principal, refused, correlationId);
      const operationId = opened.aggregate.instance.operationId;
      const driven = await this.#driver.happen(workflowId, (work) =>
        work.instance.operationId === operationId && this.#whyNotResolve(work, request) === undefined
          ? { kind: "resolved", resolution: request }
          : undefined,
      );
      if (driven?.status === "rest")
        return await this.#answerOf("decide", driven.opened, principal, driven.ended);
      return await this.#reject(
        opened,
        principal,
        refusal("INVALID_TRANSITION", "it has been resolved already"),
        correlationId,
      );
    });
  }

  async approvals(filter: ListApprovals): Promise<Page<Approval>> {
    const { principal, limit = 50, statuses = ["pending" as const], ...rest } = filter;
    return await this.#options.store.approvals({ ...rest, tenant: principal.tenant, statuses, limit });
  }

  async approval(approvalId: string, principal: Principal): Promise<Approval | undefined> {
    const approval = await this.#options.store.approval(approvalId);
    return approval?.tenant === principal.tenant ? approval : undefined;
  }

  async instances(filter: ListInstances): Promise<Page<WorkflowInstance>> {
    const { principal, limit = 50, ...rest } = filter;
    const all = maySee({ tenant: principal.tenant, owner: "" }, { visibility: "owner" }, principal);
    const scope = all ? { tenant: principal.tenant } : { tenant: principal.tenant, owner: principal.subject };
    return await this.#options.store.instances({ ...rest, ...scope, limit });
  }

  async journal(workflowId: string, principal: Principal): Promise<readonly Operation[] | undefined> {
    const opened = await this.#visible(workflowId, principal);
    return opened === undefined ? undefined : await this.#options.store.journal(workflowId);
  }

  run(): void {
    this.#sweeper.start();
  }

  async sweep(): Promise<number> {
    return await this.#sweeper.sweep();
  }

  async close(options: { readonly deadlineMs?: number } = {}): Promise<boolean> {
    this.#closing = true;
    this.#sweeper.stop();
    const idle = this.#driver.idle().then(() => true);
    if (options.deadlineMs === undefined) return await idle;
    return (await within(this.#options.clock, options.deadlineMs, idle)) ?? false;
  }

  /** One try at a submit; `undefined` where another was quicker and everything has to be looked at again. */
  async #trySubmit(request: SubmitRequest): Promise<Snapshot | undefined> {
    const { workflowId, principal, expectedVersion, correlationId } = request;
    const opened = await this.#visible(workflowId, principal);
    if (opened === undefined) return unknownWorkflow();
    const { definition, aggregate } = opened;
    const { instance } = aggregate;
    if (!mayAct(instance, definition.ir, principal)) {
      return await this.#reject(
        opened,
        principal,
        refusal("FORBIDDEN", "only its owner can go on with this workflow"),
        correlationId,
      );
    }
    if (this.#closing) return await this.#reject(opened, principal, draining(), correlationId);
    const free =
      instance.version === expectedVersion &&
      instance.operationId === undefined &&
      instance.status !== "terminal";
    const before = free ? undefined : await this.#equalBefore(opened, request);
    if (before !== undefined) return before;
    const late = await this.#fireDue(opened, request);
    if (late !== undefined) return late;
    if (!free) return await this.#notNow(opened, request);
    const work = await this.#driver.work(opened, principal);
    const proposal = proposalOf(request, request, request.admin === true ? "admin" : "caller");
    const admitted = transition(work, { kind: "submitted", proposal });
    if (!admitted.ok) return await this.#reject(opened, principal, admitted.error, correlationId);
    const driven = await this.#drive(work, request);
    if (driven.status === "conflict") return undefined;
    if (driven.status !== "rest") return await this.#reject(opened, principal, rateLimited(), correlationId);
    return await this.#answerOf("submit", driven.opened, principal, driven.ended);
  }

  /** A deadline that has passed comes before the submit, which then comes too late. */
  async #fireDue(opened: Opened, request: SubmitRequest): Promise<Snapshot | undefined> {
    const { instance } = opened.aggregate;
    const view = await this.#driver.work(opened, request.principal);
    if (dueDeadline(view) === undefined || !mayPreempt(view)) return undefined;
    const driven = await this.#driver.happen(instance.id, (work) => {
      const timer = dueDeadline(work);
      return timer === undefined ? undefined : { kind: "timer", timer, correlationId: request.correlationId };
    });
    if (driven?.status !== "rest") return undefined;
    const message = "a deadline had passed before this call; nothing of it ran";
    const snapshot = await this.#answerOf("submit", driven.opened, request.principal, driven.ended);
    const stale = refusal("STALE_WORKFLOW_VERSION", message, { attemptedTransition: request.transition });
    return { ...snapshot, status: "timed_out", message, error: stale };
  }

  /** The answer of an equal call that came before, if there was one. */
  async #equalBefore(opened: Opened, request: SubmitRequest): Promise<Snapshot | undefined> {
    const { definition, aggregate } = opened;
    const { principal, expectedVersion } = request;
    const journal = await this.#options.store.journal(aggregate.instance.id, expectedVersion);
    const call = { ...request, version: expectedVersion };
    const equal = findEqual(journal, call, definition, this.#driver.env());
    return equal === undefined ? undefined : await this.#answerEqual(opened, principal, equal);
  }

  /** The version or the moment is not right. */
  async #notNow(opened: Opened, request: SubmitRequest): Promise<Snapshot> {
    const { principal, expectedVersion, correlationId } = request;
    const { instance } = opened.aggregate;
    const attempted = { attemptedTransition: request.transition };
    const { version } = instance;
    if (instance.status === "terminal") {
      return await this.#reject(
        opened,
        principal,
        refusal("WORKFLOW_TERMINAL", "this workflow has ended", attempted),
        correlationId,
      );
    }
    if (version !== expectedVersion) {
      const message = `the workflow is at version ${version}, not ${expectedVersion}; use one of its current links`;
      return await this.#reject(
        opened,
        principal,
        refusal("STALE_WORKFLOW_VERSION", message, attempted),
        correlationId,
      );
    }
    const unknown = instance.status === "outcome_unknown";
    const message = unknown
      ? "an earlier operation may or may not have taken effect; a person has to resolve it first"
      : "another operation of this workflow is not over yet";
    const code = unknown ? "OUTCOME_UNKNOWN" : "TRANSITION_IN_PROGRESS";
    return await this.#reject(opened, principal, refusal(code, message, attempted), correlationId);
  }

  /** Waits for the equal call if it is still running, and answers as it was answered. */
  async #answerEqual(opened: Opened, principal: Principal, operation: Operation): Promise<Snapshot> {
    if (!(await this.#settled(operation))) {
      const message = "an equal call is still running; get the workflow to see its end";
      const error = refusal("TRANSITION_IN_PROGRESS", message, { attemptedTransition: operation.transition });
      return rejection(await this.#driver.work(opened, principal), principal, error);
    }
    const { id } = opened.aggregate.instance;
    const journal = await this.#options.store.journal(id, operation.fromVersion);
    const after = (await this.#driver.open(id)) ?? opened;
    return await this.#answerOf("submit", after, principal, stepsSince(journal, operation));
  }

  /** Whether the operation, and what this process does after it, came to rest in time. */
  async #settled(operation: Operation): Promise<boolean> {
    const { clock, store, joinMs = 30_000 } = this.#options;
    const here = this.#driver.running(operation.id);
    if (here !== undefined) return (await within(clock, joinMs, here)) !== undefined;
    const until = clock.monotonic() + joinMs;
    for (let delay = 10; ; delay = Math.min(2 * delay, 500)) {
      const opened = await this.#driver.open(operation.workflowId);
      if (opened?.aggregate.instance.status !== "running") return true;
      if (clock.monotonic() >= until) return false;
      const changed = new Promise<true>((resolve) => {
        const stop = store.onChange((id) => {
          if (id !== operation.workflowId) return;
          stop();
          resolve(true);
        });
        void sleep(clock, delay).then(stop);
      });
      await within(clock, delay, changed);
    }
  }

  async #tryDecide(request: DecideRequest): Promise<Snapshot | undefined> {
    const { approvalId, principal } = request;
    const { store, ids } = this.#options;
    const approval = await store.approval(approvalId);
    if (approval === undefined || approval.tenant !== principal.tenant) {
      return refusedWithout(refusal("UNKNOWN_ID", `there is no approval ${approvalId}`));
    }
    const opened = await this.#driver.open(approval.workflowId);
    if (opened === undefined)
      return refusedWithout(refusal("UNKNOWN_ID", `there is no approval ${approvalId}`));
    const work = await this.#driver.work(opened, principal);
    const decided = decide(work, approval, request);
    if (!decided.ok) return await this.#refuseDecision(opened, approval, request, decided.error);
    const next = decided.value;
    const pending = next.status === "pending";
    const at = store.now();
    const { workflowId } = approval;
    const applied = await store.apply({
      expect: { approvals: [{ id: approvalId, revision: approval.revision }] },
      approvals: [next],
      ...(pending
        ? {}
        : {
            cancelTimers: [`${approvalId}:expiry`],
            signals: [
              {
                id: ids.next("sig"),
                workflowId,
                kind: "approval_settled" as const,
                payload: { approvalId },
                at,
              },
            ],
          }),
      audit: [decisionEvent(next, opened.aggregate.instance, request, at)],
    });
    if (applied.status !== "applied") return undefined;
    const driven = pending ? undefined : await this.#driver.takeSignals(workflowId);
    const after =
      driven?.status === "rest" ? driven.opened : ((await this.#driver.open(workflowId)) ?? opened);
    return await this.#answerOf("decide", after, principal, driven?.status === "rest" ? driven.ended : []);
  }

  #whyNotResolve(
    {
      aggregate,
      instance = aggregate?.instance,
      operation = aggregate?.operation,
    }: Partial<Opened> & Partial<Pick<Work, "instance" | "operation">>,
    request: ResolveRequest,
  ): Refusal | undefined {
    if (instance === undefined || operation === undefined || operation.id !== instance.operationId) {
      return refusal("INVALID_TRANSITION", "no outcome of this workflow is open");
    }
    if (instance.status !== "outcome_unknown" && instance.status !== "parked") {
      return refusal("INVALID_TRANSITION", "no outcome of this workflow is open");
    }
    if (!mayResolve(instance, request.principal)) {
      return refusal("FORBIDDEN", "resolving an outcome needs the permission `workflow.resolve`");
    }
    if (request.reason.trim() === "") return refusal("INVALID_ARGUMENTS", "a reason is required");
    const { quarantineMs } = this.#options.store.lease();
    const safeAt = (operation.finishedAt ?? 0) + quarantineMs;
    if (
      request.outcome === "not_executed" &&
      operation.error?.code === "ORPHANED" &&
      this.#options.store.now() < safeAt
    ) {
      const message = `the lost process may still send it; \`not_executed\` can be said after ${new Date(safeAt).toISOString()}`;
      return refusal("TRANSITION_IN_PROGRESS", message);
    }
    return undefined;
  }

  async #startedBefore(known: RequestKey, principal: Principal): Promise<Snapshot> {
    const opened = await this.#visible(known.workflowId, principal);
    if (opened === undefined) return unknownWorkflow();
    const { operation, instance } = opened.aggregate;
    if (instance.status === "running" && operation !== undefined) await this.#settled(operation);
    const journal = await this.#options.store.journal(known.workflowId);
    const [first] = journal;
    const after = (await this.#driver.open(known.workflowId)) ?? opened;
    const steps = first === undefined ? [] : stepsSince(journal, first);
    return await this.#answerOf("start", after, principal, steps);
  }

  #requestKey({ definition, principal, input }: StartRequest, key: string): Omit<RequestKey, "workflowId"> {
    const { digest, store } = this.#options;
    return {
      principal: principal.subject,
      tenant: principal.tenant,
      key: `${definition.ir.id}\n${key}`,
      argumentsHash: digest.sha256(JSON.stringify(input)),
      expiresAt: store.now() + REQUEST_KEY_MS,
    };
  }

  /** Drives for a caller, who is told at once when an outcome cannot be written for now. */
  async #drive(work: Work, request: CallContext): Promise<Driven> {
    const { onProgress, signal } = request;
    return await new Promise<Driven>((resolve, reject) => {
      const options: DriveOptions = {
        ...(onProgress === undefined ? {} : { onProgress }),
        ...(signal === undefined ? {} : { signal }),
        onStuck: (error) => reject(new StuckError(error, work.instance.id)),
      };
      this.#driver.drive(work, options).then(resolve, reject);
    });
  }

  async #visible(workflowId: string, principal: Principal): Promise<Opened | undefined> {
    const opened = await this.#driver.open(workflowId);
    if (opened === undefined) return undefined;
    return maySee(opened.aggregate.instance, opened.definition.ir, principal) ? opened : undefined;
  }

  async #answerOf(
    asked: Asked,
    opened: Opened,
    principal: Principal,
    steps: readonly Operation[],
  ): Promise<Snapshot> {
    return answer(asked, await this.#driver.work(opened, principal), principal, steps);
  }

  async #reject(
    opened: Opened,
    principal: Principal,
    error: Refusal,
    correlationId: string,
  ): Promise<Snapshot> {
    await this.#options.store.record([
      this.#rejectionEvent(opened.aggregate.instance, principal, error, correlationId),
    ]);
    return rejection(await this.#driver.work(opened, principal), principal, error);
  }

  async #refuseStart(request: StartRequest, error: Refusal): Promise<Snapshot> {
    const { definition, principal, correlationId, input } = request;
    const subject = { definitionId: definition.ir.id, definitionHash: definition.hash };
    await this.#options.store.record([this.#rejectionEvent(subject, principal, error, correlationId)]);
    const args = { definitionId: definition.ir.id, input };
    return refusedWithout(error, [{ rel: "start", method: "workflow.start", args }]);
  }

  async #refuseDecision(
    opened: Opened,
    approval: Approval,
    request: DecideRequest,
    error: Refusal,
  ): Promise<Snapshot> {
    const { principal, correlationId } = request;
    const { instance } = opened.aggregate;
    await this.#options.store.record([
      this.#rejectionEvent(instance, principal, error, correlationId, approval.id),
    ]);
    if (
      whyMayNotDecide(approval, principal) !== undefined &&
      !maySee(instance, opened.definition.ir, principal)
    ) {
      return refusedWithout(error);
    }
    return rejection(await this.#driver.work(opened, principal), principal, error);
  }

  #rejectionEvent(
    about: Pick<WorkflowInstance, "definitionId" | "definitionHash"> &
      Partial<Pick<WorkflowInstance, "id" | "state" | "version">>,
    principal: Principal,
    error: Refusal,
    correlationId: string,
    approvalId?: string,
  ): AuditDraft {
    const guarded = error.code === "GUARD_REJECTED";
    const payload: JsonObject = {
      code: error.code,
      message: error.message,
      transition: error.attemptedTransition ?? null,
      ...(about.state === undefined ? {} : { state: about.state }),
      ...(about.version === undefined ? {} : { version: about.version }),
      ...(approvalId === undefined ? {} : { approvalId }),
      details: error.details ?? [],
    };
    return {
      type: guarded
        ? "guard.rejected"
        : error.code === "RATE_LIMITED"
          ? "rate.limited"
          : "transition.rejected",
      at: this.#options.store.now(),
      ...(about.id === undefined ? {} : { workflowId: about.id }),
      definitionId: about.definitionId,
      definitionHash: about.definitionHash,
      correlationId,
      principal: whoOf(principal),
      payload,
    };
  }

  async #answering(work: () => Promise<Snapshot>): Promise<Snapshot> {
    try {
      return await work();
    } catch (thrown) {
      return this.#faultOf(thrown);
    }
  }

  /** What a caller may know of a fault: a code, and for our own faults nothing else. */
  #faultOf(thrown: unknown): Snapshot {
    if (thrown instanceof StuckError) {
      const message =
        "it ran, but its end cannot be recorded for now; get the workflow to see it once it can";
      return {
        ...refusedWithout(refusal(thrown.code, message), [refreshOf(thrown.workflowId)]),
        status: "pending",
        message,
      };
    }
    const error = FlowgateError.from(thrown);
    if (error.code !== "INTERNAL") return refusedWithout(refusal(error.code, error.message));
    const correlationId = this.#options.ids.next("cor");
    this.#options.log.error("an internal fault", { correlationId, error: error.message });
    const details = [{ correlationId }];
    return refusedWithout(refusal("INTERNAL", "something went wrong inside the gateway", { details }));
  }
}

/** An effect took place and its record is late. */
class StuckError extends Error {
  readonly code: FlowgateError["code"];
  readonly workflowId: string;

  constructor(error: FlowgateError, workflowId: string) {
    super(error.message);
    this.code = error.code;
    this.workflowId = workflowId;
  }
}

function proposalOf(
  call: CallContext,
  step: { readonly transition: string; readonly arguments: JsonObject },
  channel: Proposal["channel"],
): Proposal {
  return {
    ...traceOf(call),
    transition: step.transition,
    arguments: step.arguments,
    principal: call.principal,
    channel,
  };
}

function traceOf({ correlationId, traceparent }: CallContext): {
  readonly correlationId: string;
  readonly traceparent?: string;
} {
  return traceparent === undefined ? { correlationId } : { correlationId, traceparent };
}

function whyNotCancel(instance: WorkflowInstance, principal: Principal): Refusal | undefined {
  if (!mayCancel(instance, principal)) {
    return refusal(
      "FORBIDDEN",
      "only its owner, or who has the permission `workflow.cancel`, can cancel this workflow",
    );
  }
  if (instance.status === "terminal") return refusal("WORKFLOW_TERMINAL", "this workflow has ended");
  const uncertain =
    instance.status === "outcome_unknown" ||
    (instance.status === "parked" && instance.operationId !== undefined);
  if (!uncertain) return undefined;
  return refusal(
    "OUTCOME_UNKNOWN",
    "an operation's outcome is open; resolve it first, `abandon` cancels the workflow",
  );
}

function decisionEvent(
  approval: Approval,
  instance: WorkflowInstance,
  request: DecideRequest,
  at: number,
): AuditDraft {
  const last = approval.decisions.at(-1);
  return {
    type: "human.approval.resolved",
    at,
    workflowId: instance.id,
    definitionId: instance.definitionId,
    definitionHash: instance.definitionHash,
    ...(approval.operationId === undefined ? {} : { operationId: approval.operationId }),
    correlationId: request.correlationId,
    principal: whoOf(request.principal),
    payload: {
      approvalId: approval.id,
      queue: approval.queue,
      decision: last?.decision ?? request.decision,
      transition: last?.transition ?? approval.transitions[0] ?? null,
      reason: request.reason ?? null,
      status: approval.status,
      subjectHash: approval.subjectHash,
      decisions: approval.decisions.length,
      quorum: approval.rule.quorum,
    },
  };
}

function refreshOf(workflowId: string): Snapshot["links"][number] {
  return { rel: "refresh", method: "workflow.get", args: { workflowId } };
}

function unknownWorkflow(): Snapshot {
  return refusedWithout(refusal("UNKNOWN_WORKFLOW", "there is no such workflow"));
}

function draining(): Refusal {
  return refusal("DRAINING", "the gateway is shutting down; try again shortly");
}

function rateLimited(): Refusal {
  return refusal("RATE_LIMITED", "too many calls in too short a time; try again later");
}
