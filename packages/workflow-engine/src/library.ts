import {
  FlowgateError,
  type Definition,
  type InstanceAggregate,
  type Operation,
  type Principal,
  type WorkflowInstance,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { guardRates } from "@mcp-flowgate/guards-expr";
import { judgedPrincipals, NO_FACTS, performersOf, traitsOf, type Facts, type Traits } from "./facts.ts";
import { scopeOf } from "./judge.ts";
import { isKeptRef, wholeOf } from "./kept.ts";
import { compensationOf } from "./step.ts";

/** An instance with its pinned definition. */
export interface Opened {
  readonly definition: Definition;
  readonly aggregate: InstanceAggregate;
}

/**
 * Owns the definitions that this process remembers, the instances that it left at rest, and what is read of the store before
 * a draft is made. A definition never changes under its hash (W14), so one that is remembered is as good as one that is
 * read. An instance that was left is as it was then: others may have gone on with it.
 */
export interface Library {
  /** An instance with its pinned definition, or nothing. */
  open(workflowId: string): Promise<Opened | undefined>;
  /** Those of these instances that are there, by their ids; read together. */
  openAll(workflowIds: readonly string[]): Promise<ReadonlyMap<string, Opened>>;
  /**
   * Takes an instance as this process left it, if it remembers that. What rests on it is written with its fence, and so only
   * where it still stands; whoever is to be refused anything for it opens it first.
   */
  recall(workflowId: string): Opened | undefined;
  /** Remembers an instance that is at rest as this process has written it. */
  leave(opened: Opened): void;
  /** Keeps a definition; gives the one that is kept under its hash. */
  remember(definition: Definition): Definition;
  /** What the guards of an instance's definition need to know. At once where they need nothing of the store. */
  factsOf(opened: Opened, caller?: Principal): Facts | Promise<Facts>;
}

export interface LibraryDeps {
  readonly store: WorkflowStore;
  readonly findDefinition: (hash: string) => Definition | undefined;
}

interface Remembered {
  readonly definition: Definition;
  readonly traits: Traits;
}

/** Definitions that this process remembers. */
const MAX_DEFINITIONS = 2000;
/** Instances that it remembers. Their contexts can be as large as `limits.contextBytes` each. */
const MAX_LEFT = 100;

export function createLibrary(deps: LibraryDeps): Library {
  return new DefinitionLibrary(deps);
}

class DefinitionLibrary implements Library {
  readonly #store: WorkflowStore;
  readonly #find: LibraryDeps["findDefinition"];
  readonly #definitions = new Map<string, Remembered>();
  readonly #left = new Map<string, Opened>();

  constructor({ store, findDefinition }: LibraryDeps) {
    this.#store = store;
    this.#find = findDefinition;
  }

  async open(workflowId: string): Promise<Opened | undefined> {
    const aggregate = await this.#store.load(workflowId);
    if (aggregate === undefined) return undefined;
    const known = this.#definitions.get(aggregate.instance.definitionHash)?.definition;
    return { definition: known ?? (await this.#pinned(aggregate.instance)), aggregate };
  }

  async openAll(workflowIds: readonly string[]): Promise<ReadonlyMap<string, Opened>> {
    const opened = new Map<string, Opened>();
    if (workflowIds.length === 0) return opened;
    for (const aggregate of await this.#store.loadAll(workflowIds)) {
      const { id, definitionHash } = aggregate.instance;
      const known = this.#definitions.get(definitionHash)?.definition;
      // One without its definition is left to whoever opens it alone, and fails there.
      const definition =
        known ?? this.#find(definitionHash) ?? (await this.#store.definition(definitionHash));
      if (definition !== undefined) opened.set(id, { definition: this.remember(definition), aggregate });
    }
    return opened;
  }

  recall(workflowId: string): Opened | undefined {
    const opened = this.#left.get(workflowId);
    this.#left.delete(workflowId);
    return opened;
  }

  leave(opened: Opened): void {
    const { id, status } = opened.aggregate.instance;
    this.#left.delete(id);
    // Nobody goes on with another.
    if (status !== "idle" && status !== "waiting") return;
    this.#left.set(id, opened);
    if (this.#left.size > MAX_LEFT) this.#left.delete(this.#left.keys().next().value ?? "");
  }

  async #pinned({ id, definitionHash }: WorkflowInstance): Promise<Definition> {
    const definition = this.#find(definitionHash) ?? (await this.#store.definition(definitionHash));
    if (definition === undefined)
      throw new FlowgateError("STORE_UNAVAILABLE", `the definition of ${id} is missing`);
    return this.remember(definition);
  }

  remember(definition: Definition): Definition {
    return this.#remember(definition).definition;
  }

  factsOf({ definition, aggregate }: Opened, caller?: Principal): Facts | Promise<Facts> {
    const { traits } = this.#remember(definition);
    const { instance, signals } = aggregate;
    const cancels = instance.cancelling !== undefined || signals.some(({ kind }) => kind === "cancel");
    const compensable = cancels || instance.status === "outcome_unknown" || instance.status === "parked";
    if (!traits.separates && traits.rates.length === 0 && !compensable) return NO_FACTS;
    return this.#read({ definition, aggregate }, traits, compensable, caller);
  }

  async #read(
    { definition, aggregate: { instance } }: Opened,
    traits: Traits,
    compensable: boolean,
    caller: Principal | undefined,
  ): Promise<Facts> {
    const rows = traits.separates || compensable ? await this.#store.journal(instance.id) : [];
    const journal = compensable ? await this.#withOutputs(definition, rows) : rows;
    const rates = new Map<string, number>();
    for (const principal of judgedPrincipals(instance.startedBy, caller)) {
      const scope = { values: scopeOf(instance, principal), definitionId: instance.definitionId };
      for (const guard of traits.rates) {
        for (const { key, perMs } of guardRates(guard, scope)) {
          const id = `${perMs}:${key}`;
          if (!rates.has(id)) rates.set(id, await this.#store.rate(key, perMs));
        }
      }
    }
    return {
      journal,
      performers: performersOf(journal),
      rate: (key, perMs) => rates.get(`${perMs}:${key}`) ?? Number.POSITIVE_INFINITY,
    };
  }

  /** What can be compensated with its output whole: the compensation may read it. */
  async #withOutputs(definition: Definition, journal: readonly Operation[]): Promise<readonly Operation[]> {
    return await Promise.all(
      journal.map(async (operation) => {
        const { result, workflowId } = operation;
        if (!isKeptRef(result) || compensationOf(definition, operation) === undefined) return operation;
        return { ...operation, result: await wholeOf(this.#store, workflowId, result) };
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
}
