import {
  type EffectClass,
  type ExecutorIr,
  type GuardIr,
  type Json,
  type JsonObject,
  type ProbeIr,
} from "@mcp-flowgate/core";
import { nearest } from "@mcp-flowgate/json-schema";
import { executor as executorField } from "../schema/executors.ts";
import { caseOf } from "../schema/resolve.ts";
import { quote } from "../source/config-node.ts";
import { optional, type Cursor } from "./cursor.ts";
import { checkPathTemplate, checkTemplate } from "./expressions.ts";
import { emitGuard } from "./guards.ts";
import type { AuthoredReliability } from "./reliability.ts";
import type { World } from "./world.ts";

/** An executor and what it brings with it when it is a named capability. */
export interface EmittedExecutor {
  readonly executor: ExecutorIr;
  readonly guards: readonly GuardIr[];
  readonly reliability: AuthoredReliability;
  readonly inputSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
}

interface Effect {
  readonly effect: EffectClass;
  readonly effectDeclared: boolean;
  readonly idempotencyKey?: string;
  readonly probe?: ProbeIr;
}

const MEBIBYTE = 1024 * 1024;

/** Emits an executor, or undefined where its shape or a reference was refused. */
export function emitExecutor(cursor: Cursor | undefined, world: World): EmittedExecutor | undefined {
  if (cursor === undefined) return undefined;
  const name = caseOf(executorField, cursor.node)?.name;
  if (name === "capability") return fromCapability(cursor, world);
  if (name === "human") return emitHuman(cursor, world);
  const executor = emitPlain(cursor, name, world);
  return executor === undefined ? undefined : { executor, guards: [], reliability: {} };
}

function fromCapability(cursor: Cursor, world: World): EmittedExecutor | undefined {
  const reference = cursor.get("capability");
  const id = reference?.value;
  const flat = reference === undefined || id === undefined ? undefined : world.capability(id, reference);
  if (flat === undefined) return undefined;
  const overridden = ["idempotencyKey", "idempotent", "effect", "probe"].some((key) => cursor.has(key));
  const executor = overridden
    ? { ...flat.executor, ...emitEffect(cursor, flat.executor.effect, world, flat.executor.probe) }
    : flat.executor;
  return {
    executor,
    guards: flat.guards,
    reliability: flat.reliability,
    ...optional("inputSchema", flat.inputSchema),
    ...optional("outputSchema", flat.outputSchema),
  };
}

function emitHuman(cursor: Cursor, world: World): EmittedExecutor | undefined {
  for (const key of ["title", "message"]) checkTemplate(cursor.get(key), world.report);
  const assignees = cursor.child("assignees");
  const approve = emitExecutor(cursor.child("onApprove")?.child("executor"), world);
  const reject = cursor.child("onReject")?.text("target");
  const executor: ExecutorIr = {
    kind: "human",
    ...emitEffect(cursor, "idempotent", world),
    queue: cursor.text("queue") ?? "approvals",
    ...optional("title", cursor.json("title")),
    ...optional("message", cursor.json("message")),
    ...optional("form", cursor.object("form")),
    assignees: {
      roles: assignees?.texts("roles") ?? [],
      permissions: assignees?.texts("permissions") ?? [],
    },
    quorum: cursor.number("quorum") ?? 1,
    ...optional("expiresMs", cursor.milliseconds("expiresMs")),
    allowRequester: cursor.flag("allowRequester") ?? false,
    ...optional("onApprove", approve?.executor),
    ...(reject === undefined ? {} : { onReject: { target: reject } }),
  };
  return { executor, guards: approve?.guards ?? [], reliability: approve?.reliability ?? {} };
}

function emitPlain(cursor: Cursor, name: string | undefined, world: World): ExecutorIr | undefined {
  const { report } = world;
  switch (name) {
    case "noop":
      return { kind: "noop", ...emitEffect(cursor, "read", world) };
    case "cli": {
      const connection = cursor.get("connection");
      if (connection !== undefined) world.connections.use(connection, "cli");
      if (connection === undefined && !cursor.has("command")) {
        report("FG202", cursor.key, "a cli executor needs `connection` or `command`", {
          pointer: cursor.pointer,
        });
      }
      for (const key of ["args", "env", "stdin"]) checkTemplate(cursor.get(key), report);
      return {
        kind: "cli",
        ...emitEffect(cursor, "once", world),
        ...optional("connection", connection?.value),
        ...optional("command", cursor.text("command")),
        args: (cursor.json("args") as readonly Json[] | undefined) ?? [],
        env: cursor.record("env"),
        ...optional("stdin", cursor.json("stdin")),
        treatNonZeroAsFailure: cursor.flag("treatNonZeroAsFailure") ?? true,
        maxOutputBytes: cursor.bytes("maxOutputBytes") ?? MEBIBYTE,
        allowDashArgs: cursor.flag("allowDashArgs") ?? false,
      };
    }
    case "http":
      return emitHttp(cursor, world);
    case "mcp": {
      const connection = cursor.get("connection");
      const tool = cursor.text("tool");
      if (connection !== undefined) world.connections.use(connection, "mcp");
      checkTemplate(cursor.get("map"), report);
      if (connection?.value === undefined || tool === undefined) return undefined;
      return {
        kind: "mcp",
        ...emitEffect(cursor, "once", world),
        connection: connection.value,
        tool,
        ...optional("map", cursor.object("map")),
      };
    }
    case "workflow": {
      const reference = cursor.get("definitionId");
      const definitionId = reference?.value;
      checkTemplate(cursor.get("input"), report);
      if (reference === undefined || definitionId === undefined) return undefined;
      world.recall.note({ about: "workflow", id: definitionId });
      if (!world.workflowIds.has(definitionId)) {
        const close = nearest(definitionId, world.workflowIds);
        report("FG305", reference.node, `there is no workflow ${quote(definitionId)}`, {
          pointer: reference.pointer,
          hint: close === undefined ? undefined : `Did you mean \`${close}\`?`,
        });
      }
      return {
        kind: "workflow",
        ...emitEffect(cursor, "idempotent", world),
        definitionId,
        ...optional("input", cursor.json("input")),
        ...optional("timeoutMs", cursor.milliseconds("timeoutMs")),
      };
    }
    default:
      return undefined;
  }
}

const READING_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

function emitHttp(cursor: Cursor, world: World): ExecutorIr | undefined {
  const connection = cursor.get("connection");
  if (connection !== undefined) world.connections.use(connection, "http");
  checkPathTemplate(cursor.get("path"), world.report);
  for (const key of ["query", "headers", "body"]) checkTemplate(cursor.get(key), world.report);
  if (connection?.value === undefined) return undefined;
  const method = cursor.text("method") ?? "GET";
  return {
    kind: "http",
    ...emitEffect(cursor, READING_METHODS.includes(method) ? "read" : "once", world),
    connection: connection.value,
    method,
    path: cursor.text("path") ?? "",
    query: cursor.record("query"),
    headers: cursor.record("headers"),
    ...optional("body", cursor.json("body")),
    bodyFormat: (cursor.text("bodyFormat") as "json" | "form" | "text" | undefined) ?? "json",
    maxResponseBytes: cursor.bytes("maxResponseBytes") ?? 4 * MEBIBYTE,
  };
}

/** The effect class: what the author says, else what a key implies, else the kind's own. */
function emitEffect(cursor: Cursor, byKind: EffectClass, world: World, inherited?: ProbeIr): Effect {
  const effect = cursor.text("effect") as EffectClass | undefined;
  const idempotent = cursor.flag("idempotent");
  const key = cursor.text("idempotencyKey");
  const keyed = key !== undefined || cursor.flag("idempotencyKey") === true;
  const declared =
    effect ??
    (idempotent === undefined
      ? undefined
      : idempotent
        ? byKind === "read"
          ? "read"
          : "idempotent"
        : "once");
  if (effect !== undefined && idempotent !== undefined) {
    world.report(
      "FG207",
      cursor.get("idempotent")?.key,
      "`effect` says what `idempotent` says: only one of them can be given",
      {
        pointer: cursor.pointer,
      },
    );
  }
  if (keyed && declared === "once") {
    world.report(
      "FG207",
      cursor.get("idempotencyKey")?.key,
      "a key makes the call repeatable, but it is declared to count each time",
      {
        pointer: cursor.pointer,
        hint: "Leave the key out, or declare the call idempotent.",
      },
    );
  }
  const probe = cursor.child("probe");
  if (declared === "reconcile" && probe === undefined && inherited === undefined) {
    world.report("FG202", cursor.get("effect")?.key, "`effect: reconcile` needs a `probe`", {
      pointer: cursor.pointer,
    });
  }
  if (probe !== undefined && declared !== "reconcile") {
    world.report("FG207", probe.key, "a `probe` is asked only for `effect: reconcile`", {
      pointer: probe.pointer,
    });
  }
  return {
    effect: declared ?? (keyed && byKind !== "read" ? "idempotent" : byKind),
    effectDeclared: declared !== undefined || keyed,
    ...optional("idempotencyKey", key),
    ...optional("probe", probe === undefined ? undefined : emitProbe(probe, world)),
  };
}

const PROBES: readonly string[] = ["cli", "http", "mcp"];

function emitProbe(cursor: Cursor, world: World): ProbeIr | undefined {
  const { report } = world;
  const at = cursor.child("executor");
  const emitted = emitExecutor(at, world);
  if (at === undefined || emitted === undefined) return undefined;
  const { executor, guards } = emitted;
  const why = !PROBES.includes(executor.kind)
    ? `a ${executor.kind} executor cannot be a probe: \`cli\`, \`http\` and \`mcp\` can`
    : executor.effect !== "read"
      ? "a probe only reads, but this call is not declared to"
      : guards.length > 0
        ? "a probe runs by itself, so it cannot have guards"
        : undefined;
  if (why !== undefined) {
    const hint = executor.effect === "read" ? undefined : "Declare `effect: read` where it changes nothing.";
    report("FG207", at.key, why, { pointer: at.pointer, hint });
  }
  const guard = (name: string): GuardIr | undefined => {
    const child = cursor.child(name);
    return child === undefined ? undefined : emitGuard(child, report);
  };
  return {
    executor,
    ...optional("executed", guard("executed")),
    ...optional("notExecuted", guard("notExecuted")),
    attempts: cursor.number("attempts") ?? 5,
    delayMs: cursor.milliseconds("delayMs") ?? 1000,
  };
}
