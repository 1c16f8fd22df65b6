import {
  DEFAULT_LIMITS,
  type Approval,
  type Executor,
  type ExecutorContext,
  type ExecutorKind,
  type ExecutorOutcome,
  type Principal,
  type ResolvedCall,
  type WorkflowIr,
} from "@mcp-flowgate/core";
import { createHumanExecutor } from "@mcp-flowgate/executor-human";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import {
  buildDefinition,
  buildPerson,
  buildPrincipal,
  createCountingIds,
  createManualClock,
  createRecordingAudit,
  failed,
  nodeDigest,
  silentLog,
  succeeded,
} from "@mcp-flowgate/testkit";
import { createEngine, type Snapshot } from "@mcp-flowgate/workflow-engine";

/** Picks one of several ways on, by its number. */
export type Choose = (ways: number) => number;

/** What walks over one workflow came upon. */
export interface Seen {
  /** States that were entered, each with what had happened by then. */
  readonly entered: { readonly state: string; readonly approved: boolean; readonly tested: boolean }[];
  /** Transitions that were taken, likewise. */
  readonly taken: { readonly transition: string; readonly tested: boolean }[];
  /** Tools that were called, likewise. */
  readonly called: { readonly tool: string; readonly approved: boolean }[];
  /** Where an instance came to rest, and where it went on from there. */
  readonly rests: Map<string, Set<string>>;
  /** Rests that are an end. */
  readonly ends: Set<string>;
}

const HOUR = 3_600_000;
const MOST_WALKS = 100;

/**
 * Takes every way through a workflow on the real engine: every link, every decision of a person, every deadline and
 * every outcome that `outcomesOf` allows of a call. An instance that comes to rest where another one was is not
 * followed again. Undefined where there are too many ways: then nothing can be said of all of them.
 */
export async function walkAll(
  workflow: WorkflowIr,
  permissions: readonly string[],
): Promise<Seen | undefined> {
  const seen: Seen = { entered: [], taken: [], called: [], rests: new Map(), ends: new Set() };
  let prefix: readonly number[] = [];
  for (let walks = 0; walks < MOST_WALKS; walks += 1) {
    const trace: { readonly picked: number; readonly ways: number }[] = [];
    const choose: Choose = (ways) => {
      const picked = prefix[trace.length] ?? 0;
      trace.push({ picked, ways });
      return picked;
    };
    const isNew = (): boolean => trace.length >= prefix.length;
    await walk(workflow, permissions, seen, choose, isNew);
    const last = trace.findLastIndex(({ picked, ways }) => picked + 1 < ways);
    if (last < 0) return seen;
    prefix = [...trace.slice(0, last).map(({ picked }) => picked), (trace[last]?.picked ?? 0) + 1];
  }
  return undefined;
}

/** One walk, until it ends or comes to a place that is known. */
async function walk(
  workflow: WorkflowIr,
  permissions: readonly string[],
  seen: Seen,
  choose: Choose,
  isNew: () => boolean,
): Promise<void> {
  const agent = buildPrincipal("agent", { permissions });
  const ann = buildPerson("ann", { permissions });
  const bob = buildPerson("bob", { permissions });
  const definition = buildDefinition(workflow);
  const clock = createManualClock();
  const audit = createRecordingAudit();
  const store = createMemoryStore({ clock, audit });
  const progress = { approved: false, tested: false, read: 0, deadline: false };
  /** Whether what runs now runs by the word of a person. */
  let byPerson = false;
  const follow = (): void => {
    for (const { type, payload } of audit.events.slice(progress.read)) {
      if (type === "workflow.started")
        seen.entered.push({ state: workflow.initialState, ...flags(progress) });
      if (type !== "workflow.transitioned" && type !== "chain.step") continue;
      const { slot, transition, fromState, toState, because } = payload as { readonly [key: string]: string };
      const ir = workflow.states[fromState ?? ""]?.transitions[transition ?? ""];
      if (slot === "timeout") progress.deadline = true;
      if (slot === "onEnter" && because === undefined) continue;
      if ((slot === "submit" || slot === "chain") && because === undefined && ir !== undefined) {
        seen.taken.push({ transition: transition ?? "", tested: progress.tested });
        if (transition === "approve" && byPerson && slot === "submit") progress.approved = true;
        if (ir.evidence.includes("tests")) progress.tested = true;
      }
      seen.entered.push({ state: toState ?? "", ...flags(progress) });
    }
    progress.read = audit.events.length;
  };
  const outside: Executor = {
    kind: "mcp",
    async execute(call, context) {
      follow();
      if (call.kind !== "mcp") throw new TypeError("not a tool");
      const approved = progress.approved || (byPerson && context.transition === "approve");
      seen.called.push({ tool: call.tool, approved });
      const outcomes = outcomesOf(call, context);
      return outcomes[choose(outcomes.length)] as ExecutorOutcome;
    },
  };
  const engine = createEngine({
    store,
    executors: new Map<ExecutorKind, Executor>([
      ["mcp", outside],
      ["human", createHumanExecutor()],
    ]),
    definitions: { current: () => definition, byHash: () => definition },
    clock,
    ids: createCountingIds(),
    digest: nodeDigest,
    schemas: createSchemas(),
    limits: { ...DEFAULT_LIMITS, operationMs: 60_000 },
    log: silentLog,
  });
  let snapshot = await engine.start({ definition, input: {}, principal: agent, correlationId: "c" });
  const id = snapshot.instance?.id ?? "";
  let before: string | undefined;
  for (;;) {
    follow();
    const waiting = (await engine.approvals({ principal: ann, workflowId: id })).items;
    const here = JSON.stringify([
      snapshot.instance?.status,
      snapshot.instance?.state,
      flags(progress),
      workflow.timeoutMs === undefined || progress.deadline,
      waiting.map(({ kind, transitions }) => [kind, transitions]),
    ]);
    const known = seen.rests.has(here);
    if (before !== undefined) seen.rests.get(before)?.add(here);
    if (!known) seen.rests.set(here, new Set());
    if (snapshot.instance?.status === "terminal") seen.ends.add(here);
    const moves = movesOf(snapshot, waiting, workflow, progress.deadline);
    if (moves.length === 0 || (known && isNew())) break;
    const move = moves[choose(moves.length)] as Move;
    byPerson = move.kind === "decide" && move.decision === "approve";
    before = here;
    if (move.kind === "deadline") {
      clock.skew(move.afterMs);
    } else if (move.kind === "submit") {
      await engine.submit({
        workflowId: id,
        expectedVersion: snapshot.instance?.version ?? 0,
        transition: move.transition,
        arguments: { pick: move.pick },
        principal: agent,
        correlationId: "c",
      });
    } else {
      await engine.decide({
        approvalId: move.approvalId,
        decision: move.decision,
        ...(move.transition === undefined ? {} : { transition: move.transition }),
        // Nobody decides what they asked for themselves.
        principal: move.askedBy === "ann" ? bob : ann,
        correlationId: "c",
      });
    }
    await engine.sweep();
    snapshot = await engine.get(id, agent);
  }
  await engine.close();
}

function flags({ approved, tested }: { readonly approved: boolean; readonly tested: boolean }): {
  readonly approved: boolean;
  readonly tested: boolean;
} {
  return { approved, tested };
}

type Move =
  | { readonly kind: "submit"; readonly transition: string; readonly pick: number }
  | { readonly kind: "deadline"; readonly afterMs: number }
  | {
      readonly kind: "decide";
      readonly approvalId: string;
      readonly askedBy: string;
      readonly decision: "approve" | "reject";
      readonly transition?: string;
    };

function movesOf(
  { instance, links }: Snapshot,
  waiting: readonly Approval[],
  workflow: WorkflowIr,
  deadlinePassed: boolean,
): readonly Move[] {
  if (instance === undefined || instance.status === "terminal") return [];
  const state = workflow.states[instance.state];
  const submits = links
    .filter(({ rel }) => state?.transitions[rel]?.actor === "agent")
    .flatMap(({ rel }) => [0, 1].map((pick): Move => ({ kind: "submit", transition: rel, pick })));
  const decisions = waiting.flatMap(
    ({ id, kind, transitions, requestedBy: { subject: askedBy } }): readonly Move[] =>
      kind === "gate"
        ? [
            { kind: "decide", approvalId: id, askedBy, decision: "approve" },
            { kind: "decide", approvalId: id, askedBy, decision: "reject" },
          ]
        : transitions.map((transition) => ({
            kind: "decide",
            approvalId: id,
            askedBy,
            decision: "approve",
            transition,
          })),
  );
  const deadline = state?.timeoutMs ?? (deadlinePassed ? undefined : workflow.timeoutMs);
  return [
    ...submits,
    ...decisions,
    ...(deadline === undefined ? [] : [{ kind: "deadline", afterMs: deadline + HOUR } as const]),
  ];
}

/** What a tool may answer is written into its arguments. */
function outcomesOf(call: ResolvedCall, _context: ExecutorContext): readonly ExecutorOutcome[] {
  const allowed = call.kind === "mcp" ? String(call.arguments["may"]) : "";
  return [
    succeeded({ pick: 0 }),
    ...(allowed.includes("branch") ? [succeeded({ pick: 1 })] : []),
    ...(allowed.includes("fail") ? [failed("permanent")] : []),
    ...(allowed.includes("unknown") ? [failed("timeout", "unknown")] : []),
  ];
}

/** Whether an end can be reached from every rest. */
export function alwaysEnds({ rests, ends }: Seen): boolean {
  const finishing = new Set(ends);
  for (let grown = true; grown;) {
    grown = false;
    for (const [from, to] of rests) {
      if (finishing.has(from) || ![...to].some((next) => finishing.has(next))) continue;
      finishing.add(from);
      grown = true;
    }
  }
  return [...rests.keys()].every((rest) => finishing.has(rest));
}

/** Somebody who may do everything that a guard asks for here, and somebody who may not. */
export const MAY: readonly string[] = ["pay.send"];
export const MAY_NOT: Principal["permissions"] = [];
