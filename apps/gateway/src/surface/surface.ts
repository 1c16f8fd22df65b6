import {
  FlowgateError,
  type Executor,
  type Ids,
  type Json,
  type JsonObject,
  type Log,
  type ServerIr,
} from "@mcp-flowgate/core";
import type { Schemas } from "@mcp-flowgate/json-schema";
import type { Engine } from "@mcp-flowgate/workflow-engine";
import type { SemanticSearch } from "../discovery/semantic-search.ts";
import type { Usage } from "../discovery/usage.ts";
import { refusal, type Answer, type Caller } from "./answer.ts";
import { createArgumentCheck } from "./call-arguments.ts";
import { describeItem, searchCatalogue, type DiscoverContext, type SearchArguments } from "./discover.ts";
import { explainCall, type ExplainArguments } from "./explain.ts";
import { home } from "./home.ts";
import { TOOLS, toWireName, type ToolDefinition, type ToolName } from "./tools.ts";
import {
  getWorkflow,
  startWorkflow,
  submitTransition,
  type GetArguments,
  type StartArguments,
  type SubmitArguments,
} from "./workflows.ts";

/** The seven tools, whatever transport carries them. */
export interface Surface {
  /** The same list, byte for byte, for every caller and configuration. */
  tools(): readonly (Omit<ToolDefinition, "name"> & { readonly name: string })[];
  has(name: string): boolean;
  /** Never rejects: what goes wrong inside is an `INTERNAL` answer whose correlation id is in the log. */
  call(name: string, args: Json, caller: Caller): Promise<Answer>;
  newCorrelationId(): string;
  /** From here on starts are refused with `DRAINING`. Resolves when every call that runs now has its answer. */
  drain(): Promise<void>;
  draining(): boolean;
}

export interface SurfaceContext extends DiscoverContext, SurfaceRevision {
  readonly engine: Engine;
  /** Reads instances that go on at other gateways. */
  readonly mcp: Executor;
  readonly isDraining: () => boolean;
}

/** What of a call's context comes from the configuration. */
export interface SurfaceRevision extends Pick<DiscoverContext, "catalogue" | "viewOf" | "limits"> {
  readonly gateway: { readonly name: string; readonly version: string; readonly id: string };
}

export function createSurface(options: {
  readonly engine: Engine;
  readonly mcp: Executor;
  /** What a call sees, until it says that it has ended. */
  readonly enter: () => { readonly revision: SurfaceRevision; readonly leave: () => void };
  readonly toolNames: ServerIr["toolNames"];
  readonly schemas: Schemas;
  readonly ids: Ids;
  readonly log: Log;
  /** Resolves once the first listing of downstream servers is over: before it the catalogue is not whole. */
  readonly settled: Promise<void>;
  readonly semantic?: SemanticSearch | undefined;
  readonly usage?: Usage | undefined;
}): Surface {
  const { ids, log } = options;
  let draining = false;
  let isSettled = false;
  void options.settled.then(() => (isSettled = true));
  const running = new Set<Promise<unknown>>();
  const lasting = {
    engine: options.engine,
    mcp: options.mcp,
    ...(options.semantic === undefined ? {} : { semantic: options.semantic }),
    ...(options.usage === undefined ? {} : { usage: options.usage }),
    isDraining: () => draining,
  };
  const style = options.toolNames;
  const byWireName = new Map<string, ToolName>(TOOLS.map(({ name }) => [toWireName(name, style), name]));
  const shown = TOOLS.map((tool) => ({ ...tool, name: toWireName(tool.name, style) }));
  const check = createArgumentCheck(options.schemas);

  const perform = async (tool: ToolName, args: JsonObject, caller: Caller): Promise<Answer> => {
    if (!isSettled && READS_CATALOGUE.has(tool)) await options.settled;
    const { revision, leave } = options.enter();
    try {
      return await dispatch({ ...lasting, ...revision }, tool, args, caller);
    } finally {
      leave();
    }
  };

  return {
    tools: () => shown,
    has: (name) => byWireName.has(name),
    async call(name, args, caller) {
      const tool = byWireName.get(name) ?? (name as ToolName);
      const checked = check(tool, args);
      if (!checked.ok) {
        const message = `${name} was not called: ${checked.error.map(({ problem }) => problem).join("; ")}.`;
        return refusal("INVALID_ARGUMENTS", message, checked.error);
      }
      const answering = perform(tool, checked.value, caller).catch((error: unknown) =>
        toFailure(error, name, caller, log),
      );
      running.add(answering);
      try {
        return await answering;
      } finally {
        running.delete(answering);
      }
    },
    newCorrelationId: () => ids.next("cor"),
    async drain() {
      draining = true;
      // Those that come later, to read and to go on, are no reason to stay: they end with their connections.
      await Promise.all(running);
    },
    draining: () => draining,
  };
}

const READS_CATALOGUE: ReadonlySet<ToolName> = new Set([
  "gateway.home",
  "gateway.search",
  "gateway.describe",
  "workflow.start",
  "workflow.explain",
]);

function dispatch(
  context: SurfaceContext,
  tool: ToolName,
  args: JsonObject,
  caller: Caller,
): Answer | Promise<Answer> {
  switch (tool) {
    case "gateway.home":
      return home(context, caller);
    case "gateway.search":
      return searchCatalogue(context, args as unknown as SearchArguments, caller);
    case "gateway.describe":
      return describeItem(context, args["id"] as string, caller);
    case "workflow.start":
      return startWorkflow(context, args as unknown as StartArguments, caller);
    case "workflow.get":
      return getWorkflow(context, args as unknown as GetArguments, caller);
    case "workflow.submit":
      return submitTransition(context, args as unknown as SubmitArguments, caller);
    case "workflow.explain":
      return explainCall(context, args as unknown as ExplainArguments, caller);
    default:
      return tool satisfies never;
  }
}

/** A fault of ours: the caller gets a code and an id, the log gets the rest. */
function toFailure(error: unknown, tool: string, caller: Caller, log: Log): Answer {
  const fault = FlowgateError.from(error);
  const { correlationId } = caller;
  log.error("a call failed", {
    tool,
    correlationId,
    code: fault.code,
    error: fault.message,
    stack: error instanceof Error ? error.stack : undefined,
  });
  if (fault.code === "INTERNAL")
    return refusal(
      "INTERNAL",
      `Something went wrong in the gateway; its log has it under ${correlationId}.`,
      [{ correlationId }],
    );
  return refusal(fault.code, `${fault.message} (${correlationId})`, [{ correlationId }]);
}
