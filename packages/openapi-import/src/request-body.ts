import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { Arguments } from "./arguments.ts";
import { optional } from "./parameters.ts";
import { below, OperationProblem } from "./problem.ts";
import { follow } from "./references.ts";
import type { SchemaBundle } from "./schema-bundle.ts";

/** The body of a request: one argument, sent as it is. */
export interface BodyPlace {
  readonly body: Json;
  readonly bodyFormat: "json" | "form" | "text";
}

/** Gives the body its argument, `body`. */
export function placeBody(
  root: JsonObject,
  requestBody: Json | undefined,
  pointer: string,
  args: Arguments,
  schemas: SchemaBundle,
): BodyPlace | undefined {
  if (requestBody === undefined) return undefined;
  const { value, pointer: at } = follow(root, requestBody, pointer);
  const content = isJsonObject(value["content"]) ? value["content"] : {};
  const required = value["required"] === true;
  const media = chooseMedia(content);
  if (media === undefined) {
    if (!required) return undefined;
    const types = Object.keys(content).join(", ") || "no type at all";
    throw new OperationProblem(`${at}/content`, `its body is ${types}; JSON, forms and text can be sent`);
  }
  const place = below(`${at}/content`, media.type);
  const entry = content[media.type];
  const schema = schemas.add(isJsonObject(entry) ? entry["schema"] : undefined, `${place}/schema`);
  const { description } = value;
  const described =
    typeof description === "string" && schema["description"] === undefined
      ? { ...schema, description }
      : schema;
  const source = args.add("body", "content", described, required);
  return { body: required ? source : optional(source), bodyFormat: media.format };
}

function chooseMedia(
  content: JsonObject,
): { readonly type: string; readonly format: BodyPlace["bodyFormat"] } | undefined {
  const types = Object.keys(content);
  const find = (pattern: RegExp): string | undefined => types.find((type) => pattern.test(type));
  const json = find(/^application\/json\b/i) ?? find(/\+json\b/i) ?? find(/^(?:\*|application)\/\*/);
  if (json !== undefined) return { type: json, format: "json" };
  const form = find(/^application\/x-www-form-urlencoded\b/i);
  if (form !== undefined) return { type: form, format: "form" };
  const text = find(/^text\/(?:plain|\*)/i);
  return text === undefined ? undefined : { type: text, format: "text" };
}
