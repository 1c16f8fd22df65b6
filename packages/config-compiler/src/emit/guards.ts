import type { EvidenceRequirement, GuardIr, Weekday } from "@mcp-flowgate/core";
import type { Report } from "../diagnostics/reporter.ts";
import { guard as guardField } from "../schema/guards.ts";
import { caseOf } from "../schema/resolve.ts";
import { optional, type Cursor } from "./cursor.ts";
import { checkGuard, modernized } from "./expressions.ts";

/** The guards of a list that have a known kind, checked. */
export function emitGuards(cursors: readonly Cursor[], report: Report): readonly GuardIr[] {
  return cursors.flatMap((cursor) => emitGuard(cursor, report) ?? []);
}

/** One guard with everything below it, or undefined where its shape was refused. */
export function emitGuard(cursor: Cursor, report: Report): GuardIr | undefined {
  const guard = toGuard(cursor, report);
  if (guard !== undefined && !isComposite(guard)) checkGuard(guard, cursor, report);
  return guard;
}

function isComposite(guard: GuardIr): boolean {
  return guard.kind === "allOf" || guard.kind === "anyOf" || guard.kind === "not";
}

function toGuard(cursor: Cursor, report: Report): GuardIr | undefined {
  const name = caseOf(guardField, cursor.node)?.name;
  switch (name) {
    case "permission": {
      const permission = cursor.text("permission");
      return permission === undefined
        ? undefined
        : { kind: "permission", permission, ...shownOf(cursor, "permission") };
    }
    case "role": {
      const role = cursor.text("role");
      return role === undefined ? undefined : { kind: "role", role, ...shownOf(cursor, "role") };
    }
    case "expr": {
      const expr = modernized(cursor.get("expr"), report);
      return expr === undefined ? undefined : { kind: "expr", expr, ...shownOf(cursor, "expr") };
    }
    case "evidence":
      return { kind: "evidence", requires: cursor.itemsOf("requires").flatMap(toRequirement) };
    case "allOf":
    case "anyOf":
      return { kind: name, guards: emitGuards(cursor.itemsOf("guards"), report) };
    case "not": {
      const inner = cursor.child("guard");
      const guard = inner === undefined ? undefined : emitGuard(inner, report);
      return guard === undefined ? undefined : { kind: "not", guard };
    }
    case "separation":
      return { kind: "separation", from: cursor.texts("from") };
    case "rateLimit": {
      const max = cursor.number("max");
      const perMs = cursor.milliseconds("perMs");
      const key = cursor.text("key") as "principal" | "definition" | "global" | undefined;
      return max === undefined || perMs === undefined
        ? undefined
        : { kind: "rateLimit", max, perMs, key: key ?? "principal" };
    }
    case "schedule":
      return {
        kind: "schedule",
        ...(cursor.has("days") ? { days: cursor.texts("days") as readonly Weekday[] } : {}),
        ...optional("hours", cursor.text("hours")),
        timezone: cursor.text("timezone") ?? "UTC",
      };
    default:
      return undefined;
  }
}

function shownOf(cursor: Cursor, key: string): { readonly shown?: string } {
  const node = cursor.get(key)?.node;
  return optional("shown", node?.kind === "scalar" ? node.shown : undefined);
}

function toRequirement(cursor: Cursor): readonly EvidenceRequirement[] {
  if (cursor.value !== undefined) return [{ kind: cursor.value, count: 1 }];
  const kind = cursor.text("kind");
  if (kind === undefined) return [];
  return [
    {
      kind,
      count: cursor.number("count") ?? 1,
      ...(cursor.text("distinct") === "actor" ? { distinct: "actor" as const } : {}),
    },
  ];
}
