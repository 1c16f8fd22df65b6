import type { Json, JsonObject } from "@mcp-flowgate/core";
import { isIndex } from "./path.ts";
import type { Path } from "./path.ts";
import type { Run, Trace } from "./run.ts";
import type { Scope, ScopeRoot } from "./scope.ts";

/** Reads a path from a scope; `undefined` where it is missing. Inherited properties are never read. */
export type Reader = (scope: Scope) => Json | undefined;

/**
 * Compiles the reading of `path`. Paths of up to three keys, nearly all there are, are read without a loop: this is
 * where an evaluation spends its time.
 */
export function compileReader(path: Path): Reader {
  const { root } = path;
  const [first, second, third, ...rest] = path.segments.map((key) => ({
    key,
    position: isIndex(key) ? Number(key) : -1,
  }));
  if (first === undefined) return (scope) => readRoot(scope, root);
  const { key: key1, position: position1 } = first;
  if (second === undefined) return (scope) => readMember(readRoot(scope, root), key1, position1);
  const { key: key2, position: position2 } = second;
  if (third === undefined) {
    return (scope) => readMember(readMember(readRoot(scope, root), key1, position1), key2, position2);
  }
  const { key: key3, position: position3 } = third;
  const read3: Reader = (scope) =>
    readMember(
      readMember(readMember(readRoot(scope, root), key1, position1), key2, position2),
      key3,
      position3,
    );
  if (rest.length === 0) return read3;
  return (scope) => {
    let value = read3(scope);
    for (const { key, position } of rest) value = readMember(value, key, position);
    return value;
  };
}

/** Compiles the reading of `path` in an expression: it notes itself in the run's trace where there is one. */
export function planRead(path: Path): (run: Run) => Json | undefined {
  const { text } = path;
  const read = compileReader(path);
  return (run) => {
    const value = read(run.scope);
    if (run.trace !== undefined) noteRead(run.trace, text, value);
    return value;
  };
}

/** Notes what was read, each path once. */
export function noteRead(trace: Trace, path: string, value: Json | undefined): void {
  if (!trace.reads.some((entry) => entry.path === path)) trace.reads.push({ path, value });
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

/** A member of an object by its own key, or of a list by its position; `position` is -1 for a key that is none. */
function readMember(value: Json | undefined, key: string, position: number): Json | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return position < 0 ? undefined : (value as readonly Json[])[position];
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}
