import type { Json, JsonObject, Principal } from "@mcp-flowgate/core";
import type { Operations } from "./observe.ts";

/** One operation of the admin API over HTTP. */
export interface AdminOperation {
  readonly method: "GET" | "POST";
  /** As OpenAPI writes it. */
  readonly path: string;
  readonly pattern: RegExp;
  readonly summary: string;
  /** What the caller must have; left out where the engine decides what this caller may see and do. */
  readonly permission?: string;
  readonly query?: readonly Parameter[];
  readonly body?: JsonObject;
  /** What is wrong with the parameters or the body, in one sentence. */
  readonly problem?: (query: URLSearchParams, body: JsonObject) => string | undefined;
  /** It answers with events until one side ends. */
  readonly stream?: true;
  /** Left out: the shared admin function answers. */
  readonly run?: (
    observe: Operations,
    url: URL,
    caller: Principal,
  ) =>
    | Promise<{ readonly status: number; readonly body: Json }>
    | { readonly status: number; readonly body: Json };
}

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
}

const text: JsonObject = { type: "string" };
const cursor: Parameter = { name: "cursor", description: "`nextCursor` of the page before.", schema: text };
const reason: JsonObject = {
  type: "object",
  required: ["reason"],
  properties: { reason: { type: "string", minLength: 1 } },
};
const decision: JsonObject = {
  type: "object",
  properties: { reason: text, transition: text, input: { type: "object" } },
};
const INSTANCE_STATUSES = ["idle", "running", "waiting", "outcome_unknown", "parked", "terminal"];
const APPROVAL_STATUSES = ["pending", "approved", "denied", "expired", "withdrawn", "consumed"];

const oneOf =
  (name: string, allowed: readonly string[]) =>
  (query: URLSearchParams): string | undefined =>
    query.getAll(name).every((value) => allowed.includes(value))
      ? undefined
      : `\`${name}\` must be one of ${allowed.join(", ")}.`;

const list = (name: string, about: string, allowed: readonly string[]): Parameter => ({
  name,
  description: about,
  schema: { type: "array", items: { type: "string", enum: [...allowed] } },
});

export const ADMIN_OPERATIONS: readonly AdminOperation[] = [
  {
    ...at("GET", "/admin/workflows"),
    summary: "Instances that the caller may see, newest first.",
    query: [
      list("status", "Of these statuses.", INSTANCE_STATUSES),
      { name: "definition", description: "Of one definition.", schema: text },
      cursor,
    ],
    problem: oneOf("status", INSTANCE_STATUSES),
  },
  { ...at("GET", "/admin/workflows/{id}"), summary: "One instance with the journal of what ran." },
  {
    ...at("GET", "/admin/workflows/{id}/output"),
    summary: "What one operation of an instance returned, whole, however large it is.",
    query: [{ name: "operation", description: "Its id, as the journal has it.", schema: text }],
  },
  {
    ...at("POST", "/admin/workflows/{id}/cancel"),
    summary: "Ends an instance: stops what runs, undoes what can be undone.",
    body: reason,
  },
  {
    ...at("POST", "/admin/workflows/{id}/resolve"),
    summary: "Says what became of an operation whose outcome is unknown.",
    body: {
      type: "object",
      required: ["reason", "outcome"],
      properties: {
        reason: { type: "string", minLength: 1 },
        outcome: { type: "string", enum: ["executed", "not_executed", "abandon"] },
        result: {},
      },
    },
  },
  {
    ...at("POST", "/admin/workflows/{id}/migrate"),
    summary: "Moves an instance to another definition of its workflow.",
    body: {
      type: "object",
      required: ["reason", "to"],
      properties: {
        reason: { type: "string", minLength: 1 },
        to: { type: "string", minLength: 1 },
        map: { type: "object", additionalProperties: { type: "string" } },
      },
    },
  },
  {
    ...at("GET", "/admin/approvals"),
    summary: "What waits for people in the caller's tenant, and what they decided.",
    query: [
      list("status", "Of these statuses.", APPROVAL_STATUSES),
      { name: "queue", description: "Of one queue.", schema: text },
      cursor,
    ],
    problem: oneOf("status", APPROVAL_STATUSES),
  },
  { ...at("GET", "/admin/approvals/{id}"), summary: "One approval with all that is needed to decide." },
  {
    ...at("POST", "/admin/approvals/{id}/approve"),
    summary: "Approves, as the caller, who has to be a person.",
    body: decision,
  },
  {
    ...at("POST", "/admin/approvals/{id}/reject"),
    summary: "Rejects, as the caller, who has to be a person.",
    body: decision,
  },
  {
    ...at("GET", "/admin/events"),
    summary:
      "Server-sent events with the ids of what has changed, at any replica: `workflow` and `approval` of those that the caller may see, `server` for `gateway.servers`, `reload` for `gateway.config`; `lagged` where the caller reads too slowly and has to look at everything again. The stream ends after a quarter of an hour and with each reload.",
    stream: true,
  },
  {
    ...at("GET", "/admin/audit"),
    summary: "Records of the caller's tenant, newest first.",
    permission: "gateway.audit",
    query: [
      { name: "workflow", description: "Of one instance.", schema: text },
      { name: "subject", description: "Of one caller.", schema: text },
      { name: "type", description: "Of these event types; globs.", schema: { type: "array", items: text } },
      {
        name: "limit",
        description: "At most so many.",
        schema: { type: "integer", minimum: 1, maximum: 500, default: 50 },
      },
      cursor,
    ],
    problem: (query) =>
      /^(?:[1-9]\d?|[1-4]\d\d|500)$/.test(query.get("limit") ?? "50")
        ? undefined
        : "`limit` must be 1 to 500.",
    run: async (observe, { searchParams: query }, caller) => {
      const [workflowId, subject, at] = [query.get("workflow"), query.get("subject"), query.get("cursor")];
      try {
        const page = await observe.audit(
          {
            limit: Number(query.get("limit") ?? 50),
            ...(workflowId === null ? {} : { workflowId }),
            ...(subject === null ? {} : { subject }),
            ...(query.has("type") ? { types: query.getAll("type") } : {}),
            ...(at === null ? {} : { cursor: at }),
          },
          caller,
        );
        return page === undefined
          ? { status: 404, body: { error: "No trail is kept in a store or a file (audit.sink)." } }
          : { status: 200, body: page };
      } catch (error) {
        if (error instanceof TypeError)
          return { status: 400, body: { error: "`cursor` is none of this trail." } };
        throw error;
      }
    },
  },
  {
    ...at("GET", "/admin/config"),
    summary: "The configuration that runs, with its secrets masked.",
    permission: "gateway.config",
    run: (observe) => ({ status: 200, body: observe.config() }),
  },
  {
    ...at("POST", "/admin/reload"),
    summary: "Reads the configuration again: all of it is taken over, or nothing, and the answer says why.",
    permission: "gateway.reload",
  },
  {
    ...at("GET", "/servers"),
    summary: "Connections and what is known of them.",
    permission: "gateway.servers",
    query: [
      { name: "tag", description: "Those with all of these tags.", schema: { type: "array", items: text } },
    ],
  },
  {
    ...at("GET", "/servers/{name}"),
    summary: "One connection.",
    permission: "gateway.servers",
  },
  {
    ...at("POST", "/servers/{name}/start"),
    summary: "Lets calls reach a connection again that was stopped, at all replicas.",
    permission: "gateway.servers.operate",
  },
  {
    ...at("POST", "/servers/{name}/stop"),
    summary:
      "Keeps calls from a connection until it is started, at all replicas; they are refused with the detail SERVER_STOPPED. Its sessions and children end after the calls on them.",
    permission: "gateway.servers.operate",
  },
  {
    ...at("POST", "/servers/{name}/restart"),
    summary: "Gives a server another session or child, at all replicas, after the calls on the one it has.",
    permission: "gateway.servers.operate",
  },
  {
    ...at("GET", "/stats"),
    summary: "Version, uptime and counts.",
    permission: "gateway.stats",
    run: (observe) => ({ status: 200, body: observe.stats() }),
  },
  {
    ...at("GET", "/openapi.json"),
    summary: "This description.",
    run: () => ({ status: 200, body: openApi() }),
  },
];

/** The description of all of them, OpenAPI 3.1. */
export function openApi(): JsonObject {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of ADMIN_OPERATIONS) {
    const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name: String(name),
      in: "path",
      required: true,
      schema: text,
    }));
    const asked = (operation.query ?? []).map((parameter) => ({ ...parameter, in: "query" }));
    const refused = (description: string): Json => ({
      description,
      content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
    });
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = {
      operationId: operation.path
        .split("/")
        .filter((part) => part !== "")
        .map((part) => part.replace(/\W/g, ""))
        .concat(operation.method.toLowerCase())
        .join("_"),
      summary: operation.summary,
      ...(operation.permission === undefined
        ? {}
        : { description: `Takes the permission \`${operation.permission}\`.` }),
      ...(named.length + asked.length === 0
        ? {}
        : { parameters: [...named, ...asked] as readonly JsonObject[] }),
      ...(operation.body === undefined
        ? {}
        : { requestBody: { required: true, content: { "application/json": { schema: operation.body } } } }),
      responses: {
        "200": {
          description: "Done.",
          content:
            operation.stream === true
              ? { "text/event-stream": { schema: text } }
              : { "application/json": { schema: { type: "object" } } },
        },
        ...(operation.stream === true ? { "406": refused("The caller does not accept a stream.") } : {}),
        "400": refused("The request is not well-formed."),
        "401": refused("The caller is not recognised."),
        "403": refused("The caller may not."),
        "404": refused("There is no such thing, or the caller may not know of it."),
        "409": refused("The state does not allow it."),
        "429": refused("Too many requests."),
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "mcp-flowgate admin API",
      version: "1",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }],
    paths: paths as JsonObject,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
      schemas: { Problem: { type: "object", properties: { error: {}, code: text } } },
    },
  };
}

function at(method: "GET" | "POST", path: string): Pick<AdminOperation, "method" | "path" | "pattern"> {
  return {
    method,
    path,
    pattern: new RegExp(`^${path.replace(/\./g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
  };
}
