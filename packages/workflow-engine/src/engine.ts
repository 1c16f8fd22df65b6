import {
  err,
  ok,
  parseJson,
  type Approval,
  type Json,
  type Operation,
  type Page,
  type Principal,
  type Result,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import { maySee, maySeeApproval } from "./access.ts";
import { startChild } from "./children.ts";
import { decideCall } from "./decide-call.ts";
import { createDesk, unknownWorkflow, type Desk } from "./desk.ts";
import type { Driver } from "./driver.ts";
import { createDriver } from "./effect-driver.ts";
import type { EngineOptions } from "./engine-options.ts";
import type {
  CancelRequest,
  DecideRequest,
  ExplainRequest,
  ListApprovals,
  ListInstances,
  MigrateRequest,
  ResolveRequest,
  StartRequest,
  SubmitRequest,
} from "./engine-requests.ts";
import { explainInstance, type Explanation } from "./explain.ts";
import { migrateCall } from "./migrate-call.ts";
import { cancelCall, resolveCall } from "./operator-calls.ts";
import { createPrograms } from "./programs.ts";
import { within } from "./sleep.ts";
import type { Snapshot } from "./snapshot.ts";
import { startCall } from "./start-call.ts";
import { submitCall } from "./submit-call.ts";
import { createSweeper, type Sweeper } from "./sweeper.ts";

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
  /** Moves an instance that is at rest to another definition of its workflow (W14). */
  migrate(request: MigrateRequest): Promise<Snapshot>;
  /** The approvals of the principal's tenant, newest first: people and operators see all, others what they asked. */
  approvals(filter: ListApprovals): Promise<Page<Approval>>;
  approval(approvalId: string, principal: Principal): Promise<Approval | undefined>;
  /** The instances that the principal may see, newest first. */
  instances(filter: ListInstances): Promise<Page<WorkflowInstance>>;
  /** Every operation of an instance in the order of their beginning, or nothing where the principal may not see it. */
  journal(workflowId: string, principal: Principal): Promise<readonly Operation[] | undefined>;
  /**
   * What is too large for the rows of an instance, by the hash that a {@link KeptRef} of its outputs names. Nothing where
   * there is none, or the principal may not see the instance.
   */
  kept(workflowId: string, sha256: string, principal: Principal): Promise<Json | undefined>;
  /** Looks at an instance that another process may have asked to cancel: what this one performs for it is stopped. */
  heed(workflowId: string): void;
  /** Starts the sweeper, which does by itself what is due. */
  run(): void;
  /** One look at what is due; for tests and for processes that do one thing. Returns how much was due. */
  sweep(): Promise<number>;
  /** Refuses new work and waits until what runs is done. Returns whether it is, within the deadline. */
  close(options?: { readonly deadlineMs?: number }): Promise<boolean>;
}

export function createEngine(options: EngineOptions): Engine {
  return new StoreEngine(options);
}

class StoreEngine implements Engine {
  readonly #desk: Desk;
  readonly #sweeper: Sweeper;

  constructor(options: EngineOptions) {
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
    this.#desk = createDesk(options, driver);
    this.#sweeper = createSweeper({ store, driver, clock, ids, log, sweepMs: options.sweepMs ?? 1000 });
  }

  start(request: StartRequest): Promise<Snapshot> {
    return this.#desk.answering(() => startCall(this.#desk, request));
  }

  get(workflowId: string, principal: Principal): Promise<Snapshot> {
    const desk = this.#desk;
    return desk.answering(async () => {
      const opened = await desk.visible(workflowId, principal);
      return opened === undefined ? unknownWorkflow() : await desk.answerOf("get", opened, principal, []);
    });
  }

  submit(request: SubmitRequest): Promise<Snapshot> {
    return this.#desk.answering(() => submitCall(this.#desk, request));
  }

  async explain(request: ExplainRequest): Promise<Result<Explanation, Snapshot>> {
    const desk = this.#desk;
    try {
      const opened = await desk.visible(request.workflowId, request.principal);
      if (opened === undefined) return err(unknownWorkflow());
      return ok(explainInstance(await desk.driver.view(opened, request.principal), request));
    } catch (thrown) {
      return err(desk.faultOf(thrown));
    }
  }

  decide(request: DecideRequest): Promise<Snapshot> {
    return this.#desk.answering(() => decideCall(this.#desk, request));
  }

  cancel(request: CancelRequest): Promise<Snapshot> {
    return this.#desk.answering(() => cancelCall(this.#desk, request));
  }

  resolveUnknown(request: ResolveRequest): Promise<Snapshot> {
    return this.#desk.answering(() => resolveCall(this.#desk, request));
  }

  migrate(request: MigrateRequest): Promise<Snapshot> {
    return this.#desk.answering(() => migrateCall(this.#desk, request));
  }

  async approvals(filter: ListApprovals): Promise<Page<Approval>> {
    const { principal, limit = 50, statuses = ["pending" as const], ...rest } = filter;
    const page = await this.#desk.options.store.approvals({
      ...rest,
      tenant: principal.tenant,
      statuses,
      limit,
    });
    return { ...page, items: page.items.filter((approval) => maySeeApproval(approval, principal)) };
  }

  async approval(approvalId: string, principal: Principal): Promise<Approval | undefined> {
    const approval = await this.#desk.options.store.approval(approvalId);
    return approval !== undefined && maySeeApproval(approval, principal) ? approval : undefined;
  }

  async instances(filter: ListInstances): Promise<Page<WorkflowInstance>> {
    const { principal, limit = 50, ...rest } = filter;
    const all = maySee({ tenant: principal.tenant, owner: "" }, { visibility: "owner" }, principal);
    const scope = all ? { tenant: principal.tenant } : { tenant: principal.tenant, owner: principal.subject };
    return await this.#desk.options.store.instances({ ...rest, ...scope, limit });
  }

  async journal(workflowId: string, principal: Principal): Promise<readonly Operation[] | undefined> {
    const opened = await this.#desk.visible(workflowId, principal);
    return opened === undefined ? undefined : await this.#desk.options.store.journal(workflowId);
  }

  async kept(workflowId: string, sha256: string, principal: Principal): Promise<Json | undefined> {
    if ((await this.#desk.visible(workflowId, principal)) === undefined) return undefined;
    const text = await this.#desk.options.store.blob(workflowId, sha256);
    return text === undefined ? undefined : (parseJson(text) as Json);
  }

  heed(workflowId: string): void {
    const { driver } = this.#desk;
    if (!driver.isBusy(workflowId)) return;
    driver.background(async () => {
      const opened = await driver.open(workflowId);
      const isCancelled = opened?.aggregate.signals.some(({ kind }) => kind === "cancel") === true;
      if (isCancelled) driver.abort(workflowId, "cancelled");
    });
  }

  run(): void {
    this.#sweeper.start();
  }

  async sweep(): Promise<number> {
    return await this.#sweeper.sweep();
  }

  async close(options: { readonly deadlineMs?: number } = {}): Promise<boolean> {
    this.#desk.closing = true;
    this.#sweeper.stop();
    const idle = this.#desk.driver.idle().then(() => true);
    if (options.deadlineMs === undefined) return await idle;
    return (await within(this.#desk.options.clock, options.deadlineMs, idle)) ?? false;
  }
}
