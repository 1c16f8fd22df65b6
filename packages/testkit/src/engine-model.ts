import type {
  Approval,
  Definition,
  Executor,
  JsonObject,
  Operation,
  Principal,
  WorkflowInstance,
  WorkflowIr,
  WorkflowStore,
} from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { arbitraryPair, childWorkflow } from "./arbitrary-definition.ts";
import { buildDefinition, buildPerson, buildPrincipal } from "./build-ir.ts";
import type { ManualClock } from "./manual-clock.ts";
import {
  canGoOn,
  findViolations,
  findWorldViolations,
  readBlobs,
  type Observed,
} from "./model-invariants.ts";
import { BEHAVIOURS, createModelWorld, type Behaviour, type ModelWorld } from "./model-world.ts";
import type { RecordingAudit } from "./recording-audit.ts";

/** What the model needs of an engine. */
export interface ModelEngine {
  start(
    request: ModelCall & {
      readonly definition: Definition;
      readonly input: JsonObject;
      readonly requestKey?: string;
    },
  ): Promise<ModelSnapshot>;
  get(workflowId: string, principal: Principal): Promise<ModelSnapshot>;
  submit(request: ModelCall & ModelSubmit): Promise<ModelSnapshot>;
  explain(request: { readonly workflowId: string; readonly principal: Principal }): Promise<unknown>;
  decide(
    request: ModelCall & {
      readonly approvalId: string;
      readonly decision: "approve" | "reject";
      readonly transition?: string;
    },
  ): Promise<ModelSnapshot>;
  cancel(
    request: ModelCall & { readonly workflowId: string; readonly reason: string },
  ): Promise<ModelSnapshot>;
  resolveUnknown(
    request: ModelCall & {
      readonly workflowId: string;
      readonly reason: string;
      readonly outcome: "executed" | "not_executed" | "abandon";
    },
  ): Promise<ModelSnapshot>;
  migrate(
    request: ModelCall & {
      readonly workflowId: string;
      readonly to: string;
      readonly map: { readonly [state: string]: string };
      readonly reason: string;
    },
  ): Promise<ModelSnapshot>;
  sweep(): Promise<number>;
}

export interface ModelCall {
  readonly principal: Principal;
  readonly correlationId: string;
}

export interface ModelSubmit {
  readonly workflowId: string;
  readonly expectedVersion: number;
  readonly transition: string;
  readonly arguments: JsonObject;
}

export interface ModelSnapshot {
  readonly chain: readonly object[];
  readonly evidence: readonly { readonly id: string }[];
  readonly instance?: WorkflowInstance;
  readonly status: string;
  readonly output?: unknown;
  readonly links: readonly { readonly rel: string; readonly method: string; readonly args: JsonObject }[];
  readonly error?: { readonly code: string };
}

/** One storage and the engines on it. */
export interface ModelSystem {
  /** A process: an engine on a store handle of its own. */
  open(
    replica: string,
    executor: Executor,
    definitions: ReadonlyMap<string, Definition>,
  ): Promise<ModelProcess>;
  readonly clock: ManualClock;
  readonly audit: RecordingAudit;
  /** The next batch is applied, and whoever gave it is told that the store is away. */
  loseAnswer(): void;
  /** Waits for all that was set off, as far as it comes while the clock stands still. */
  settle(): Promise<void>;
  dispose(): Promise<void>;
}

export interface ModelProcess {
  readonly engine: ModelEngine;
  readonly store: WorkflowStore;
  /** Takes the process away as a power cut does. */
  crash(): Promise<void>;
}

type Command =
  | { readonly kind: "start"; readonly key?: string | undefined }
  | {
      readonly kind: "submit";
      readonly pick: number;
      readonly n: number;
      readonly twice: boolean;
      readonly stale: boolean;
    }
  | { readonly kind: "replay" }
  /** A submit whose effect is on the way when its process ends; chance alone hardly ever brings that about. */
  | { readonly kind: "crashDuring"; readonly pick: number; readonly n: number }
  | { readonly kind: "world"; readonly behaviours: readonly Behaviour[] }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: (typeof PLAIN)[number] }
  | { readonly kind: "decide"; readonly pick: number; readonly person: string; readonly approve: boolean }
  | { readonly kind: "cancel"; readonly pick: number }
  | { readonly kind: "migrate"; readonly pick: number; readonly shift: number }
  | {
      readonly kind: "resolve";
      readonly pick: number;
      readonly outcome: "executed" | "not_executed" | "abandon";
    };

/** Commands without anything to choose, as often as they are to come. */
const PLAIN = [
  "sweep",
  "sweep",
  "sweep",
  "crash",
  "switch",
  "switch",
  "read",
  "refuseRecords",
  "takeRecords",
  "loseAnswer",
] as const;

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("start" as const),
      key: fc.constantFrom(undefined, undefined, "k1"),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      pick: fc.nat(9),
      n: fc.nat(1),
      twice: fc.boolean(),
      stale: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "replay" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("crashDuring" as const), pick: fc.nat(9), n: fc.nat(1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("world" as const),
      behaviours: fc.array(fc.constantFrom(...BEHAVIOURS), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.constantFrom(60, 1000, 6000, 320_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(...PLAIN).map((kind) => ({ kind }) as Command),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("decide" as const),
      pick: fc.nat(9),
      person: fc.constantFrom("ann", "bob", "agent"),
      approve: fc.integer({ min: 0, max: 3 }).map((value) => value > 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("migrate" as const), pick: fc.nat(9), shift: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("resolve" as const),
      pick: fc.nat(9),
      outcome: fc.constantFrom("executed" as const, "not_executed" as const, "abandon" as const),
    }),
  },
);

/** How the model run is sized. */
export interface ModelRun {
  readonly runs: number;
  readonly commands: number;
}

/**
 * Runs arbitrary workflows through arbitrary commands, crashes and failures of the world, and checks the engine's
 * invariants after each. The store is whatever `create` brings, so every store runs the same model.
 */
export async function checkEngineModel(
  create: () => Promise<ModelSystem>,
  { runs, commands }: ModelRun,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      arbitraryPair,
      fc.array(command, { minLength: 4, maxLength: commands }),
      async (pair, list) => {
        const system = await create();
        try {
          await new Run(system, pair).all(list);
        } finally {
          await system.dispose();
        }
      },
    ),
    { numRuns: runs, timeout: LONGEST_RUN_MS },
  );
}

/** One that takes longer hangs. */
const LONGEST_RUN_MS = 30_000;

const AGENT = buildPrincipal("agent");
const STRANGER = buildPrincipal("agent", { tenant: "other", permissions: ["*"] });
const OPERATOR = buildPrincipal("op", { permissions: ["workflow.*"] });

/** What the new definition of `flow` is kept under. */
const NEXT = "flow, written anew";

class Run {
  readonly #system: ModelSystem;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #irs: ReadonlyMap<string, WorkflowIr>;
  readonly #world: ModelWorld;
  readonly #ids = new Set<string>();
  readonly #before = new Map<string, Observed>();
  readonly #acknowledged: ModelSubmit[] = [];
  readonly #allowed = new Map<string, number>();
  #last: { readonly request: ModelSubmit; readonly answer: ModelSnapshot } | undefined;
  /** The process that is talked to, and another that is alive as well. */
  #process: ModelProcess | undefined;
  #other: ModelProcess | undefined;
  #lives = 0;

  constructor(system: ModelSystem, [first, second]: readonly [WorkflowIr, WorkflowIr]) {
    this.#system = system;
    this.#definitions = new Map([
      [first.id, buildDefinition(first)],
      [NEXT, buildDefinition(second)],
      [childWorkflow.id, buildDefinition(childWorkflow)],
    ]);
    this.#irs = new Map([...this.#definitions.values()].map(({ hash, ir }) => [hash, ir]));
    this.#world = createModelWorld(system.audit);
  }

  async all(commands: readonly Command[]): Promise<void> {
    this.#process = await this.#boot();
    this.#other = await this.#boot();
    await this.#do({ kind: "start" });
    await this.#system.settle();
    for (const one of commands) {
      await this.#do(one);
      await this.#system.settle();
      await this.#check();
    }
    await this.#comeToRest();
    await this.#check();
    await this.#checkRest();
  }

  async #do(one: Command): Promise<void> {
    const { engine } = this.#process!;
    switch (one.kind) {
      case "start": {
        const definition = this.#definitions.get("flow")!;
        const key = one.key === undefined ? {} : { requestKey: one.key };
        this.#note(engine.start({ definition, input: {}, principal: AGENT, correlationId: "c", ...key }));
        break;
      }
      case "submit":
        await this.#submit(one);
        break;
      case "replay":
        await this.#replay();
        break;
      case "crashDuring":
        this.#world.next(["hang"]);
        await this.#submit({ ...one, kind: "submit", twice: false, stale: false });
        await this.#system.settle();
        await this.#do({ kind: "crash" });
        void this.#process!.engine.sweep().catch(() => 0);
        break;
      case "world":
        this.#world.next(one.behaviours);
        break;
      case "advance":
        await this.#system.clock.advance(one.ms);
        break;
      case "sweep":
        void engine.sweep().catch(() => 0);
        break;
      case "crash":
        await this.#process!.crash();
        this.#process = await this.#boot();
        break;
      case "switch":
        [this.#process, this.#other] = [this.#other, this.#process];
        break;
      case "read":
        await this.#read();
        break;
      case "refuseRecords":
        this.#system.audit.refuse(["executor.succeeded", "executor.failed", "executor.unknown"]);
        break;
      case "takeRecords":
        this.#system.audit.refuse();
        break;
      case "loseAnswer":
        this.#system.loseAnswer();
        break;
      case "decide":
        await this.#decide(one);
        break;
      case "cancel": {
        const workflowId = this.#pick(one.pick);
        void engine.cancel({ workflowId, reason: "enough", principal: AGENT, correlationId: "c" });
        break;
      }
      case "migrate":
        await this.#migrate(one.pick, one.shift);
        break;
      case "resolve":
        await this.#resolve(one.pick, one.outcome);
        break;
      default:
        one satisfies never;
    }
  }

  async #boot(): Promise<ModelProcess> {
    this.#lives += 1;
    return await this.#system.open(`r${this.#lives}`, this.#world.executor, this.#definitions);
  }

  #note(answer: Promise<ModelSnapshot>): void {
    void answer.then(({ instance }) => (instance === undefined ? undefined : this.#ids.add(instance.id)));
  }

  #pick(index: number): string {
    const ids = [...this.#ids];
    return ids[index % Math.max(1, ids.length)] ?? "wf_none";
  }

  async #submit({ pick, n, twice, stale }: Extract<Command, { kind: "submit" }>): Promise<void> {
    const { engine } = this.#process!;
    const at = await engine.get(this.#pick(pick), AGENT);
    const links = at.links.filter(({ method }) => method === "workflow.submit");
    const link = links[pick % Math.max(1, links.length)];
    if (at.instance === undefined || link === undefined) return;
    const own =
      link.rel.startsWith("t") && !link.rel.includes(":") && at.instance.recovery?.transition !== link.rel;
    const request: ModelSubmit = {
      workflowId: at.instance.id,
      expectedVersion: at.instance.version - (stale ? 1 : 0),
      transition: link.rel,
      arguments: own ? { n } : {},
    };
    for (let time = 0; time < (twice ? 2 : 1); time += 1) {
      void engine.submit({ ...request, principal: AGENT, correlationId: "c" }).then((answer) => {
        if (answer.error !== undefined || (answer.status !== "executed" && answer.status !== "completed"))
          return;
        this.#acknowledged.push(request);
        this.#last = { request, answer };
      });
    }
  }

  /** W9: the same call again gives the same answer and causes nothing. */
  async #replay(): Promise<void> {
    if (this.#last === undefined) return;
    const { request, answer } = this.#last;
    if (request.transition === "onEnter" || answer.instance?.version === undefined) return;
    const calls = this.#world.calls.length;
    const store = this.#process!.store;
    const journal = await store.journal(request.workflowId, request.expectedVersion);
    const operation = journal.find(
      (one) => one.fromVersion === request.expectedVersion && one.status === "committed",
    );
    if (operation?.slot !== "submit") return;
    const again = this.#process!.engine.submit({ ...request, principal: AGENT, correlationId: "c" });
    let repeated: ModelSnapshot | undefined;
    void again.then((snapshot) => {
      repeated = snapshot;
    });
    await this.#system.settle();
    if (repeated === undefined || repeated.error?.code === "TRANSITION_IN_PROGRESS") return;
    this.#assert(this.#world.calls.length === calls, "W9 an equal submit had an effect");
    // Links are those of now, and so is the sentence.
    const said = ({ status, output, chain, evidence, error }: ModelSnapshot): string =>
      JSON.stringify([status, output, chain, evidence.map(({ id }) => id), error?.code]);
    this.#assert(
      said(repeated) === said(answer),
      `W9 an equal submit had another answer: ${said(repeated)} for ${said(answer)}`,
    );
  }

  /** W17, W20 */
  async #read(): Promise<void> {
    const { engine, store } = this.#process!;
    const workflowId = this.#pick(0);
    const before = [JSON.stringify(await store.load(workflowId)), this.#system.audit.events.length];
    await engine.get(workflowId, AGENT);
    await engine.explain({ workflowId, principal: AGENT });
    const foreign = await engine.get(workflowId, STRANGER);
    const after = [JSON.stringify(await store.load(workflowId)), this.#system.audit.events.length];
    this.#assert(JSON.stringify(before) === JSON.stringify(after), "W17 a read wrote something");
    this.#assert(
      foreign.error?.code === "UNKNOWN_WORKFLOW" && foreign.instance === undefined,
      "W20 a stranger sees it",
    );
  }

  async #decide({ pick, person, approve }: Extract<Command, { kind: "decide" }>): Promise<void> {
    const { store, engine } = this.#process!;
    const pending = (await store.approvals({ statuses: ["pending"], limit: 20 })).items;
    const approval = pending[pick % Math.max(1, pending.length)];
    if (approval === undefined) return;
    const transition =
      approval.kind === "choice" ? approval.transitions[pick % approval.transitions.length] : undefined;
    void engine.decide({
      approvalId: approval.id,
      decision: approve ? "approve" : "reject",
      ...(transition === undefined ? {} : { transition }),
      principal: buildPerson(person),
      correlationId: "c",
    });
  }

  async #resolve(pick: number, outcome: "executed" | "not_executed" | "abandon"): Promise<void> {
    const workflowId = this.#pick(pick);
    const live = (await this.#process!.store.load(workflowId))?.operation;
    void this.#process!.engine.resolveUnknown({
      workflowId,
      outcome,
      reason: "seen",
      principal: OPERATOR,
      correlationId: "c",
    }).then((answer) => {
      if (answer.status === "rejected" || live === undefined || outcome !== "not_executed") return;
      this.#allowed.set(live.idempotencyKey, (this.#allowed.get(live.idempotencyKey) ?? 0) + 1);
    });
  }

  /** To the other definition of the workflow, each state to some state of that one. */
  async #migrate(pick: number, shift: number): Promise<void> {
    const { engine, store } = this.#process!;
    const workflowId = this.#pick(pick);
    const instance = (await store.load(workflowId))?.instance;
    const [first, second] = [this.#definitions.get("flow")!, this.#definitions.get(NEXT)!];
    if (instance?.definitionId !== first.ir.id) return;
    const [from, to] = instance.definitionHash === first.hash ? [first, second] : [second, first];
    const states = Object.keys(to.ir.states);
    const map = Object.fromEntries(
      Object.keys(from.ir.states).map((state, index) => [state, states[(index + shift) % states.length]!]),
    );
    void engine.migrate({
      workflowId,
      to: to.hash,
      map,
      reason: "written anew",
      principal: OPERATOR,
      correlationId: "c",
    });
  }

  /** Everything that is due or on its way gets the time that it needs. */
  async #comeToRest(): Promise<void> {
    this.#system.audit.refuse();
    this.#world.next([]);
    for (let round = 0; round < 8; round += 1) {
      await this.#system.clock.advance(round < 5 ? 320_000 : 12_000);
      // One look takes up one thing of an instance: of a gate that has expired and a deadline, the other is left to the next.
      for (let look = 0; look < 2; look += 1) {
        void this.#process!.engine.sweep();
        await this.#system.settle();
      }
    }
  }

  async #check(): Promise<void> {
    await this.#findAll();
    const journals: Operation[] = [];
    for (const id of this.#ids) {
      const seen = await this.#observe(id);
      if (seen === undefined) continue;
      journals.push(...seen.journal);
      for (const violation of findViolations(seen, this.#before.get(id))) this.#assert(false, violation);
      this.#before.set(id, seen);
    }
    for (const violation of findWorldViolations(this.#world, journals, this.#allowed))
      this.#assert(false, violation);
    for (const request of this.#acknowledged) {
      const kept = journals.some(
        (one) =>
          one.workflowId === request.workflowId &&
          one.fromVersion === request.expectedVersion &&
          one.status === "committed",
      );
      this.#assert(kept, `W3 an acknowledged submit is not committed: ${JSON.stringify(request)}`);
    }
  }

  async #checkRest(): Promise<void> {
    const { engine, store } = this.#process!;
    for (const id of this.#ids) {
      const seen = await this.#observe(id);
      if (seen === undefined) continue;
      const { links } = await engine.get(id, AGENT);
      const { status } = seen.instance;
      this.#assert(status !== "running", `W19 ${id} still runs and nobody is at it`);
      this.#assert(
        canGoOn(
          seen,
          links.map(({ rel }) => rel),
        ),
        `W19 ${id} is stuck: ${JSON.stringify(seen.instance)}`,
      );
    }
    const due = await store.due(100);
    const left = due.timers.length + due.retries.length + due.orphans.length;
    this.#assert(left === 0, `W11 something due was left: ${JSON.stringify(due)}`);
  }

  async #findAll(): Promise<void> {
    for (const { id } of (await this.#process!.store.instances({ limit: 200 })).items) this.#ids.add(id);
  }

  async #observe(id: string): Promise<Observed | undefined> {
    const { store } = this.#process!;
    const aggregate = await store.load(id);
    if (aggregate === undefined) return undefined;
    const { instance, evidence, timers } = aggregate;
    const approvals: readonly Approval[] = (await store.approvals({ workflowId: id, limit: 200 })).items;
    const events = this.#system.audit.events.filter(({ workflowId }) => workflowId === id);
    const journal = await store.journal(id);
    return {
      irs: this.#irs,
      instance,
      journal,
      blobs: await readBlobs(store, journal),
      evidence,
      approvals,
      timers: timers.length,
      events,
    };
  }

  #assert(holds: boolean, words: string): void {
    if (!holds) throw new Error(words);
  }
}
