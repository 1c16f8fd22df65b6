import { err, ok, type Json, type JsonObject, type Result } from "@mcp-flowgate/core";
import { findTricks, showTricks, toLookalike, type ListedTool } from "@mcp-flowgate/config-compiler";
import { sanitizeText } from "@mcp-flowgate/discovery-index";

/** A listed tool whose texts are fit to be shown, and what was wrong with them. */
export interface CleanTool {
  readonly tool: ListedTool;
  /** What its server wrote that is made to be overlooked, a line each. */
  readonly tricks: readonly string[];
}

/** Keywords of a schema whose texts are for readers. Other strings are names and values: changed, they would mean something else. */
const READ_BY_PEOPLE: ReadonlySet<string> = new Set(["title", "description", "$comment"]);

/**
 * Takes out of a tool's texts what cannot be seen (control, zero-width and bidirectional characters).
 *
 * @returns The tool, or why it cannot be taken: its own name, or a name or value of its schema, holds such characters
 * or mixes look-alike letters, so that what a reader approves is not what is called.
 */
export function cleanTool(tool: ListedTool): Result<CleanTool, string> {
  const inName = findTricks(tool.name)[0];
  if (inName !== undefined) return err(`its name "${showTricks(tool.name)}" has ${describeTrick(inName)}`);
  const tricks: string[] = [];
  const clean = (text: string, where: string): string => {
    for (const trick of findTricks(text)) tricks.push(`${where}: ${trick.text}`);
    return sanitizeText(text);
  };
  const problem = { found: undefined as string | undefined };
  const schema = (value: JsonObject, where: string): JsonObject =>
    cleanSchema(value, where, clean, problem) as JsonObject;
  const { title, description, outputSchema } = tool;
  const cleaned: ListedTool = {
    ...tool,
    ...(title === undefined ? {} : { title: clean(title, "title") }),
    ...(description === undefined ? {} : { description: clean(description, "description") }),
    inputSchema: schema(tool.inputSchema, "inputSchema"),
    ...(outputSchema === undefined ? {} : { outputSchema: schema(outputSchema, "outputSchema") }),
  };
  return problem.found === undefined ? ok({ tool: cleaned, tricks }) : err(problem.found);
}

/** What a reader takes an id for, where that is another text than the id. */
export function lookalikeOf(id: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- an id of plain letters is what it looks like
  if (/^[\u0020-\u007E]*$/.test(id)) return undefined;
  const seen = toLookalike(id);
  return seen === id ? undefined : seen;
}

function cleanSchema(
  value: Json,
  where: string,
  clean: (text: string, where: string) => string,
  problem: { found: string | undefined },
): Json {
  if (typeof value === "string") {
    const hidden = findTricks(value).find(({ kind }) => kind === "hidden");
    if (hidden !== undefined) problem.found ??= `a value in its ${where} has ${hidden.text}`;
    return value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => cleanSchema(item, where, clean, problem));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const inKey = findTricks(key)[0];
      if (inKey !== undefined)
        problem.found ??= `a name in its ${where}, "${showTricks(key)}", has ${describeTrick(inKey)}`;
      return typeof member === "string" && READ_BY_PEOPLE.has(key)
        ? [key, clean(member, where)]
        : [key, cleanSchema(member, where, clean, problem)];
    }),
  );
}

function describeTrick({ kind, text }: { readonly kind: string; readonly text: string }): string {
  return kind === "hidden" ? text : `look-alike letters: ${text}`;
}
