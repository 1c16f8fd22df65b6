import { isJsonObject, type Diagnostic, type JsonObject, type SourcePlace } from "@mcp-flowgate/core";
import { createReporter } from "../diagnostics/reporter.ts";
import { checkShape } from "../schema/check-shape.ts";
import { normalize } from "../schema/normalize.ts";
import { placeOf, type MapNode } from "../source/config-node.ts";
import { locate } from "../source/locate.ts";
import { parseSource } from "../source/parse-source.ts";
import { decodeSource } from "../source/source-text.ts";
import type { ScenarioFile } from "./scenario.ts";
import { SCENARIOS } from "./scenario-schema.ts";

/** What a file of scenarios says, or what is wrong with it. */
export interface ReadScenarios {
  /** Where there is no error. */
  readonly file?: ScenarioFile;
  readonly diagnostics: readonly Diagnostic[];
  /** The text of the file, for excerpts. */
  readonly sources: ReadonlyMap<string, string>;
  /** Where the key (of a list, the item) at a JSON pointer stands, or the nearest above it. */
  placeOf(pointer: string): SourcePlace | undefined;
}

/** Reads a file of scenarios. `path` is its absolute path, for messages. Never throws for its content. */
export function readScenarios(path: string, bytes: Uint8Array): ReadScenarios {
  const reporter = createReporter();
  const { report } = reporter;
  const decoded = decodeSource(path, bytes);
  let root: MapNode | undefined;
  if (!decoded.ok) {
    const at = { source: { file: path, text: "", place: () => ({ file: path, line: 1, column: 1 }) } };
    report(decoded.error.code, { ...at, start: 0, end: 0 }, decoded.error.message);
  } else {
    const node = parseSource(decoded.value, report);
    const empty = { source: decoded.value, start: 0, end: 0 };
    if (node === "empty") report("FG202", empty, "the file of scenarios is empty");
    else if (node !== undefined && node.kind !== "map")
      report("FG203", node, "a file of scenarios is a map with `config` and `scenarios`");
    else if (node !== undefined) root = node;
  }
  if (root !== undefined) {
    checkShape(SCENARIOS, root, report, "file of scenarios");
    checkSteps(root, report);
  }
  const value = root === undefined || reporter.failed ? undefined : normalize(SCENARIOS, root);
  return {
    ...(isJsonObject(value ?? null) ? { file: value as JsonObject as unknown as ScenarioFile } : {}),
    diagnostics: reporter.sorted([path]),
    sources: new Map(decoded.ok ? [[path, decoded.value.text]] : []),
    placeOf: (pointer) => (root === undefined ? undefined : placeOf(locate(root, pointer).key)),
  };
}

/** Two scenarios of one name cannot be told apart in a report; one that begins with no start has nothing to be about. */
function checkSteps(root: MapNode, report: ReturnType<typeof createReporter>["report"]): void {
  const scenarios = root.entries.get("scenarios")?.value;
  if (scenarios?.kind !== "list") return;
  const names = new Set<string>();
  for (const [index, scenario] of scenarios.items.entries()) {
    if (scenario.kind !== "map") continue;
    const pointer = `/scenarios/${index}`;
    const name = scenario.entries.get("name")?.value;
    if (name?.kind === "scalar" && typeof name.value === "string") {
      if (names.has(name.value))
        report("FG204", name, "another scenario has this name", { pointer: `${pointer}/name` });
      names.add(name.value);
    }
    const steps = scenario.entries.get("steps")?.value;
    const first = steps?.kind === "list" ? steps.items[0] : undefined;
    if (first?.kind === "map" && !first.entries.has("start") && !first.entries.has("advance")) {
      report("FG204", first, "a scenario begins with `start`: there is no workflow yet", {
        pointer: `${pointer}/steps/0`,
      });
    }
  }
}
