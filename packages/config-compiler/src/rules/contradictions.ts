import { isJsonObject } from "@mcp-flowgate/core";
import { findContradictions } from "@mcp-flowgate/json-schema";
import type { Report } from "../diagnostics/reporter.ts";
import { nodeAt, type ShapeFindings } from "../schema/check-shape.ts";
import { toJson } from "../source/config-node.ts";

/** JSON Schemas that no value satisfies: FG211. */
export function checkContradictions({ schemas }: ShapeFindings, report: Report): void {
  for (const { node, pointer } of schemas) {
    const schema = toJson(node);
    if (!isJsonObject(schema)) continue;
    for (const problem of findContradictions(schema)) {
      report("FG211", nodeAt(node, problem.pointer) ?? node, problem.message, {
        pointer: `${pointer}${problem.pointer}`,
      });
    }
  }
}
