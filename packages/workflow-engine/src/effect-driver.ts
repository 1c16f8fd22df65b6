import {
  FlowgateError,
  type ApplyResult,
  type Clock,
  type Definition,
  type Digest,
  type Executor,
  type ExecutorKind,
  type Ids,
  type Log,
  type Operation,
  type Principal,
  type WorkflowInstance,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { createAbortControl, type AbortControl } from "./abort-control.ts";
import { credentialsFor, withoutToken } from "./caller-credentials.ts";
import { createCircuitBreakers } from "./circuit-breaker.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Driven, Driver, DriveOptions, HappenOptions } from "./driver.ts";
import { createFirstWork, createWork } from "./draft.ts";
import type { Facts } from "./facts.ts";
import { createLibrary, type Library, type Opened } from "./library.ts";
import type { EngineLimits } from "./limits.ts";
import { createOutcomeWriter, type EffectResult, type OutcomeWriter } from "./outcome-writer.ts";
import { perform, type Control, type PerformDeps } from "./perform.ts";
import type { Programs } from "./programs.ts";
import { createProgress } from "./progress.ts";
import type { Outcome } from "./settle.ts";
import { canConsume, transition, type WorkflowEvent } from "./transition.ts";
import { createUnsentWork, type UnsentWork } from "./unsent-work.ts";
import { createView } from "./view.ts";
import type { StepEnv, View, Work, Writable } from "./work.ts";

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

const MAX_RACES = 16;

export function createDriver(deps: DriverDeps): Driver {
  return new EffectDriver(deps);
}

/** An instance that this process is driving. */
interface Busy {
  drives: number;
  /** Settles when all of them have ended. */
  driven: Promise<unknown> | undefined;
  /** It got a signal which its drive has not read. */
  isSignalled: boolean;
  /** Of the effect that is being performed. */
  abort: AbortControl | undefined;
}

class EffectDriver implements Driver {
  readonly #deps: DriverDeps;
  readonly #library: Library;
  readonly #outcomes: OutcomeWriter;
  readonly #unsent: UnsentWork;
  readonly #perform: PerformDeps;
  readonly #busy = new Map<string, Busy>();
  readonly #running = new Map<string, Promise<Driven>>();
  readonly #tasks = new Set<Promise<unknown>>();

  constructor(deps: DriverDeps) {
    this.#deps = deps;
    const { executors, clock, store, log } = deps;
    this.#perform = { executors, clock, store, log, circuits: createCircuitBreakers() };
    this.#library = createLibrary(deps);
    const workOf = (opened: Opened, caller: Principal): Work | Promise<Work> => this.work(opened, caller);
    this.#outcomes = createOutcomeWriter({ ...deps, library: this.#library, workOf });
    this.#unsent = createUnsentWork({ ...deps, driver: this });
  }

  env(): StepEnv {
    const { store, ids, digest, limits, programs } = this.#deps;
    const { replica, epoch, quarantineMs } = store.lease();
    return { now: store.now(), ids, digest, limits, claim: { replica, epoch }, quarantineMs, programs };
  }

  open(workflowId: string): Promise<Opened | undefined> {
    return this.#library.open(workflowId);
  }

  recall(workflowId: string): Opened | undefined {
    return this.#library.recall(workflowId);
  }

  openAll(workflowIds: readonly string[]): Promise<ReadonlyMap<string, Opened>> {
    return this.#library.openAll(workflowIds);
  }

  work(opened: Opened, caller?: Principal): Work | Promise<Work> {
    const { definition, aggregate } = opened;
    const make = (facts: Facts): Work => createWork(definition, aggregate, facts, this.env());
    const facts = this.#library.factsOf(opened, caller);
    return facts instanceof Promise ? facts.then(make) : make(facts);
  }

  view(opened: Opened, caller?: Principal): View | Promise<View> {
    const make = (facts: Facts): View => createView(opened, facts, this.env());
    const facts = this.#library.factsOf(opened, caller);
    return facts instanceof Promise ? facts.then(make) : make(facts);
  }

  firstWork(given: Definition, instance: WorkflowInstance): Work | Promise<Work> {
    const definition = this.#library.remember(given);
    const aggregate = { instance, evidence: [], approvals: [], timers: [], signals: [] };
    const make = (facts: Facts): Work => createFirstWork(definition, instance, facts, this.env());
    const facts = this.#library.factsOf({ definition, aggregate });
    return facts instanceof Promise ? facts.then(make) : make(facts);
  }

  async happen(
    workflowId: string,
    make: (work: Work) => WorkflowEvent | undefined,
    options: HappenOptions = {},
  ): Promise<Driven | undefined> {
    let given = options.opened;
    for (let race = 0; race < MAX_RACES; race += 1) {
      const opened = given ?? (await this.open(workflowId));
      given = undefined;
      if (opened === undefined) return undefined;
      const work = await this.work(opened);
      const event = make(work);
      if (event === undefined || !transition(work, event).ok) return undefined;
      const driven = await this.drive(work, options);
      if (driven.status !== "conflict") return driven;
    }
    return undefined;
  }

  takeSignals(workflowId: string, options?: HappenOptions): Promise<Driven | undefined> {
    const make = (work: Work): WorkflowEvent | undefined => {
      const signal = work.signals().find((candidate) => canConsume(candidate, work));
      if (signal === undefined) return undefined;
      return { kind: "signal", signal, correlationId: this.#deps.ids.next("cor") };
    };
    return this.happen(workflowId, make, options);
  }

  drive(work: Work, options: DriveOptions = {}): Promise<Driven> {
    const workflowId = work.instance.id;
    const operationId = work.dispatch?.operation.id;
    let busy = this.#busy.get(workflowId);
    if (busy === undefined) {
      busy = { drives: 0, driven: undefined, isSignalled: false, abort: undefined };
      this.#busy.set(workflowId, busy);
    }
    busy.drives += 1;
    const driven = this.#drive(work, busy, operationId, options);
    busy.driven = busy.driven === undefined ? driven : Promise.allSettled([busy.driven, driven]);
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
    const busy = this.#busy.get(workflowId);
    if (busy === undefined) return;
    busy.isSignalled = true;
    busy.abort?.abort(new FlowgateError("EXECUTOR_FAILED", reason));
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
    while (this.#tasks.size > 0 || this.#busy.size > 0) {
      const drives = Array.from(this.#busy.values(), ({ driven }) => driven);
      await Promise.allSettled([...this.#tasks, ...drives]);
    }
  }

  async #drive(
    first: Work,
    busy: Busy,
    operationId: string | undefined,
    given: DriveOptions,
  ): Promise<Driven> {
    try {
      const progress = createProgress(given);
      const { options } = progress;
      const prepare = (work: Work): Promise<void> | undefined => this.#performInline(work, busy, options);
      // Always a turn of its own: the drive is known before it can end.
      await prepare(first);
      const begun = await this.#begin(first);
      options.onBegun?.();
      if (begun.status !== "applied") return begun;
      let ended = first.ended;
      for (let work = first; ;) {
        this.#tellOthers(work);
        progress.tell(work);
        const opened = { definition: work.definition, aggregate: work.after() };
        const { dispatch } = work;
        if (dispatch === undefined) {
          this.#library.leave(opened);
          return { status: "rest", opened, ended };
        }
        const result = await this.#run(opened, dispatch, busy, options);
        if (result === undefined) {
          this.#unsent.claimLater(dispatch.operation);
          return await this.#reread(opened, ended);
        }
        // A child may have ended before its parent has noted that it waits for it; a cancellation may have come.
        const isStale = result.outcome.status === "child" || busy.isSignalled;
        const { onStuck } = options;
        const onDoubt = (claimed: Operation): void => this.#unsent.claimLater(claimed);
        const next = await this.#outcomes.write(opened, dispatch, result, {
          isStale,
          prepare,
          onStuck,
          onDoubt,
        });
        if (next === undefined) return await this.#reread(opened, ended);
        work = next;
        ended = [...ended, ...work.ended];
      }
    } finally {
      busy.drives -= 1;
      if (busy.drives === 0) this.#busy.delete(first.instance.id);
      if (operationId !== undefined) this.#running.delete(operationId);
    }
  }

  async #begin(work: Work): Promise<ApplyResult> {
    try {
      return await this.#deps.store.apply(work.batch());
    } catch (thrown) {
      // It may have been applied.
      if (work.dispatch !== undefined) this.#unsent.claimLater(work.dispatch.operation);
      throw thrown;
    }
  }

  /** Performs the effect of a dispatch. `undefined`: this process may not (D1). */
  async #run(
    opened: Opened,
    dispatch: Dispatch,
    busy: Busy,
    options: DriveOptions,
  ): Promise<EffectResult | undefined> {
    const { instance } = opened.aggregate;
    if (dispatch.work?.call.kind === "workflow") {
      return { outcome: await this.#startChild(opened, dispatch, options) };
    }
    const { onProgress, signal, caller } = options;
    const abort = createAbortControl();
    const onAbort = (): void => abort.abort(signal?.reason);
    if (dispatch.operation.effect === "read") {
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
    }
    busy.abort = abort;
    const control: Writable<Control> = { abort };
    if (onProgress !== undefined) control.onProgress = onProgress;
    const credentials = credentialsFor(dispatch.operation, caller);
    if (credentials !== undefined) control.credentials = credentials;
    try {
      const performed = await perform(this.#perform, instance, dispatch, control);
      return performed && { ...performed, outcome: withoutToken(performed.outcome, credentials) };
    } finally {
      busy.abort = undefined;
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #startChild(opened: Opened, dispatch: Dispatch, options: DriveOptions): Promise<Outcome> {
    try {
      return await this.#deps.startChild(opened, dispatch, options);
    } catch (thrown) {
      // Whether it is there or not, the next try starts it or finds it.
      if (FlowgateError.from(thrown).code !== "INTERNAL") this.#unsent.claimLater(dispatch.operation);
      throw thrown;
    }
  }

  async #reread(opened: Opened, ended: readonly Operation[]): Promise<Driven> {
    const fresh = await this.open(opened.aggregate.instance.id);
    return { status: "rest", opened: fresh ?? opened, ended, isLost: true };
  }

  /** What changes nothing outside is part of the same commit. */
  #performInline(work: Work, busy: Busy, options: DriveOptions): Promise<void> | undefined {
    return work.dispatch?.mode === "inline" ? this.#inline(work, busy, options) : undefined;
  }

  async #inline(work: Work, busy: Busy, options: DriveOptions): Promise<void> {
    while (work.dispatch?.mode === "inline") {
      const { dispatch } = work;
      const opened = { definition: work.definition, aggregate: work.after() };
      const result = await this.#run(opened, dispatch, busy, options);
      if (result === undefined) return;
      transition(work, { kind: "settled", dispatch, outcome: result.outcome });
    }
  }

  /** Parents and children of this process need not wait for the sweeper. */
  #tellOthers(work: Work): void {
    for (const other of work.addressees()) this.background(() => this.takeSignals(other));
  }
}
