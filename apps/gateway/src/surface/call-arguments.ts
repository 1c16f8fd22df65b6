import type { Json, JsonObject } from "@mcp-flowgate/core";
import { err, ok, type Result } from "@mcp-flowgate/core";
import type { Schemas, SchemaValidator } from "@mcp-flowgate/json-schema";
import { TOOLS, type ToolName } from "./tools.ts";

/** One thing that is wrong with a call, as its answer shows it. */
export type FieldProblem = { readonly field: string; readonly problem: string };

/** Checks the arguments of a call by the very schema that `tools/list` shows. */
export function createArgumentCheck(
  schemas: Schemas,
): (tool: ToolName, args: Json) => Result<JsonObject, readonly FieldProblem[]> {
  const validators = new Map<ToolName, SchemaValidator>();
  return (tool, args) => {
    let validator = validators.get(tool);
    if (validator === undefined) {
      const definition = TOOLS.find((candidate) => candidate.name === tool);
      const compiled = schemas.compile(definition?.inputSchema ?? {});
      if (!compiled.ok) throw new Error(`the schema of ${tool} does not compile`);
      validator = compiled.value;
      validators.set(tool, validator);
    }
    const checked = validator.validate(args);
    if (checked.ok) return ok(checked.value as JsonObject);
    return err(
      checked.error.map(({ pointer, message }) => ({
        field: pointer.replace(/^\//, "").replaceAll("/", ".") || "(arguments)",
        problem: message,
      })),
    );
  };
}
