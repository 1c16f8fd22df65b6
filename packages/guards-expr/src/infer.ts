import type { Json, JsonObject } from "@mcp-flowgate/core";
import type { CallNode, ExprNode, PathNode } from "./ast.ts";
import type { ScopeRoot } from "./scope.ts";
import { ALL_KINDS, ANYTHING, kindOf, viewSchema } from "./schema-view.ts";
import type { Kind, MemberView, SchemaView } from "./schema-view.ts";

/** What is known about the values that an expression will read. A scope without a schema may hold anything. */
export interface CheckEnvironment {
  /** JSON Schema of `$.workflow.input`. */
  readonly input?: JsonObject;
  /** JSON Schema of `$.arguments`. */
  readonly arguments?: JsonObject;
  /** JSON Schema of `$.context`: of the initial context and the output mappings. */
  readonly context?: JsonObject;
  /** JSON Schema of `$.output`. */
  readonly output?: JsonObject;
  /** The scopes that can be read at this place; all of them where left out. */
  readonly scopes?: readonly ScopeRoot[];
}

/** What a part of an expression can give. */
export interface Inferred {
  readonly kinds: ReadonlySet<Kind>;
  /** The only values that it can give, where they are known. */
  readonly values: readonly Json[] | undefined;
  readonly minimum: number;
  readonly maximum: number;
}

/** A path, followed through the schemas. */
export interface ResolvedPath extends Inferred {
  /** The first segment that the schemas do not declare, or cannot have. */
  readonly problem?: {
    readonly segment: string;
    readonly presence: "undeclared" | "impossible";
    readonly names: readonly string[];
  };
  /** Declared, but not always there. */
  readonly optional: boolean;
}

const STRING: ReadonlySet<Kind> = new Set<Kind>(["string"]);
const NUMBER: ReadonlySet<Kind> = new Set<Kind>(["number"]);
const BOOLEAN: ReadonlySet<Kind> = new Set<Kind>(["boolean"]);
const ARRAY: ReadonlySet<Kind> = new Set<Kind>(["array"]);

/** Values of one of the kinds, and nothing more is known. */
export function ofKinds(kinds: ReadonlySet<Kind>): Inferred {
  return { kinds, values: undefined, minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY };
}

/** What `node` can give where it gives anything. */
export function infer(node: ExprNode, environment: CheckEnvironment): Inferred {
  switch (node.kind) {
    case "literal":
      return { ...ofKinds(new Set([kindOf(node.value)])), values: [node.value] };
    case "path":
      return resolvePath(node, environment);
    case "list":
      return ofKinds(ARRAY);
    case "unary":
      return ofKinds(node.operator === "!" ? BOOLEAN : NUMBER);
    case "binary":
      return ofKinds(["+", "-", "*", "/", "%"].includes(node.operator) ? NUMBER : BOOLEAN);
    case "call":
      return inferCall(node, environment);
    default:
      return node satisfies never;
  }
}

function inferCall(node: CallNode, environment: CheckEnvironment): Inferred {
  switch (node.name) {
    case "exists":
      return ofKinds(BOOLEAN);
    case "lower":
    case "upper":
      return ofKinds(STRING);
    case "default": {
      const [path, otherwise] = node.args.map((arg) => infer(arg, environment));
      if (path === undefined || otherwise === undefined) return ofKinds(ALL_KINDS);
      const values =
        path.values === undefined || otherwise.values === undefined
          ? undefined
          : [...path.values, ...otherwise.values];
      return { ...ofKinds(new Set([...path.kinds, ...otherwise.kinds])), values };
    }
    case "size":
      return { ...ofKinds(NUMBER), minimum: 0 };
    default:
      return ofKinds(NUMBER);
  }
}

/** Follows a path through the schemas of the environment. */
export function resolvePath(node: PathNode, environment: CheckEnvironment): ResolvedPath {
  const { view, segments, certain } = startOf(node, environment);
  let current = view;
  let optional = false;
  // Below a place that nothing is known about, absence is no news either.
  let known = certain;
  for (const segment of segments) {
    const member: MemberView = current.member(segment);
    if (member.presence === "impossible" || (member.presence === "undeclared" && known)) {
      const problem = { segment, presence: member.presence, names: current.names } as const;
      return { ...ofKinds(ALL_KINDS), optional: true, problem };
    }
    if (member.presence !== "declared") known = false;
    if (known && !member.required) optional = true;
    current = member.view;
  }
  const { kinds, values, minimum, maximum } = current;
  return { kinds, values, minimum, maximum, optional };
}

function startOf(
  node: PathNode,
  environment: CheckEnvironment,
): { readonly view: SchemaView; readonly segments: readonly string[]; readonly certain: boolean } {
  const { root, segments } = node;
  if (root === "workflow" || root === "principal") {
    const [field, ...rest] = segments;
    if (field === "input") return start(environment.input, rest);
    return { view: FIELDS.get(field ?? "") ?? ANYTHING, segments: rest, certain: true };
  }
  return start(environment[root], segments);
}

function start(
  schema: JsonObject | undefined,
  segments: readonly string[],
): { readonly view: SchemaView; readonly segments: readonly string[]; readonly certain: boolean } {
  return {
    view: schema === undefined ? ANYTHING : viewSchema(schema),
    segments,
    certain: schema !== undefined,
  };
}

/** The fields of `$.workflow` and `$.principal`. */
const FIELDS: ReadonlyMap<string, SchemaView> = new Map([
  ["id", viewSchema({ type: "string" })],
  ["state", viewSchema({ type: "string" })],
  ["version", viewSchema({ type: "integer", minimum: 0 })],
  ["startedAt", viewSchema({ type: "integer" })],
  ["subject", viewSchema({ type: "string" })],
  ["tenant", viewSchema({ type: "string" })],
  ["roles", viewSchema({ type: "array", items: { type: "string" } })],
  ["permissions", viewSchema({ type: "array", items: { type: "string" } })],
]);
