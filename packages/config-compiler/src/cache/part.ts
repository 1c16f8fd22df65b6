/**
 * What is kept of a compilation for the next one.
 *
 * It owns, for each part of a configuration (a capability, something exposed, a workflow), what its content alone decides.
 * - P1 Only what had no finding is kept, so nothing kept has a place: where a part stands may change.
 * - P2 A part is known by its kind, its name and its content. What else an answer depends on is kept beside it and asked
 *   again: the same questions with the same answers have the same outcome.
 * - P3 It holds the parts of the last plan that was made, and no others. So there was no error in any of them.
 */
import type { CapabilityIr } from "@mcp-flowgate/core";
import type { FlatCapability } from "../emit/world.ts";
import type { ConfigNode } from "../source/config-node.ts";
import { contentKey } from "./content-key.ts";

/** Given to several compilations, it saves those after the first what did not change. It never changes an outcome. */
export interface CompileCache {
  /** How many parts it holds. */
  readonly size: number;
}

export type PartKind = "capability" | "exposed" | "workflow";

/** Something that emitting a part asked of the rest of the configuration. It was answered without a finding. */
export type Question =
  | { readonly about: "connection"; readonly name: string; readonly kind: "mcp" | "cli" | "http" }
  | { readonly about: "capability"; readonly id: string; readonly answer: FlatCapability | undefined }
  | { readonly about: "workflow"; readonly id: string };

export interface Part {
  /** Its shape has no finding; nor have its schemas, whose findings are errors (P3). */
  isSound: boolean;
  /** What it was emitted as, and the questions on the way. */
  emitted?: { readonly asked: readonly Question[]; readonly result: unknown };
  /** By rule: what of the rest the rule looked at, when it had nothing to say. */
  readonly judged: Map<object, unknown>;
}

/** The parts of one compilation. */
export interface Parts {
  /** The part that a node is; undefined where nothing of it may be kept. */
  of(node: ConfigNode, kind: PartKind, name?: string): Part | undefined;
  /**
   * Runs a rule over a part, unless it had nothing to say about it the last time. Beside the part it may look at
   * nothing but `beside`, which is compared by identity.
   */
  judge(part: Part | undefined, rule: object, beside: unknown, run: () => void): void;
  /** Notes that the shape of a part has no finding. */
  noteSound(part: Part): void;
  /** Whether `run` reported nothing. */
  isQuiet(run: () => void): boolean;
  toIr(id: string, flat: FlatCapability, make: () => CapabilityIr): CapabilityIr;
  /** The hash of something emitted. */
  hashOf(emitted: object, make: () => string): string;
  /** Keeps these parts, in place of those of the compilation before. */
  keep(): void;
}

export function createCompileCache(): CompileCache {
  return new PartCache();
}

/** @param reports How many findings were reported so far, equal ones counted each time. */
export function openParts(cache: CompileCache | undefined, reports: () => number): Parts {
  return new OpenParts(cache instanceof PartCache ? cache : undefined, reports);
}

class PartCache implements CompileCache {
  parts: ReadonlyMap<string, Part> = new Map();
  readonly irs = new WeakMap<FlatCapability, Map<string, CapabilityIr>>();
  readonly hashes = new WeakMap<object, string>();

  get size(): number {
    return this.parts.size;
  }
}

interface Known {
  readonly kind: PartKind;
  readonly name: string;
  readonly part: Part | undefined;
}

class OpenParts implements Parts {
  readonly #cache: PartCache | undefined;
  readonly #reports: () => number;
  readonly #now = new Map<string, Part>();
  /** The same part may come again in this compilation, and what is found in it is said at every place. */
  readonly #sound: Part[] = [];
  /** Every stage asks for the same parts: the texts that find them are long, and made once. */
  readonly #known = new Map<ConfigNode, Known>();

  constructor(cache: PartCache | undefined, reports: () => number) {
    this.#cache = cache;
    this.#reports = reports;
  }

  of(node: ConfigNode, kind: PartKind, name = ""): Part | undefined {
    if (this.#cache === undefined) return undefined;
    const known = this.#known.get(node);
    if (known !== undefined && known.kind === kind && known.name === name) return known.part;
    const content = contentKey(node);
    const part = content === undefined ? undefined : this.#find(`${kind} ${name.length}:${name}${content}`);
    this.#known.set(node, { kind, name, part });
    return part;
  }

  judge(part: Part | undefined, rule: object, beside: unknown, run: () => void): void {
    if (part === undefined) {
      run();
      return;
    }
    if (part.judged.has(rule) && part.judged.get(rule) === beside) return;
    if (this.isQuiet(run)) part.judged.set(rule, beside);
    else part.judged.delete(rule);
  }

  isQuiet(run: () => void): boolean {
    const before = this.#reports();
    run();
    return this.#reports() === before;
  }

  toIr(id: string, flat: FlatCapability, make: () => CapabilityIr): CapabilityIr {
    if (this.#cache === undefined) return make();
    const { irs } = this.#cache;
    let byId = irs.get(flat);
    if (byId === undefined) irs.set(flat, (byId = new Map()));
    let ir = byId.get(id);
    if (ir === undefined) byId.set(id, (ir = make()));
    return ir;
  }

  hashOf(emitted: object, make: () => string): string {
    if (this.#cache === undefined) return make();
    const { hashes } = this.#cache;
    let hash = hashes.get(emitted);
    if (hash === undefined) hashes.set(emitted, (hash = make()));
    return hash;
  }

  noteSound(part: Part): void {
    this.#sound.push(part);
  }

  keep(): void {
    if (this.#cache === undefined) return;
    for (const part of this.#sound) part.isSound = true;
    this.#cache.parts = this.#now;
  }

  #find(key: string): Part {
    let part = this.#now.get(key);
    if (part !== undefined) return part;
    part = this.#cache?.parts.get(key) ?? { isSound: false, judged: new Map() };
    this.#now.set(key, part);
    return part;
  }
}
