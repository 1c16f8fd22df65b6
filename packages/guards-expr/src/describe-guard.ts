import type { EvidenceRequirement, GuardIr } from "@mcp-flowgate/core";

/**
 * What a guard asks for, on one line: `role "manager" and ($.context.score <= 80 or not role "intern")`.
 */
export function describeGuard(guard: GuardIr): string {
  switch (guard.kind) {
    case "permission":
      return `permission ${JSON.stringify(guard.shown ?? guard.permission)}`;
    case "role":
      return `role ${JSON.stringify(guard.shown ?? guard.role)}`;
    case "expr":
      return (guard.shown ?? guard.expr).trim().replaceAll(/\s+/gu, " ");
    case "evidence":
      return `evidence of ${guard.requires.map(describeRequirement).join(" and ")}`;
    case "allOf":
      return guard.guards.map(describePart).join(" and ");
    case "anyOf":
      return guard.guards.map(describePart).join(" or ");
    case "not":
      return `not ${describePart(guard.guard)}`;
    case "separation":
      return `someone other than who did ${guard.from.join(" or ")}`;
    case "rateLimit":
      return `at most ${guard.max} in ${describeDuration(guard.perMs)} ${RATE_OF[guard.key]}`;
    case "schedule":
      return describeSchedule(guard);
    default:
      return guard satisfies never;
  }
}

const RATE_OF = { principal: "per caller", definition: "per definition", global: "in all" } as const;

export function describeRequirement(requirement: EvidenceRequirement): string {
  const { kind, count, distinct } = requirement;
  if (distinct === "actor") return `${kind} by ${count} ${count === 1 ? "person" : "different people"}`;
  return count === 1 ? kind : `${count} × ${kind}`;
}

function describePart(guard: GuardIr): string {
  const text = describeGuard(guard);
  const compound =
    guard.kind === "expr" || ((guard.kind === "allOf" || guard.kind === "anyOf") && guard.guards.length > 1);
  return compound ? `(${text})` : text;
}

function describeSchedule(guard: Extract<GuardIr, { kind: "schedule" }>): string {
  const days = guard.days === undefined ? "every day" : `on ${guard.days.join(", ")}`;
  const hours = guard.hours === undefined ? "" : ` from ${guard.hours.replace("-", " to ")}`;
  return `${days}${hours} (${guard.timezone})`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
];

/** A duration in its largest unit that divides it: `5 minutes`. */
export function describeDuration(ms: number): string {
  const [size, unit] = UNITS.find(([size]) => ms % size === 0) ?? [1, "millisecond"];
  const count = ms / size;
  return count === 1 ? `1 ${unit}` : `${count} ${unit}s`;
}
