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
  type ExprFinding,
} from "@mcp-flowgate/guards-expr";
import { isDiagnosticCode } from "../diagnostics/codes.ts";
import type { Cursor } from "../emit/cursor.ts";
import { within } from "../emit/expressions.ts";
import { contextSchemaOf } from "./context-schema.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Expressions against the schemas of what they read: FG520 to FG527. */
export const checkExpressions: Rule = (context) => {
  for (const workflow of context.root.entriesOf("workflows")) {
    const ir = context.workflows[workflow.name];
    if (ir === undefined) continue;
    const part = context.parts.of(workflow.node, "workflow", workflow.name);
    context.parts.judge(part, checkExpressions, ir, () => checkWorkflow(workflow, ir, context));
  }
  for (const capability of context.root.entriesOf("capabilities"))
    checkCapability(capability, capability.name, "capability", context);
  for (const entry of context.root.child("proxy")?.itemsOf("expose") ?? []) {
    const id = entry.text("as") ?? entry.text("capability") ?? entry.text("name");
    if (id !== undefined) checkCapability(entry, id, "exposed", context);
  }
};

function checkCapability(
  cursor: Cursor,
  id: string,
  kind: "capability" | "exposed",
  context: RuleContext,
): void {
  const schema = context.capabilities[id]?.inputSchema;
  const part = context.parts.of(cursor.node, kind, kind === "capability" ? id : undefined);
  context.parts.judge(part, checkExpressions, schema, () => {
    const env = environment({
      ...withSchema("arguments", schema),
      scopes: ["arguments", "workflow", "principal"],
    });
    for (const guard of cursor.itemsOf("guards")) visit(guard, env, context);
  });
}

function checkWorkflow(cursor: Cursor, ir: WorkflowIr, context: RuleContext): void {
  const common = { ...withSchema("input", ir.inputSchema), context: contextSchemaOf(ir) };
  for (const state of cursor.entriesOf("states")) {
    for (const transition of state.entriesOf("transitions")) {
      const emitted: TransitionIr | undefined = ir.states[state.name]?.transitions[transition.name];
      const env = { ...common, ...withSchema("arguments", emitted?.inputSchema) };
      const before = environment({ ...env, scopes: ["arguments", "context", "workflow", "principal"] });
      for (const guard of transition.itemsOf("guards")) visit(guard, before, context);
      const branches = transition.itemsOf("branches");
      if (branches.length === 0) continue;
      const after = environment({ ...env, ...withSchema("output", emitted?.outputSchema) });
      for (const branch of branches) {
        const when = branch.child("when");
        if (when !== undefined) visit(when, after, context);
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

/** What can be read at a place, and a text that is equal for equal ones. */
interface Environment {
  readonly env: CheckEnvironment;
  readonly key: string;
}

/** Most guards hold no expression, so the text is only made when it is asked for. */
function environment(env: CheckEnvironment): Environment {
  let key: string | undefined;
  return {
    env,
    get key() {
      key ??= JSON.stringify(env);
      return key;
    },
  };
}

function visit(guard: Cursor, env: Environment, context: RuleContext): void {
  for (const inner of guard.itemsOf("guards")) visit(inner, env, context);
  const negated = guard.child("guard");
  if (negated !== undefined) visit(negated, env, context);
  const expr = guard.get("expr");
  if (expr?.value === undefined) return;
  const judged = judge(expr.value, env, context);
  if (judged === undefined) return;
  const same = judged.source === expr.value;
  for (const finding of judged.findings) {
    if (!isDiagnosticCode(finding.code)) continue;
    const at = same ? within(expr.node, finding.offset, finding.length) : expr.node;
    context.report(finding.code, at, finding.message, { pointer: expr.pointer, severity: finding.severity });
  }
}

/** Generated configurations repeat the same few expressions over equal schemas: each pair is judged once for one run. */
const JUDGED = new WeakMap<RuleContext, Map<string, Judged | undefined>>();

interface Judged {
  /** The expression in today's spelling. */
  readonly source: string;
  readonly findings: readonly ExprFinding[];
}

/** What there is to say about an expression, or undefined where it does not compile: that was reported. */
function judge(text: string, { env, key }: Environment, context: RuleContext): Judged | undefined {
  const known = JUDGED.get(context) ?? new Map<string, Judged | undefined>();
  JUDGED.set(context, known);
  const pair = `${text}\n${key}`;
  if (!known.has(pair)) {
    const compiled = compileExpr(modernizeExpr(text).source);
    known.set(
      pair,
      compiled.ok ? { source: compiled.value.source, findings: checkExpr(compiled.value, env) } : undefined,
    );
  }
  return known.get(pair);
}
