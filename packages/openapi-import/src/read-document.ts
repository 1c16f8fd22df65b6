import {
  err,
  isJsonObject,
  ok,
  parseJson,
  type Json,
  type JsonObject,
  type Result,
} from "@mcp-flowgate/core";
import { upgrade } from "@scalar/openapi-upgrader";
import { load, YAMLException } from "js-yaml";
import type { OpenApiProblem } from "./problem.ts";

/** A document of version 3.1, whatever version it was written in. */
export interface OpenApiDocument {
  readonly root: JsonObject;
  /** The version that it was written in, for people: `Swagger 2.0`, `OpenAPI 3.0.3`. */
  readonly writtenIn: string;
}

/** The longest text that is read, in UTF-16 units. */
const MAX_TEXT = 32 * 1024 * 1024;
const MAX_DEPTH = 200;
/** Values in the document after aliases are followed. */
const MAX_VALUES = 4_000_000;

/**
 * Reads the text of an OpenAPI 3.0, 3.1 or Swagger 2.0 document, JSON or YAML. Never throws for its content.
 *
 * @returns The document brought to version 3.1, or what is wrong with it.
 */
export function readDocument(text: string): Result<OpenApiDocument, OpenApiProblem> {
  const fail = (message: string, pointer = ""): Result<OpenApiDocument, OpenApiProblem> =>
    err({ pointer, message });
  if (text.length > MAX_TEXT) return fail("the document is larger than 32 MiB");
  const parsed = parse(text.replace(/^\uFEFF/, ""));
  if (!parsed.ok) return fail(parsed.error);
  const root = parsed.value;
  if (!isJsonObject(root)) return fail("an OpenAPI document is a map of keys");
  const size = countValues(root);
  if (!size.ok) return fail(size.error);
  const { openapi, swagger, paths } = root;
  const version = String(openapi ?? swagger ?? "");
  const isSwagger = openapi === undefined && /^2\.0$/.test(version);
  if (!isSwagger && !/^3\.[01](?:\.\d+)?$/.test(version)) {
    return version === ""
      ? fail('the document does not say `openapi: 3.x` or `swagger: "2.0"`')
      : fail(
          `version ${version.slice(0, 20)} is not supported; 3.1, 3.0 and Swagger 2.0 are`,
          `/${openapi === undefined ? "swagger" : "openapi"}`,
        );
  }
  if (!isJsonObject(paths))
    return fail("`paths` is missing or no map, so there is nothing to import", "/paths");
  try {
    // The upgrade works in place.
    const upgraded = upgrade(structuredClone(root) as Record<string, unknown>, "3.1") as unknown as Json;
    if (!isJsonObject(upgraded) || !isJsonObject(upgraded["paths"]))
      return fail("the document cannot be brought to OpenAPI 3.1");
    return ok({ root: upgraded, writtenIn: `${isSwagger ? "Swagger" : "OpenAPI"} ${version}` });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(`the document cannot be brought to OpenAPI 3.1: ${reason}`);
  }
}

function parse(text: string): Result<Json, string> {
  const first = text.trimStart()[0];
  try {
    if (first === "{") return ok(parseJson(text) as Json);
  } catch (error) {
    return err(`the document is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    // Dates and the like stay the texts that they are in JSON.
    return ok(toJson(load(text, { maxDepth: MAX_DEPTH })));
  } catch (error) {
    if (!(error instanceof YAMLException)) return err("the document is not YAML");
    const { mark, reason } = error;
    const place = mark === undefined ? "" : `, line ${mark.line + 1}, column ${mark.column + 1}`;
    return err(`the document is not YAML: ${reason ?? error.message}${place}`);
  }
}

/** YAML has values that JSON has not; they become text. */
function toJson(value: unknown): Json {
  return value instanceof Date ? value.toISOString() : ((value ?? null) as Json);
}

/** How many values there are when every alias is followed, without following them all. */
function countValues(root: Json): Result<number, string> {
  const sizes = new Map<object, number | "open">();
  const count = (value: Json, depth: number): number => {
    if (typeof value !== "object" || value === null) return 1;
    if (depth > MAX_DEPTH) throw new RangeError(`values are nested more than ${MAX_DEPTH} deep`);
    const known = sizes.get(value);
    if (known === "open") throw new RangeError("an alias leads back to what holds it");
    if (known !== undefined) return known;
    sizes.set(value, "open");
    let size = 1;
    for (const child of Object.values(value)) size += count(child as Json, depth + 1);
    sizes.set(value, size);
    return size;
  };
  try {
    const size = count(root, 0);
    return size > MAX_VALUES ? err(`the document has more than ${MAX_VALUES} values`) : ok(size);
  } catch (error) {
    return err(error instanceof RangeError ? error.message : String(error));
  }
}
