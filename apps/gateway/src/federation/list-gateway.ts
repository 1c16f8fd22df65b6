import { err, getOwn, isJsonObject, ok, type Json, type JsonObject, type Result } from "@mcp-flowgate/core";
import type { ListedTool } from "@mcp-flowgate/config-compiler";
import type { McpFailure } from "@mcp-flowgate/executor-mcp";
import { homeMark, type Gateways } from "./gateways.ts";

export interface GatewayListing {
  readonly tools: readonly ListedTool[];
  /** Of its home page before it was listed. */
  readonly mark: string;
  readonly problems: readonly { readonly tool?: string; readonly problem: string }[];
}

const PAGE = 50;
const MOST_ITEMS = 10_000;
/** Descriptions that are asked for at the same time. */
const AT_ONCE = 8;
/** Gateways behind each other. */
const MOST_DEEP = 4;

/**
 * What another gateway offers, as tools: its capabilities and its workflows; of those that go on by steps of their caller
 * also the states. The walk uses search and describe, so that it sees what this gateway's own credentials may see there, and no more.
 *
 * @param ownId The id of this gateway: what comes back from it through others is left out, and so is what is nested too deeply.
 */
export async function listGateway(
  gateways: Gateways,
  connection: string,
  ownId: string,
  signal: AbortSignal,
): Promise<Result<GatewayListing, McpFailure>> {
  const home = await gateways.call(connection, "gateway.home", {}, { signal, asSelf: true });
  if (!home.ok) return home;
  const id = textAt(home.value["gateway"], "id");
  if (id === ownId)
    return err({
      effect: "failed",
      errorClass: "permanent",
      message: `${connection} is this gateway itself, or one with the same configuration: nothing is imported from it.`,
    });
  const ids = await listIds(gateways, connection, signal);
  if (!ids.ok) return ids;
  const tools: ListedTool[] = [];
  const problems: { tool: string; problem: string }[] = [];
  for (let at = 0; at < ids.value.length; at += AT_ONCE) {
    const described = await Promise.all(
      ids.value
        .slice(at, at + AT_ONCE)
        .map(
          async (item) =>
            [
              item,
              await gateways.call(connection, "gateway.describe", { id: item }, { signal, asSelf: true }),
            ] as const,
        ),
    );
    for (const [item, answer] of described) {
      if (!answer.ok) return answer;
      const tool = toTool(item, answer.value, id, ownId);
      if (typeof tool === "string") problems.push({ tool: item, problem: tool });
      else tools.push(tool);
    }
  }
  return ok({ tools, problems, mark: homeMark(home.value) });
}

async function listIds(
  gateways: Gateways,
  connection: string,
  signal: AbortSignal,
): Promise<Result<readonly string[], McpFailure>> {
  const ids = new Set<string>();
  for (const kind of ["capability", "workflow"]) {
    let next: JsonObject | undefined = { query: "", kind, limit: PAGE };
    for (let pages = 0; next !== undefined && pages <= MOST_ITEMS / PAGE; pages++) {
      const page: Result<JsonObject, McpFailure> = await gateways.call(connection, "gateway.search", next, {
        signal,
        asSelf: true,
      });
      if (!page.ok) return page;
      for (const item of objects(page.value["items"])) {
        const id = textAt(item, "id");
        if (id !== undefined && ids.size < MOST_ITEMS) ids.add(id);
      }
      const link: JsonObject | undefined = objects(page.value["links"]).find((one) => one["rel"] === "next");
      next = isJsonObject(link?.["args"]) ? link["args"] : undefined;
    }
  }
  return ok([...ids]);
}

/** An item as a tool, or why it is left out. */
function toTool(
  item: string,
  body: JsonObject,
  gatewayId: string | undefined,
  ownId: string,
): ListedTool | string {
  const inputSchema = body["inputSchema"];
  if (textAt(body, "id") !== item || !isJsonObject(inputSchema)) return "it is not described";
  const via = [...(gatewayId === undefined ? [] : [gatewayId]), ...texts(body["via"])];
  if (via.includes(ownId)) return "it comes from this gateway: the gateways import each other";
  if (via.length > MOST_DEEP) return `it is behind more than ${MOST_DEEP} gateways`;
  const title = textAt(body, "title");
  const description = textAt(body, "description");
  return {
    name: item,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    inputSchema,
    tags: texts(body["tags"]),
    // A start carries the effect's key, so an equal one gives the first instance.
    annotations: {
      gateway: true,
      idempotentHint: true,
      via,
      kind: textAt(body, "kind") ?? "capability",
      ...(asksItsCaller(body["states"]) ? { steps: true, states: body["states"] ?? {} } : {}),
    },
  };
}

function asksItsCaller(states: Json | undefined): boolean {
  if (!isJsonObject(states)) return false;
  return Object.values(states).some(
    (state) => isJsonObject(state) && objects(state["transitions"]).some(({ actor }) => actor === "agent"),
  );
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one: Json): one is string => typeof one === "string") : [];
}

function textAt(value: Json | undefined, key: string): string | undefined {
  const found = isJsonObject(value) ? getOwn(value, key) : undefined;
  return typeof found === "string" ? found : undefined;
}
