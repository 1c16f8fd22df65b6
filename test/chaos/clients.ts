import type { Json, WorkflowStore } from "@mcp-flowgate/core";
import type { Answer, CallBody, Caller, Note, SubmitArguments } from "./protocol.ts";
import type { Sink } from "./sink.ts";

/** A submit that somebody was told has been done. */
export interface Acknowledged {
  readonly request: SubmitArguments;
  readonly status: string;
  readonly output: Json;
  readonly chain: readonly string[];
}

export interface Moved {
  readonly workflowId: string;
  /** At the latest. */
  readonly version: number;
  readonly definitionHash: string;
}

/** A call at a replica, by the clock of the machine; without an answer where that ended before. */
export interface Asked {
  readonly replica: string;
  readonly workflowId: string | undefined;
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly answer: string | undefined;
}

/** A process: where it was to end, and how it did. */
export interface Life {
  readonly replica: string;
  readonly point: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly how: string;
}

/** What callers were told in a run, and what of it was wrong at once. */
export interface Ledger {
  readonly submits: Acknowledged[];
  /** Instance by request key. */
  readonly starts: Map<string, string>;
  /** Moves to another definition that somebody was told have been made. */
  readonly moves: Moved[];
  readonly violations: string[];
  /** For what is known of a violation. */
  readonly asked: Asked[];
  readonly lives: Life[];
  readonly notes: (Note & { readonly replica: string })[];
  calls: number;
  replays: number;
  /** `not_executed` that was refused because the lost process might still send. */
  quarantined: number;
  resolved: number;
}

export function createLedger(): Ledger {
  return {
    submits: [],
    starts: new Map(),
    moves: [],
    violations: [],
    asked: [],
    lives: [],
    notes: [],
    calls: 0,
    replays: 0,
    quarantined: 0,
    resolved: 0,
  };
}

/** Asks whichever replica lives; `undefined` where that one died before it answered. */
export type Ask = (body: CallBody, as?: Caller) => Promise<Answer | undefined>;

export interface ClientOptions {
  readonly ask: Ask;
  readonly ledger: Ledger;
  readonly sink: Sink;
  /** Instances that the clients share. */
  readonly workflows: string[];
  readonly stopped: () => boolean;
  /** What leads to the points at which living processes wait for their end. */
  readonly wanted: () => readonly string[];
}

const WORKFLOWS = 12;
const TRIES = 4;

/** An agent: starts instances, follows their links, repeats what it got no answer to, and some of what it did. */
export async function runAgent(options: ClientOptions): Promise<void> {
  const { workflows, stopped, ask, wanted } = options;
  while (!stopped()) {
    const begins = Math.random() < (wanted().includes("start") ? 0.2 : 0.02);
    if (workflows.length < WORKFLOWS || begins) await start(options);
    const workflowId = pick(workflows);
    if (workflowId === undefined) continue;
    const at = await ask({ kind: "get", workflowId });
    check(options.ledger, at);
    if (at?.instanceStatus === "terminal") {
      drop(workflows, workflowId);
      continue;
    }
    const transition = pick(weighted(at?.rels ?? [], wanted()));
    if (at?.version === undefined || transition === undefined) {
      // What waits for a person, or for what a lost process may still send, is left to them.
      if (at?.instanceStatus === "outcome_unknown" || Math.random() < 0.02) drop(workflows, workflowId);
      await pause(15);
      continue;
    }
    const own = OWN.has(transition);
    const request: SubmitArguments = {
      workflowId,
      expectedVersion: at.version,
      transition,
      arguments: own ? { amount: Math.floor(Math.random() * 1000) } : {},
    };
    await submit(options, request);
    if (Math.random() < 0.01) await ask({ kind: "cancel", workflowId });
  }
}

/** People who decide what waits for them, and an operator who looks uncertain effects up where they happened. */
export async function runPeople(options: ClientOptions): Promise<void> {
  while (!options.stopped()) {
    await decideAll(options);
    await resolveAll(options);
    for (let more = options.wanted().includes("migrate") ? 4 : 1; more > 0; more -= 1)
      await migrateOne(options);
    await pause(40);
  }
}

/** An operator takes one to the other version of its workflow, where it is at rest. */
async function migrateOne({ ask, ledger, workflows }: ClientOptions): Promise<void> {
  const workflowId = pick(workflows);
  if (workflowId === undefined) return;
  const moved = await ask({ kind: "migrate", workflowId }, "operator");
  check(ledger, moved);
  const { version, definitionHash, code } = moved ?? {};
  if (version === undefined || definitionHash === undefined || code !== undefined) return;
  ledger.moves.push({ workflowId, version, definitionHash });
}

export async function decideAll({ ask, ledger }: ClientOptions): Promise<void> {
  const answer = await ask({ kind: "pending" }, "ann");
  for (const approvalId of answer?.approvals ?? []) {
    const decision = Math.random() < 0.8 ? "approve" : "reject";
    const decided = await ask({ kind: "decide", request: { approvalId, decision } }, pick(["ann", "bob"]));
    check(ledger, decided);
  }
}

/** Where the sink knows the key, it was executed. Where not, the engine has to insist on its quarantine. */
export async function resolveAll({ ask, sink, ledger }: ClientOptions): Promise<void> {
  const answer = await ask({ kind: "unknown" }, "operator");
  for (const { workflowId, key } of answer?.open ?? []) {
    const outcome = sink.count(key) === 0 ? "not_executed" : "executed";
    const resolved = await ask({ kind: "resolve", request: { workflowId, outcome } }, "operator");
    check(ledger, resolved);
    if (resolved?.code === undefined && resolved !== undefined) ledger.resolved += 1;
    if (resolved?.code === "TRANSITION_IN_PROGRESS" && resolved.message?.includes("still send") === true)
      ledger.quarantined += 1;
  }
}

/** A child that owes a step has no caller of its own who would run it again. */
export async function recoverAll(
  { ask }: ClientOptions,
  store: Pick<WorkflowStore, "instances">,
): Promise<void> {
  const children = await store.instances({ definitionId: "child", statuses: ["idle"], limit: 100 });
  for (const { id: workflowId, version: expectedVersion, recovery } of children.items) {
    if (recovery === undefined) continue;
    const { transition } = recovery;
    await ask({ kind: "submit", request: { workflowId, expectedVersion, transition, arguments: {} } });
  }
}

async function start({ ask, workflows, ledger }: ClientOptions): Promise<void> {
  const requestKey = `key-${Math.random()}`;
  for (let time = 0; time < TRIES; time += 1) {
    const answer = await ask({ kind: "start", request: { input: {}, requestKey } });
    check(ledger, answer);
    if (answer?.workflowId === undefined) continue;
    const before = ledger.starts.get(requestKey);
    if (before !== undefined && before !== answer.workflowId)
      ledger.violations.push(`F7 ${requestKey} started ${before} and ${answer.workflowId}`);
    ledger.starts.set(requestKey, answer.workflowId);
    if (Math.random() < 0.1) continue;
    workflows.push(answer.workflowId);
    return;
  }
}

async function submit(options: ClientOptions, request: SubmitArguments): Promise<void> {
  const { ask, ledger } = options;
  for (let time = 0; time < TRIES; time += 1) {
    const answer = await ask({ kind: "submit", request });
    ledger.calls += 1;
    check(ledger, answer);
    // Whoever dies without an answer is asked again, elsewhere: that is what the promise is for.
    if (answer === undefined || answer.code === "TRANSITION_IN_PROGRESS") continue;
    if (answer.code !== undefined || !(answer.status === "executed" || answer.status === "completed")) return;
    const { status, output = null, chain = [] } = answer;
    const told = { request, status, output, chain };
    ledger.submits.push(told);
    if (Math.random() < 0.15) await replay(options, told);
    return;
  }
}

/** W9: the same call again, at another replica, has the same answer. */
async function replay(
  { ask, ledger }: ClientOptions,
  { request, status, output, chain }: Acknowledged,
): Promise<void> {
  if (!OWN.has(request.transition)) return;
  const again = await ask({ kind: "submit", request });
  if (again === undefined || again.code === "TRANSITION_IN_PROGRESS" || again.code === "STORE_UNAVAILABLE")
    return;
  ledger.replays += 1;
  const before = JSON.stringify([status, output, chain]);
  const after = JSON.stringify([again.status, again.output ?? null, again.chain ?? []]);
  if (again.code !== undefined || before !== after) {
    ledger.violations.push(
      `W9 ${request.workflowId}@${request.expectedVersion} ${request.transition} was answered ${before} and then ${after} ${again.code ?? ""}`,
    );
  }
}

function check(ledger: Ledger, answer: Answer | undefined): void {
  if (answer?.threw !== undefined) ledger.violations.push(`a call threw: ${answer.threw}`);
  if (answer?.code === "INTERNAL") ledger.violations.push(`a call met a fault: ${answer.message ?? ""}`);
}

/** Transitions of the flow that the agent may take; others are steps that the engine owes. */
const OWN: ReadonlySet<string> = new Set([
  "look",
  "charge",
  "pay",
  "chain",
  "ask",
  "wait",
  "spawn",
  "retry",
  "settle",
  "finish",
  "hurry",
]);

/** What is wanted half of the time; `finish` now and then, so that instances get old. */
function weighted(rels: readonly string[], wanted: readonly string[]): readonly string[] {
  const fit = rels.filter((rel) => wanted.includes(rel) || (rel === "ask" && wanted.includes("decide")));
  if (fit.length > 0 && Math.random() < 0.5) return fit;
  return Math.random() < 0.03 ? rels : rels.filter((rel) => rel !== "finish");
}

function pick<Item>(items: readonly Item[]): Item | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

function drop(items: string[], item: string): void {
  const at = items.indexOf(item);
  if (at !== -1) items.splice(at, 1);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
