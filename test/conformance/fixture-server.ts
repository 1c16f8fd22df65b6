import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
} from "@modelcontextprotocol/server";
import type { GetPromptResult, InputRequiredResult, ServerContext } from "@modelcontextprotocol/server";
// @boundaries-ignore the transport under test has no door of its own
import { serveHttp, type HttpServing } from "../../apps/gateway/src/http/http-server.ts";
import { ANONYMOUS, DEFAULT_LIMITS, ok, type ServerIr } from "@mcp-flowgate/core";
import { fixtureTools, PNG } from "./fixture-tools.ts";

const SERVER: ServerIr = {
  transport: "http",
  toolNames: "dotted",
  http: {
    host: "127.0.0.1",
    port: 0,
    path: "/mcp",
    maxBodyBytes: 4 * 1024 * 1024,
    maxHeaderBytes: 16 * 1024,
    headersTimeoutMs: 15_000,
    keepAliveTimeoutMs: 75_000,
    maxConnections: 20_000,
    requestTimeoutMs: 60_000,
    allowedHosts: [],
    allowedOrigins: [],
    insecure: false,
  },
  egress: { allow: [], deny: [] },
  drain: { deadlineMs: 1000 },
  watch: false,
};

const RESOURCES: Readonly<
  Record<
    string,
    | { readonly mimeType: string; readonly text: string }
    | { readonly mimeType: string; readonly blob: string }
  >
> = {
  "test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
  "test://static-binary": { mimeType: "image/png", blob: PNG },
  "test://watched-resource": { mimeType: "text/plain", text: "Watched resource content" },
};

const say = (value: string) => ({ role: "user" as const, content: { type: "text" as const, text: value } });

type Prompt = (context: ServerContext, args: Record<string, string>) => GetPromptResult | InputRequiredResult;

const PROMPTS: Readonly<Record<string, { readonly arguments: readonly string[]; readonly render: Prompt }>> =
  {
    test_simple_prompt: {
      arguments: [],
      render: () => ({ messages: [say("This is a simple prompt for testing.")] }),
    },
    test_prompt_with_arguments: {
      arguments: ["arg1", "arg2"],
      render: (_, { arg1, arg2 }) => ({
        messages: [say(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
      }),
    },
    test_prompt_with_embedded_resource: {
      arguments: ["resourceUri"],
      render: (_, { resourceUri }) => ({
        messages: [
          {
            role: "user",
            content: {
              type: "resource",
              resource: {
                uri: String(resourceUri),
                mimeType: "text/plain",
                text: "Embedded resource content for testing.",
              },
            },
          },
          say("Please process the embedded resource above."),
        ],
      }),
    },
    test_prompt_with_image: {
      arguments: [],
      render: () => ({
        messages: [
          { role: "user", content: { type: "image", data: PNG, mimeType: "image/png" } },
          say("Please analyze the image above."),
        ],
      }),
    },
    test_input_required_result_prompt: {
      arguments: [],
      render(context) {
        const given = acceptedContent<{ context: string }>(
          context.mcpReq.inputResponses,
          "user_context",
        )?.context;
        if (typeof given === "string") return { messages: [say(`Use the following context: ${given}`)] };
        const requestedSchema = {
          type: "object" as const,
          properties: { context: { type: "string" } },
          required: ["context"],
        } as never;
        return inputRequired({
          inputRequests: {
            user_context: inputRequired.elicit({
              message: "What context should the prompt use?",
              requestedSchema,
            }),
          },
        });
      },
    },
  };

/** The gateway's own HTTP stack with a server that has everything the scenarios ask for by name. */
export function startFixtureServer(): Promise<HttpServing> {
  const codec = createRequestStateCodec<Record<string, unknown>>({
    key: crypto.getRandomValues(new Uint8Array(32)),
  });
  const tools = fixtureTools(codec);
  const factory = (): Server => {
    const server = new Server(
      { name: "conformance-fixture", version: "1.0.0" },
      {
        capabilities: {
          tools: { listChanged: true },
          resources: { subscribe: true, listChanged: true },
          prompts: { listChanged: true },
          logging: {},
          completions: {},
        },
        requestState: { verify: codec.verify },
      },
    );
    server.setRequestHandler("tools/list", () => ({
      tools: Object.entries(tools).map(([name, { description, inputSchema }]) => ({
        name,
        description,
        inputSchema: (inputSchema ?? { type: "object" }) as never,
      })),
    }));
    server.setRequestHandler("tools/call", (request, context) => {
      const tool = tools[request.params.name];
      if (tool === undefined)
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool ${request.params.name}`);
      return tool.run(context, (request.params.arguments ?? {}) as Record<string, unknown>);
    });
    server.setRequestHandler("resources/list", () => ({
      resources: Object.entries(RESOURCES).map(([uri, { mimeType }]) => ({
        uri,
        name: uri.slice("test://".length),
        mimeType,
      })),
    }));
    server.setRequestHandler("resources/templates/list", () => ({
      resourceTemplates: [
        { uriTemplate: "test://template/{id}/data", name: "template", mimeType: "application/json" },
      ],
    }));
    server.setRequestHandler("resources/read", (request) => {
      const { uri } = request.params;
      const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
      if (id !== undefined)
        return {
          contents: [
            {
              uri,
              mimeType: "application/json",
              text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
            },
          ],
        };
      const found = RESOURCES[uri];
      if (found === undefined) throw new ResourceNotFoundError(uri);
      return { contents: [{ uri, ...found }] };
    });
    server.setRequestHandler("resources/subscribe", () => ({}));
    server.setRequestHandler("resources/unsubscribe", () => ({}));
    server.setRequestHandler("prompts/list", () => ({
      prompts: Object.entries(PROMPTS).map(([name, prompt]) => ({
        name,
        description: `Renders ${name}.`,
        arguments: prompt.arguments.map((argument) => ({ name: argument, required: true })),
      })),
    }));
    server.setRequestHandler("prompts/get", (request, context) => {
      const prompt = PROMPTS[request.params.name];
      if (prompt === undefined)
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt ${request.params.name}`);
      return prompt.render(context, request.params.arguments ?? {});
    });
    server.setRequestHandler("completion/complete", () => ({
      completion: { values: [], total: 0, hasMore: false },
    }));
    return server;
  };
  const silent = () => undefined;
  return serveHttp({
    plan: { identity: [], limits: DEFAULT_LIMITS },
    server: SERVER,
    factory,
    authenticate: async () => ok({ principal: ANONYMOUS }),
    missingPermissions: async () => [],
    record: silent,
    clock: { now: Date.now, monotonic: () => performance.now(), schedule: () => silent },
    notReady: async () => [],
    degraded: () => [],
    draining: () => false,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}
