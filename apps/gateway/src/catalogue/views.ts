import type { Definition, DiscoveryIr, Principal } from "@mcp-flowgate/core";
import { topicCounts, type TopicCount } from "@mcp-flowgate/discovery-index";
import { SESSION } from "@mcp-flowgate/workflow-engine";
import { toEntry } from "./catalogue-entry.ts";
import type { Catalogue, CatalogueItem } from "./catalogue.ts";
import { isVisible } from "./visibility.ts";

/**
 * What one kind of caller sees of the catalogue. What it does not see is for it as if it were not there: in no hit, count,
 * topic, suggestion, rank or session.
 */
export interface CatalogueView {
  item(id: string): CatalogueItem | undefined;
  ids(): readonly string[];
  counts(): Catalogue["counts"];
  topics(): readonly TopicCount[];
  /** The definition that a start under this id runs now; the session form offers what is seen. */
  definition(id: string): Definition | undefined;
  /** For the index; undefined where everything is seen. The same function until the catalogue changes. */
  readonly visible: ((id: string) => boolean) | undefined;
}

/** Callers with the same roles and permissions share a view; those not asked for longest are made anew. */
const MOST_VIEWS = 64;

/** The view of a caller, kept until the catalogue changes. */
export function createViews(
  catalogue: Catalogue,
  visibility: DiscoveryIr["visibility"],
): (principal: Principal) => CatalogueView {
  const views = new Map<string, { readonly revision: number; readonly view: CatalogueView }>();
  return (principal) => {
    const { roles, permissions } = principal;
    const key = visibility === "all" ? "" : JSON.stringify([roles.toSorted(), permissions.toSorted()]);
    const known = views.get(key);
    views.delete(key);
    const { revision } = catalogue;
    const view = known?.revision === revision ? known.view : createView(catalogue, principal, visibility);
    views.set(key, { revision, view });
    const [oldest] = views.keys();
    if (views.size > MOST_VIEWS && oldest !== undefined) views.delete(oldest);
    return view;
  };
}

function createView(
  catalogue: Catalogue,
  principal: Principal,
  visibility: DiscoveryIr["visibility"],
): CatalogueView {
  const all = catalogue.ids();
  const seen = new Map<string, CatalogueItem>();
  for (const id of all) {
    const item = catalogue.item(id);
    if (item !== undefined && isVisible(item, principal, visibility)) seen.set(id, item);
  }
  const ids = [...seen.keys()];
  const has = (id: string): boolean => seen.has(id);
  let topics: readonly TopicCount[] | undefined;
  let session: Definition | undefined;
  const count = (kind: CatalogueItem["kind"]): number =>
    [...seen.values()].filter((item) => item.kind === kind).length;
  const counts = {
    capabilities: count("capability"),
    workflows: count("workflow"),
    connections: count("connection"),
  };
  return {
    item: (id) => seen.get(id),
    ids: () => ids,
    counts: () => counts,
    topics: () =>
      (topics ??= topicCounts([...seen.values()].filter(({ kind }) => kind !== "connection").map(toEntry))),
    definition: (id) => {
      if (id === SESSION) return (session ??= catalogue.session(has));
      return has(id) ? catalogue.definition(id) : undefined;
    },
    visible: ids.length === all.length ? undefined : has,
  };
}
