import {
  createRecord,
  isJsonObject,
  type Json,
  type JsonObject,
  type TransitionIr,
  type WorkflowIr,
} from "@mcp-flowgate/core";
import {
  checkExpr,
  compileExpr,
  modernizeExpr,
  type CheckEnvironment,
  type CompiledExpr,
} from "@mcp-flowgate/guards-expr";
import { isDiagnosticCode } from "../diagnostics/codes.ts";
import type { Cursor } from "../emit/cursor.ts";
import { within } from "../emit/expressions.ts";
import { producedBy } from "./produced-paths.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Expressions against the schemas of what they read: FG520 to FG527. */
export const checkExpressions: Rule = (context) => {
  for (const workflow of context.root.entriesOf("workflows")) {
    const ir = context.workflows[workflow.name];
    if (ir !== undefined) checkWorkflow(workflow, ir, context);
  }
  for (const capability of context.root.entriesOf("capabilities"))
    checkCapability(capability, capability.name, context);
  for (const entry of context.root.child("proxy")?.itemsOf("expose") ?? []) {
    const id = entry.text("as") ?? entry.text("capability") ?? entry.text("name");
    if (id !== undefined) checkCapability(entry, id, context);
  }
};

function checkCapability(cursor: Cursor, id: string, context: RuleContext): void {
  const schema = context.capabilities[id]?.inputSchema;
  for (const guard of cursor.itemsOf("guards")) {
    visit(
      guard,
      { ...withSchema("arguments", schema), scopes: ["arguments", "workflow", "principal"] },
      context,
    );
  }
}

function checkWorkflow(cursor: Cursor, ir: WorkflowIr, context: RuleContext): void {
  const names = [...producedBy(ir)];
  // Which values are there yet depends on the path: every value that something produces is taken to be there.
  const contextSchema: JsonObject = {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, {}])),
    required: names,
  };
  const common = { ...withSchema("input", ir.inputSchema), context: contextSchema };
  for (const state of cursor.entriesOf("states")) {
    for (const transition of state.entriesOf("transitions")) {
      const emitted: TransitionIr | undefined = ir.states[state.name]?.transitions[transition.name];
      const env = { ...common, ...withSchema("arguments", emitted?.inputSchema) };
      for (const guard of transition.itemsOf("guards")) {
        visit(guard, { ...env, scopes: ["arguments", "context", "workflow", "principal"] }, context);
      }
      for (const branch of transition.itemsOf("branches")) {
        const when = branch.child("when");
        if (when !== undefined)
          visit(when, { ...env, ...withSchema("output", emitted?.outputSchema) }, context);
      }
    }
  }
}

function withSchema(key: "input" | "arguments" | "output", schema: JsonObject | undefined): CheckEnvironment {
  if (schema === undefined) return {};
  return { [key]: key === "output" ? schema : withDefaultsThere(schema) };
}

/** Defaults are filled in before anything is judged, so a property that has one is always there. */
function withDefaultsThere(schema: JsonObject): JsonObject {
  const { properties, required } = schema;
  if (!isJsonObject(properties)) return schema;
  const filled = Object.entries(properties).filter(
    ([, property]) => isJsonObject(property) && property["default"] !== undefined,
  );
  const inner = Object.entries(properties).map(([name, property]): readonly [string, Json] => [
    name,
    isJsonObject(property) ? withDefaultsThere(property) : property,
  ]);
  const names = [
    ...(Array.isArray(required) ? (required as readonly string[]) : []),
    ...filled.map(([name]) => name),
  ];
  return { ...schema, properties: createRecord(inner), required: [...new Set(names)] };
}

function visit(guard: Cursor, env: CheckEnvironment, context: RuleContext): void {
  for (const inner of guard.itemsOf("guards")) visit(inner, env, context);
  const negated = guard.child("guard");
  if (negated !== undefined) visit(negated, env, context);
  const expr = guard.get("expr");
  if (expr?.value === undefined) return;
  const found = compiledOnce(expr.value, context);
  if (found === undefined) return;
  const same = found.source === expr.value;
  for (const finding of checkExpr(found, env)) {
    if (!isDiagnosticCode(finding.code)) continue;
    const at = same ? within(expr.node, finding.offset, finding.length) : expr.node;
    context.report(finding.code, at, finding.message, { pointer: expr.pointer, severity: finding.severity });
  }
}

/** Generated configurations repeat the same few expressions; each is compiled once for one run of the rules. */
const COMPILED = new WeakMap<RuleContext, Map<string, CompiledExpr | undefined>>();

function compiledOnce(text: string, context: RuleContext): CompiledExpr | undefined {
  const known = COMPILED.get(context) ?? new Map<string, CompiledExpr | undefined>();
  COMPILED.set(context, known);
  if (!known.has(text)) {
    const compiled = compileExpr(modernizeExpr(text).source);
    known.set(text, compiled.ok ? compiled.value : undefined);
  }
  return known.get(text);
}
