import { createRecord, type Json, type JsonObject } from "@mcp-flowgate/core";
import { toJson, type ConfigNode } from "../source/config-node.ts";
import { coerced } from "./check-scalar.ts";
import type { Field, ObjectField } from "./field.ts";
import { caseOf, resolveField } from "./resolve.ts";
import { toBytes, toMilliseconds } from "./units.ts";

/**
 * The value of `node` in one spelling: units as numbers, lists where one value may stand for a list, cases by their
 * names, defaults filled in. What has the wrong shape counts as left out.
 */
export function normalize(field: Field, node: ConfigNode | undefined): Json | undefined {
  const resolved = resolveField(field);
  const fallback = (): Json | undefined =>
    resolved.default === undefined ? undefined : inUnits(resolved, resolved.default);
  if (node === undefined || (node.kind === "scalar" && node.value === null)) {
    return resolved.kind === "object" && resolved.required.length === 0 && resolved.staysAbsent !== true
      ? normalizeObject(resolved, undefined)
      : fallback();
  }
  switch (resolved.kind) {
    case "text":
    case "choice":
      return node.kind === "scalar" && typeof node.value === "string" ? node.value : fallback();
    case "number":
    case "flag":
      return coerced(node) ?? fallback();
    case "duration":
      return toMilliseconds(coerced(node)) ?? fallback();
    case "size":
      return toBytes(coerced(node)) ?? fallback();
    case "json":
    case "schema":
      return toJson(node);
    case "list": {
      const items = node.kind === "list" ? node.items : [node];
      return items.flatMap((item) => normalize(resolved.of, item) ?? []);
    }
    case "map": {
      const record = createRecord<Json>();
      if (node.kind !== "map") return record;
      for (const [key, entry] of node.entries) {
        const value = normalize(resolved.of, entry.value);
        if (value !== undefined) record[key] = value;
      }
      return record;
    }
    case "object":
      return normalizeObject(resolved, node);
    case "either": {
      const fitting = resolved.of.map(resolveField).find((candidate) => {
        const isList = candidate.kind === "list";
        return node.kind === "list"
          ? isList
          : node.kind === "map"
            ? !isList
            : isList
              ? candidate.orOne === true
              : true;
      });
      return fitting === undefined ? undefined : normalize(fitting, node);
    }
    case "variants": {
      const found = caseOf(resolved, node);
      if (found === undefined) return undefined;
      const value = normalizeObject(found.object, node);
      return resolved.key === "" ? value : { [resolved.key]: found.name, ...value };
    }
    default:
      return resolved satisfies never;
  }
}

function normalizeObject(field: ObjectField, node: ConfigNode | undefined): JsonObject {
  const record = createRecord<Json>();
  for (const [name, member] of Object.entries(field.fields)) {
    const given = node?.kind === "map" ? node.entries.get(name)?.value : undefined;
    const value = normalize(member, given);
    if (value !== undefined) record[name] = value;
  }
  return record;
}

function inUnits(field: Field, value: Json): Json {
  if (field.kind === "duration") return toMilliseconds(value) ?? value;
  return field.kind === "size" ? (toBytes(value) ?? value) : value;
}
