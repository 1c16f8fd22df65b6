import {
  createRecord,
  err,
  ok,
  type EvidenceDraft,
  type ExecutorOutcome,
  type Json,
  type JsonObject,
  type Operation,
  type OperationError,
  type Result,
} from "@mcp-flowgate/core";
import { guardScopeOf, scopeOf } from "./judge.ts";
import { utf8Length } from "./limits.ts";
import type { Step } from "./step.ts";
import type { Work } from "./work.ts";

/** What a result makes of the instance. */
export interface Applied {
  readonly result?: Json;
  readonly content?: readonly JsonObject[];
  readonly context: JsonObject;
  readonly toState: string;
  readonly branch?: number;
  readonly evidence: readonly EvidenceDraft[];
}

/** Why a result cannot be applied, and what of it is kept for people. */
export interface Unapplied {
  readonly error: OperationError;
  readonly kept: Json;
}

/** Output schema, caps, mapping and branches: what may fail after an effect. */
export function applyResult(
  work: Work,
  operation: Operation,
  step: Step,
  outcome: Extract<ExecutorOutcome, { status: "succeeded" }>,
): Result<Applied, Unapplied> {
  const { env } = work;
  const refuse = (code: string, message: string, kept: Json, detail?: Json): ReturnType<typeof applyResult> =>
    err({ error: { code, message, ...(detail === undefined ? {} : { detail }) }, kept });

  const text = JSON.stringify(outcome.output) ?? "null";
  const contentText = outcome.content === undefined ? "" : JSON.stringify(outcome.content);
  const bytes = utf8Length(text) + utf8Length(contentText);
  if (bytes > env.limits.outputBytes) {
    const kept = { $truncated: { bytes, sha256: env.digest.sha256(text), preview: text.slice(0, 500) } };
    return refuse(
      "EXECUTOR_FAILED",
      `its output of ${bytes} bytes is over the limit of ${env.limits.outputBytes}`,
      kept,
    );
  }
  const output = JSON.parse(text) as Json;
  if (step.outputSchema !== undefined) {
    const valid = env.programs.validate(step.outputSchema, output);
    if (!valid.ok) {
      const details = valid.error.map(({ pointer, message }) => ({ check: "schema", pointer, message }));
      const message = `its output does not match the output schema: ${valid.error[0]?.message ?? ""}`;
      return refuse("OUTPUT_SCHEMA_VIOLATION", message, output, details);
    }
  }
  const values = { arguments: operation.arguments, output };
  const mapped = mapOutput(work, operation, step, values);
  if (!mapped.ok) return refuse("EXECUTOR_FAILED", `its output cannot be mapped: ${mapped.error}`, output);
  const contextBytes = utf8Length(JSON.stringify(mapped.value));
  if (contextBytes > env.limits.contextBytes) {
    const message = `the context would take ${contextBytes} bytes, over the limit of ${env.limits.contextBytes}`;
    return refuse("EXECUTOR_FAILED", message, output);
  }
  const scope = scopeOf({ ...work.instance, context: mapped.value }, operation.actor, values);
  const bench = { instance: work.instance, evidence: work.evidence, facts: work.facts, env };
  const branch = step.branches.findIndex(
    ({ when }) => env.programs.judge(when, guardScopeOf(bench, scope)).verdict === "pass",
  );
  return ok({
    ...(step.executor === undefined ? {} : { result: output }),
    ...(outcome.content === undefined || outcome.content.length === 0 ? {} : { content: outcome.content }),
    context: mapped.value,
    toState: step.branches[branch]?.target ?? step.target,
    ...(branch === -1 ? {} : { branch }),
    evidence: outcome.evidence,
  });
}

function mapOutput(
  work: Work,
  operation: Operation,
  step: Step,
  values: { readonly arguments: Json; readonly output: Json },
): Result<JsonObject, string> {
  const scope = scopeOf(work.instance, operation.actor, values);
  const context = createRecord(Object.entries(work.instance.context));
  for (const [name, template] of Object.entries(step.output)) {
    const value = work.env.programs.resolve(template, scope);
    if (!value.ok) return err(`\`${name}\`: ${value.error[0]?.message ?? "has no value"}`);
    context[name] = value.value;
  }
  return ok(context);
}
