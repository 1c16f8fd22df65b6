import type {
  Executor,
  ExecutorContext,
  ExecutorFailure,
  ExecutorKind,
  ExecutorOutcome,
  Json,
  ResolvedCall,
} from "@mcp-flowgate/core";

/** One call that reached the outside world. */
export interface RecordedCall {
  readonly call: ResolvedCall;
  readonly key: string;
  readonly attempt: number;
  readonly workflowId: string;
  readonly transition: string;
  readonly deadlineAt: number;
  readonly principal: string;
}

/** What happens at one call: an outcome, or a function that makes one, now or later. */
export type Scripted =
  | ExecutorOutcome
  | ((call: ResolvedCall, context: ExecutorContext) => ExecutorOutcome | Promise<ExecutorOutcome>);

/**
 * An executor whose outside world is a list. Outcomes come from the script in order; after it, or without one, every
 * call succeeds with its own arguments as output.
 */
export interface RecordingExecutor extends Executor {
  readonly calls: readonly RecordedCall[];
  /** Calls per idempotency key. */
  countByKey(): ReadonlyMap<string, number>;
  /** Adds outcomes for the next calls. */
  script(...outcomes: readonly Scripted[]): void;
  /** Makes every call wait until the returned function is called. */
  hold(): () => void;
}

export function createRecordingExecutor(
  kind: ExecutorKind,
  ...script: readonly Scripted[]
): RecordingExecutor {
  return new ListExecutor(kind, script);
}

/** A success, with evidence of one kind where one is named. */
export function succeeded(output: Json, evidence?: string): ExecutorOutcome {
  const drafts =
    evidence === undefined
      ? []
      : [{ kind: evidence, outcome: "success" as const, summary: evidence, payload: output }];
  return { status: "succeeded", output, evidence: drafts };
}

/** A failure. Without more it is one that the other side answered definitely. */
export function failed(
  errorClass: ExecutorFailure["errorClass"],
  effect: ExecutorFailure["effect"] = "failed",
  more: Partial<ExecutorFailure> = {},
): ExecutorFailure {
  return { status: "failed", effect, errorClass, message: `it went wrong: ${errorClass}`, ...more };
}

/** Waits until the engine aborts it, then says that nobody knows. */
export function hangs(): Scripted {
  return (_call, context) =>
    new Promise((resolve) => {
      context.signal.addEventListener("abort", () => resolve(failed("timeout", "unknown")), { once: true });
    });
}

class ListExecutor implements RecordingExecutor {
  readonly kind: ExecutorKind;
  readonly #script: Scripted[];
  readonly #calls: RecordedCall[] = [];
  #gate: Promise<void> | undefined;

  constructor(kind: ExecutorKind, script: readonly Scripted[]) {
    this.kind = kind;
    this.#script = [...script];
  }

  get calls(): readonly RecordedCall[] {
    return this.#calls;
  }

  countByKey(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { key } of this.#calls) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  }

  script(...outcomes: readonly Scripted[]): void {
    this.#script.push(...outcomes);
  }

  hold(): () => void {
    let release = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.#gate = undefined;
      release();
    };
  }

  async execute(call: ResolvedCall, context: ExecutorContext): Promise<ExecutorOutcome> {
    this.#calls.push({
      call,
      key: context.idempotencyKey,
      attempt: context.attempt,
      workflowId: context.workflowId,
      transition: context.transition,
      deadlineAt: context.deadlineAt,
      principal: context.principal.subject,
    });
    const next = this.#script.shift();
    if (this.#gate !== undefined) await this.#gate;
    if (next === undefined) return succeeded(echoOf(call));
    return typeof next === "function" ? await next(call, context) : next;
  }
}

function echoOf(call: ResolvedCall): Json {
  return call.kind === "mcp" || call.kind === "noop" ? call.arguments : {};
}
