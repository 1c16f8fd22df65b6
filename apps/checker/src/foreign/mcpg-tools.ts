import { isJsonObject, type Json, type JsonObject } from "@mcp-flowgate/core";
import type { Section } from "./losses.ts";
import { argumentsOf, takeCondition, takePath, takeTemplate, type Taken } from "./mcpg-text.ts";
import type { Target } from "./mcpg.ts";

/**
 * One tool of `mcp.capabilities.tools`. A tool whose protection or target cannot be carried over is left out whole: half a
 * tool would either call something else or let somebody in.
 */
export function takeTool(tool: Section, target: Target): void {
  const name = tool.text("name");
  if (name === undefined || name === "") return tool.lose("name", "a tool without a name");
  const guards = takeGovernance(tool);
  if (!guards.ok) return leaveOut(tool, guards.why);
  const backend = tool.section("backend");
  const inputSchema = tool.take("input_schema");
  const annotations = tool.section("annotations");
  const described: JsonObject = dropUndefined({
    title: tool.text("title"),
    description: tool.text("description")?.trim(),
    inputSchema,
    outputSchema: tool.take("output_schema"),
  });
  const kind = backend.text("kind");
  const harmless = annotations.take("idempotent") === true || annotations.take("read_only") === true;
  annotations.take("destructive");
  annotations.take("open_world");
  const reliability = takeReliability(tool, backend);
  if (kind === "mock") {
    if (backend.take("error") === true) return leaveOut(tool, "it only simulates an error");
    const response = backend.take("response") ?? null;
    if (readsLikeTemplate(response))
      return leaveOut(tool, "its response holds text that would be read as a path");
    for (const key of ["error_message", "delay_ms", "passthrough"]) backend.take(key);
    target.workflows[name] = mockWorkflow(described, guards.value, response);
    return;
  }
  const executor =
    kind === "http"
      ? takeHttp(name, backend, inputSchema, target)
      : kind === "command"
        ? takeCommand(name, backend)
        : ({ ok: false, why: `the backend ${JSON.stringify(kind ?? "")} has no counterpart` } as const);
  if (!executor.ok) return leaveOut(tool, executor.why);
  const idempotent = harmless && executor.value["method"] !== "GET" ? { idempotent: true } : {};
  target.expose.push({
    name,
    ...described,
    executor: { ...executor.value, ...idempotent },
    ...(guards.value.length === 0 ? {} : { guards: guards.value as unknown as Json }),
    ...(Object.keys(reliability).length === 0 ? {} : { reliability }),
  });
}

/** Who may call. What cannot be said here is a reason to leave the tool out. */
export function takeGovernance(of: Section): Taken<readonly JsonObject[]> {
  const governance = of.section("governance");
  governance.take("minimum_trust");
  of.take("minimum_trust");
  const scopes = governance.list("required_scopes").filter((scope) => typeof scope === "string");
  const permissions = scopes.map((permission) => ({ kind: "permission", permission }));
  const cel = governance.text("allow_if") ?? of.text("cel_allow_if");
  if (cel === undefined) return { ok: true, value: permissions };
  const condition = takeCondition(cel);
  if (!condition.ok) return condition;
  return { ok: true, value: [...permissions, ...condition.value] as unknown as readonly JsonObject[] };
}

export function takeReliability(of: Section, backend: Section): JsonObject {
  const retry = of.section("retry");
  const attempts = retry.number("max_attempts");
  const wait = retry.number("backoff_ms");
  return dropUndefined({
    timeoutMs: backend.number("timeout_ms"),
    retry:
      attempts === undefined || attempts < 2
        ? undefined
        : dropUndefined({ maxAttempts: attempts, backoff: "exponential", initialDelayMs: wait }),
  });
}

function takeHttp(
  name: string,
  backend: Section,
  inputSchema: Json | undefined,
  target: Target,
): Taken<JsonObject> {
  const url = backend.text("url") ?? "";
  const [, origin, path = "", query = ""] = /^(https?:\/\/[^/?]+)([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  if (origin === undefined) return { ok: false, why: `${JSON.stringify(url)} is not the URL of an HTTP API` };
  if (argumentsOf(origin).length > 0 || /\$\{(?!\$?env\.)/.test(origin))
    return { ok: false, why: "the host of its URL depends on the call" };
  const takenPath = takePath(path);
  if (!takenPath.ok) return takenPath;
  const method = (backend.text("method") ?? "post").toUpperCase();
  const queries: Record<string, Json> = {};
  for (const [key, value] of new URLSearchParams(query)) {
    const taken = takeTemplate(value, name);
    if (!taken.ok) return taken;
    queries[key] = taken.value;
  }
  const headers: Record<string, Json> = {};
  const given = backend.take("headers");
  for (const [header, value] of Object.entries(isJsonObject(given ?? null) ? (given as JsonObject) : {})) {
    const taken = takeTemplate(String(value), name);
    if (!taken.ok) return { ok: false, why: `the header ${header}: ${taken.why}` };
    headers[header] = taken.value;
  }
  const codes = backend.list("expected_status_codes");
  if (codes.some((code) => typeof code !== "number" || code < 200 || code > 299))
    backend.lose("expected_status_codes", "only 2xx answers are a success");
  backend.take("require_json_response");
  backend.take("allow_private_backends");
  const used = new Set([...argumentsOf(path), ...argumentsOf(query)]);
  const rest = method === "GET" ? remainingArguments(inputSchema, used) : {};
  return {
    ok: true,
    value: dropUndefined({
      kind: "http",
      connection: target.httpConnection(origin),
      method,
      path: takenPath.value,
      query: Object.keys({ ...rest, ...queries }).length === 0 ? undefined : { ...rest, ...queries },
      headers: Object.keys(headers).length === 0 ? undefined : headers,
      body: method === "GET" ? undefined : "$.arguments",
      maxResponseBytes: backend.number("max_response_bytes"),
    }),
  };
}

/** A GET sends its arguments in the query; those that the caller leaves out are left out there too. */
function remainingArguments(inputSchema: Json | undefined, used: ReadonlySet<string>): JsonObject {
  if (!isJsonObject(inputSchema ?? null)) return {};
  const { properties, required } = inputSchema as JsonObject;
  const names = isJsonObject(properties ?? null) ? Object.keys(properties as JsonObject) : [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.fromEntries(
    names
      .filter((name) => !used.has(name))
      .map((name) => {
        const path = `$.arguments.${name}`;
        return [name, needed.has(name) ? path : { coalesce: [path, null] }];
      }),
  );
}

function takeCommand(name: string, backend: Section): Taken<JsonObject> {
  const command = backend.text("command");
  if (command === undefined) return { ok: false, why: "it names no command" };
  const args: Json[] = [];
  for (const argument of backend.list("args")) {
    const taken = takeTemplate(String(argument), name);
    if (!taken.ok) return taken;
    args.push(taken.value);
  }
  backend.take("require_json_stdout");
  return {
    ok: true,
    value: dropUndefined({
      kind: "cli",
      command,
      args: args.length === 0 ? undefined : args,
      stdin: "$.arguments",
      maxOutputBytes: backend.number("max_output_bytes"),
    }),
  };
}

/** A fixed answer, as a workflow of one step by itself. */
function mockWorkflow(described: JsonObject, guards: readonly JsonObject[], response: Json): JsonObject {
  const { outputSchema: _, ...rest } = described;
  return {
    ...rest,
    initialState: "answer",
    states: {
      answer: {
        transitions: {
          run: dropUndefined({
            target: "done",
            actor: "deterministic",
            guards: guards.length === 0 ? undefined : (guards as unknown as Json),
            executor: { kind: "noop" },
            output: { response },
          }),
        },
      },
      done: { terminal: true },
    },
  };
}

/** Whether a text in it would be read as a path or template instead of being answered as it is. */
function readsLikeTemplate(value: Json): boolean {
  if (typeof value === "string") return value.startsWith("$.") || value.includes("{{");
  return typeof value === "object" && value !== null && Object.values(value).some(readsLikeTemplate);
}

function leaveOut(tool: Section, why: string): void {
  tool.lose("backend", `left out: ${why}`);
  tool.skip();
}

export function dropUndefined(object: { readonly [key: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;
}
