import { isJsonObject } from "@mcp-flowgate/core";
import { escapePointer, inspectSchema, nearest, type SchemaProblem } from "@mcp-flowgate/json-schema";
import type { Part, PartKind, Parts } from "../cache/part.ts";
import type { Report } from "../diagnostics/reporter.ts";
import { scalarStep } from "../diagnostics/rewrite.ts";
import {
  describeNode,
  quote,
  toJson,
  type ConfigNode,
  type ListNode,
  type MapNode,
} from "../source/config-node.ts";
import { locate } from "../source/locate.ts";
import type { SourceText } from "../source/source-text.ts";
import { checkScalar, coerced, listOf, reportOlder, reportType, type Spot } from "./check-scalar.ts";
import { checkReaders, checkSchemaReaders } from "./check-readers.ts";
import type { EitherField, Field, ListField, MapField, ObjectField, VariantsField } from "./field.ts";
import { caseOf, resolveField } from "./resolve.ts";

/** What was found out on the way, so that later stages need not ask again. */
export interface ShapeFindings {
  /** Every JSON Schema that is well-formed, for checks that go deeper. */
  readonly schemas: { readonly node: ConfigNode; readonly pointer: string }[];
  /** Pointers of the scalars that readers see with what came from outside masked. */
  readonly masked: readonly string[];
}

/** Reports everything about `node` that `field` does not allow: FG201 to FG210. `name` is what messages call the whole. */
export function checkShape(
  field: Field,
  node: ConfigNode,
  report: Report,
  name = "configuration",
  parts: Parts | undefined = undefined,
): ShapeFindings {
  const walker = new ShapeWalker(report, name, parts);
  walker.check(field, node, { name, pointer: "" });
  return walker;
}

/** What is kept from one compilation to the next, by where it stands. */
const PARTS: { readonly [pointer: string]: PartKind | undefined } = {
  "/capabilities": "capability",
  "/proxy/expose": "exposed",
  "/workflows": "workflow",
};

class ShapeWalker implements ShapeFindings {
  readonly schemas: { readonly node: ConfigNode; readonly pointer: string }[] = [];
  readonly masked: string[] = [];
  readonly #report: Report;
  readonly #whole: string;
  readonly #parts: Parts | undefined;
  /** Schemas are often shared by alias, and inspecting is the dearest check. */
  readonly #inspected = new Set<ConfigNode>();
  readonly #known = new Map<string, readonly SchemaProblem[]>();
  readonly #references = new Map<SourceText, boolean>();

  constructor(report: Report, whole: string, parts: Parts | undefined) {
    this.#report = report;
    this.#whole = whole;
    this.#parts = parts;
  }

  check(field: Field, node: ConfigNode, spot: Spot): void {
    const resolved = resolveField(field);
    switch (resolved.kind) {
      case "text":
        checkScalar(resolved, node, spot, this.#report);
        checkReaders(resolved.readers, node, spot.pointer, this.masked, this.#report);
        return;
      case "choice":
      case "number":
      case "flag":
      case "duration":
      case "size":
        checkScalar(resolved, node, spot, this.#report);
        return;
      case "list":
        this.#list(resolved, node, spot);
        return;
      case "map":
        this.#map(resolved, node, spot);
        return;
      case "object":
        this.#object(resolved, node, spot, undefined);
        return;
      case "json":
        if (resolved.object === true && node.kind !== "map") reportType(this.#report, node, spot, "a map");
        checkReaders(resolved.readers, node, spot.pointer, this.masked, this.#report);
        return;
      case "schema":
        this.#schema(node, spot);
        return;
      case "either":
        this.#either(resolved, node, spot);
        return;
      case "variants":
        this.#variants(resolved, node, spot);
        return;
      default:
        resolved satisfies never;
    }
  }

  #list(field: ListField, node: ConfigNode, spot: Spot): void {
    if (node.kind !== "list") {
      if (field.orOne === true && node.kind === "scalar" && node.value !== null)
        this.check(field.of, node, spot);
      else reportType(this.#report, node, spot, "a list");
      return;
    }
    if (node.items.length < (field.minItems ?? 0)) {
      const { code, message, hint } = field.tooFew ?? {
        code: "FG204" as const,
        message: `\`${spot.name}\` must have at least ${field.minItems} item`,
        hint: undefined,
      };
      this.#report(code, node, message, { ...spot, hint });
    }
    const kind = PARTS[spot.pointer];
    for (const [index, item] of node.items.entries()) {
      const part = kind === undefined ? undefined : this.#parts?.of(item, kind);
      if (part?.isSound === true) continue;
      const below: Spot = { name: `${spot.name}[${index}]`, pointer: `${spot.pointer}/${index}` };
      this.#checkPart(part, field.of, item, below);
    }
  }

  #map(field: MapField, node: ConfigNode, spot: Spot): void {
    if (node.kind !== "map") {
      // `workflows:` with nothing below it is an empty map to everybody who writes it.
      if (node.kind === "scalar" && node.value === null && (field.minEntries ?? 0) === 0) return;
      reportType(this.#report, node, spot, "a map");
      return;
    }
    if (node.entries.size < (field.minEntries ?? 0)) {
      this.#report("FG204", node, `\`${spot.name}\` must have at least ${field.minEntries} entry`, spot);
    }
    const pattern = field.keyPattern === undefined ? undefined : new RegExp(field.keyPattern.source, "u");
    const kind = PARTS[spot.pointer];
    for (const [key, entry] of node.entries) {
      const pointer = `${spot.pointer}/${escapePointer(key)}`;
      if (pattern !== undefined && !pattern.test(key)) {
        this.#report(
          "FG204",
          entry.key,
          `the ${field.keys} ${quote(key)} must be ${field.keyPattern?.words}`,
          { pointer },
        );
      }
      const part = kind === undefined ? undefined : this.#parts?.of(entry.value, kind, key);
      if (part?.isSound !== true) this.#checkPart(part, field.of, entry.value, { name: key, pointer });
    }
  }

  #checkPart(part: Part | undefined, field: Field, node: ConfigNode, spot: Spot): void {
    const check = (): void => this.check(field, node, spot);
    if (part === undefined || this.#parts === undefined) check();
    else if (this.#parts.isQuiet(check)) this.#parts.noteSound(part);
  }

  #object(field: ObjectField, node: ConfigNode, spot: Spot, discriminator: string | undefined): void {
    if (node.kind !== "map") {
      if (node.kind === "scalar" && node.value === null && field.required.length === 0) return;
      reportType(this.#report, node, spot, "a map");
      return;
    }
    for (const [key, entry] of node.entries) {
      if (key === discriminator) continue;
      const pointer = `${spot.pointer}/${escapePointer(key)}`;
      const known = Object.hasOwn(field.fields, key) ? field.fields[key] : undefined;
      if (known === undefined) {
        this.#unknownKey(field, entry.key, key, { name: spot.name, pointer }, discriminator);
        continue;
      }
      const modern = known.modern;
      const below: Spot =
        modern === undefined
          ? { name: key, pointer }
          : { name: key, pointer, modern: () => modern(entry, node) };
      if (known.deprecated !== undefined) {
        const message = `\`${key}\` is an older form`;
        reportOlder(this.#report, entry.key, below, message, known.deprecated, below.modern?.());
      }
      this.check(known, entry.value, below);
    }
    for (const name of field.required) if (!node.entries.has(name)) this.#missing(node, spot, name);
  }

  #missing(node: MapNode | ListNode, spot: Spot, name: string): void {
    const where = spot.pointer === "" ? `the ${this.#whole}` : `\`${spot.name}\``;
    this.#report("FG202", node, `${where} needs \`${name}\``, {
      pointer: `${spot.pointer}/${escapePointer(name)}`,
    });
  }

  #unknownKey(
    field: ObjectField,
    key: ConfigNode | { readonly source: ConfigNode["source"]; readonly start: number; readonly end: number },
    name: string,
    spot: Spot,
    discriminator: string | undefined,
  ): void {
    const known = [...Object.keys(field.fields), ...(discriminator === undefined ? [] : [discriminator])];
    const close = nearest(name, known);
    const where = spot.pointer.lastIndexOf("/") === 0 ? `a ${this.#whole}` : `\`${spot.name}\``;
    this.#report("FG201", key, `${where} has no key \`${quote(name).slice(1, -1)}\``, {
      pointer: spot.pointer,
      hint: close === undefined ? `Its keys are ${known.join(", ")}.` : `Did you mean \`${close}\`?`,
    });
  }

  #either(field: EitherField, node: ConfigNode, spot: Spot): void {
    const fitting = field.of.find((candidate) => fits(resolveField(candidate), node));
    if (fitting !== undefined) this.check(fitting, node, spot);
    else
      reportType(
        this.#report,
        node,
        spot,
        listOf(field.of.map((candidate) => wordFor(resolveField(candidate)))),
      );
  }

  #variants(field: VariantsField, node: ConfigNode, spot: Spot): void {
    if (node.kind !== "map") {
      reportType(this.#report, node, spot, "a map");
      return;
    }
    const found = caseOf(field, node);
    if (found === undefined) {
      this.#noCase(field, node, spot);
      return;
    }
    if (found.alias !== undefined) {
      const value = node.entries.get(field.key)?.value ?? node;
      reportOlder(
        this.#report,
        value,
        { name: field.key, pointer: `${spot.pointer}/${field.key}` },
        `\`${field.key}: ${found.alias}\` is an older name`,
        `Write \`${field.key}: ${found.name}\`.`,
        scalarStep(value, found.name),
      );
    }
    this.#object(found.object, node, spot, field.key === "" ? undefined : field.key);
  }

  #noCase(field: VariantsField, node: MapNode, spot: Spot): void {
    const names = Object.keys(field.cases);
    const entry = field.key === "" ? undefined : node.entries.get(field.key);
    if (entry === undefined) {
      const message =
        field.key === ""
          ? `\`${spot.name}\` needs one of ${names.join(", ")}`
          : `\`${spot.name}\` needs \`${field.key}\`: ${listOf(names)}`;
      this.#report("FG202", node, message, { pointer: spot.pointer });
      return;
    }
    const value = entry.value.kind === "scalar" ? entry.value.value : undefined;
    const close =
      typeof value === "string" ? nearest(value, [...names, ...Object.keys(field.aliases)]) : undefined;
    this.#report(
      "FG204",
      entry.value,
      `\`${field.key}\` must be ${listOf(names)}, not ${describeNode(entry.value)}`,
      {
        pointer: `${spot.pointer}/${field.key}`,
        hint: close === undefined ? undefined : `Did you mean \`${close}\`?`,
      },
    );
  }

  #schema(node: ConfigNode, spot: Spot): void {
    if (node.kind !== "map") {
      reportType(this.#report, node, spot, "a JSON Schema (a map)");
      return;
    }
    if (this.#hasReferences(node)) checkSchemaReaders(node, spot.pointer, this.masked, this.#report);
    if (this.#inspected.has(node)) return;
    this.#inspected.add(node);
    const problems = this.#problemsOf(node);
    for (const problem of problems) {
      const at = locate(node, problem.pointer).value;
      this.#report("FG210", at, problem.message, { pointer: `${spot.pointer}${problem.pointer}` });
    }
    if (problems.length === 0) this.schemas.push({ node, pointer: spot.pointer });
  }

  /** Most files hold no `${…}`: their schemas are not searched for values from outside. */
  #hasReferences({ source }: ConfigNode): boolean {
    let found = this.#references.get(source);
    if (found === undefined) this.#references.set(source, (found = source.text.includes("${")));
    return found;
  }

  /** Large configurations repeat the same few schemas. */
  #problemsOf(node: MapNode): readonly SchemaProblem[] {
    const json = toJson(node);
    const text = JSON.stringify(json);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const problems = isJsonObject(json) ? inspectSchema(json) : [];
    this.#known.set(text, problems);
    return problems;
  }
}

type Resolved = ReturnType<typeof resolveField>;

function fits(field: Resolved, node: ConfigNode): boolean {
  switch (field.kind) {
    case "list":
      return (
        node.kind === "list" ||
        (field.orOne === true && node.kind === "scalar" && typeof node.value === "string")
      );
    case "map":
    case "object":
    case "schema":
    case "variants":
      return node.kind === "map";
    case "flag":
      return typeof coerced(node) === "boolean";
    case "number":
      return typeof coerced(node) === "number";
    default:
      return node.kind === "scalar" && typeof node.value === "string";
  }
}

function wordFor(field: Resolved): string {
  if (field.kind === "flag") return "true, false";
  if (field.kind === "number") return "a number";
  if (field.kind === "list") return "a list";
  return field.kind === "text" || field.kind === "choice" ? "text" : "a map";
}
