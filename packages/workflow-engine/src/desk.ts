import {
  canonicalJson,
  FlowgateError,
  type AuditDraft,
  type JsonObject,
  type Operation,
  type Principal,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import { maySee } from "./access.ts";
import type { Proposal } from "./admit.ts";
import { answer, rejection, type Asked } from "./answer.ts";
import type { Driven, Driver, DriveOptions } from "./driver.ts";
import { movedFrom, stepsSince } from "./equal-call.ts";
import type { Opened } from "./library.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { CallContext } from "./engine-requests.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { refusedWithout, type Snapshot } from "./snapshot.ts";
import { whoOf, type Work, type Writable } from "./work.ts";

/** What every call of the engine is handled with: who may see what, answers, refusals and faults. */
export interface Desk {
  readonly options: EngineOptions;
  readonly driver: Driver;
  /** New work is refused. */
  closing: boolean;
  /** An instance that the principal may know of, or nothing. */
  visible(workflowId: string, principal: Principal): Promise<Opened | undefined>;
  /** The instance, if the principal may know of it. */
  shown(opened: Opened | undefined, principal: Principal): Opened | undefined;
  answerOf(
    asked: Asked,
    opened: Opened,
    principal: Principal,
    steps: readonly Operation[],
  ): Snapshot | Promise<Snapshot>;
  /** The answer to a call that came before and began with `first`, as it was then; `journal` is what happened from there on (W9). */
  answerAgain(
    asked: "start" | "submit",
    opened: Opened,
    principal: Principal,
    first: Operation,
    journal: readonly Operation[],
  ): Promise<Snapshot>;
  /** Records the refusal, and answers with it and the links that there are. */
  reject(
    opened: Opened,
    principal: Principal,
    error: Refusal,
    correlationId: string,
    args?: JsonObject,
  ): Promise<Snapshot>;
  rejectionEvent(
    about: RejectionSubject,
    principal: Principal,
    error: Refusal,
    correlationId: string,
    more?: { readonly approvalId?: string; readonly arguments?: JsonObject },
  ): AuditDraft;
  /** Drives for a caller, who is told at once when an outcome cannot be written for now. */
  drive(work: Work, request: CallContext): Promise<Driven>;
  /** Runs a call; whatever is thrown becomes an answer. */
  answering(work: () => Promise<Snapshot>): Promise<Snapshot>;
  faultOf(thrown: unknown): Snapshot;
}

export type RejectionSubject = Pick<WorkflowInstance, "definitionId" | "definitionHash"> &
  Partial<Pick<WorkflowInstance, "id" | "state" | "version">>;

/** Calls that lose every race so often are told to come back. */
export const MAX_CALL_RACES = 64;

export function createDesk(options: EngineOptions, driver: Driver): Desk {
  return new EngineDesk(options, driver);
}

export function proposalOf(
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

export function traceOf({ correlationId, traceparent }: CallContext): {
  readonly correlationId: string;
  readonly traceparent?: string;
} {
  return traceparent === undefined ? { correlationId } : { correlationId, traceparent };
}

export function refreshOf(workflowId: string): Snapshot["links"][number] {
  return { rel: "refresh", method: "workflow.get", args: { workflowId } };
}

export function unknownWorkflow(): Snapshot {
  return refusedWithout(refusal("UNKNOWN_WORKFLOW", "there is no such workflow"));
}

export function draining(): Refusal {
  return refusal("DRAINING", "the gateway is shutting down; try again shortly");
}

export function rateLimited(): Refusal {
  return refusal("RATE_LIMITED", "too many calls in too short a time; try again later");
}

class EngineDesk implements Desk {
  readonly options: EngineOptions;
  readonly driver: Driver;
  closing = false;

  constructor(options: EngineOptions, driver: Driver) {
    this.options = options;
    this.driver = driver;
  }

  async visible(workflowId: string, principal: Principal): Promise<Opened | undefined> {
    return this.shown(await this.driver.open(workflowId), principal);
  }

  shown(opened: Opened | undefined, principal: Principal): Opened | undefined {
    if (opened === undefined) return undefined;
    return maySee(opened.aggregate.instance, opened.definition.ir, principal) ? opened : undefined;
  }

  answerOf(
    asked: Asked,
    opened: Opened,
    principal: Principal,
    steps: readonly Operation[],
  ): Snapshot | Promise<Snapshot> {
    const view = this.driver.view(opened, principal);
    return view instanceof Promise
      ? view.then((seen) => answer(asked, seen, principal, steps))
      : answer(asked, view, principal, steps);
  }

  async answerAgain(
    asked: "start" | "submit",
    opened: Opened,
    principal: Principal,
    first: Operation,
    journal: readonly Operation[],
  ): Promise<Snapshot> {
    const steps = stepsSince(journal, first);
    const hash = movedFrom(journal, steps.at(-1) ?? first);
    const { definitions, store } = this.options;
    const then =
      hash === undefined ? undefined : (definitions.byHash(hash) ?? (await store.definition(hash)));
    const view = await this.driver.view(opened, principal);
    return answer(asked, view, principal, steps, then);
  }

  async reject(
    opened: Opened,
    principal: Principal,
    error: Refusal,
    correlationId: string,
    args?: JsonObject,
  ): Promise<Snapshot> {
    const more = args === undefined ? {} : { arguments: args };
    await this.options.store.record([
      this.rejectionEvent(opened.aggregate.instance, principal, error, correlationId, more),
    ]);
    return rejection(await this.driver.view(opened, principal), principal, error);
  }

  rejectionEvent(
    about: RejectionSubject,
    principal: Principal,
    error: Refusal,
    correlationId: string,
    { approvalId, arguments: args }: { readonly approvalId?: string; readonly arguments?: JsonObject } = {},
  ): AuditDraft {
    const guarded = error.code === "GUARD_REJECTED";
    const payload: JsonObject = {
      code: error.code,
      message: error.message,
      transition: error.attemptedTransition ?? null,
      ...(about.state === undefined ? {} : { state: about.state }),
      ...(about.version === undefined ? {} : { version: about.version }),
      ...(approvalId === undefined ? {} : { approvalId }),
      // As they came: defaults are applied only to what is not refused.
      ...(args === undefined ? {} : { argumentsHash: this.options.digest.sha256(canonicalJson(args)) }),
      details: error.details ?? [],
    };
    return {
      type: guarded
        ? "guard.rejected"
        : error.code === "RATE_LIMITED"
          ? "rate.limited"
          : "transition.rejected",
      at: this.options.store.now(),
      ...(about.id === undefined ? {} : { workflowId: about.id }),
      definitionId: about.definitionId,
      definitionHash: about.definitionHash,
      correlationId,
      principal: whoOf(principal),
      payload,
    };
  }

  /** Drives for a caller, who is told at once when an outcome cannot be written for now. */
  drive(work: Work, request: CallContext): Promise<Driven> {
    const { principal, credentials, onProgress, signal } = request;
    return new Promise<Driven>((resolve, reject) => {
      const options: Writable<DriveOptions> = {
        onStuck: (error) => reject(new StuckError(error, work.instance.id)),
      };
      if (onProgress !== undefined) options.onProgress = onProgress;
      if (signal !== undefined) options.signal = signal;
      if (credentials !== undefined) options.caller = { principal, credentials };
      this.driver.drive(work, options).then(resolve, reject);
    });
  }

  async answering(work: () => Promise<Snapshot>): Promise<Snapshot> {
    try {
      return await work();
    } catch (thrown) {
      return this.faultOf(thrown);
    }
  }

  /** What a caller may know of a fault: a code, and for our own faults nothing else. */
  faultOf(thrown: unknown): Snapshot {
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
    const correlationId = this.options.ids.next("cor");
    this.options.log.error("an internal fault", { correlationId, error: error.message });
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
