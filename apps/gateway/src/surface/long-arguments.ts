import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import { byteLength } from "./truncate.ts";
import { childPath } from "./value-path.ts";

/** Smaller ones are left: what names them would take about as much. */
const WORTH_BYTES = 500;

interface Long {
  readonly link: number;
  readonly member: "input" | "arguments";
  readonly name: string;
  readonly bytes: number;
}

/**
 * Links whose longest arguments are left out, until `over` bytes are saved or nothing long is left. They are what the
 * caller has sent itself, or a prefill; half of one would be wrong, so the whole argument goes, and the link's
 * description names it and how it is had: sent again, or read where there is an instance.
 */
export function leaveOutLongArguments(
  links: readonly JsonObject[],
  workflowId: string | undefined,
  over: number,
): readonly JsonObject[] {
  const left = new Map<number, Long[]>();
  let rest = over;
  for (const long of longest(links)) {
    if (rest <= 0) break;
    rest -= long.bytes - WORTH_BYTES / 2;
    left.set(long.link, [...(left.get(long.link) ?? []), long]);
  }
  return links.map((link, index) => {
    const gone = left.get(index);
    return gone === undefined ? link : without(link, gone, workflowId);
  });
}

function longest(links: readonly JsonObject[]): readonly Long[] {
  const all: Long[] = [];
  for (const [link, { args }] of links.entries()) {
    if (!isJsonObject(args)) continue;
    for (const member of ["input", "arguments"] as const) {
      const values = args[member];
      if (!isJsonObject(values)) continue;
      for (const [name, value] of Object.entries(values)) {
        const bytes = byteLength(value as Json);
        if (bytes >= WORTH_BYTES) all.push({ link, member, name, bytes });
      }
    }
  }
  return all.sort((a, b) => b.bytes - a.bytes);
}

function without(link: JsonObject, gone: readonly Long[], workflowId: string | undefined): JsonObject {
  const args: Record<string, Json> = { ...(link["args"] as JsonObject) };
  for (const { member, name } of gone) {
    const { [name]: _, ...kept } = args[member] as JsonObject;
    args[member] = kept;
  }
  const told = gone.map(({ link: at, member, name, bytes }) => {
    const where =
      workflowId === undefined
        ? "send it again"
        : `workflow.get reads it at ${childPath(`$.links[${at}].args.${member}`, name)}`;
    return `\`${name.slice(0, 80)}\` (${bytes} bytes) is left out here: ${where}`;
  });
  const before = typeof link["description"] === "string" ? [link["description"]] : [];
  return { ...link, description: [...before, `${told.join("; ")}.`].join(" "), args };
}
