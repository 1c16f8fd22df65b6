import { createRecord, type CapabilityIr, type GuardIr, type ImportIr } from "@mcp-flowgate/core";
import { nearest } from "@mcp-flowgate/json-schema";
import type { Parts } from "../cache/part.ts";
import { placeOf, quote, type Span } from "../source/config-node.ts";
import { optional, type Cursor } from "./cursor.ts";
import { emitExecutor } from "./executors.ts";
import { emitGuards } from "./guards.ts";
import { checkRetry, readReliability } from "./reliability-of.ts";
import { finishReliability, mergeReliability, type AuthoredReliability } from "./reliability.ts";
import type { FlatCapability, World } from "./world.ts";

/** An import with what its entries inherit, before reliability gets its defaults. */
interface ImportEntry {
  readonly cursor: Cursor;
  readonly ir: ImportIr;
  readonly authored: AuthoredReliability;
}

export interface Catalogue {
  /** Flattens a capability or imported tool; reports where there is none. */
  resolve(id: string, at: Cursor): FlatCapability | undefined;
  /** Whether a declared capability flattens to `answer`. What there is to report of it stands with it, not with who asks. */
  isStill(id: string, answer: FlatCapability | undefined): boolean;
  /** Flattens everything that is left, exposes, and reports what nothing uses. */
  finish(): {
    readonly capabilities: { readonly [id: string]: CapabilityIr };
    readonly exposed: readonly string[];
    readonly imports: readonly ImportIr[];
  };
}

/** The capabilities of a configuration. `world` is the one that executors are emitted with. */
export function createCatalogue(root: Cursor, world: World, parts: Parts): Catalogue {
  return new ConfigCatalogue(root, world, parts);
}

class ConfigCatalogue implements Catalogue {
  readonly #root: Cursor;
  readonly #world: World;
  readonly #parts: Parts;
  readonly #declared = new Map<string, Cursor>();
  readonly #flat = new Map<string, FlatCapability | undefined>();
  readonly #used = new Set<string>();
  /** The chain of names that is being flattened. */
  readonly #open: string[] = [];
  #imports: readonly ImportEntry[] | undefined;

  constructor(root: Cursor, world: World, parts: Parts) {
    this.#root = root;
    this.#world = world;
    this.#parts = parts;
    for (const cursor of root.entriesOf("capabilities")) this.#declared.set(cursor.name, cursor);
  }

  resolve(id: string, at: Cursor): FlatCapability | undefined {
    this.#used.add(id);
    const answer = this.#resolve(id, at);
    this.#world.recall.note({ about: "capability", id, answer });
    return answer;
  }

  isStill(id: string, answer: FlatCapability | undefined): boolean {
    const cursor = this.#declared.get(id);
    if (cursor === undefined || this.#open.includes(id)) return false;
    this.#used.add(id);
    return this.#resolve(id, cursor) === answer;
  }

  #resolve(id: string, at: Cursor): FlatCapability | undefined {
    const cursor = this.#declared.get(id);
    if (cursor === undefined) return this.#imported(id) ?? this.#unknown(id, at);
    if (this.#open.includes(id)) {
      const chain = [...this.#open.slice(this.#open.indexOf(id)), id].join(" → ");
      this.#world.report("FG304", at.node, `these capabilities build on each other: ${chain}`, {
        pointer: at.pointer,
      });
      return undefined;
    }
    if (this.#flat.has(id)) return this.#flat.get(id);
    this.#open.push(id);
    const part = this.#parts.of(cursor.node, "capability", id);
    const flat = this.#world.recall.emit(part, () => this.#flatten(cursor));
    this.#open.pop();
    this.#flat.set(id, flat);
    return flat;
  }

  finish(): ReturnType<Catalogue["finish"]> {
    const capabilities = createRecord<CapabilityIr>();
    const imports = this.#importEntries().map(({ ir }) => ir);
    for (const [id, cursor] of this.#declared) {
      const flat = this.#resolve(id, cursor);
      if (flat !== undefined) capabilities[id] = this.#toIr(id, flat);
    }
    const names = new Map<string, Cursor>();
    const exposed: string[] = [];
    for (const cursor of this.#root.child("proxy")?.itemsOf("expose") ?? []) {
      const id = this.#expose(cursor, names, capabilities);
      if (id !== undefined) exposed.push(id);
    }
    for (const [id, cursor] of this.#declared) {
      if (!this.#used.has(id)) {
        this.#world.report("FG309", cursor.key, `nothing exposes or uses the capability ${quote(id)}`, {
          pointer: cursor.pointer,
        });
      }
    }
    this.#checkNames(names);
    return { capabilities, exposed, imports };
  }

  #flatten(cursor: Cursor): FlatCapability | undefined {
    const wraps = cursor.get("wraps");
    const wrapped = wraps?.value;
    if (wraps === undefined || wrapped === undefined) {
      if (!cursor.has("executor")) {
        this.#world.report("FG202", cursor.key, `${quote(cursor.name)} needs \`executor\` or \`wraps\``, {
          pointer: cursor.pointer,
        });
        return undefined;
      }
      const emitted = emitExecutor(cursor.child("executor"), this.#world);
      if (emitted === undefined) return undefined;
      const base: FlatCapability = { tags: [], aliases: [], examples: [], ...emitted };
      return this.#over(base, cursor);
    }
    if (cursor.has("executor")) {
      this.#world.report(
        "FG207",
        cursor.get("executor")?.key,
        "a wrapper inherits its executor: give `wraps` or `executor`, not both",
        {
          pointer: cursor.pointer,
        },
      );
    }
    const base = this.resolve(wrapped, wraps);
    return base === undefined ? undefined : this.#over(base, cursor);
  }

  /** `cursor`'s own fields on top of `base`. */
  #over(base: FlatCapability, cursor: Cursor): FlatCapability {
    const { report } = this.#world;
    const extra: GuardIr[] = [];
    const own = readReliability(cursor.child("reliability"), this.#world, extra);
    const reliability = mergeReliability(base.reliability, own);
    if (own.retry !== undefined) checkRetry(base.executor, reliability, cursor, report);
    const title = cursor.text("title") ?? base.title;
    const description = cursor.text("description") ?? base.description;
    const inputSchema = cursor.object("inputSchema") ?? base.inputSchema;
    const outputSchema = cursor.object("outputSchema") ?? base.outputSchema;
    return {
      ...optional("title", title),
      ...optional("description", description),
      tags: joined(base.tags, cursor.texts("tags")),
      aliases: joined(base.aliases, cursor.texts("aliases")),
      examples: joined(base.examples, cursor.texts("examples")),
      ...optional("inputSchema", inputSchema),
      ...optional("outputSchema", outputSchema),
      executor: base.executor,
      guards: [...base.guards, ...emitGuards(cursor.itemsOf("guards"), report), ...extra],
      reliability,
      ...optional("wraps", base.wraps),
    };
  }

  #expose(
    cursor: Cursor,
    names: Map<string, Cursor>,
    capabilities: Record<string, CapabilityIr>,
  ): string | undefined {
    const { report } = this.#world;
    const reference = cursor.get("capability");
    const name = reference === undefined ? cursor.get("name") : (cursor.get("as") ?? reference);
    const id = name?.value;
    if (name === undefined || id === undefined) return undefined;
    const flat = this.#world.recall.emit(this.#parts.of(cursor.node, "exposed"), () =>
      reference === undefined ? this.#inline(cursor) : this.#reference(cursor, reference, id),
    );
    const before = names.get(id);
    if (before !== undefined) {
      report("FG306", name.node, `${quote(id)} is already exposed at ${whereIs(before.node, name.node)}`, {
        pointer: name.pointer,
      });
      return undefined;
    }
    names.set(id, name);
    const declared = this.#declared.get(id);
    if (declared !== undefined && reference?.value !== id) {
      report(
        "FG306",
        name.node,
        `${quote(id)} is also the name of the capability at ${whereIs(declared.key, name.node)}`,
        {
          pointer: name.pointer,
        },
      );
      return undefined;
    }
    if (flat === undefined) return undefined;
    capabilities[id] = this.#toIr(id, flat);
    return id;
  }

  #toIr(id: string, flat: FlatCapability): CapabilityIr {
    return this.#parts.toIr(id, flat, () => toIr(id, flat));
  }

  #inline(cursor: Cursor): FlatCapability | undefined {
    const noop = { kind: "noop", effect: "read", effectDeclared: false } as const;
    const emitted = cursor.has("executor")
      ? emitExecutor(cursor.child("executor"), this.#world)
      : { executor: noop, guards: [], reliability: {} };
    return emitted === undefined
      ? undefined
      : this.#over({ tags: [], aliases: [], examples: [], ...emitted }, cursor);
  }

  #reference(cursor: Cursor, reference: Cursor, id: string): FlatCapability | undefined {
    const wanted = reference.value;
    if (wanted === undefined) return undefined;
    const base = this.resolve(wanted, reference);
    if (base === undefined) return undefined;
    if (!this.#declared.has(wanted) && id === wanted) {
      this.#world.report("FG307", reference.node, `${quote(id)} is the imported tool's own name`, {
        pointer: reference.pointer,
        hint: "Give it another one with `as`, or add the guards to the import.",
      });
      return undefined;
    }
    if (!cursor.has("executor")) return this.#over(base, cursor);
    const emitted = emitExecutor(cursor.child("executor"), this.#world);
    if (emitted === undefined) return undefined;
    const { wraps: _, ...rest } = base;
    return this.#over(
      {
        ...rest,
        executor: emitted.executor,
        guards: [...base.guards, ...emitted.guards],
        reliability: mergeReliability(base.reliability, emitted.reliability),
      },
      cursor,
    );
  }

  /** An imported tool by its prefixed name. Any tool of the server may be wrapped, taken over or not. */
  #imported(id: string): FlatCapability | undefined {
    for (const entry of this.#importEntries()) {
      const { connection, prefix, include, tags, guards } = entry.ir;
      const tool =
        prefix === undefined
          ? include.includes(id) || entry.cursor.has("openapi")
            ? id
            : undefined
          : id.startsWith(`${prefix}.`) && id.length > prefix.length + 1
            ? id.slice(prefix.length + 1)
            : undefined;
      if (tool === undefined) continue;
      if (entry.cursor.has("openapi")) {
        const { openapi } = entry.ir;
        const operation =
          openapi?.kind === "file" ? openapi.operations.find(({ name }) => name === tool) : undefined;
        if (operation === undefined) continue;
        const { title, description, inputSchema } = operation;
        return {
          ...optional("title", title),
          ...optional("description", description),
          tags: joined(tags, operation.tags),
          aliases: [],
          examples: [],
          inputSchema,
          executor: { ...operation.executor, connection },
          guards,
          reliability: entry.authored,
          wraps: { connection, tool },
        };
      }
      return {
        tags,
        aliases: [],
        examples: [],
        executor: { kind: "mcp", effect: "once", effectDeclared: false, connection, tool },
        guards,
        reliability: entry.authored,
        wraps: { connection, tool },
      };
    }
    return undefined;
  }

  #unknown(id: string, at: Cursor): undefined {
    const close = nearest(id, this.#declared.keys());
    const prefixes = this.#importEntries().flatMap(({ ir }) =>
      ir.prefix === undefined ? [] : [`${ir.prefix}.…`],
    );
    const names = [...this.#declared.keys(), ...prefixes].slice(0, 10);
    this.#world.report("FG303", at.node, `there is no capability ${quote(id)}`, {
      pointer: at.pointer,
      hint:
        close === undefined
          ? names.length === 0
            ? "There are none."
            : `They are ${names.join(", ")}.`
          : `Did you mean \`${close}\`?`,
    });
    return undefined;
  }

  #importEntries(): readonly ImportEntry[] {
    this.#imports ??= (this.#root.child("proxy")?.itemsOf("import") ?? []).flatMap(
      (cursor) => this.#import(cursor) ?? [],
    );
    return this.#imports;
  }

  #import(cursor: Cursor): ImportEntry | undefined {
    const connection = cursor.get("connection");
    if (connection?.value === undefined) return undefined;
    const openapi = this.#world.openapi.get(cursor.text("openapi") ?? "");
    const isHttp = cursor.has("openapi");
    this.#world.connections.use(connection, isHttp ? "http" : "mcp");
    const extra: GuardIr[] = [];
    const authored = readReliability(cursor.child("reliability"), this.#world, extra);
    const guards = [...emitGuards(cursor.itemsOf("guards"), this.#world.report), ...extra];
    return {
      cursor,
      authored,
      ir: {
        connection: connection.value,
        ...optional("prefix", cursor.text("prefix")),
        include: cursor.texts("include"),
        exclude: cursor.texts("exclude"),
        tags: cursor.texts("tags"),
        guards,
        reliability: finishReliability(authored),
        ...optional("pin", cursor.text("pin") as "warn" | "block" | undefined),
        ...optional("openapi", openapi),
      },
    };
  }

  /** What callers start by id is told apart by id: workflows, exposed capabilities and imported prefixes. */
  #checkNames(names: ReadonlyMap<string, Cursor>): void {
    const { report, workflowIds } = this.#world;
    for (const [id, cursor] of names) {
      if (workflowIds.has(id)) {
        report("FG306", cursor.node, `${quote(id)} is also the id of a workflow`, {
          pointer: cursor.pointer,
        });
      }
    }
    const prefixes = new Map<string, ImportEntry>();
    for (const entry of this.#importEntries()) {
      const key = `${entry.ir.prefix ?? ""}\n${entry.ir.connection}`;
      const before = prefixes.get(key);
      if (before === undefined) prefixes.set(key, entry);
      else if (entry.ir.include.length === 0 || before.ir.include.length === 0) {
        report(
          "FG306",
          entry.cursor.node,
          `the tools of ${quote(entry.ir.connection)} are already imported under this prefix`,
          {
            pointer: entry.cursor.pointer,
          },
        );
      }
    }
  }
}

function toIr(id: string, flat: FlatCapability): CapabilityIr {
  const { wraps, reliability, ...rest } = flat;
  return {
    id,
    ...rest,
    reliability: finishReliability(reliability),
    source: { kind: "declared", ...optional("wraps", wraps) },
  };
}

/** Where `span` stands, seen from `from`. */
function whereIs(span: Span, from: Span): string {
  const { line, file } = placeOf(span);
  return span.source === from.source ? `line ${line}` : `${file}:${line}`;
}

function joined(base: readonly string[], more: readonly string[]): readonly string[] {
  return [...new Set([...base, ...more])];
}
