import {
  createRecord,
  err,
  isJsonObject,
  ok,
  type CliArgument,
  type CliExecutorIr,
  type ExecutorIr,
  type HttpExecutorIr,
  type HumanExecutorIr,
  type Json,
  type JsonObject,
  type ResolvedCall,
  type Result,
} from "@mcp-flowgate/core";
import type { Scope, Unresolved } from "@mcp-flowgate/guards-expr";
import { resolveRecord, type Programs } from "./programs.ts";

type Resolved<T> = Result<T, readonly Unresolved[]>;

/**
 * Makes of an executor and a scope the exact call: every template resolved, nothing literal left of a path. What has
 * no value is an error, never sent (W24: a template gives one argument, one path segment, one header).
 *
 * @param declared names of the arguments that the input schema declares. Others never stand before the context and
 * the input in a URL path: a caller cannot shadow them with an argument that nobody asked for.
 */
export function resolveCall(
  programs: Programs,
  executor: ExecutorIr,
  scope: Scope,
  declared: ReadonlySet<string>,
): Resolved<ResolvedCall> {
  switch (executor.kind) {
    case "noop":
      return ok({ kind: "noop", arguments: scope.arguments ?? {} });
    case "cli":
      return cliCall(programs, executor, scope);
    case "http":
      return httpCall(programs, executor, scope, declared);
    case "mcp":
      return objectCall(programs, executor.map, scope, "map", (args) => ({
        kind: "mcp",
        connection: executor.connection,
        tool: executor.tool,
        arguments: args,
        ...(executor.there === undefined ? {} : { there: executor.there }),
      }));
    case "human":
      return humanCall(programs, executor, scope);
    case "workflow":
      return objectCall(programs, executor.input, scope, "input", (input) => ({
        kind: "workflow",
        definitionId: executor.definitionId,
        input,
        ...(executor.timeoutMs === undefined ? {} : { timeoutMs: executor.timeoutMs }),
      }));
    default:
      return executor satisfies never;
  }
}

/** Whether the executor's templates read `$.output`, which exists only after people have decided. */
export function readsOutput(programs: Programs, executor: ExecutorIr): boolean {
  return templatesOf(executor).some((template) =>
    programs.paths(template).some((path) => path === "$.output" || /^\$\.output[.[]/.test(path)),
  );
}

/** The value templates that a call is made of. */
export function templatesOf(executor: ExecutorIr): readonly Json[] {
  switch (executor.kind) {
    case "noop":
      return [];
    case "cli":
      return [...executor.args, ...Object.values(executor.env), executor.stdin ?? null];
    case "http":
      return [...Object.values(executor.query), ...Object.values(executor.headers), executor.body ?? null];
    case "mcp":
      return [executor.map ?? null];
    case "human":
      return [executor.title ?? null, executor.message ?? null];
    case "workflow":
      return [executor.input ?? null];
    default:
      return executor satisfies never;
  }
}

function cliCall(programs: Programs, executor: CliExecutorIr, scope: Scope): Resolved<ResolvedCall> {
  const unresolved: Unresolved[] = [];
  const args: CliArgument[] = [];
  for (const [index, template] of executor.args.entries()) {
    const value = textOf(programs.resolve(template, scope), `/args/${index}`);
    if (value.ok) args.push({ value: value.value, dynamic: programs.isDynamic(template) });
    else unresolved.push(...value.error);
  }
  const env = createRecord<string>();
  for (const [name, template] of Object.entries(executor.env)) {
    const value = textOf(programs.resolve(template, scope), `/env/${name}`);
    if (value.ok) env[name] = value.value;
    else unresolved.push(...value.error);
  }
  let stdin: string | undefined;
  if (executor.stdin !== undefined) {
    const value = textOf(programs.resolve(executor.stdin, scope), "/stdin");
    if (value.ok) stdin = value.value;
    else unresolved.push(...value.error);
  }
  if (unresolved.length > 0) return err(unresolved);
  return ok({
    kind: "cli",
    ...(executor.connection === undefined ? {} : { connection: executor.connection }),
    ...(executor.command === undefined ? {} : { command: executor.command }),
    args,
    env,
    ...(stdin === undefined ? {} : { stdin }),
    treatNonZeroAsFailure: executor.treatNonZeroAsFailure,
    maxOutputBytes: executor.maxOutputBytes,
    allowDashArgs: executor.allowDashArgs,
  });
}

function httpCall(
  programs: Programs,
  executor: HttpExecutorIr,
  scope: Scope,
  declared: ReadonlySet<string>,
): Resolved<ResolvedCall> {
  const unresolved: Unresolved[] = [];
  const path = programs.resolvePath(executor.path, pathScope(scope, declared));
  if (!path.ok) unresolved.push(...under(path.error, "/path"));
  const query: (readonly [string, string])[] = [];
  const queryValues = resolveRecord(programs, executor.query, scope);
  if (!queryValues.ok) unresolved.push(...under(queryValues.error, "/query"));
  for (const [name, value] of queryValues.ok ? queryValues.value : []) {
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : [value]) {
      if (item !== null) query.push([name, toText(item)]);
    }
  }
  const headers = createRecord<string>();
  const omits = executor.omitNull === true;
  for (const [name, template] of Object.entries(executor.headers)) {
    const resolved = programs.resolve(template, scope);
    if (omits && resolved.ok && resolved.value === null) continue;
    const value = textOf(resolved, `/headers/${name}`);
    if (value.ok) headers[name] = value.value;
    else unresolved.push(...value.error);
  }
  const body = executor.body === undefined ? undefined : programs.resolve(executor.body, scope);
  if (body !== undefined && !body.ok) unresolved.push(...under(body.error, "/body"));
  if (!path.ok || unresolved.length > 0) return err(unresolved);
  return ok({
    kind: "http",
    connection: executor.connection,
    method: executor.method,
    path: path.value,
    query,
    headers,
    ...(body?.ok === true && !(omits && body.value === null) ? { body: body.value } : {}),
    bodyFormat: executor.bodyFormat,
    maxResponseBytes: executor.maxResponseBytes,
  });
}

function humanCall(programs: Programs, executor: HumanExecutorIr, scope: Scope): Resolved<ResolvedCall> {
  const title =
    executor.title === undefined ? undefined : textOf(programs.resolve(executor.title, scope), "/title");
  const message =
    executor.message === undefined
      ? undefined
      : textOf(programs.resolve(executor.message, scope), "/message");
  const unresolved = [title, message].flatMap((value) =>
    value === undefined || value.ok ? [] : value.error,
  );
  if (unresolved.length > 0) return err(unresolved);
  return ok({
    kind: "human",
    queue: executor.queue,
    ...(title?.ok === true ? { title: title.value } : {}),
    ...(message?.ok === true ? { message: message.value } : {}),
    ...(executor.form === undefined ? {} : { form: executor.form }),
    assignees: executor.assignees,
    quorum: executor.quorum,
    ...(executor.expiresMs === undefined ? {} : { expiresMs: executor.expiresMs }),
    allowRequester: executor.allowRequester,
  });
}

function objectCall(
  programs: Programs,
  template: Json | undefined,
  scope: Scope,
  name: string,
  make: (value: JsonObject) => ResolvedCall,
): Resolved<ResolvedCall> {
  const value = template === undefined ? ok(scope.arguments ?? {}) : programs.resolve(template, scope);
  if (!value.ok) return err(under(value.error, `/${name}`));
  if (!isJsonObject(value.value))
    return err([{ pointer: `/${name}`, path: "", message: "must give an object" }]);
  return ok(make(value.value));
}

/** Arguments that nobody declared stand behind the context and the input (see {@link resolveCall}). */
function pathScope(scope: Scope, declared: ReadonlySet<string>): Scope {
  if (!isJsonObject(scope.arguments)) return scope;
  const { context, workflow } = scope;
  const shadows = (name: string): boolean =>
    (isJsonObject(context) && Object.hasOwn(context, name)) ||
    (isJsonObject(workflow.input) && Object.hasOwn(workflow.input, name));
  const entries = Object.entries(scope.arguments).filter(([name]) => declared.has(name) || !shadows(name));
  return { ...scope, arguments: createRecord(entries) };
}

function textOf(value: Resolved<Json>, pointer: string): Resolved<string> {
  if (!value.ok) return err(under(value.error, pointer));
  if (value.value === null) return err([{ pointer, path: "", message: "is null, which has no text" }]);
  return ok(toText(value.value));
}

function toText(value: Json): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function under(unresolved: readonly Unresolved[], pointer: string): readonly Unresolved[] {
  return unresolved.map((reason) => ({ ...reason, pointer: `${pointer}${reason.pointer}` }));
}
