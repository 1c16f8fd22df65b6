import { getOwn, isJsonObject } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import { isIndex } from "./path.ts";

/** The kinds of JSON values. */
export type Kind = "null" | "boolean" | "number" | "string" | "array" | "object";

export const ALL_KINDS: ReadonlySet<Kind> = new Set([
  "null",
  "boolean",
  "number",
  "string",
  "array",
  "object",
]);

/** What a schema says about the values at one place. It errs towards "anything": a keyword that is not known allows. */
export interface SchemaView {
  readonly kinds: ReadonlySet<Kind>;
  /** The only values there can be, where the schema lists them. */
  readonly values: readonly Json[] | undefined;
  readonly minimum: number;
  readonly maximum: number;
  /** The view of a member, and what is known about its presence. */
  member(segment: string): MemberView;
  /** The member names that the schema declares. */
  readonly names: readonly string[];
}

export interface MemberView {
  readonly view: SchemaView;
  /**
   * `declared`: the schema names it. `open`: it allows members that it does not name. `undeclared`: it names others and
   * says nothing about more. `impossible`: there can be no such member.
   */
  readonly presence: "declared" | "open" | "undeclared" | "impossible";
  /** Whether it is always there, given that what holds it is. */
  readonly required: boolean;
}

/** More alternatives than these count as "anything". */
const MAX_BRANCHES = 32;
/** Schemas visited for one view; a recursive or huge one counts as "anything" from there on. */
const MAX_VISITS = 256;

/** A place that nothing is known about. */
export const ANYTHING: SchemaView = createView(true, {});

/** The view of the values that `schema` accepts. */
export function viewSchema(schema: JsonObject): SchemaView {
  return createView(schema, schema);
}

/** All of these hold at once: a schema and what it refers to or combines by `allOf`. */
type Branch = readonly JsonObject[];

function createView(schema: Json, root: JsonObject): SchemaView {
  const branches = branchesOf(schema, root, { left: MAX_VISITS });
  return viewBranches(branches, root);
}

function viewBranches(branches: readonly Branch[], root: JsonObject): SchemaView {
  const kinds = new Set(branches.flatMap((branch) => [...branchKinds(branch)]));
  const listed = branches.map(branchValues);
  const values = listed.every((list) => list !== undefined) ? listed.flat() : undefined;
  return {
    kinds,
    values,
    minimum: Math.min(
      ...branches.map((branch) =>
        Math.max(
          ...branch.map((part) => numberOf(part, "minimum", "exclusiveMinimum", Number.NEGATIVE_INFINITY)),
        ),
      ),
    ),
    maximum: Math.max(
      ...branches.map((branch) =>
        Math.min(
          ...branch.map((part) => numberOf(part, "maximum", "exclusiveMaximum", Number.POSITIVE_INFINITY)),
        ),
      ),
    ),
    names: [
      ...new Set(
        branches.flatMap((branch) => branch.flatMap((part) => Object.keys(objectOf(part, "properties")))),
      ),
    ],
    member: (segment) => viewMember(branches, segment, root),
  };
}

function viewMember(branches: readonly Branch[], segment: string, root: JsonObject): MemberView {
  const members = branches.map((branch) => branchMember(branch, segment));
  const possible = members.filter(({ presence }) => presence !== "impossible");
  if (possible.length === 0) return { view: ANYTHING, presence: "impossible", required: false };
  const presence =
    (["declared", "open", "undeclared"] as const).find((kind) =>
      possible.some((member) => member.presence === kind),
    ) ?? "open";
  const found = possible.flatMap(({ schemas }) => combine(schemas, root));
  const view = found.length === 0 || found.length > MAX_BRANCHES ? ANYTHING : viewBranches(found, root);
  return { view, presence, required: members.every(({ required }) => required) };
}

interface BranchMember {
  readonly schemas: readonly Json[];
  readonly presence: MemberView["presence"];
  readonly required: boolean;
}

/** A member of one branch: every part of the branch has its say. */
function branchMember(branch: Branch, segment: string): BranchMember {
  const kinds = branchKinds(branch);
  const parts: BranchMember[] = [];
  if (kinds.has("object")) parts.push(combineParts(branch.map((part) => propertyOf(part, segment))));
  if (kinds.has("array") && isIndex(segment))
    parts.push(combineParts(branch.map((part) => itemOf(part, Number(segment)))));
  const possible = parts.filter(({ presence }) => presence !== "impossible");
  const [only] = possible;
  if (only === undefined) return { schemas: [], presence: "impossible", required: false };
  // Either a list or an object: nothing more precise is worth saying.
  const certain = kinds.size === 1;
  return possible.length === 1
    ? { ...only, required: only.required && certain }
    : { schemas: [true], presence: "open", required: false };
}

function combineParts(parts: readonly BranchMember[]): BranchMember {
  if (parts.some(({ presence }) => presence === "impossible"))
    return { schemas: [], presence: "impossible", required: false };
  const presence =
    (["declared", "undeclared", "open"] as const).find((kind) =>
      parts.some((part) => part.presence === kind),
    ) ?? "open";
  return {
    schemas: parts.flatMap(({ schemas }) => schemas),
    presence,
    required: parts.some(({ required }) => required),
  };
}

function propertyOf(schema: JsonObject, name: string): BranchMember {
  const properties = objectOf(schema, "properties");
  const required = Array.isArray(schema["required"]) && schema["required"].includes(name);
  const declared = getOwn(properties, name);
  if (declared !== undefined)
    return { schemas: [declared], presence: declared === false ? "impossible" : "declared", required };
  if (Object.keys(objectOf(schema, "patternProperties")).length > 0)
    return { schemas: [true], presence: "open", required };
  const additional = schema["additionalProperties"] ?? schema["unevaluatedProperties"];
  if (additional === false) return { schemas: [], presence: "impossible", required };
  if (additional !== undefined)
    return { schemas: [additional], presence: saysSomething(additional), required };
  return { schemas: [true], presence: Object.keys(properties).length > 0 ? "undeclared" : "open", required };
}

function itemOf(schema: JsonObject, index: number): BranchMember {
  const { items, additionalItems, maxItems, minItems } = schema;
  const required = typeof minItems === "number" && minItems > index;
  if (typeof maxItems === "number" && index >= maxItems)
    return { schemas: [], presence: "impossible", required };
  // Draft-07 wrote the leading items as a list under `items`.
  const prefix = Array.isArray(schema["prefixItems"])
    ? schema["prefixItems"]
    : Array.isArray(items)
      ? items
      : [];
  const rest = Array.isArray(items) ? additionalItems : items;
  const item = (prefix as readonly Json[])[index] ?? rest ?? true;
  return { schemas: [item], presence: item === false ? "impossible" : saysSomething(item), required };
}

/** A schema for all further members declares them as much as a name would. */
function saysSomething(schema: Json): "declared" | "open" {
  return isJsonObject(schema) && Object.keys(schema).length > 0 ? "declared" : "open";
}

/** The ways in which all of `schemas` can hold. */
function combine(schemas: readonly Json[], root: JsonObject): readonly Branch[] {
  let result: readonly Branch[] = [[]];
  for (const schema of schemas) {
    const branches = branchesOf(schema, root, { left: MAX_VISITS });
    result = result.flatMap((left) => branches.map((right) => [...left, ...right]));
    if (result.length > MAX_BRANCHES) return [[]];
  }
  return result;
}

/** Unfolds references and combinations. A schema that is too involved counts as "anything". */
function branchesOf(schema: Json, root: JsonObject, visits: { left: number }): readonly Branch[] {
  if (!isJsonObject(schema) || visits.left-- <= 0) return [[]];
  let result: readonly Branch[] = [[schema]];
  const multiply = (alternatives: readonly Branch[]): void => {
    result = result.flatMap((left) => alternatives.map((right) => [...left, ...right]));
    if (result.length > MAX_BRANCHES) result = [[]];
  };
  const reference = schema["$ref"];
  if (typeof reference === "string") multiply(branchesOf(resolveReference(reference, root), root, visits));
  for (const part of listOf(schema, "allOf")) multiply(branchesOf(part, root, visits));
  for (const keyword of ["anyOf", "oneOf"]) {
    const parts = listOf(schema, keyword);
    if (parts.length > 0) multiply(parts.flatMap((part) => branchesOf(part, root, visits)));
  }
  return result;
}

/** Only references inside the document: `#/$defs/name`. */
function resolveReference(reference: string, root: JsonObject): Json {
  if (!reference.startsWith("#")) return true;
  let value: Json | undefined = root;
  for (const part of reference.slice(1).split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) value = (value as readonly Json[])[Number(key)];
    else value = isJsonObject(value) ? getOwn(value, key) : undefined;
  }
  return value ?? true;
}

function branchKinds(branch: Branch): ReadonlySet<Kind> {
  let kinds = ALL_KINDS;
  for (const part of branch) {
    const allowed = partKinds(part);
    if (allowed !== undefined) kinds = new Set([...kinds].filter((kind) => allowed.has(kind)));
  }
  return kinds;
}

function partKinds(schema: JsonObject): ReadonlySet<Kind> | undefined {
  const values = listedValues(schema);
  if (values !== undefined) return new Set(values.map(kindOf));
  const { type } = schema;
  if (type === undefined) return undefined;
  const names = (Array.isArray(type) ? type : [type]).map((name) => (name === "integer" ? "number" : name));
  const kinds = new Set(names.filter((name): name is Kind => ALL_KINDS.has(name as Kind)));
  return kinds.size === 0 ? undefined : kinds;
}

function branchValues(branch: Branch): readonly Json[] | undefined {
  return branch.map(listedValues).find((values) => values !== undefined);
}

function listedValues(schema: JsonObject): readonly Json[] | undefined {
  const constant = getOwn(schema, "const");
  if (constant !== undefined) return [constant];
  const { enum: listed } = schema;
  return Array.isArray(listed) ? (listed as readonly Json[]) : undefined;
}

/** The kind of a value. */
export function kindOf(value: Json): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as "boolean" | "number" | "string" | "object";
}

function numberOf(schema: JsonObject, inclusive: string, exclusive: string, otherwise: number): number {
  for (const keyword of [inclusive, exclusive]) {
    const value = schema[keyword];
    if (typeof value === "number") return value;
  }
  return otherwise;
}

function objectOf(schema: JsonObject, keyword: string): JsonObject {
  const value = getOwn(schema, keyword);
  return isJsonObject(value) ? value : {};
}

function listOf(schema: JsonObject, keyword: string): readonly Json[] {
  const value = getOwn(schema, keyword);
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
