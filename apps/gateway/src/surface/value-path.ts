import { err, getOwn, isJsonObject, ok, parseJson, type Json, type Result } from "@mcp-flowgate/core";

/**
 * Reads `$.context.report`, `$.output.items[0].name` or `$["context"]["a b"]` from what an answer is made of; a JSON
 * Pointer (RFC 6901), such as `/output/items/0/name`, does as well.
 * @returns the value, or one sentence that says where the path leaves the data and what is there instead.
 */
export function readPath(roots: { readonly [name: string]: Json }, path: string): Result<Json, string> {
  const steps = parsePath(path);
  if (steps === undefined) return err(`"${path}" is not a path; write $.context.name or $.output.items[0].`);
  let value: Json | undefined = roots as Json;
  let seen = "$";
  for (const step of steps) {
    const next: Json | undefined = Array.isArray(value)
      ? (value as readonly Json[])[Number(step)]
      : isJsonObject(value)
        ? getOwn(value, step)
        : undefined;
    if (next === undefined) {
      const there = isJsonObject(value)
        ? `has ${Object.keys(value).slice(0, 10).join(", ") || "no members"}`
        : "has no such part";
      return err(`${seen} ${there}; "${step}" is not there.`);
    }
    value = next;
    seen += /^\w+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }
  return ok(value ?? null);
}

const STEP = /\.([^.[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** The names and positions that a path goes through, or nothing where it is none. */
export function parsePath(path: string): readonly string[] | undefined {
  if (path.startsWith("/") && path.length <= 2000) {
    const tokens = path.slice(1).split("/");
    return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  if (!path.startsWith("$") || path.length > 2000) return undefined;
  const steps: string[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null) return undefined;
    steps.push(match[1] ?? match[2] ?? (parseJson(`"${match[3] ?? ""}"`) as string));
  }
  return steps;
}

/** How a member is written in a path that {@link readPath} reads back. */
export function childPath(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  return /^[A-Za-z_][\w-]*$/.test(key) ? `${parent}.${key}` : `${parent}[${JSON.stringify(key)}]`;
}
