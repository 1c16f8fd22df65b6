import {
  err,
  isJsonObject,
  ok,
  SYSTEM,
  type Executor,
  type ExecutorFailure,
  type ImportIr,
  type Json,
  type Result,
} from "@mcp-flowgate/core";
import type { ListedTool } from "@mcp-flowgate/config-compiler";
import type { McpServers } from "@mcp-flowgate/executor-mcp";
import type { Gateways } from "../federation/gateways.ts";
import { listGateway } from "../federation/list-gateway.ts";

/** What an import's source offers now. */
export interface Listing {
  readonly tools: readonly ListedTool[];
  readonly problems: readonly { readonly tool?: string; readonly problem: string }[];
  /** What the server calls itself. */
  readonly server?: string;
  /** Of another gateway: its home page, by which a change is noticed. */
  readonly mark?: string;
}

/** Lists what can be imported: the tools of an MCP server, or the operations of an OpenAPI document. */
export interface ToolSource {
  /** Never rejects. */
  list(from: ImportIr, signal: AbortSignal): Promise<Result<Listing, ExecutorFailure>>;
}

const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;
const FETCH_MS = 30_000;

/** @param http The executor for `http` connections: documents are fetched as everything else is, with the connection's credentials and limits. */
export function createToolSource(
  connections: McpServers,
  http: Executor,
  federation: { readonly gateways: Gateways; readonly ownId: string },
): ToolSource {
  return {
    async list(from, signal) {
      const { openapi } = from;
      if (openapi?.kind === "file") return ok({ tools: openapi.operations, problems: [] });
      if (openapi !== undefined) return await fetchOperations(http, from.connection, openapi.path, signal);
      const listed = await connections.listTools(from.connection, { signal });
      if (!listed.ok) return err({ status: "failed", ...listed.error });
      const { tools, problems, server } = listed.value;
      if (federation.gateways.recognise(from.connection, tools)) {
        const inner = await listGateway(federation.gateways, from.connection, federation.ownId, signal);
        return inner.ok ? inner : err({ status: "failed", ...inner.error });
      }
      return ok({ tools, problems, ...(server.name === "" ? {} : { server: server.name }) });
    },
  };
}

async function fetchOperations(
  http: Executor,
  connection: string,
  path: string,
  signal: AbortSignal,
): Promise<Result<Listing, ExecutorFailure>> {
  const outcome = await http.execute(
    {
      kind: "http",
      connection,
      method: "GET",
      path,
      query: [],
      headers: {},
      bodyFormat: "json",
      maxResponseBytes: MAX_DOCUMENT_BYTES,
    },
    {
      workflowId: "",
      definitionId: "",
      transition: "",
      idempotencyKey: "",
      attempt: 1,
      deadlineAt: Date.now() + FETCH_MS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]),
      principal: SYSTEM,
      correlationId: "",
    },
  );
  if (outcome.status === "failed") return err(outcome);
  // The parser of such documents is loaded where one is imported.
  const { listOperations, readDocument } = await import("@mcp-flowgate/openapi-import");
  const output = outcome.status === "succeeded" ? outcome.output : null;
  const document = readDocument(textOf(isJsonObject(output) ? (output["body"] ?? null) : null));
  if (!document.ok) {
    const { pointer, message } = document.error;
    const place = pointer === "" ? path : `${path}#${pointer}`;
    return err({
      status: "failed",
      effect: "failed",
      errorClass: "permanent",
      message: `${connection}${place}: ${message}`,
    });
  }
  const { operations, problems } = listOperations(document.value);
  return ok({
    tools: operations,
    problems: problems.map(({ pointer, message }) => ({ tool: `${path}#${pointer}`, problem: message })),
  });
}

/** A document as text again, whatever type its server gave it. */
function textOf(body: Json): string {
  if (typeof body === "string") return body;
  if (isJsonObject(body) && typeof body["base64"] === "string")
    return Buffer.from(body["base64"], "base64").toString("utf8");
  return JSON.stringify(body);
}
