import type { ConfigNode } from "../source/config-node.ts";
import { SCENARIO_DEFINITIONS } from "../scenarios/scenario-schema.ts";
import { DEFINITIONS } from "./config.ts";
import type { Field, ObjectField, VariantsField } from "./field.ts";

/** The field itself, references followed. */
export function resolveField(field: Field): Exclude<Field, { readonly kind: "ref" }> {
  let current = field;
  while (current.kind === "ref") {
    const next = DEFINITIONS[current.to] ?? SCENARIO_DEFINITIONS[current.to];
    if (next === undefined) throw new Error(`no definition ${current.to}`);
    current = next;
  }
  return current;
}

/** Which case of `field` a node is, by its key, an alias of it, or what can be inferred. */
export function caseOf(
  field: VariantsField,
  node: ConfigNode,
): { readonly name: string; readonly object: ObjectField; readonly alias?: string } | undefined {
  if (node.kind !== "map") return undefined;
  const named = field.key === "" ? undefined : node.entries.get(field.key)?.value;
  if (named !== undefined) {
    if (named.kind !== "scalar" || typeof named.value !== "string") return undefined;
    const name = Object.hasOwn(field.aliases, named.value) ? field.aliases[named.value] : named.value;
    if (name === undefined || !Object.hasOwn(field.cases, name)) return undefined;
    const object = field.cases[name] as ObjectField;
    return name === named.value ? { name, object } : { name, object, alias: named.value };
  }
  const inferred = field.infer?.(new Set(node.entries.keys()));
  if (inferred === undefined) return undefined;
  const object = field.cases[inferred];
  return object === undefined ? undefined : { name: inferred, object };
}
