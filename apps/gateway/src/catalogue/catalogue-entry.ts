import type { CatalogueEntry } from "@mcp-flowgate/discovery-index";
import type { CatalogueItem } from "./catalogue.ts";

/** What the search index knows of an item. Guards, executors and connection details stay out of it. */
export function toEntry(item: CatalogueItem): CatalogueEntry {
  switch (item.kind) {
    case "capability": {
      const { capability } = item;
      const { source } = capability;
      return {
        id: item.id,
        kind: "capability",
        ...(source.kind === "imported" ? { name: source.tool, server: source.connection } : {}),
        title: capability.title,
        description: capability.description,
        tags: capability.tags,
        aliases: capability.aliases,
        examples: capability.examples,
        inputSchema: capability.inputSchema,
      };
    }
    case "workflow": {
      const { workflow } = item;
      const states = Object.entries(workflow.states);
      return {
        id: item.id,
        kind: "workflow",
        title: workflow.title,
        description: workflow.description,
        tags: workflow.tags,
        aliases: workflow.aliases,
        examples: workflow.examples,
        inputSchema: workflow.inputSchema,
        states: states.flatMap(([name, state]) => [
          name,
          ...Object.values(state.transitions).flatMap((transition) => transition.title ?? []),
        ]),
        goals: states.flatMap(([, state]) => state.goal ?? []),
        guidance: states.flatMap(([, state]) => state.guidance ?? []),
      };
    }
    case "connection":
      return {
        id: item.id,
        kind: "connection",
        name: item.connection.name,
        description: item.connection.description,
        tags: item.connection.tags,
      };
  }
}
