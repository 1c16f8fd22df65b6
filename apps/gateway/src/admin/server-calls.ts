import type { JsonObject, Principal } from "@mcp-flowgate/core";
import { SERVER_ACTIONS, type ServerControl } from "../cluster/server-control.ts";
import type { AdminApi, AdminResponse } from "./admin-api.ts";
import type { Operations } from "./observe.ts";

/** Puts `/servers`, `/servers/NAME` and its actions in front of an admin API. */
export function withServers(
  admin: AdminApi,
  parts: {
    readonly operations: Pick<Operations, "servers">;
    readonly control: ServerControl;
    /** Records who did what; rejects where it cannot be recorded and has to be. */
    readonly record: (payload: JsonObject, caller: Principal | undefined) => Promise<void>;
  },
): AdminApi {
  const { operations, control, record } = parts;
  const find = (name: string): JsonObject | undefined =>
    operations.servers([]).find((server) => server["name"] === name);
  return async (request) => {
    const [, head, name, act, ...rest] = request.path.split("/").map(decodeURIComponent);
    if (head !== "servers" || rest.length > 0) return admin(request);
    if (name === undefined && request.method === "GET")
      return { status: 200, body: { items: operations.servers(request.query.getAll("tag")) } };
    if (name === undefined) return admin(request);
    const found = find(name);
    if (found === undefined) return unknownServer(name);
    if (act === undefined && request.method === "GET") return { status: 200, body: found };
    const action = SERVER_ACTIONS.find((one) => one === act);
    if (action === undefined || request.method !== "POST") return admin(request);
    if (action === "restart" && control.isStopped(name))
      return { status: 409, body: { error: `${name} is stopped; start it.` } };
    await control.operate(name, action);
    await record({ connection: name, action }, request.caller);
    return { status: 200, body: find(name) ?? {} };
  };
}

function unknownServer(name: string): AdminResponse {
  return { status: 404, body: { error: `There is no connection ${name}.` } };
}
