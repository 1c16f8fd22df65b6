import {
  equalJson,
  type CapabilityIr,
  type ConnectionIr,
  type Definition,
  type Digest,
  type GatewayPlan,
  type Json,
  type WorkflowIr,
} from "@mcp-flowgate/core";
import { capabilityFromTool, completeWrapped, type ListedTool } from "@mcp-flowgate/config-compiler";
import { buildIndex, type DiscoveryIndex } from "@mcp-flowgate/discovery-index";
import {
  capabilityDefinition,
  SESSION,
  sessionDefinition,
  toDefinition,
} from "@mcp-flowgate/workflow-engine";
import { toEntry } from "./catalogue-entry.ts";
import { lookalikeOf } from "./imported-text.ts";
import { passesFilter } from "./name-filter.ts";

/**
 * What the gateway offers at this moment: declared capabilities and workflows of the plan, and the tools that
 * downstream servers listed.
 *
 * It owns the mapping from ids to definitions and keeps the search index equal to it:
 * - C1 an id names one thing; a listed tool never replaces what stands under its name already, nor looks like it;
 * - C2 everything that can be started is in `item`, and everything in the index is in `item`;
 * - C3 a tool that its server no longer lists is gone from both;
 * - C4 a tool that is listed again as it was keeps its capability and its place in the index.
 */
export interface Catalogue {
  item(id: string): CatalogueItem | undefined;
  ids(): readonly string[];
  readonly counts: {
    readonly capabilities: number;
    readonly workflows: number;
    readonly connections: number;
  };
  /** Grows when something comes, goes or changes. */
  readonly revision: number;
  readonly index: DiscoveryIndex;
  /** The definition that a start under this id runs now. */
  definition(id: string): Definition | undefined;
  /** The session form over those capabilities that `offers` lets through. */
  session(offers: (id: string) => boolean): Definition;
  /** One of those that `definition` has given, as long as it is current. */
  definitionByHash(hash: string): Definition | undefined;
  /** Takes the tools that one `proxy.import` entry's server lists now, in place of those it listed before. */
  setListed(importIndex: number, tools: readonly ListedTool[]): ImportOutcome;
}

export type CatalogueItem =
  | { readonly kind: "capability"; readonly id: string; readonly capability: CapabilityIr }
  | { readonly kind: "workflow"; readonly id: string; readonly workflow: WorkflowIr }
  | { readonly kind: "connection"; readonly id: string; readonly connection: ConnectionIr };

export interface ImportOutcome {
  /** Ids that this import brings in now. */
  readonly imported: readonly string[];
  /** Tools left out because their id is taken; `by` says by what. */
  readonly clashes: readonly { readonly id: string; readonly tool: string; readonly by: string }[];
}

export function createCatalogue(plan: GatewayPlan, digest: Digest): Catalogue {
  const items = new Map<string, CatalogueItem>();
  /** The tool that each wrapper took what it leaves open from. */
  const completedWith = new Map<string, ListedTool>();
  const importedBy = new Map<number, ReadonlyMap<string, ListedTool>>();
  const definitions = new WeakMap<object, Definition>();
  const byHash = new Map<string, WeakRef<Definition>>();
  let session: Definition | undefined;
  let revision = 0;

  const declared = plan.exposed.flatMap((id): readonly CatalogueItem[] => {
    const capability = plan.capabilities[id];
    return capability === undefined ? [] : [{ kind: "capability", id, capability }];
  });
  for (const item of declared) items.set(item.id, item);
  for (const [id, workflow] of Object.entries(plan.workflows))
    items.set(id, { kind: "workflow", id, workflow });
  for (const connection of Object.values(plan.connections)) {
    const id = `connection:${connection.name}`;
    items.set(id, { kind: "connection", id, connection });
  }
  const isIndexed = (item: CatalogueItem): boolean =>
    plan.discovery.include.includes(
      item.kind === "capability" ? "proxy" : item.kind === "workflow" ? "workflows" : "connections",
    );
  const index = buildIndex([...items.values()].filter(isIndexed).map(toEntry));

  const put = (item: CatalogueItem): void => {
    items.set(item.id, item);
    if (isIndexed(item)) index.replace(toEntry(item));
  };
  const drop = (id: string): void => {
    items.delete(id);
    index.remove(id);
  };
  const capabilities = (): CapabilityIr[] =>
    [...items.values()]
      .flatMap((item) => (item.kind === "capability" ? [item.capability] : []))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const define = (key: object, build: () => WorkflowIr): Definition => {
    const known = definitions.get(key);
    if (known !== undefined) return known;
    const definition = toDefinition(build(), digest);
    definitions.set(key, definition);
    byHash.set(definition.hash, new WeakRef(definition));
    return definition;
  };

  return {
    index,
    item: (id) => items.get(id),
    ids: () => [...items.keys()],
    get counts() {
      const count = (kind: CatalogueItem["kind"]): number =>
        [...items.values()].filter((item) => item.kind === kind).length;
      return {
        capabilities: count("capability"),
        workflows: count("workflow"),
        connections: count("connection"),
      };
    },
    get revision() {
      return revision;
    },
    session: (offers) => define({}, () => sessionDefinition(capabilities().filter(({ id }) => offers(id)))),
    definition(id) {
      if (id === SESSION) {
        session ??= define({}, () => sessionDefinition(capabilities()));
        return session;
      }
      const item = items.get(id);
      if (item?.kind === "workflow") return define(item.workflow, () => item.workflow);
      if (item?.kind === "capability")
        return define(item.capability, () => capabilityDefinition(item.capability));
      return undefined;
    },
    definitionByHash: (hash) => byHash.get(hash)?.deref(),
    setListed(importIndex, tools) {
      const from = plan.imports[importIndex];
      if (from === undefined) return { imported: [], clashes: [] };
      session = undefined;
      revision++;
      const before = importedBy.get(importIndex) ?? new Map<string, ListedTool>();
      const imported = new Map<string, ListedTool>();
      const clashes: { id: string; tool: string; by: string }[] = [];
      for (const tool of tools) {
        if (!passesFilter(tool.name, from.include, from.exclude)) continue;
        const capability = capabilityFromTool(from, tool);
        const { id } = capability;
        const holder = items.get(id);
        if (imported.has(id) || (holder !== undefined && !before.has(id))) {
          clashes.push({ id, tool: tool.name, by: describeHolder(holder) });
          continue;
        }
        const seenAs = lookalikeOf(id);
        const double = seenAs === undefined ? undefined : items.get(seenAs);
        if (double !== undefined) {
          clashes.push({ id, tool: tool.name, by: `${describeHolder(double)}, which it looks like` });
          continue;
        }
        imported.set(id, tool);
        if (!isSameTool(before.get(id), tool)) put({ kind: "capability", id, capability });
      }
      for (const id of before.keys()) if (!imported.has(id)) drop(id);
      importedBy.set(importIndex, imported);
      const byName = new Map(tools.map((tool) => [tool.name, tool]));
      for (const item of declared) {
        if (item.kind !== "capability" || item.capability.source.kind !== "declared") continue;
        const { wraps } = item.capability.source;
        const tool = wraps?.connection === from.connection ? byName.get(wraps.tool) : undefined;
        if (tool === undefined || isSameTool(completedWith.get(item.id), tool)) continue;
        completedWith.set(item.id, tool);
        put({ ...item, capability: completeWrapped(item.capability, tool) });
      }
      return { imported: [...imported.keys()], clashes };
    },
  };
}

function isSameTool(left: ListedTool | undefined, right: ListedTool): boolean {
  return left !== undefined && equalJson(left as unknown as Json, right as unknown as Json);
}

function describeHolder(item: CatalogueItem | undefined): string {
  if (item === undefined) return "another tool";
  if (item.kind !== "capability") return `the ${item.kind} "${item.id}"`;
  const { source } = item.capability;
  return source.kind === "imported"
    ? `tool "${source.tool}" of connection "${source.connection}"`
    : `the declared capability "${item.id}"`;
}
