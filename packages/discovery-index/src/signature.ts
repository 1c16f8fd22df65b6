import { cutText, sanitizeText } from "./sanitize-text.ts";

const DEFAULT_MAX = 200;
/** Objects are written out this deep below a parameter. */
const MAX_DEPTH = 2;
const MAX_PROPERTIES = 60;
const MAX_MEMBERS = 8;
const MAX_REFERENCES = 16;
/** Subschemas looked at in all: far more than fit in the line, far fewer than a hostile schema can unfold to. */
const MAX_SCHEMAS = 2_000;
const MAX_NAME = 60;
const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

/**
 * A JSON Schema of an input as one line: `(repo: string, state?: "open" | "closed", labels?: string[])`. Required
 * parameters come first, otherwise the order of declaration holds; a default is shown as `limit?: integer = 10`.
 * Local `$ref`s are followed, cycles end in `object`, and what cannot be told is `any`. At most `max` UTF-16 units;
 * a longer line is cut, where possible between parameters, and ends in `…`. Never throws on any value.
 */
export function toSignature(inputSchema: unknown, max: number = DEFAULT_MAX): string {
  const scope: Scope = { root: inputSchema, depth: 0, references: [], budget: { left: MAX_SCHEMAS } };
  const schema = resolve(inputSchema, scope);
  const object = mergeAll(schema.value, schema.scope);
  const parameters = object.properties.size === 0 ? [] : listProperties(object, schema.scope);
  if (parameters.length > 0) return joinWithin(parameters, max);
  const alternatives = isRecord(schema.value) ? membersOf(schema.value) : undefined;
  return alternatives === undefined ? "()" : joinWithin([`input: ${typeOf(inputSchema, scope)}`], max);
}

interface Scope {
  readonly root: unknown;
  readonly depth: number;
  /** References that are being followed, to notice cycles. */
  readonly references: readonly string[];
  /** How many more subschemas are looked at; shared by the whole conversion. */
  readonly budget: { left: number };
}

interface ObjectShape {
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
}

type Schema = Readonly<Record<string, unknown>>;

function joinWithin(parameters: readonly string[], max: number): string {
  const whole = `(${parameters.join(", ")})`;
  if (whole.length <= max) return whole;
  let line = "(";
  for (const parameter of parameters) {
    const next = line === "(" ? `(${parameter}` : `${line}, ${parameter}`;
    if (next.length + 3 > max) break;
    line = next;
  }
  return line === "(" ? `${cutText(whole, Math.max(0, max - 1))}…` : `${line}, …`;
}

function listProperties(shape: ObjectShape, scope: Scope): string[] {
  const names = [...shape.properties.keys()].slice(0, MAX_PROPERTIES);
  const ordered = [
    ...names.filter((name) => shape.required.has(name)),
    ...names.filter((name) => !shape.required.has(name)),
  ];
  return ordered.map((name) => {
    const property = shape.properties.get(name);
    const byDefault =
      isRecord(property) && property["default"] !== null ? literal(property["default"]) : undefined;
    const optional = !shape.required.has(name) || byDefault !== undefined ? "?" : "";
    const tail = byDefault === undefined ? "" : ` = ${byDefault}`;
    return `${propertyName(name)}${optional}: ${typeOf(property, scope)}${tail}`;
  });
}

function propertyName(name: string): string {
  const clean = oneLine(name, MAX_NAME);
  return IDENTIFIER.test(clean) ? clean : JSON.stringify(clean);
}

function typeOf(schema: unknown, outer: Scope): string {
  if (outer.budget.left-- <= 0) return "…";
  const { value, scope, cyclic } = resolve(schema, outer);
  if (cyclic) return "object";
  if (!isRecord(value)) return "any";
  if ("const" in value) return literal(value["const"]) ?? "any";
  if (Array.isArray(value["enum"]))
    return union(value["enum"].map((member: unknown) => literal(member) ?? "any"));
  const members = membersOf(value);
  if (members !== undefined) {
    const types = members.map((member) => typeOf(member, scope)).filter((type) => type !== "any");
    if (types.length > 0) return nullable(value, union(types));
  }
  const type = value["type"];
  if (Array.isArray(type)) return union(type.map((one: unknown) => typeNamed(one, value, scope)));
  return nullable(value, typeNamed(type, value, scope));
}

function typeNamed(type: unknown, schema: Schema, scope: Scope): string {
  switch (type) {
    case "string":
    case "number":
    case "integer":
    case "boolean":
    case "null":
      return type;
    case "array":
      return arrayType(schema, scope);
    case "object":
      return objectType(schema, scope);
    default:
      if (isRecord(schema["properties"]) || Array.isArray(schema["allOf"])) return objectType(schema, scope);
      return schema["items"] === undefined && schema["prefixItems"] === undefined
        ? "any"
        : arrayType(schema, scope);
  }
}

function arrayType(schema: Schema, scope: Scope): string {
  const tuple = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : schema["items"];
  if (Array.isArray(tuple)) {
    const shown = tuple.slice(0, MAX_MEMBERS).map((item) => typeOf(item, scope));
    return `[${[...shown, ...(tuple.length > MAX_MEMBERS ? ["…"] : [])].join(", ")}]`;
  }
  const item = schema["items"] === undefined ? "any" : typeOf(schema["items"], scope);
  return item.includes(" | ") && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
}

function objectType(schema: Schema, scope: Scope): string {
  const shape = mergeAll(schema, scope);
  if (shape.properties.size === 0) {
    if (Array.isArray(schema["allOf"]) && schema["allOf"].length === 1)
      return typeOf(schema["allOf"][0], scope);
    const values = schema["additionalProperties"];
    if (!isRecord(values) || Object.keys(values).length === 0 || scope.depth >= MAX_DEPTH) return "object";
    return `{ [key]: ${typeOf(values, { ...scope, depth: scope.depth + 1 })} }`;
  }
  if (scope.depth >= MAX_DEPTH) return "object";
  return `{ ${listProperties(shape, { ...scope, depth: scope.depth + 1 }).join(", ")} }`;
}

/** The properties of a schema and of everything it is an `allOf` of. */
function mergeAll(schema: unknown, scope: Scope): ObjectShape {
  const properties = new Map<string, unknown>();
  const required = new Set<string>();
  const visit = (part: unknown, outer: Scope, left: number): void => {
    const { value, scope: inner, cyclic } = resolve(part, outer);
    if (cyclic || !isRecord(value) || left === 0 || scope.budget.left-- <= 0) return;
    if (Array.isArray(value["allOf"])) {
      for (const member of value["allOf"].slice(0, MAX_MEMBERS)) visit(member, inner, left - 1);
    }
    if (isRecord(value["properties"])) {
      for (const [name, property] of Object.entries(value["properties"]).slice(0, MAX_PROPERTIES)) {
        properties.set(name, property);
      }
    }
    if (Array.isArray(value["required"])) {
      for (const name of value["required"]) if (typeof name === "string") required.add(name);
    }
  };
  visit(schema, scope, 4);
  return { properties, required };
}

function membersOf(schema: Schema): readonly unknown[] | undefined {
  const members = schema["anyOf"] ?? schema["oneOf"];
  return Array.isArray(members) && members.length > 0 ? members.slice(0, MAX_MEMBERS + 1) : undefined;
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  if (distinct.length === 0) return "any";
  const shown = distinct.slice(0, MAX_MEMBERS);
  return [...shown, ...(distinct.length > MAX_MEMBERS ? ["…"] : [])].join(" | ");
}

function nullable(schema: Schema, type: string): string {
  return schema["nullable"] === true && !type.split(" | ").includes("null") ? `${type} | null` : type;
}

function literal(value: unknown): string | undefined {
  if (typeof value === "string") return JSON.stringify(oneLine(value, MAX_NAME));
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (Array.isArray(value) && value.length === 0) return "[]";
  return undefined;
}

function oneLine(text: string, max: number): string {
  const clean = sanitizeText(text, max + 1).replace(/\s+/gu, " ");
  return clean.length > max ? `${cutText(clean, max - 1)}…` : clean;
}

/** Follows local references; `cyclic` when one leads back into itself or nowhere near an end. */
function resolve(schema: unknown, outer: Scope): { value: unknown; scope: Scope; cyclic: boolean } {
  let value = schema;
  let scope = outer;
  while (isRecord(value) && typeof value["$ref"] === "string") {
    const reference = value["$ref"];
    if (scope.references.includes(reference) || scope.references.length >= MAX_REFERENCES) {
      return { value: undefined, scope, cyclic: true };
    }
    scope = { ...scope, references: [...scope.references, reference] };
    value = lookUp(scope.root, reference);
  }
  return { value, scope, cyclic: false };
}

function lookUp(root: unknown, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let value = root;
  for (const segment of reference.slice(2).split("/")) {
    const key = decodeSegment(segment);
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isRecord(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function decodeSegment(segment: string): string {
  const pointer = segment.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(pointer);
  } catch {
    return pointer;
  }
}

function isRecord(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
