import {
  FlowgateError,
  type ApplyResult,
  type Clock,
  type Definition,
  type Digest,
  type Executor,
  type ExecutorContext,
  type ExecutorKind,
  type Ids,
  type InstanceAggregate,
  type Log,
  type Operation,
  type Principal,
  type WorkflowInstance,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { guardRates } from "@mcp-flowgate/guards-expr";
import { credentialsFor, withoutToken, type DriveCaller } from "./caller-credentials.ts";
import { createCircuitBreakers } from "./circuit-breaker.ts";
import type { Dispatch } from "./dispatch.ts";
import { createFirstWork, createWork } from "./draft.ts";
import { judgedPrincipals, NO_FACTS, performersOf, traitsOf, type Facts, type Traits } from "./facts.ts";
import { scopeOf } from "./judge.ts";
import { isKeptRef, keepAny, wholeOf } from "./kept.ts";
import type { EngineLimits } from "./limits.ts";
import { perform, type Control, type PerformDeps } from "./perform.ts";
import type { Programs } from "./programs.ts";
import type { Outcome } from "./settle.ts";
import { createProgress } from "./progress.ts";
import { compensationOf } from "./step.ts";
import { sleep } from "./sleep.ts";
import { canConsume, transition, type WorkflowEvent } from "./transition.ts";
import type { StepEnv, Work } from "./work.ts";

/**
 * Owns the operations that this process is performing. Protocol: a draft whose event was admitted is given to
 * {@link Driver.drive}, which applies it, performs the effect that it leaves, settles that in the next draft, and so
 * on until the instance is at rest. Nothing else performs effects.
 *
 * D1 An effect is dispatched only after the batch that records its start was applied (W6), and only while the lease
 *    of this process is valid (W7).
 * D2 An outcome is written only with the fence of its claim. Where that is lost, it is kept as a late result and
 *    changes nothing (W7).
 * D3 An outcome that the store or the audit trail does not take is held and tried again; it is never dropped while
 *    the process lives, and never performed again.
 * D4 A commit whose answer was lost is looked up before anything else is done.
 */
export interface Driver {
  /** An instance with its pinned definition, or nothing. */
  open(workflowId: string): Promise<Opened | undefined>;
  /** A draft to judge and change, with what its guards need. */
  work(opened: Opened, caller?: Principal): Promise<Work>;
  /** A draft that inserts an instance. */
  firstWork(definition: Definition, instance: WorkflowInstance): Promise<Work>;
  drive(work: Work, options?: DriveOptions): Promise<Driven>;
  /** Lets an event happen to an instance, whoever else is at it; `make` may find that there is nothing to do. */
  happen(
    workflowId: string,
    make: (work: Work) => WorkflowEvent | undefined,
    options?: DriveOptions,
  ): Promise<Driven | undefined>;
  /** Takes up the signals of an instance as far as they can be now. */
  takeSignals(workflowId: string): Promise<Driven | undefined>;
  /** What another call of this process is doing with this operation. */
  running(operationId: string): Promise<Driven> | undefined;
  isBusy(workflowId: string): boolean;
  /** Stops the effect that this process is performing for an instance, as far as its executor can. */
  abort(workflowId: string, reason: string): void;
  /** Runs `task` without anybody waiting; {@link Driver.idle} waits for it. */
  background(task: () => Promise<unknown>): void;
  /** Resolves when nothing is performed and no background task runs. */
  idle(): Promise<void>;
  env(): StepEnv;
}

export interface Opened {
  readonly definition: Definition;
  readonly aggregate: InstanceAggregate;
}

export interface DriveOptions {
  readonly onProgress?: ExecutorContext["onProgress"];
  readonly caller?: DriveCaller;
  /** Of the caller. It ends what cannot have effects; anything else goes on. */
  readonly signal?: AbortSignal;
  /** Called when an outcome cannot be written for now. */
  readonly onStuck?: (error: FlowgateError) => void;
}

/** How far a drive came. */
export type Driven =
  | Exclude<ApplyResult, { readonly status: "applied" }>
  /** The instance is at rest, or another has taken it over. `ended` are the operations that came to an end. */
  | { readonly status: "rest"; readonly opened: Opened; readonly ended: readonly Operation[] };

export interface DriverDeps {
  readonly store: WorkflowStore;
  readonly executors: ReadonlyMap<ExecutorKind, Executor>;
  readonly findDefinition: (hash: string) => Definition | undefined;
  /** Starts, or finds, the child of an operation. */
  readonly startChild: (opened: Opened, dispatch: Dispatch, options: DriveOptions) => Promise<Outcome>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly limits: EngineLimits;
  readonly programs: Programs;
  readonly log: Log;
}

interface Remembered {
  readonly definition: Definition;
  readonly traits: Traits;
}

/** Definitions that this process remembers. */
const MAX_DEFINITIONS = 2000;
const MAX_RACES = 16;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 5000;

export function createDriver(deps: DriverDeps): Driver {
  return new EffectDriver(deps);
}

class EffectDriver implements Driver {
  readonly #deps: DriverDeps;
  readonly #perform: PerformDeps;
  readonly #definitions = new Map<string, Remembered>();
  readonly #busy = new Map<string, number>();
  readonly #running = new Map<string, Promise<Driven>>();
  readonly #controls = new Map<string, AbortController>();
  readonly #tasks = new Set<Promise<unknown>>();
  /** Busy instances that got a signal which their drive has not read. */
  readonly #signalled = new Set<string>();

  constructor(deps: DriverDeps) {
    this.#deps = deps;
    const { executors, clock, store, log } = deps;
    this.#perform = { executors, clock, store, log, circuits: createCircuitBreakers() };
  }

  env(): StepEnv {
    const { store, ids, digest, limits, programs } = this.#deps;
    const { replica, epoch, quarantineMs } = store.lease();
    return { now: store.now(), ids, digest, limits, claim: { replica, epoch }, quarantineMs, programs };
  }

  async open(workflowId: string): Promise<Opened | undefined> {
    const aggregate = await this.#deps.store.load(workflowId);
    if (aggregate === undefined) return undefined;
    const hash = aggregate.instance.definitionHash;
    const definition =
      this.#definitions.get(hash)?.definition ??
      this.#deps.findDefinition(hash) ??
      (await this.#deps.store.definition(hash));
    if (definition === undefined) {
      throw new FlowgateError("STORE_UNAVAILABLE", `the definition of ${workflowId} is missing`);
    }
    return { definition: this.#remember(definition).definition, aggregate };
  }

  async work(opened: Opened, caller?: Principal): Promise<Work> {
    const { definition, aggregate } = opened;
    const facts = await this.#facts(this.#remember(definition), aggregate, caller);
    return createWork(definition, aggregate, facts, this.env());
  }

  async firstWork(definition: Definition, instance: WorkflowInstance): Promise<Work> {
    const remembered = this.#remember(definition);
    const aggregate = { instance, evidence: [], approvals: [], timers: [], signals: [] };
    const facts = await this.#facts(remembered, aggregate, undefined);
    return createFirstWork(remembered.definition, instance, facts, this.env());
  }

  async happen(
    workflowId: string,
    make: (work: Work) => WorkflowEvent | undefined,
    options: DriveOptions = {},
  ): Promise<Driven | undefined> {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const opened = await this.open(workflowId);
      if (opened === undefined) return undefined;
      const work = await this.work(opened);
      const event = make(work);
      if (event === undefined || !transition(work, event).ok) return undefined;
      const driven = await this.drive(work, options);
      if (driven.status !== "conflict") return driven;
    }
    return undefined;
  }

  async takeSignals(workflowId: string): Promise<Driven | undefined> {
    return await this.happen(workflowId, (work) => {
      const signal = work.signals().find((candidate) => canConsume(candidate, work));
      if (signal === undefined) return undefined;
      return { kind: "signal", signal, correlationId: this.#deps.ids.next("cor") };
    });
  }

  drive(work: Work, options: DriveOptions = {}): Promise<Driven> {
    const workflowId = work.instance.id;
    const operationId = work.dispatch?.operation.id;
    this.#busy.set(workflowId, (this.#busy.get(workflowId) ?? 0) + 1);
    const driven = this.#drive(work, options).finally(() => {
      const left = (this.#busy.get(workflowId) ?? 1) - 1;
      if (left === 0) {
        this.#busy.delete(workflowId);
        this.#signalled.delete(workflowId);
      } else this.#busy.set(workflowId, left);
      this.#tasks.delete(driven);
      if (operationId !== undefined) this.#running.delete(operationId);
    });
    this.#tasks.add(driven);
    if (operationId !== undefined) this.#running.set(operationId, driven);
    return driven;
  }

  running(operationId: string): Promise<Driven> | undefined {
    return this.#running.get(operationId);
  }

  isBusy(workflowId: string): boolean {
    return this.#busy.has(workflowId);
  }

  abort(workflowId: string, reason: string): void {
    if (this.isBusy(workflowId)) this.#signalled.add(workflowId);
    this.#controls.get(workflowId)?.abort(new FlowgateError("EXECUTOR_FAILED", reason));
  }

  background(task: () => Promise<unknown>): void {
    const running = task()
      .catch((thrown: unknown) => {
        this.#deps.log.error("a background step failed", { error: FlowgateError.from(thrown).message });
      })
      .finally(() => this.#tasks.delete(running));
    this.#tasks.add(running);
  }

  async idle(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
  }

  async #drive(first: Work, given: DriveOptions): Promise<Driven> {
    const ended: Operation[] = [];
    const progress = createProgress(given);
    const { options } = progress;
    await this.#performInline(first, options);
    const begun = await this.#deps.store.apply(first.batch());
    if (begun.status !== "applied") return begun;
    let work = first;
    for (;;) {
      this.#tellOthers(work);
      ended.push(...work.ended);
      progress.tell(work);
      const opened = { definition: work.definition, aggregate: work.after() };
      const { dispatch } = work;
      if (dispatch === undefined) return { status: "rest", opened, ended };
      const result = await this.#run(opened, dispatch, options);
      if (result === undefined) return await this.#reread(opened, ended);
      const next = await this.#commit(opened, dispatch, result, options);
      if (next === undefined) return await this.#reread(opened, ended);
      work = next;
    }
  }

  /** Performs the effect of a dispatch. `undefined`: this process may not (D1). */
  async #run(
    opened: Opened,
    dispatch: Dispatch,
    options: DriveOptions,
  ): Promise<{ readonly outcome: Outcome; readonly circuit?: "opened" | "closed" } | undefined> {
    const { instance } = opened.aggregate;
    if (dispatch.work?.call.kind === "workflow") {
      return { outcome: await this.#deps.startChild(opened, dispatch, options) };
    }
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(options.signal?.reason);
    if (dispatch.operation.effect === "read")
      options.signal?.addEventListener("abort", onAbort, { once: true });
    this.#controls.set(instance.id, controller);
    const { onProgress } = options;
    const credentials = credentialsFor(dispatch.operation, options.caller);
    const control: Control = {
      controller,
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(credentials === undefined ? {} : { credentials }),
    };
    try {
      const performed = await perform(this.#perform, instance, dispatch, control);
      return performed && { ...performed, outcome: withoutToken(performed.outcome, credentials) };
    } finally {
      this.#controls.delete(instance.id);
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Writes an outcome (D2 to D4). `undefined`: the fence is lost. */
  async #commit(
    opened: Opened,
    dispatch: Dispatch,
    result: { readonly outcome: Outcome; readonly circuit?: "opened" | "closed" },
    options: DriveOptions,
  ): Promise<Work | undefined> {
    const { store, clock } = this.#deps;
    const { operation } = dispatch;
    let current = opened;
    // A child may have ended before its parent has noted that it waits for it; a cancellation may have come.
    let stale = result.outcome.status === "child" || this.#signalled.has(operation.workflowId);
    for (let delay = FIRST_RETRY_MS; ; delay = Math.min(2 * delay, LAST_RETRY_MS)) {
      try {
        if (stale) {
          const fresh = await this.open(operation.workflowId);
          if (fresh?.aggregate.instance.fence !== operation.fence)
            return await this.#lostFence(operation, result.outcome);
          current = fresh;
        }
        const work = await this.work(current, operation.actor);
        if (result.circuit !== undefined) {
          const type = result.circuit === "opened" ? "circuit.opened" : "circuit.closed";
          work.audit(
            type,
            { transition: operation.transition, candidate: operation.candidate },
            { operation },
          );
        }
        transition(work, { kind: "settled", dispatch, outcome: result.outcome });
        await this.#performInline(work, options);
        const applied = await store.apply(work.batch());
        if (applied.status === "applied") return work;
        stale = true;
      } catch (thrown) {
        const error = FlowgateError.from(thrown);
        // A fault of ours would only repeat itself; recovery finds the operation by its deadline.
        if (error.code === "INTERNAL") throw error;
        this.#deps.log.warn("an outcome could not be written and is held", {
          workflowId: operation.workflowId,
          operationId: operation.id,
          code: error.code,
        });
        options.onStuck?.(error);
        stale = true;
        await sleep(clock, delay);
      }
    }
  }

  /** The fence has moved on: by our own commit whose answer was lost (D4), or by another's takeover (D2). */
  async #lostFence(operation: Operation, outcome: Outcome): Promise<undefined> {
    const { store } = this.#deps;
    const present = await store.operation(operation.id);
    if (present === undefined || (present.fence === operation.fence && present.status !== "running"))
      return undefined;
    const result = outcome.status === "succeeded" ? outcome.output : { status: outcome.status };
    const { digest, limits } = this.#deps;
    const kept = keepAny(operation.workflowId, result, limits, digest);
    await store.apply({
      expect: {},
      lateResults: [{ operationId: operation.id, result: kept.value }],
      ...(kept.blob === undefined ? {} : { blobs: [kept.blob] }),
      audit: [
        {
          type: "operation.fenced",
          at: store.now(),
          workflowId: operation.workflowId,
          operationId: operation.id,
          correlationId: operation.correlationId,
          payload: { transition: operation.transition, fence: operation.fence, attempt: operation.attempt },
        },
      ],
    });
    return undefined;
  }

  async #reread(opened: Opened, ended: readonly Operation[]): Promise<Driven> {
    const fresh = await this.open(opened.aggregate.instance.id);
    return { status: "rest", opened: fresh ?? opened, ended };
  }

  /** What changes nothing outside is part of the same commit. */
  async #performInline(work: Work, options: DriveOptions): Promise<void> {
    while (work.dispatch?.mode === "inline") {
      const { dispatch } = work;
      const opened = { definition: work.definition, aggregate: work.after() };
      const result = await this.#run(opened, dispatch, options);
      if (result === undefined) return;
      transition(work, { kind: "settled", dispatch, outcome: result.outcome });
    }
  }

  /** Parents and children of this process need not wait for the sweeper. */
  #tellOthers(work: Work): void {
    for (const other of work.addressees()) this.background(() => this.takeSignals(other));
  }

  /** What can be compensated with its output whole: the compensation may read it. */
  async #withOutputs(definition: Definition, journal: readonly Operation[]): Promise<readonly Operation[]> {
    const { store } = this.#deps;
    return await Promise.all(
      journal.map(async (operation) => {
        const { result, workflowId } = operation;
        if (!isKeptRef(result) || compensationOf(definition, operation) === undefined) return operation;
        return { ...operation, result: await wholeOf(store, workflowId, result) };
      }),
    );
  }

  #remember(definition: Definition): Remembered {
    const known = this.#definitions.get(definition.hash);
    if (known !== undefined) return known;
    const made = { definition, traits: traitsOf(definition.ir) };
    if (this.#definitions.size >= MAX_DEFINITIONS) {
      this.#definitions.delete(this.#definitions.keys().next().value ?? "");
    }
    this.#definitions.set(definition.hash, made);
    return made;
  }

  async #facts(
    { definition, traits }: Remembered,
    aggregate: InstanceAggregate,
    caller: Principal | undefined,
  ): Promise<Facts> {
    const { instance } = aggregate;
    const cancels =
      instance.cancelling !== undefined || aggregate.signals.some(({ kind }) => kind === "cancel");
    const compensable = cancels || instance.status === "outcome_unknown" || instance.status === "parked";
    if (!traits.separates && traits.rates.length === 0 && !compensable) return NO_FACTS;
    const { store } = this.#deps;
    const rows = traits.separates || compensable ? await store.journal(instance.id) : [];
    const journal = compensable ? await this.#withOutputs(definition, rows) : rows;
    const rates = new Map<string, number>();
    for (const principal of judgedPrincipals(instance.startedBy, caller)) {
      const scope = { values: scopeOf(instance, principal), definitionId: instance.definitionId };
      for (const guard of traits.rates) {
        for (const { key, perMs } of guardRates(guard, scope)) {
          const id = `${perMs}:${key}`;
          if (!rates.has(id)) rates.set(id, await store.rate(key, perMs));
        }
      }
    }
    return {
      journal,
      performers: performersOf(journal),
      rate: (key, perMs) => rates.get(`${perMs}:${key}`) ?? Number.POSITIVE_INFINITY,
    };
  }
}
