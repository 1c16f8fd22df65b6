import { createRecord, err, ok } from "@mcp-flowgate/core";
import type { Json, JsonObject, Result } from "@mcp-flowgate/core";
import { LENIENT_OPERATORS, literalProblem, OPERATOR_NAMES, planOperator } from "./operators.ts";
import type { Scope } from "./scope.ts";
import type { TemplateError, Unresolved } from "./template-error.ts";
import { planString } from "./template-string.ts";
import { MISSING } from "./template-run.ts";
import type { Resolve, TemplateRun } from "./template-run.ts";

/** A value template that is ready to be resolved, any number of times. */
export interface CompiledTemplate {
  /** The value for a scope, or everything in it that has none. Never throws. */
  resolve(scope: Scope): Result<Json, readonly Unresolved[]>;
  /** Whether it reads anything: false for a template that always gives the same value. */
  readonly dynamic: boolean;
  /** The paths that it reads, in canonical form, each once. */
  readonly paths: readonly string[];
}

/** Templates nested deeper than this are refused. */
const MAX_DEPTH = 64;

/**
 * Compiles a value template.
 *
 * - A string that is wholly a path (`$.context.id`) becomes the value, with its type.
 * - `{{ $.path }}` inside a longer string becomes text.
 * - An object whose only key is an operator (`add`, `concat`, …) is computed.
 * - Lists and objects are resolved at any depth. Everything else stands for itself.
 *
 * `$$.` stands for a literal `$.`, as does `{{ $$.` for `{{ $.`; inside `{ set: … }` operator names are ordinary keys.
 * Values that are read are data: what looks like a template inside them stays as it is.
 *
 * @returns the compiled template, or every error that was found in it. Never throws.
 */
export function compileTemplate(value: Json): Result<CompiledTemplate, readonly TemplateError[]> {
  const compiler = new TemplateCompiler();
  const resolve = compiler.plan(value, "", 0, true);
  if (compiler.errors.length > 0) return err(compiler.errors);
  const paths = Object.freeze([...compiler.paths]);
  return ok(
    Object.freeze({
      dynamic: paths.length > 0,
      paths,
      resolve(scope: Scope): Result<Json, readonly Unresolved[]> {
        const run: TemplateRun = { scope, unresolved: [], broken: 0 };
        let result: Json | typeof MISSING;
        try {
          result = resolve(run);
        } catch {
          return err([{ pointer: "", path: "", message: "the template could not be resolved" }]);
        }
        return result === MISSING || run.unresolved.length > 0 ? err(run.unresolved) : ok(result);
      },
    }),
  );
}

class TemplateCompiler {
  readonly errors: TemplateError[] = [];
  readonly paths = new Set<string>();

  plan(value: Json, pointer: string, depth: number, operators: boolean, optional = false): Resolve {
    if (depth > MAX_DEPTH) return this.refuse(`the template nests deeper than ${MAX_DEPTH}`, pointer);
    if (typeof value === "string") return planString(value, pointer, this, optional);
    if (Array.isArray(value)) {
      const items = value.map((item: Json, index) =>
        this.plan(item, `${pointer}/${index}`, depth + 1, operators),
      );
      return (run) => resolveList(run, items);
    }
    if (typeof value !== "object" || value === null) return () => value;
    const keys = Object.keys(value);
    const [only] = keys;
    if (operators && keys.length === 1 && only !== undefined && OPERATOR_NAMES.has(only)) {
      return this.#operator(only, (value as JsonObject)[only] as Json, `${pointer}/${only}`, depth);
    }
    const members = keys.map(
      (key) =>
        [
          key,
          this.plan((value as JsonObject)[key] as Json, `${pointer}/${escapeKey(key)}`, depth + 1, operators),
        ] as const,
    );
    return (run) => resolveObject(run, members);
  }

  refuse(message: string, pointer: string): Resolve {
    this.errors.push({ code: "FG511", message, pointer });
    return () => MISSING;
  }

  #operator(name: string, operand: Json, pointer: string, depth: number): Resolve {
    if (name === "set") return this.plan(operand, pointer, depth + 1, false);
    const operands = operandsOf(name, operand);
    if (typeof operands === "string") {
      return this.refuse(`${operands}; write { set: { ${name}: … } } for an ordinary key`, pointer);
    }
    const listed = Array.isArray(operand);
    const plans = operands.map((item, index) => {
      // The list that `append` grows may not be there yet, what it appends must be.
      const optional = LENIENT_OPERATORS.has(name) || (name === "append" && index === 0);
      return this.plan(item, listed ? `${pointer}/${index}` : pointer, depth + 1, true, optional);
    });
    return planOperator(name, plans, pointer);
  }
}

/** The operands of an operator, or why they are not its operands. */
function operandsOf(name: string, operand: Json): readonly Json[] | string {
  if (name === "length") {
    if (!Array.isArray(operand)) return literalProblem(name, operand, 0) ?? [operand];
    return operand.length === 1 ? (operand as readonly Json[]) : "`length` takes one operand";
  }
  if (!Array.isArray(operand)) return `\`${name}\` takes a list of operands`;
  const [least, most] =
    name === "subtract" || name === "divide" ? [2, 2] : name === "append" ? [2, 256] : [1, 256];
  if (operand.length < least || operand.length > most) {
    return `\`${name}\` takes ${least === most ? least : `${least} to ${most}`} operands, not ${operand.length}`;
  }
  const operands = operand as readonly Json[];
  return (
    operands
      .map((item, index) => literalProblem(name, item, index))
      .find((problem) => problem !== undefined) ?? operands
  );
}

function resolveList(run: TemplateRun, items: readonly Resolve[]): Json | typeof MISSING {
  const values: Json[] = [];
  let missing = false;
  for (const item of items) {
    const value = item(run);
    if (value === MISSING) missing = true;
    else values.push(value);
  }
  return missing ? MISSING : values;
}

function resolveObject(
  run: TemplateRun,
  members: readonly (readonly [string, Resolve])[],
): Json | typeof MISSING {
  const record = createRecord<Json>();
  let missing = false;
  for (const [key, resolve] of members) {
    const value = resolve(run);
    if (value === MISSING) missing = true;
    else record[key] = value;
  }
  return missing ? MISSING : record;
}

function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
