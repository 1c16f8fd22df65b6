import { getOwn, isJsonObject, type Json, type JsonObject, type WorkflowIr } from "@mcp-flowgate/core";
import { compilePathTemplate } from "@mcp-flowgate/guards-expr";
import { escapePointer } from "@mcp-flowgate/json-schema";
import { pathsOf } from "../emit/expressions.ts";
import { executorsOf } from "./executors-of.ts";
import { quote } from "../source/config-node.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Templates that read a context value, an input or an argument that nothing can ever give: FG312. */
export const checkPaths: Rule = (context) => {
  for (const [id, workflow] of Object.entries(context.workflows)) {
    new PathChecker(workflow, `/workflows/${escapePointer(id)}`, context).check();
  }
};

class PathChecker {
  readonly #workflow: WorkflowIr;
  readonly #base: string;
  readonly #context: RuleContext;
  readonly #produced: ReadonlySet<string>;
  readonly #input: ReadonlySet<string> | undefined;

  constructor(workflow: WorkflowIr, base: string, context: RuleContext) {
    this.#workflow = workflow;
    this.#base = base;
    this.#context = context;
    this.#produced = producedBy(workflow);
    this.#input = closedNames(workflow.inputSchema);
  }

  check(): void {
    for (const [name, state] of Object.entries(this.#workflow.states)) {
      const base = `/states/${escapePointer(name)}`;
      this.#templates(state.onEnter?.output, `${base}/onEnter/output`, undefined);
      for (const [transitionName, transition] of Object.entries(state.transitions)) {
        const at = `${base}/transitions/${escapePointer(transitionName)}`;
        const names = closedNames(transition.inputSchema);
        this.#templates(transition.output, `${at}/output`, names);
        this.#templates(transition.prefill, `${at}/prefill`, names);
      }
    }
    for (const { executor, pointer, role, state, transition } of executorsOf(this.#workflow)) {
      if (role === "fallback") continue;
      const schema =
        transition === undefined
          ? undefined
          : this.#workflow.states[state]?.transitions[transition]?.inputSchema;
      const closed = closedNames(schema);
      const names =
        role === "probe" && closed !== undefined ? new Set([...closed, "idempotencyKey"]) : closed;
      if (executor.kind === "cli") {
        for (const [index, argument] of executor.args.entries())
          this.#template(argument, `${pointer}/args/${index}`, names);
        this.#templates(executor.env, `${pointer}/env`, names);
      } else if (executor.kind === "mcp") this.#templates(executor.map, `${pointer}/map`, names);
      else if (executor.kind === "workflow" && executor.input !== undefined)
        this.#template(executor.input, `${pointer}/input`, names);
      else if (executor.kind === "http") {
        this.#templates(executor.query, `${pointer}/query`, names);
        this.#templates(executor.headers, `${pointer}/headers`, names);
        if (executor.body !== undefined) this.#template(executor.body, `${pointer}/body`, names);
        this.#path(executor.path, `${pointer}/path`, names);
      }
    }
  }

  #templates(
    templates: { readonly [name: string]: Json } | undefined,
    pointer: string,
    names: ReadonlySet<string> | undefined,
  ): void {
    for (const [name, template] of Object.entries(templates ?? {}))
      this.#template(template, `${pointer}/${escapePointer(name)}`, names);
  }

  #template(template: Json, pointer: string, names: ReadonlySet<string> | undefined): void {
    if (!mentionsPath(template)) return;
    for (const path of pathsOf(template)) {
      const [, scope, name] = /^\$\.(context|workflow\.input|input|arguments)\.([\w-]+)/.exec(path) ?? [];
      if (scope === undefined || name === undefined) continue;
      const known = scope === "context" ? this.#produced : scope === "arguments" ? names : this.#input;
      if (known === undefined || known.has(name)) continue;
      this.#report(`nothing ever gives ${quote(`$.${scope}.${name}`)}`, pointer);
    }
  }

  #path(path: string, pointer: string, names: ReadonlySet<string> | undefined): void {
    if (names === undefined || this.#input === undefined || !path.includes("{")) return;
    const compiled = compilePathTemplate(path);
    for (const variable of compiled.ok ? compiled.value.variables : []) {
      const [name = variable] = variable.split(/[.[]/);
      if (variable.startsWith("$") || names.has(name) || this.#produced.has(name) || this.#input.has(name))
        continue;
      this.#report(`nothing ever gives {${variable}}`, pointer);
    }
  }

  #report(message: string, pointer: string): void {
    const at = `${this.#base}${pointer}`;
    this.#context.report("FG312", this.#context.valueAt(at), message, { pointer: at });
  }
}

/** The names that the context can ever hold. */
function producedBy(workflow: WorkflowIr): ReadonlySet<string> {
  const names = new Set(Object.keys(workflow.initialContext));
  const add = (mapping: { readonly [name: string]: Json } | undefined): void => {
    for (const name of Object.keys(mapping ?? {})) names.add(name.split(".")[0] ?? name);
  };
  add(workflow.onTimeout?.output);
  for (const state of Object.values(workflow.states)) {
    add(state.onEnter?.output);
    add(state.onTimeout?.output);
    for (const transition of Object.values(state.transitions)) add(transition.output);
  }
  return names;
}

/** The properties of a schema that allows no others, or undefined where anything may come. */
function closedNames(schema: JsonObject | undefined): ReadonlySet<string> | undefined {
  if (schema === undefined || schema["additionalProperties"] !== false) return undefined;
  if (
    ["$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties"].some(
      (key) => getOwn(schema, key) !== undefined,
    )
  ) {
    return undefined;
  }
  const { properties } = schema;
  return new Set(isJsonObject(properties) ? Object.keys(properties) : []);
}

function mentionsPath(template: Json): boolean {
  if (typeof template === "string") return template.includes("$.");
  if (typeof template !== "object" || template === null) return false;
  return Object.values(template).some((value) => mentionsPath(value as Json));
}
