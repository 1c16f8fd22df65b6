import type { Json, JsonObject } from "@mcp-flowgate/core";
import { isIndex } from "./path.ts";
import type { Path } from "./path.ts";
import type { Run } from "./run.ts";
import type { Scope, ScopeRoot } from "./scope.ts";

/** Reads `path` from a scope; `undefined` where it is missing. Inherited properties are never read. */
export function readPath(scope: Scope, path: Path): Json | undefined {
  let value = readRoot(scope, path.root);
  for (const segment of path.segments) {
    value = readMember(value, segment, isIndex(segment));
    if (value === undefined) return undefined;
  }
  return value;
}

/** Compiles the reading of `path`, which notes itself in the run's trace where there is one. */
export function planRead(path: Path): (run: Run) => Json | undefined {
  const { text } = path;
  const read = compileRead(path);
  return (run) => {
    const value = read(run.scope);
    if (run.trace !== undefined && !run.trace.reads.some((entry) => entry.path === text)) {
      run.trace.reads.push({ path: text, value });
    }
    return value;
  };
}

function compileRead(path: Path): (scope: Scope) => Json | undefined {
  const { root, segments } = path;
  const members = segments.map((key) => ({ key, index: isIndex(key) }));
  return (scope) => {
    let value = readRoot(scope, root);
    for (const member of members) {
      value = readMember(value, member.key, member.index);
      if (value === undefined) return undefined;
    }
    return value;
  };
}

function readRoot(scope: Scope, root: ScopeRoot): Json | undefined {
  switch (root) {
    case "arguments":
      return scope.arguments;
    case "context":
      return scope.context;
    case "workflow":
      return scope.workflow as unknown as JsonObject;
    case "principal":
      return scope.principal as unknown as JsonObject;
    case "output":
      return scope.output;
    default:
      return root satisfies never;
  }
}

/** A member of an object by its own key, or of a list by its position. */
function readMember(value: Json | undefined, key: string, index: boolean): Json | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return index ? (value as readonly Json[])[Number(key)] : undefined;
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}
