import { err, ok, type GuardIr, type Json, type JsonObject, type Result } from "@mcp-flowgate/core";
import {
  compileGuard,
  compilePathTemplate,
  compileTemplate,
  type CompiledPathTemplate,
  type CompiledTemplate,
  type GuardResult,
  type GuardScope,
  type Scope,
  type Unresolved,
} from "@mcp-flowgate/guards-expr";
import type { Schemas, SchemaViolation } from "@mcp-flowgate/json-schema";

/**
 * Guards, templates and schemas of definitions, compiled when first needed and kept for as long as the definition's
 * nodes live. Nothing here throws: what does not compile never passes, never resolves and never validates.
 */
export interface Programs {
  /** Unknown where the guard does not compile (W23). */
  judge(guard: GuardIr, scope: GuardScope): GuardResult;
  resolve(template: Json, scope: Scope): Result<Json, readonly Unresolved[]>;
  /** Whether the template reads anything. */
  isDynamic(template: Json): boolean;
  /** The paths that the template reads. */
  paths(template: Json): readonly string[];
  resolvePath(path: string, scope: Scope): Result<string, readonly Unresolved[]>;
  pathVariables(path: string): readonly string[];
  /** The value with defaults applied, or what is wrong with it. */
  validate(schema: JsonObject, value: Json): Result<Json, readonly SchemaViolation[]>;
}

/** Compiled strings kept; beyond it the oldest goes. Nodes that are objects are kept by the definition itself. */
const MAX_STRINGS = 5000;

export function createPrograms(schemas: Schemas): Programs {
  const guards = new WeakMap<GuardIr, ReturnType<typeof compileGuard>>();
  const templates = new WeakMap<object, CompiledTemplate | Unresolved>();
  const strings = new Map<string, CompiledTemplate | Unresolved>();
  const paths = new Map<string, CompiledPathTemplate | Unresolved>();

  const compiled = (template: Json): CompiledTemplate | Unresolved => {
    if (typeof template === "object" && template !== null) {
      return remembered(templates, template, () => asTemplate(template));
    }
    return bounded(strings, String(JSON.stringify(template)), () => asTemplate(template));
  };
  const compiledPath = (path: string): CompiledPathTemplate | Unresolved =>
    bounded(paths, path, () => {
      const result = compilePathTemplate(path);
      return result.ok ? result.value : problemOf(result.error);
    });

  return {
    judge(guard, scope) {
      const result = remembered(guards, guard, () => compileGuard(guard));
      if (result.ok) return result.value.evaluate(scope);
      const text = `the guard does not compile: ${result.error[0]?.message ?? "unknown reason"}`;
      return { verdict: "unknown", kind: guard.kind, text, reads: [], children: [] };
    },
    resolve(template, scope) {
      const program = compiled(template);
      return "resolve" in program ? program.resolve(scope) : err([program]);
    },
    isDynamic(template) {
      const program = compiled(template);
      return "resolve" in program ? program.dynamic : true;
    },
    paths(template) {
      const program = compiled(template);
      return "resolve" in program ? program.paths : [];
    },
    resolvePath(path, scope) {
      const program = compiledPath(path);
      return "resolve" in program ? program.resolve(scope) : err([program]);
    },
    pathVariables(path) {
      const program = compiledPath(path);
      return "resolve" in program ? program.variables : [];
    },
    validate(schema, value) {
      const validator = schemas.compile(schema);
      if (validator.ok) return validator.value.validate(value);
      return err([
        { pointer: "", message: `the schema cannot be used: ${validator.error.message}`, keyword: "$schema" },
      ]);
    },
  };
}

/** Resolves every template of a record; all that is unresolved is told at once. */
export function resolveRecord(
  programs: Programs,
  record: { readonly [name: string]: Json },
  scope: Scope,
): Result<readonly (readonly [name: string, value: Json])[], readonly Unresolved[]> {
  const entries: (readonly [string, Json])[] = [];
  const unresolved: Unresolved[] = [];
  for (const [name, template] of Object.entries(record)) {
    const value = programs.resolve(template, scope);
    if (value.ok) entries.push([name, value.value]);
    else
      unresolved.push(...value.error.map((reason) => ({ ...reason, pointer: `/${name}${reason.pointer}` })));
  }
  return unresolved.length === 0 ? ok(entries) : err(unresolved);
}

function asTemplate(template: Json): CompiledTemplate | Unresolved {
  const result = compileTemplate(template);
  return result.ok ? result.value : problemOf(result.error);
}

function problemOf(errors: readonly { readonly message: string; readonly pointer: string }[]): Unresolved {
  const [first] = errors;
  return {
    pointer: first?.pointer ?? "",
    path: "",
    message: first?.message ?? "the template does not compile",
  };
}

function remembered<Key extends object, Value>(
  cache: WeakMap<Key, Value>,
  key: Key,
  make: () => Value,
): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = make();
  cache.set(key, value);
  return value;
}

function bounded<Value>(cache: Map<string, Value>, key: string, make: () => Value): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = make();
  if (cache.size >= MAX_STRINGS) cache.delete(cache.keys().next().value ?? "");
  cache.set(key, value);
  return value;
}
