import {
  createRecord,
  err,
  ok,
  parseJson,
  type EvidenceDraft,
  type ExecutorOutcome,
  type InstanceBlob,
  type Json,
  type JsonObject,
  type Operation,
  type OperationError,
  type Result,
} from "@mcp-flowgate/core";
import { guardScopeOf, scopeOf } from "./judge.ts";
import { cutOff, isKeptRef, measure, spill, type KeptRef, type Measured } from "./kept.ts";
import { exceeds, utf8Length } from "./limits.ts";
import type { Step } from "./step.ts";
import type { Work, Writable } from "./work.ts";

/** What a result makes of the instance. */
export interface Applied {
  readonly result?: Json;
  readonly content?: readonly JsonObject[];
  readonly context: JsonObject;
  readonly toState: string;
  readonly branch?: number;
  readonly evidence: readonly EvidenceDraft[];
  /** What is too large for the rows. */
  readonly blobs: readonly InstanceBlob[];
}

/** Why a result cannot be applied, and what of it is kept for people. */
export interface Unapplied {
  readonly error: OperationError;
  readonly kept: Json;
  readonly blobs: readonly InstanceBlob[];
}

/** Output schema, caps, mapping and branches: what may fail after an effect. */
export function applyResult(
  work: Work,
  operation: Operation,
  step: Step,
  outcome: Extract<ExecutorOutcome, { status: "succeeded" }>,
): Result<Applied, Unapplied> {
  const { env } = work;
  const fitted = fit(work, outcome);
  if (!fitted.ok) return fitted;
  const { output, result, content, blobs } = fitted.value;
  const refuse = (code: string, because: string, detail?: Json): ReturnType<typeof applyResult> => {
    const message = isKeptRef(result) ? `${because}; ${whereToRead(result)}` : because;
    return err({
      error: { code, message, ...(detail === undefined ? {} : { detail }) },
      kept: result,
      blobs,
    });
  };
  if (step.outputSchema !== undefined) {
    const valid = env.programs.validate(step.outputSchema, output);
    if (!valid.ok) {
      const details = valid.error.map(({ pointer, message }) => ({ check: "schema", pointer, message }));
      const message = `its output does not match the output schema: ${valid.error[0]?.message ?? ""}`;
      return refuse("OUTPUT_SCHEMA_VIOLATION", message, details);
    }
  }
  const values = { arguments: operation.arguments, output };
  const mapped = mapOutput(work, operation, step, values);
  if (!mapped.ok) return refuse("EXECUTOR_FAILED", `its output cannot be mapped: ${mapped.error}`);
  const context = mapped.value;
  const text = context === work.instance.context ? "" : JSON.stringify(context);
  if (exceeds(text, env.limits.contextBytes)) {
    const contextBytes = utf8Length(text);
    const over = `the context would take ${contextBytes} bytes, over the limit of ${env.limits.contextBytes}`;
    return refuse("EXECUTOR_FAILED", `${over}; ${MAP_LESS}`);
  }
  const branch = branchOf(work, operation, step, context, values);
  const applied: Writable<Applied> = {
    context,
    toState: (branch === -1 ? undefined : step.branches[branch]?.target) ?? step.target,
    evidence: outcome.evidence,
    blobs: step.executor === undefined ? [] : blobs,
  };
  if (step.executor !== undefined) applied.result = result;
  if (content !== undefined) applied.content = content;
  if (branch !== -1) applied.branch = branch;
  return ok(applied);
}

/** The first branch whose guard passes in the context as it shall be, or -1. */
function branchOf(
  work: Work,
  operation: Operation,
  { branches }: Step,
  context: JsonObject,
  values: { readonly arguments: Json; readonly output: Json },
): number {
  if (branches.length === 0) return -1;
  const { env, instance, evidence, facts } = work;
  const scope = scopeOf({ ...instance, context }, operation.actor, values);
  const guardScope = guardScopeOf({ instance, evidence, facts, env }, scope);
  return branches.findIndex(({ when }) => env.programs.judge(when, guardScope).verdict === "pass");
}

const MAP_LESS =
  "map only what later steps need, such as `$.output.id`, not the whole output, or raise limits.contextBytes";

function whereToRead({ $truncated: { bytes, sha256 } }: KeptRef): string {
  return `all ${bytes} bytes of its output are kept, and \`workflow.get\` reads them at $.blobs.${sha256}`;
}

/** An output within the bounds: whole, for what is made of it now, and as the rows have it from then on. */
interface Fitted {
  readonly output: Json;
  readonly result: Json;
  readonly content?: readonly JsonObject[];
  readonly blobs: readonly InstanceBlob[];
}

const NOTHING: Result<Fitted, Unapplied> = Object.freeze(ok({ output: null, result: null, blobs: [] }));

function fit(
  work: Work,
  outcome: Extract<ExecutorOutcome, { status: "succeeded" }>,
): Result<Fitted, Unapplied> {
  if (outcome.output === null && outcome.content === undefined) return NOTHING;
  const { digest, limits } = work.env;
  const { id } = work.instance;
  const whole = measure(outcome.output);
  const blocks = outcome.content ?? [];
  const content = blocks.length === 0 ? undefined : measure(blocks);
  const bytes = whole.bytes + (content?.bytes ?? 0);
  const most = Math.max(limits.outputBytes, limits.spillBytes);
  if (bytes > most) {
    const message = `its output of ${bytes} bytes is over the limit of ${most}`;
    const kept = cutOff({ ...whole, bytes }, digest);
    return err({ error: { code: "EXECUTOR_FAILED", message }, kept, blobs: [] });
  }
  const blobs: InstanceBlob[] = [];
  const keep = (measured: Measured): KeptRef => {
    const { value, blob } = spill(id, measured, digest);
    blobs.push(blob);
    return value;
  };
  const output = parseJson(whole.text) as Json;
  // The larger one goes first; the other stays in the row where it fits there.
  const isLarger = whole.bytes >= (content?.bytes ?? 0);
  const spillsOutput = bytes > limits.outputBytes && (isLarger || whole.bytes > limits.outputBytes);
  const result = spillsOutput ? keep({ ...whole, value: output }) : output;
  if (content === undefined) return ok({ output, result, blobs });
  const inRow = bytes - (spillsOutput ? whole.bytes : 0);
  return ok({ output, result, content: inRow > limits.outputBytes ? [keep(content)] : blocks, blobs });
}

function mapOutput(
  work: Work,
  operation: Operation,
  step: Step,
  values: { readonly arguments: Json; readonly output: Json },
): Result<JsonObject, string> {
  const templates = Object.entries(step.output);
  if (templates.length === 0) return ok(work.instance.context);
  const scope = scopeOf(work.instance, operation.actor, values);
  const context = createRecord(Object.entries(work.instance.context));
  for (const [name, template] of templates) {
    const value = work.env.programs.resolve(template, scope);
    if (!value.ok) return err(`\`${name}\`: ${value.error[0]?.message ?? "has no value"}`);
    context[name] = value.value;
  }
  return ok(context);
}
