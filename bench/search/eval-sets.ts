import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CatalogueEntry } from "@mcp-flowgate/discovery-index";

/** One labelled request. */
export interface LabelledQuery {
  readonly query: string;
  readonly relevant: readonly string[];
  /** Any member of a group satisfies it; without groups every relevant id is one. */
  readonly groups?: readonly (readonly string[])[];
  readonly grades?: Readonly<Record<string, number>>;
  readonly source: string;
}

export interface EvalSet {
  readonly name: string;
  readonly entries: readonly CatalogueEntry[];
  readonly queries: readonly LabelledQuery[];
}

interface ToolLine {
  readonly id: string;
  readonly name: string;
  readonly server: string;
  readonly serverTitle?: string;
  readonly description?: string | null;
  readonly inputSchema?: unknown;
}

export const SET_NAMES: readonly string[] = [
  "livemcp",
  "livemcp-xl",
  "mcpproxy",
  "metatool",
  "stabletoolbench",
];

/** The folder of the labelled sets: `FLOWGATE_EVAL_DIR`, else `../shared/eval` beside the repository. */
export function evalFolder(): string {
  const folder = process.env["FLOWGATE_EVAL_DIR"] ?? resolve(import.meta.dirname, "../../../shared/eval");
  if (!existsSync(join(folder, "livemcp", "tools.jsonl"))) {
    throw new Error(
      `No labelled sets in ${folder}. Set FLOWGATE_EVAL_DIR to the folder that holds livemcp/tools.jsonl.`,
    );
  }
  return folder;
}

export function loadSet(folder: string, name: string): EvalSet {
  return {
    name,
    entries: readLines<ToolLine>(join(folder, name, "tools.jsonl")).map((tool) => ({
      id: tool.id,
      kind: "capability",
      name: tool.name,
      server: tool.server,
      serverTitle: tool.serverTitle,
      description: tool.description ?? undefined,
      inputSchema: tool.inputSchema,
    })),
    queries: readLines<LabelledQuery>(join(folder, name, "queries.dev.jsonl")),
  };
}

function readLines<T>(file: string): T[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
