import {
  DEFAULT_TENANT,
  type InstanceStatus,
  isJsonObject,
  type ApprovalStatus,
  type Json,
  type JsonObject,
  type Principal,
} from "@mcp-flowgate/core";
import { isKeptRef, type Engine, type Snapshot } from "@mcp-flowgate/workflow-engine";
import type { Usage } from "../discovery/usage.ts";
import { toApprovalView, toInstanceView, toJournalView } from "./views.ts";

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Json;
  /**
   * Whoever the identity recognised, on a listener that asks. Only what they may see and do counts, within their own
   * tenant, and a name in the body or a tenant in the query means nothing. Left out where the file system decided who
   * may call.
   */
  readonly caller?: Principal;
}

export interface AdminResponse {
  readonly status: number;
  readonly body: Json;
}

/** The calls of operators and of the people who decide, the same on every listener that carries them. */
export type AdminApi = (request: AdminRequest) => Promise<AdminResponse>;

const PAGE = 50;

export function createAdminApi(options: {
  readonly engine: Engine;
  readonly newCorrelationId: () => string;
  readonly health: () => Promise<JsonObject>;
  /** Where the configuration counts. */
  readonly usage?: Usage | undefined;
}): AdminApi {
  const { engine } = options;
  return async ({ method, path, query, body, caller }) => {
    const [, admin, collection, id, action] = path.split("/").map(decodeURIComponent);
    if (admin !== "admin") return notFound(path);
    const viewer = caller ?? operator(query.get("tenant") ?? DEFAULT_TENANT);
    const page = {
      principal: viewer,
      limit: PAGE,
      ...(query.has("cursor") ? { cursor: query.get("cursor") as string } : {}),
    };
    if (method === "GET" && collection === "health") return { status: 200, body: await options.health() };
    if (collection === "discovery") return usageCall(options.usage, method, id);
    if (method === "GET" && collection === "approvals" && id === undefined) {
      const statuses = query.getAll("status") as ApprovalStatus[];
      const queue = query.get("queue");
      const found = await engine.approvals({
        ...page,
        ...(statuses.length > 0 ? { statuses } : {}),
        ...(queue === null ? {} : { queue }),
      });
      return {
        status: 200,
        body: {
          items: found.items.map(toApprovalView),
          ...(found.nextCursor === undefined ? {} : { nextCursor: found.nextCursor }),
        },
      };
    }
    if (method === "GET" && collection === "approvals" && id !== undefined && action === undefined) {
      const approval = await engine.approval(id, viewer);
      return approval === undefined ? unknownApproval(id) : { status: 200, body: toApprovalView(approval) };
    }
    if (
      method === "POST" &&
      collection === "approvals" &&
      id !== undefined &&
      (action === "approve" || action === "reject")
    ) {
      return decide(
        { engine, newCorrelationId: options.newCorrelationId, viewer, caller },
        id,
        action,
        isJsonObject(body) ? body : {},
      );
    }
    if (collection === "workflows" && id !== undefined) {
      const context = { engine, newCorrelationId: options.newCorrelationId, viewer, caller };
      if (method === "GET" && action === "output")
        return outputOf(context, id, query.get("operation") ?? undefined);
      return workflowCall(context, method, id, action, isJsonObject(body) ? body : {});
    }
    if (method === "GET" && collection === "workflows") {
      const definitionId = query.get("definition");
      const statuses = query.getAll("status") as InstanceStatus[];
      const found = await engine.instances({
        ...page,
        ...(definitionId === null ? {} : { definitionId }),
        ...(statuses.length > 0 ? { statuses } : {}),
      });
      return {
        status: 200,
        body: {
          items: found.items.map(toInstanceView),
          ...(found.nextCursor === undefined ? {} : { nextCursor: found.nextCursor }),
        },
      };
    }
    return notFound(path);
  };
}

async function usageCall(
  usage: Usage | undefined,
  method: string,
  action: string | undefined,
): Promise<AdminResponse> {
  if (usage === undefined)
    return {
      status: 409,
      body: { error: "Nothing is counted: the configuration has no discovery.learn: true." },
    };
  if (method === "GET" && action === undefined) return { status: 200, body: await usage.show() };
  if (method !== "POST" || action !== "reset") return notFound("/admin/discovery");
  await usage.reset();
  return { status: 200, body: {} };
}

interface CallContext {
  readonly engine: Engine;
  readonly newCorrelationId: () => string;
  readonly viewer: Principal;
  readonly caller: Principal | undefined;
}

async function decide(
  { engine, newCorrelationId, viewer, caller }: CallContext,
  approvalId: string,
  decision: "approve" | "reject",
  body: JsonObject,
): Promise<AdminResponse> {
  if ((await engine.approval(approvalId, viewer)) === undefined) return unknownApproval(approvalId);
  if (caller !== undefined && caller.kind !== "human")
    return {
      status: 403,
      body: { error: "Only people decide: this caller's identity is not of kind human." },
    };
  const principal = caller ?? toDecider(body["as"], viewer.tenant);
  if (principal === undefined) return { status: 400, body: { error: "Say who decides: --as NAME." } };
  const snapshot = await engine.decide({
    approvalId,
    decision,
    principal,
    correlationId: newCorrelationId(),
    ...(typeof body["transition"] === "string" ? { transition: body["transition"] } : {}),
    ...(typeof body["reason"] === "string" ? { reason: body["reason"] } : {}),
    ...(isJsonObject(body["input"]) ? { input: body["input"] } : {}),
  });
  const after = await engine.approval(approvalId, viewer);
  const view = after === undefined ? {} : toApprovalView(after);
  if (snapshot.error !== undefined && snapshot.status === "rejected") {
    return {
      status: 409,
      body: { error: snapshot.error.message, code: snapshot.error.code, approval: view },
    };
  }
  return {
    status: 200,
    body: {
      approval: view,
      ...(snapshot.instance === undefined ? {} : { workflow: toInstanceView(snapshot.instance) }),
      status: snapshot.status,
      ...(snapshot.message === undefined ? {} : { message: snapshot.message }),
    },
  };
}

async function workflowCall(
  { engine, newCorrelationId, viewer, caller }: CallContext,
  method: string,
  workflowId: string,
  action: string | undefined,
  body: JsonObject,
): Promise<AdminResponse> {
  const principal = caller ?? toDecider(body["as"], viewer.tenant) ?? viewer;
  if (method === "GET" && action === undefined) {
    const snapshot = await engine.get(workflowId, principal);
    const { instance } = snapshot;
    if (instance === undefined) return withoutInstance(snapshot, workflowId);
    const journal = (await engine.journal(workflowId, principal)) ?? [];
    const view = {
      ...toInstanceView(instance),
      message: snapshot.message,
      input: instance.input,
      context: instance.context,
    };
    return { status: 200, body: { ...view, journal: journal.map(toJournalView) } };
  }
  const reason = typeof body["reason"] === "string" ? body["reason"] : "";
  if (method !== "POST" || (action !== "cancel" && action !== "resolve" && action !== "migrate"))
    return notFound(`workflows/${workflowId}/${action ?? ""}`);
  if (reason === "") return { status: 400, body: { error: "Say why: --reason TEXT." } };
  const operatorCall = {
    workflowId,
    reason,
    principal: caller ?? { ...principal, permissions: ["workflow.*"] },
    correlationId: newCorrelationId(),
  };
  if (action === "cancel") return toResponse(await engine.cancel(operatorCall), workflowId);
  if (action === "migrate") {
    const { to, map = {} } = body;
    if (typeof to !== "string" || !isTextMap(map))
      return { status: 400, body: { error: "Say where to: --to current, or a definition's hash." } };
    return toResponse(await engine.migrate({ ...operatorCall, to, map }), workflowId);
  }
  const { outcome, result } = body;
  if (outcome !== "executed" && outcome !== "not_executed" && outcome !== "abandon") {
    return {
      status: 400,
      body: { error: "Say what became of it: --outcome executed, not_executed or abandon." },
    };
  }
  return toResponse(
    await engine.resolveUnknown({ ...operatorCall, outcome, ...(result === undefined ? {} : { result }) }),
    workflowId,
  );
}

/** What an operation returned, whole; left out, the last one that returned something. */
async function outputOf(
  { engine, viewer }: CallContext,
  workflowId: string,
  operationId: string | undefined,
): Promise<AdminResponse> {
  const journal = await engine.journal(workflowId, viewer);
  if (journal === undefined) return unknownWorkflow(workflowId);
  const operation =
    operationId === undefined
      ? journal.findLast(({ result }) => result !== undefined)
      : journal.find(({ id }) => id === operationId);
  if (operation?.result === undefined) {
    const which = operationId === undefined ? "No operation" : `The operation ${operationId}`;
    const error = `${which} of ${workflowId} has an output. \`mcp-flowgate workflows show ${workflowId}\` shows what ran.`;
    return { status: 404, body: { error } };
  }
  const whole = async (value: Json): Promise<Json> =>
    isKeptRef(value) ? ((await engine.kept(workflowId, value.$truncated.sha256, viewer)) ?? value) : value;
  const [first] = operation.content ?? [];
  return {
    status: 200,
    body: {
      operationId: operation.id,
      output: await whole(operation.result),
      ...(first === undefined
        ? {}
        : { content: isKeptRef(first) ? await whole(first) : (operation.content ?? []) }),
    },
  };
}

function isTextMap(value: Json): value is { readonly [name: string]: string } {
  return isJsonObject(value) && Object.values(value).every((item) => typeof item === "string");
}

function toResponse(snapshot: Snapshot, workflowId: string): AdminResponse {
  const { instance, error, status, message } = snapshot;
  if (instance === undefined) return withoutInstance(snapshot, workflowId);
  if (status === "rejected" && error !== undefined)
    return { status: 409, body: { error: error.message, code: error.code } };
  return { status: 200, body: { workflow: toInstanceView(instance), status, message } };
}

/** It is there and cannot be read, or nobody may know that it is there. */
function withoutInstance({ error }: Snapshot, id: string): AdminResponse {
  if (error === undefined || error.code === "UNKNOWN_WORKFLOW") return unknownWorkflow(id);
  return { status: 503, body: { error: error.message, code: error.code } };
}

function unknownWorkflow(id: string): AdminResponse {
  return {
    status: 404,
    body: { error: `There is no workflow ${id}. \`mcp-flowgate workflows list\` shows what there is.` },
  };
}

/** Whoever can open the control socket sees all of a tenant. */
function operator(tenant: string): Principal {
  return { subject: "operator", tenant, roles: [], permissions: ["workflow.*"], kind: "human", via: "cli" };
}

/** Whoever can open the control socket may decide; the name is recorded with the way it came. */
function toDecider(as: Json | undefined, tenant: string): Principal | undefined {
  if (!isJsonObject(as) || typeof as["subject"] !== "string" || as["subject"] === "") return undefined;
  const roles = Array.isArray(as["roles"]) ? (as["roles"] as readonly string[]) : [];
  const permissions = Array.isArray(as["permissions"]) ? (as["permissions"] as readonly string[]) : [];
  const via = typeof as["osUser"] === "string" ? `cli:${as["osUser"]}` : "cli";
  return { subject: as["subject"], tenant, roles, permissions, kind: "human", via };
}

function unknownApproval(id: string): AdminResponse {
  return {
    status: 404,
    body: { error: `There is no approval ${id}. \`mcp-flowgate approvals list\` shows those that wait.` },
  };
}

function notFound(path: string): AdminResponse {
  return { status: 404, body: { error: `There is no admin call ${path}.` } };
}
