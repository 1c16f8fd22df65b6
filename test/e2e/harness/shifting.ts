import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a server that shifts is at the moment. */
export interface ShiftingState {
  readonly name?: string;
  readonly notify?: boolean;
  readonly tools: readonly ShiftingTool[];
}

export interface ShiftingTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: object;
  readonly annotations?: object;
}

/** One server whose tools a test changes while it runs, and what was called on it. */
export interface Shifting {
  /** `kind: mcp` connection, as YAML in flow style. */
  readonly connection: string;
  become(state: ShiftingState): void;
  calls(): readonly string[];
}

export function createShifting(
  folder: string,
  label: string,
  era: "old" | "new",
  first: ShiftingState,
): Shifting {
  const file = join(folder, `${label}.json`);
  const become = ({ name = label, notify = true, tools }: ShiftingState): void => {
    const full = tools.map((tool) => ({ inputSchema: { type: "object" }, ...tool }));
    writeFileSync(`${file}.tmp`, JSON.stringify({ name, notify, tools: full }));
    renameSync(`${file}.tmp`, file);
  };
  become(first);
  const server = join(import.meta.dirname, "shifting-server.mjs");
  return {
    connection: `{ kind: mcp, command: "${process.execPath}", args: ["${server}", "${file}", ${era}] }`,
    become,
    calls: () =>
      existsSync(`${file}.calls`) ? readFileSync(`${file}.calls`, "utf8").trim().split("\n") : [],
  };
}
