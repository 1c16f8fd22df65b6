import {
  createRecord,
  isJsonObject,
  type HttpExecutorIr,
  type Json,
  type JsonObject,
  type OperationIr,
} from "@mcp-flowgate/core";
import { createArguments } from "./arguments.ts";
import { collectParameters, placeParameters } from "./parameters.ts";
import { below, OperationProblem, type OpenApiProblem } from "./problem.ts";
import type { OpenApiDocument } from "./read-document.ts";
import { follow, type Placed } from "./references.ts";
import { placeBody } from "./request-body.ts";
import { createSchemaBundle } from "./schema-bundle.ts";

/** One operation, ready to be called: what a caller gives, and the request that is made of it. */
export type OpenApiOperation = OperationIr;

export interface OperationList {
  readonly operations: readonly OpenApiOperation[];
  /** Operations that are left out, and why. */
  readonly problems: readonly OpenApiProblem[];
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"] as const;
const EFFECTS: { readonly [method: string]: HttpExecutorIr["effect"] } = {
  get: "read",
  head: "read",
  options: "read",
  put: "idempotent",
  delete: "idempotent",
};
const MAX_OPERATIONS = 10_000;
const MAX_PROBLEMS = 100;
const MAX_SCHEMA_CHARACTERS = 256 * 1024;
/** As for `executor.maxResponseBytes` where a configuration says nothing. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/**
 * Every operation of a document. One that cannot be called is left out and reported; it never costs the others.
 *
 * A caller's values stay where they belong: a path variable is one segment, a query or header parameter one value, the
 * body one argument named `body`.
 */
export function listOperations(document: OpenApiDocument): OperationList {
  const { root } = document;
  const operations = new Map<string, { readonly operation: OpenApiOperation; readonly pointer: string }>();
  const problems: OpenApiProblem[] = [];
  let untold = 0;
  const report = (pointer: string, message: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ pointer, message });
    else untold++;
  };
  const attempt = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof OperationProblem)) throw error;
      report(error.pointer, error.message);
    }
  };
  for (const [path, entry] of Object.entries(root["paths"] as JsonObject)) {
    if (path.startsWith("x-")) continue;
    attempt(() => {
      const item = follow(root, entry, below("/paths", path));
      for (const method of METHODS) {
        const value = item.value[method];
        if (value === undefined) continue;
        const pointer = below(item.pointer, method);
        attempt(() => {
          const operation = readOperation(root, path, method, item, follow(root, value, pointer));
          const double = operations.get(operation.name);
          if (double !== undefined)
            throw new OperationProblem(pointer, `its name "${operation.name}" is taken by ${double.pointer}`);
          if (operations.size >= MAX_OPERATIONS)
            throw new OperationProblem(pointer, `there are more than ${MAX_OPERATIONS} operations`);
          operations.set(operation.name, { operation, pointer });
        });
      }
    });
  }
  if (untold > 0) problems.push({ pointer: "/paths", message: `${untold} more problems are not shown` });
  return { operations: [...operations.values()].map(({ operation }) => operation), problems };
}

function readOperation(
  root: JsonObject,
  path: string,
  method: (typeof METHODS)[number],
  item: Placed,
  { value, pointer }: Placed,
): OpenApiOperation {
  const args = createArguments();
  const schemas = createSchemaBundle(root);
  const places = placeParameters(root, collectParameters(root, item, { value, pointer }), args, schemas);
  const template = toTemplate(path, pointer, (name) => {
    const known = places.path.get(name);
    return known ?? args.add(name, "path", { type: "string" }, true);
  });
  const body =
    method === "get" || method === "head"
      ? undefined
      : placeBody(root, value["requestBody"], `${pointer}/requestBody`, args, schemas);
  const effect = EFFECTS[method] ?? "once";
  const request = {
    method: method.toUpperCase(),
    path: template,
    query: places.query,
    headers: places.headers,
    ...(body ?? { bodyFormat: "json" as const }),
  };
  const { operationId, summary, description, tags } = value;
  const title = typeof summary === "string" && summary !== "" ? summary : undefined;
  const about = typeof description === "string" && description !== "" ? description : title;
  const text = value["deprecated"] === true ? `Deprecated. ${about ?? ""}`.trim() : about;
  return {
    name: toName(typeof operationId === "string" && operationId !== "" ? operationId : `${method}${path}`),
    ...(title === undefined ? {} : { title }),
    ...(text === undefined ? {} : { description: text }),
    tags: Array.isArray(tags) ? tags.filter((tag: Json): tag is string => typeof tag === "string") : [],
    inputSchema: bounded(args.toSchema(schemas.definitions()), pointer),
    annotations: {
      readOnlyHint: effect === "read",
      idempotentHint: effect !== "once",
      destructiveHint: method === "delete",
      request,
    },
    executor: {
      kind: "http",
      effect,
      effectDeclared: false,
      ...request,
      omitNull: true,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    },
  };
}

/** The path with each variable as the template that names its argument. */
function toTemplate(path: string, pointer: string, sourceOf: (name: string) => string): string {
  if (!path.startsWith("/"))
    throw new OperationProblem(pointer, `the path \`${path}\` does not begin with /`);
  // oxlint-disable-next-line no-control-regex -- no request can have them in its path
  if (/[\u0000-\u0020\u007f\\#]/.test(path))
    throw new OperationProblem(pointer, "its path holds a character that no path can have");
  const template = path.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const source = sourceOf(name);
    if (/[{}/]/.test(source))
      throw new OperationProblem(pointer, `the path variable \`${name}\` has a name that cannot be used`);
    return `{${source}}`;
  });
  if (/[{}]/.test(template.replace(/\{\$\.arguments\[[^{}]*\]\}/g, "")))
    throw new OperationProblem(pointer, `the path \`${path}\` has an unmatched brace`);
  return template;
}

function toName(text: string): string {
  const name = text
    .replace(/[^a-zA-Z0-9_.-]+/g, "_")
    .replace(/^[^a-zA-Z]+/, "")
    .replace(/_+$/, "");
  return name === "" ? "operation" : name.slice(0, 200);
}

/** Long documents describe everything that can be reached. What is too long loses its definitions' descriptions first. */
function bounded(schema: JsonObject, pointer: string): JsonObject {
  if (JSON.stringify(schema).length <= MAX_SCHEMA_CHARACTERS) return schema;
  const short = { ...schema, $defs: withoutDescriptions(schema["$defs"] ?? {}) };
  if (JSON.stringify(short).length <= MAX_SCHEMA_CHARACTERS) return short;
  throw new OperationProblem(
    pointer,
    `its arguments' schema is larger than ${MAX_SCHEMA_CHARACTERS} characters`,
  );
}

function withoutDescriptions(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutDescriptions(item));
  if (!isJsonObject(value)) return value;
  return createRecord(
    Object.entries(value)
      .filter(([key, member]) => !(key === "description" && typeof member === "string"))
      .map(([key, member]) => [key, withoutDescriptions(member)] as const),
  );
}
