import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
} from "@modelcontextprotocol/server";
import type { CallToolResult, InputRequiredResult, ServerContext } from "@modelcontextprotocol/server";

/**
 * The tools that conformance scenarios call by name. A gateway with seven fixed tools cannot have them, so they are
 * served on the same HTTP stack by a factory of their own: what the scenarios then judge is our transport.
 */
export interface FixtureTool {
  readonly description: string;
  readonly inputSchema?: Record<string, unknown>;
  run(
    context: ServerContext,
    args: Record<string, unknown>,
  ): Promise<CallToolResult | InputRequiredResult> | CallToolResult | InputRequiredResult;
}

/** One transparent pixel, and an empty recording. */
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/** Signs and checks the state that travels through the client. */
export interface StateCodec {
  mint(state: Record<string, unknown>): Promise<string>;
}

const text = (value: string): CallToolResult => ({ content: [{ type: "text", text: value }] });
const field = (name: string, type: string) =>
  ({ type: "object" as const, properties: { [name]: { type } }, required: [name] }) as never;
const ask = (message: string, name: string, type = "string") =>
  inputRequired.elicit({ message, requestedSchema: field(name, type) });
const complete = (prompt: string) =>
  inputRequired.createMessage({
    messages: [{ role: "user", content: { type: "text", text: prompt } }],
    maxTokens: 50,
  });
const answered = <T extends Record<string, unknown>>(context: ServerContext, key: string): T | undefined =>
  acceptedContent<T>(context.mcpReq.inputResponses, key);
const response = (context: ServerContext, key: string): any => context.mcpReq.inputResponses?.[key];
const log = (context: ServerContext, data: string) =>
  context.mcpReq.notify({ method: "notifications/message", params: { level: "info", data } });

export function fixtureTools(codec: StateCodec): Readonly<Record<string, FixtureTool>> {
  return {
    test_simple_text: {
      description: "Returns a text.",
      run: () => text("This is a simple text response for testing."),
    },
    test_image_content: {
      description: "Returns an image.",
      run: () => ({ content: [{ type: "image", data: PNG, mimeType: "image/png" }] }),
    },
    test_audio_content: {
      description: "Returns a sound.",
      run: () => ({ content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }] }),
    },
    test_embedded_resource: {
      description: "Returns a resource.",
      run: () => ({
        content: [
          {
            type: "resource",
            resource: {
              uri: "test://embedded-resource",
              mimeType: "text/plain",
              text: "This is an embedded resource content.",
            },
          },
        ],
      }),
    },
    test_multiple_content_types: {
      description: "Returns a text, an image and a resource.",
      run: () => ({
        content: [
          { type: "text", text: "Multiple content types test:" },
          { type: "image", data: PNG, mimeType: "image/png" },
          {
            type: "resource",
            resource: {
              uri: "test://mixed-content-resource",
              mimeType: "application/json",
              text: '{"test":"data","value":123}',
            },
          },
        ],
      }),
    },
    test_error_handling: {
      description: "Fails.",
      run: () => ({
        isError: true,
        content: [{ type: "text", text: "This tool intentionally returns an error for testing" }],
      }),
    },
    test_tool_with_logging: {
      description: "Logs while it runs.",
      async run(context) {
        for (const line of ["Tool execution started", "Tool processing data", "Tool execution completed"])
          await log(context, line);
        return text("done");
      },
    },
    test_logging_tool: {
      description: "Logs only to callers that asked for it.",
      async run(context) {
        await context.mcpReq.log("info", "running");
        return text("done");
      },
    },
    test_tool_with_progress: {
      description: "Tells its progress.",
      async run(context) {
        const progressToken = context.mcpReq._meta?.progressToken;
        if (progressToken === undefined) return text("nobody asked for progress");
        for (const progress of [0, 50, 100])
          await context.mcpReq.notify({
            method: "notifications/progress",
            params: { progressToken, progress, total: 100 },
          });
        return text(String(progressToken));
      },
    },
    test_streaming_elicitation: { description: "Answers with result frames only.", run: () => text("done") },
    test_x_mcp_header: {
      description: "Mirrors an argument into a header.",
      inputSchema: {
        type: "object",
        properties: { region: { type: "string", "x-mcp-header": "Region" }, level: { type: "integer" } },
      },
      run: (_, args) => text(`region=${String(args["region"] ?? "none")}`),
    },
    json_schema_2020_12_tool: {
      description: "Has an input schema with the keywords of JSON Schema 2020-12.",
      inputSchema: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        $defs: {
          address: {
            $anchor: "addressDef",
            type: "object",
            properties: { street: { type: "string" }, city: { type: "string" } },
          },
        },
        properties: {
          name: { type: "string" },
          address: { $ref: "#/$defs/address" },
          contactMethod: { type: "string", enum: ["phone", "email"] },
          phone: { type: "string" },
          email: { type: "string" },
        },
        allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
        if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
        then: { required: ["phone"] },
        else: { required: ["email"] },
        additionalProperties: false,
      },
      run: (_, args) => text(JSON.stringify(args)),
    },
    test_missing_capability: {
      description: "Needs a client that can sample.",
      run: (context) =>
        response(context, "llm_answer") === undefined
          ? inputRequired({ inputRequests: { llm_answer: complete("Say pong") } })
          : text("done"),
    },
    test_input_required_result_elicitation: {
      description: "Asks for a name.",
      run(context) {
        const name = answered<{ name: string }>(context, "user_name")?.name;
        return typeof name === "string"
          ? text(`Hello, ${name}!`)
          : inputRequired({ inputRequests: { user_name: ask("What is your name?", "name") } });
      },
    },
    test_input_required_result_sampling: {
      description: "Asks the client's model.",
      run(context) {
        const given = response(context, "capital_question");
        return given === undefined
          ? inputRequired({ inputRequests: { capital_question: complete("What is the capital of France?") } })
          : text(`Sampling response: ${given.content?.text ?? JSON.stringify(given)}`);
      },
    },
    test_input_required_result_list_roots: {
      description: "Asks for the client's roots.",
      run(context) {
        const roots = response(context, "client_roots")?.roots;
        return Array.isArray(roots)
          ? text(roots.map(({ uri }) => uri).join(", "))
          : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
      },
    },
    test_input_required_result_request_state: {
      description: "Sends signed state through the client.",
      async run(context) {
        if (answered(context, "confirm") === undefined)
          return inputRequired({
            inputRequests: { confirm: ask("Please confirm", "ok", "boolean") },
            requestState: await codec.mint({ of: "request_state" }),
          });
        if (context.mcpReq.requestState() === undefined)
          throw new ProtocolError(ProtocolErrorCode.InvalidParams, "requestState is missing");
        return text("state-ok");
      },
    },
    test_input_required_result_tampered_state: {
      description: "Refuses state that was changed.",
      async run(context) {
        if (context.mcpReq.requestState() !== undefined && answered(context, "confirm") !== undefined)
          return text("integrity-ok");
        return inputRequired({
          inputRequests: { confirm: ask("Please confirm", "ok", "boolean") },
          requestState: await codec.mint({ of: "tampered_state" }),
        });
      },
    },
    test_input_required_result_multiple_inputs: {
      description: "Asks for three things at once.",
      async run(context) {
        const name = answered<{ name: string }>(context, "user_name")?.name;
        const greeting = response(context, "greeting")?.content?.text;
        const roots = response(context, "client_roots")?.roots;
        if (typeof name === "string" && typeof greeting === "string" && Array.isArray(roots))
          return text(`${greeting} ${name}, ${roots.length} roots`);
        return inputRequired({
          inputRequests: {
            user_name: ask("What is your name?", "name"),
            greeting: complete("Greet"),
            client_roots: inputRequired.listRoots(),
          },
          requestState: await codec.mint({ of: "multiple_inputs" }),
        });
      },
    },
    test_input_required_result_multi_round: {
      description: "Asks twice, remembering the first answer in the state.",
      async run(context) {
        const state = context.mcpReq.requestState<{ of: string; round: number; name?: string }>();
        if (state?.of !== "multi_round")
          return inputRequired({
            inputRequests: { step1: ask("Step 1: What is your name?", "name") },
            requestState: await codec.mint({ of: "multi_round", round: 1 }),
          });
        if (state.round === 1) {
          const name = answered<{ name: string }>(context, "step1")?.name ?? "unknown";
          return inputRequired({
            inputRequests: { step2: ask("Step 2: What is your favorite color?", "color") },
            requestState: await codec.mint({ of: "multi_round", round: 2, name }),
          });
        }
        return text(
          `${state.name ?? "unknown"} likes ${answered<{ color: string }>(context, "step2")?.color ?? "unknown"}`,
        );
      },
    },
    test_input_required_result_capabilities: {
      description: "Asks only for what the client says it can do.",
      run(context) {
        if (context.mcpReq.inputResponses !== undefined) return text("done");
        const declared = (context.mcpReq.envelope as Record<string, any> | undefined)?.[
          CLIENT_CAPABILITIES_META_KEY
        ];
        const inputRequests = {
          ...(declared?.elicitation === undefined ? {} : { user_name: ask("What is your name?", "name") }),
          ...(declared?.sampling === undefined ? {} : { greeting: complete("Greet") }),
          ...(declared?.roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
        };
        return Object.keys(inputRequests).length === 0
          ? text("nothing can be asked")
          : inputRequired({ inputRequests });
      },
    },
  };
}
