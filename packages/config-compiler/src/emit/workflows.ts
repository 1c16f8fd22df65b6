import {
  createRecord,
  type Actor,
  type GuardIr,
  type Json,
  type LinkFilter,
  type OnEnterIr,
  type StateIr,
  type TimeoutIr,
  type TransitionIr,
  type WorkflowIr,
} from "@mcp-flowgate/core";
import type { RewriteStep } from "../diagnostics/rewrite.ts";
import { quote, writtenText, type Span } from "../source/config-node.ts";
import { optional, type Cursor } from "./cursor.ts";
import { emitExecutor, type EmittedExecutor } from "./executors.ts";
import { checkTemplate } from "./expressions.ts";
import { emitGuard, emitGuards } from "./guards.ts";
import { checkRetry, readReliability } from "./reliability-of.ts";
import { finishReliability, mergeReliability } from "./reliability.ts";
import type { World } from "./world.ts";

const NOOP = { kind: "noop", effect: "read", effectDeclared: false } as const;

/** One workflow with everything resolved, or undefined where it has no states or no beginning. */
export function emitWorkflow(cursor: Cursor, world: World): WorkflowIr | undefined {
  const initialState = cursor.text("initialState");
  const declared = cursor.entriesOf("states");
  if (initialState === undefined || declared.length === 0) return undefined;
  const states = createRecord<StateIr>();
  for (const state of declared) states[state.name] = emitState(state, world);
  const timeoutMs = cursor.milliseconds("timeoutMs");
  return {
    id: cursor.name,
    ...optional("title", cursor.text("title")),
    ...optional("description", cursor.text("description")),
    tags: cursor.texts("tags"),
    aliases: cursor.texts("aliases"),
    examples: cursor.texts("examples"),
    version: cursor.text("version") ?? "1.0.0",
    ...optional("inputSchema", cursor.object("inputSchema")),
    initialState,
    initialContext: cursor.record("initialContext"),
    ...optional("timeoutMs", timeoutMs),
    ...optional("onTimeout", emitTimeout(cursor, states, world)),
    linkFilter: (cursor.text("linkFilter") as LinkFilter | undefined) ?? "all",
    maxChainDepth: cursor.number("maxChainDepth") ?? 50,
    ...optional("retentionMs", cursor.milliseconds("retention")),
    visibility: (cursor.text("visibility") as "owner" | "tenant" | undefined) ?? "owner",
    states,
  };
}

function emitState(cursor: Cursor, world: World): StateIr {
  const transitions = createRecord<TransitionIr>();
  for (const entry of cursor.entriesOf("transitions")) {
    const transition = emitTransition(entry, world);
    if (transition !== undefined) transitions[entry.name] = transition;
  }
  return {
    ...optional("description", cursor.text("description")),
    ...optional("goal", cursor.text("goal")),
    ...optional("guidance", cursor.text("guidance")),
    terminal: cursor.flag("terminal") ?? false,
    outcome: (cursor.text("outcome") as "success" | "failure" | undefined) ?? "success",
    ...optional("onEnter", emitOnEnter(cursor.child("onEnter"), world)),
    ...optional("linkFilter", cursor.text("linkFilter") as LinkFilter | undefined),
    ...optional("timeoutMs", cursor.milliseconds("timeoutMs")),
    ...optional("onTimeout", emitTimeout(cursor, undefined, world)),
    transitions,
  };
}

function emitOnEnter(cursor: Cursor | undefined, world: World): OnEnterIr | undefined {
  if (cursor === undefined) return undefined;
  const emitted = emitExecutor(cursor.child("executor"), world);
  const guards: GuardIr[] = [...(emitted?.guards ?? [])];
  const own = readReliability(cursor.child("reliability"), world, guards);
  const authored = mergeReliability(emitted?.reliability ?? {}, own);
  const executor = emitted?.executor ?? NOOP;
  if (own.retry !== undefined) checkRetry(executor, authored, cursor, world.report);
  dropGuards(guards, cursor, "`onEnter`", world);
  const failure = cursor.child("onFailure")?.text("target");
  return {
    executor,
    output: emitOutput(cursor, world),
    reliability: finishReliability(authored),
    ...(failure === undefined ? {} : { onFailure: { target: failure } }),
  };
}

/** A deadline's target. Without one, a workflow's deadline leads to its state `failed`, where there is one. */
function emitTimeout(
  cursor: Cursor,
  states: { readonly [name: string]: StateIr } | undefined,
  world: World,
): TimeoutIr | undefined {
  const onTimeout = cursor.child("onTimeout");
  const deadline = cursor.get("timeoutMs");
  if (onTimeout === undefined) {
    if (deadline === undefined) return undefined;
    if (states !== undefined && Object.hasOwn(states, "failed")) {
      world.report("FG206", deadline.key, "a deadline without `onTimeout` leads to the state `failed`", {
        pointer: deadline.pointer,
        hint: "Write `onTimeout: { target: failed }`.",
        rewrite: [{ kind: "insert", at: deadline.key, entries: { onTimeout: { target: "failed" } } }],
      });
      return { target: "failed" };
    }
    world.report("FG408", deadline.key, "this deadline leads nowhere", {
      pointer: deadline.pointer,
      hint: "Add `onTimeout: { target: … }`.",
    });
    return undefined;
  }
  if (deadline === undefined) {
    world.report("FG409", onTimeout.key, "`onTimeout` without `timeoutMs` is never reached", {
      pointer: onTimeout.pointer,
      hint: "Add `timeoutMs`, for example `timeoutMs: 24h`.",
    });
  }
  const target = onTimeout.text("target");
  if (target === undefined) return undefined;
  const emitted = emitExecutor(onTimeout.child("executor"), world);
  dropGuards(emitted?.guards ?? [], onTimeout, "`onTimeout`", world);
  return {
    target,
    ...optional("executor", emitted?.executor),
    ...(onTimeout.has("output") ? { output: emitOutput(onTimeout, world) } : {}),
  };
}

function emitTransition(cursor: Cursor, world: World): TransitionIr | undefined {
  const target = cursor.text("target");
  if (target === undefined) return undefined;
  const actor = (cursor.text("actor") as Actor | undefined) ?? "agent";
  const emitted = emitExecutor(cursor.child("executor"), world);
  const extra: GuardIr[] = [];
  const own = readReliability(cursor.child("reliability"), world, extra);
  const authored = mergeReliability(emitted?.reliability ?? {}, own);
  if (emitted !== undefined && own.retry !== undefined) {
    checkRetry(emitted.executor, authored, cursor, world.report);
  }
  const evidence = emitEvidence(cursor, world);
  const compensate = emitExecutor(cursor.child("compensate")?.child("executor"), world);
  dropGuards(compensate?.guards ?? [], cursor.child("compensate") ?? cursor, "`compensate`", world);
  const unknown = cursor.child("onUnknown")?.text("target");
  return {
    ...optional("title", cursor.text("title")),
    ...optional("description", cursor.text("description")),
    target,
    actor,
    ...schemasOf(cursor, actor, emitted),
    guards: [
      ...(emitted?.guards ?? []),
      ...extra,
      ...emitGuards(cursor.itemsOf("guards"), world.report),
      ...evidence.guards,
    ],
    ...optional("executor", emitted?.executor),
    output: emitOutput(cursor, world),
    evidence: evidence.kinds,
    reliability: finishReliability(authored),
    prefill: emitPrefill(cursor, world),
    branches: emitBranches(cursor, world),
    ...(compensate === undefined ? {} : { compensate: { executor: compensate.executor } }),
    ...(unknown === undefined ? {} : { onUnknown: { target: unknown } }),
  };
}

/** A named capability's schemas hold for the step too, where the step has none: what is advertised is what is enforced. */
function schemasOf(
  cursor: Cursor,
  actor: Actor,
  emitted: EmittedExecutor | undefined,
): Pick<TransitionIr, "inputSchema" | "outputSchema"> {
  const inherited = actor === "deterministic" ? undefined : emitted?.inputSchema;
  return {
    ...optional("inputSchema", cursor.object("inputSchema") ?? inherited),
    ...optional("outputSchema", cursor.object("outputSchema") ?? emitted?.outputSchema),
  };
}

function emitBranches(cursor: Cursor, world: World): TransitionIr["branches"] {
  return cursor.itemsOf("branches").flatMap((branch) => {
    const when = branch.child("when");
    const guard = when === undefined ? undefined : emitGuard(when, world.report);
    const target = branch.text("target");
    return guard === undefined || target === undefined ? [] : [{ when: guard, target }];
  });
}

function emitOutput(cursor: Cursor, world: World): { readonly [name: string]: Json } {
  for (const entry of cursor.entriesOf("output")) checkTemplate(entry, world.report);
  return cursor.record("output");
}

function emitPrefill(cursor: Cursor, world: World): { readonly [name: string]: Json } {
  for (const entry of cursor.entriesOf("prefill")) checkTemplate(entry, world.report);
  return cursor.record("prefill");
}

function emitEvidence(
  cursor: Cursor,
  world: World,
): { readonly kinds: readonly string[]; readonly guards: readonly GuardIr[] } {
  const evidence = cursor.get("evidence");
  if (evidence?.node.kind !== "map") return { kinds: cursor.texts("evidence"), guards: [] };
  const requires = evidence.texts("requires");
  world.report("FG206", evidence.key, "`evidence: { requires: … }` is an older form of a guard", {
    pointer: evidence.pointer,
    hint: `Write a guard: \`{ kind: evidence, requires: [${requires.join(", ")}] }\`.`,
    rewrite: guardStep(cursor, evidence, requires),
  });
  if (requires.length === 0) return { kinds: [], guards: [] };
  return {
    kinds: [],
    guards: [{ kind: "evidence", requires: requires.map((kind) => ({ kind, count: 1 })) }],
  };
}

/** Another file's guards or variables are no part of what this place can say. */
function guardStep(
  cursor: Cursor,
  evidence: Cursor,
  requires: readonly string[],
): readonly RewriteStep<Span>[] | undefined {
  const guards = cursor.get("guards");
  if (guards !== undefined && guards.key.source !== evidence.key.source) return undefined;
  if (requires.length === 0) return [{ kind: "remove", at: evidence.key }];
  const written = evidence.itemsOf("requires").every(({ node }) => writtenText(node) !== undefined);
  return written ? [{ kind: "guard", at: evidence.key, guards: guards?.key, requires }] : undefined;
}

/** Nobody asks for these steps, so there is nobody whom the guards could judge. */
function dropGuards(guards: readonly GuardIr[], cursor: Cursor, where: string, world: World): void {
  if (guards.length === 0) return;
  const kinds = [...new Set(guards.map(({ kind }) => kind))].map(quote).join(", ");
  world.report("FG615", cursor.key, `the capability's guards (${kinds}) are not checked in ${where}`, {
    pointer: cursor.pointer,
    hint: "Guard the transitions that lead here, or name an unguarded capability.",
  });
}
