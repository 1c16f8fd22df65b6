import { isJsonObject } from "@mcp-flowgate/core";
import { findContradictions, type SchemaProblem } from "@mcp-flowgate/json-schema";
import type { Report } from "../diagnostics/reporter.ts";
import type { ShapeFindings } from "../schema/check-shape.ts";
import { locate } from "../source/locate.ts";
import { toJson } from "../source/config-node.ts";

/** JSON Schemas that no value satisfies: FG211. */
export function checkContradictions({ schemas }: ShapeFindings, report: Report): void {
  const known = new Map<string, readonly SchemaProblem[]>();
  for (const { node, pointer } of schemas) {
    const schema = toJson(node);
    if (!isJsonObject(schema)) continue;
    const text = JSON.stringify(schema);
    const problems = known.get(text) ?? findContradictions(schema);
    known.set(text, problems);
    for (const problem of problems) {
      report("FG211", locate(node, problem.pointer).value, problem.message, {
        pointer: `${pointer}${problem.pointer}`,
      });
    }
  }
}
