import type { RequestOptions, Tool } from "@modelcontextprotocol/client";
import type { CallerCredentials, JsonObject, Result } from "@mcp-flowgate/core";
import { err, ok } from "@mcp-flowgate/core";
import { createChangeNotice } from "./change-notice.ts";
import type { ChangeNotice } from "./change-notice.ts";
import { McpConnectionError, notSent, toFailure, toNetworkCode } from "./failure.ts";
import type { McpFailure } from "./failure.ts";
import { hasHeaderParameters, headerFault } from "./header-parameters.ts";
import type { McpConnectionStatus } from "./lifecycle.ts";
import { isProtocolError, isSdkHttpError } from "./sdk.ts";
import { createSessionKeeper } from "./session-keeper.ts";
import type { SessionKeeper, SessionKeeperOptions } from "./session-keeper.ts";
import { ANY_RESULT } from "./session.ts";
import type { McpConnectionIr, Session } from "./session.ts";
import type { Slots } from "@mcp-flowgate/outbound";
import { readTools } from "./tools.ts";
import type { McpTool, McpToolList } from "./tools.ts";

/*
 * Owns the requests of one connection and their order. A request holds one place of `maxConcurrency` from before its
 * session is asked for until its answer; places are given in the order of asking.
 */

export interface McpCallOptions {
  /** What the gateway asks for itself, as it does for a list of tools: with its own credentials, on nobody's behalf. */
  readonly asSelf?: boolean;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly meta: JsonObject;
  readonly signal: AbortSignal;
  /** Of the caller on whose behalf the tool is called, for connections that pass them on. */
  readonly credentials?: CallerCredentials;
  readonly onProgress?: (progress: McpProgress) => void;
}

export interface McpProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** The result of `tools/call`, as the server gave it. */
export type McpToolResult = JsonObject;

export interface ManagedConnection {
  readonly connection: McpConnectionIr;
  listTools(signal: AbortSignal): Promise<Result<McpToolList, McpFailure>>;
  call(call: McpCallOptions): Promise<Result<McpToolResult, McpFailure>>;
  status(): McpConnectionStatus;
  /** Ends the session. With `drainMs`, what is under way may finish first, for at most that long. */
  close(reason: "replaced" | "closed", drainMs?: number): Promise<void>;
}

/** The longest timer that Node keeps; a request's signal ends it sooner. */
const NO_TIMEOUT = 2_147_483_647;

export interface ManagedConnectionOptions extends SessionKeeperOptions {
  /** The connection's places, which the sessions of all its callers share. */
  readonly slots: Slots | undefined;
}

export function createManagedConnection(options: ManagedConnectionOptions): ManagedConnection {
  return new Connection(options);
}

class Connection implements ManagedConnection {
  readonly connection: McpConnectionIr;
  readonly #options: ManagedConnectionOptions;
  readonly #changes: ChangeNotice | undefined;
  readonly #keeper: SessionKeeper;
  /** Tools of which a Streamable HTTP server of the new era wants arguments repeated as headers. */
  #headerTools: ReadonlyMap<string, McpTool> = new Map();
  #inFlight = 0;
  #onQuiet: (() => void) | undefined;

  constructor(options: ManagedConnectionOptions) {
    this.connection = options.connection;
    this.#options = options;
    const changes =
      options.onToolsChanged === undefined
        ? undefined
        : createChangeNotice(options.clock, options.onToolsChanged);
    this.#changes = changes;
    this.#keeper = createSessionKeeper({
      ...options,
      onToolsChanged: changes === undefined ? undefined : () => changes.notice(),
    });
  }

  async listTools(signal: AbortSignal): Promise<Result<McpToolList, McpFailure>> {
    return await this.#use(signal, async (session) => {
      const read = await this.#read(session, signal);
      const server = session.client.getServerVersion();
      const instructions = session.client.getInstructions();
      return {
        ...read,
        server: { name: server?.name ?? "", version: server?.version ?? "" },
        ...(instructions === undefined ? {} : { instructions }),
      };
    });
  }

  async call(call: McpCallOptions): Promise<Result<McpToolResult, McpFailure>> {
    const params = { name: call.tool, arguments: call.arguments, _meta: call.meta };
    const requestOptions = toRequestOptions(call);
    return await this.#use(call.signal, async (session) => {
      const mirrors = session.verdict.era === "modern" && session.verdict.transport === "streamable";
      const tool = mirrors ? this.#headerTools.get(call.tool) : undefined;
      const fault = tool === undefined ? undefined : headerFault(tool.inputSchema);
      if (fault !== undefined) {
        const message = `${this.connection.name}.${call.tool} was not called: its x-mcp-header ${fault}.`;
        throw new McpConnectionError(notSent(message, "permanent"));
      }
      if (tool !== undefined) return await callWithHeaders(session, params, tool, requestOptions);
      try {
        return await session.client.request({ method: "tools/call", params }, ANY_RESULT, requestOptions);
      } catch (thrown) {
        if (!mirrors || !isHeaderMismatch(thrown)) throw thrown;
        // Only a listing tells which arguments the server wants to see as headers.
        await this.#read(session, call.signal);
        const wanted = this.#headerTools.get(call.tool);
        if (wanted === undefined) throw thrown;
        return await callWithHeaders(session, params, wanted, requestOptions);
      }
    });
  }

  status(): McpConnectionStatus {
    return { ...this.#keeper.status(), inFlight: this.#inFlight };
  }

  async close(reason: "replaced" | "closed", drainMs = 0): Promise<void> {
    if (drainMs > 0 && this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.schedule(drainMs, resolve);
        this.#onQuiet = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#changes?.cancel();
    await this.#keeper.close(reason);
  }

  /** Runs `ask` with a place and a session; once more with a new session when the old one turns out to have expired. */
  async #use<T>(signal: AbortSignal, ask: (session: Session) => Promise<T>): Promise<Result<T, McpFailure>> {
    const { name } = this.connection;
    const { slots } = this.#options;
    const release = slots === undefined ? undefined : await slots.take(signal);
    if (signal.aborted) {
      release?.();
      return err(notSent(`${name} was not called in time.`, "timeout"));
    }
    this.#inFlight++;
    this.#keeper.setBusy(true);
    try {
      for (let attempt = 1; ; attempt++) {
        const session = await this.#keeper.acquire(signal);
        if (!session.ok) return session;
        try {
          const value = await ask(session.value);
          this.#keeper.succeeded();
          return ok(value);
        } catch (thrown) {
          if (isExpired(thrown, session.value)) {
            await this.#keeper.drop(session.value, "expired");
            // A server took no request for a session that it does not know.
            if (attempt === 1) continue;
          } else if (this.connection.transport === "stdio" && thrown instanceof McpConnectionError) {
            // The request did not leave: the process is gone, and nobody had told us yet.
            await this.#keeper.drop(session.value, "crashed", thrown.message);
            if (attempt === 1) continue;
          } else if (isUnreachable(thrown)) {
            await this.#keeper.drop(session.value, "crashed", "The endpoint could not be reached.");
          }
          return err(toFailure(thrown, name, signal.aborted));
        }
      }
    } finally {
      release?.();
      this.#inFlight--;
      if (this.#inFlight === 0) {
        this.#keeper.setBusy(false);
        this.#onQuiet?.();
      }
    }
  }

  async #read(session: Session, signal: AbortSignal): ReturnType<typeof readTools> {
    const read = await readTools((cursor) =>
      session.client.request(
        { method: "tools/list", params: cursor === undefined ? {} : { cursor } },
        ANY_RESULT,
        { signal, timeout: NO_TIMEOUT },
      ),
    );
    // Over standard streams there are no headers, and the marks mean nothing.
    if (session.verdict.era !== "modern" || session.verdict.transport !== "streamable") return read;
    const marked = read.tools.filter((tool) => hasHeaderParameters(tool.inputSchema));
    const faults = new Map(marked.map(({ name, inputSchema }) => [name, headerFault(inputSchema)]));
    this.#headerTools = new Map(marked.map((tool) => [tool.name, tool]));
    const wrong = marked.filter(({ name }) => faults.get(name) !== undefined);
    return {
      tools: read.tools.filter(({ name }) => faults.get(name) === undefined),
      problems: [
        ...read.problems,
        ...wrong.map(({ name }) => ({ tool: name, problem: `Its x-mcp-header ${faults.get(name)}.` })),
      ],
    };
  }
}

function toRequestOptions({ signal, onProgress }: McpCallOptions): RequestOptions {
  return {
    signal,
    timeout: NO_TIMEOUT,
    ...(onProgress === undefined ? {} : { onprogress: (progress) => onProgress(progress as McpProgress) }),
  };
}

async function callWithHeaders(
  session: Session,
  params: { readonly name: string; readonly arguments: JsonObject; readonly _meta: JsonObject },
  { name, inputSchema }: McpTool,
  requestOptions: RequestOptions,
): Promise<McpToolResult> {
  const toolDefinition = { name, inputSchema } as Tool;
  return (await session.client.callTool(params, {
    ...requestOptions,
    toolDefinition,
  })) as unknown as McpToolResult;
}

/** `HeaderMismatch` of the 2026-07-28 revision: the request was refused before it reached the tool. */
function isHeaderMismatch(thrown: unknown): boolean {
  return isProtocolError(thrown) && thrown.code === -32_020;
}

/** A stateful server says 404 to a session that it does not know (any more); many say 400. */
function isExpired(thrown: unknown, session: Session): boolean {
  if (!isSdkHttpError(thrown) || !session.hasSessionId()) return false;
  if (thrown.status === 404) return true;
  const text = thrown.data["text"];
  return thrown.status === 400 && typeof text === "string" && /session/i.test(text);
}

function isUnreachable(thrown: unknown): boolean {
  const code = toNetworkCode(thrown);
  return code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EHOSTUNREACH";
}
