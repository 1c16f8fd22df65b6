import type { Json } from "@mcp-flowgate/core";
import type { AdminResponse } from "../admin/admin-api.ts";
import { compose } from "../compose.ts";
import { callControl, liveSockets } from "../control/control-client.ts";
import { createLog } from "../host/log.ts";
import { CommandError } from "./command-error.ts";
import { loadPlan, servedOf } from "./load.ts";

/** Something that answers admin calls: a running gateway, or the store of one that is opened for this command. */
export interface AdminTarget {
  call(method: string, path: string, body?: Json): Promise<AdminResponse>;
  close(): Promise<void>;
}

/**
 * The running gateways of this user, on one configuration or on any. Where none runs on a configuration whose store
 * is durable, its store is opened instead: instances and approvals outlive the process that made them.
 */
export async function reachAdmin(config: readonly string[] | undefined): Promise<readonly AdminTarget[]> {
  const live = await liveSockets(config);
  if (live.ok)
    return live.value.map((socket) => ({
      call: (method, path, body) => callControl(socket, method, path, body),
      close: async () => undefined,
    }));
  if (config === undefined) throw new CommandError(live.error);
  const plan = await loadPlan(config);
  if (plan.store.kind === "memory") throw new CommandError(live.error);
  const gateway = await compose(plan, createLog({ level: "warn", format: "text" }), {
    served: servedOf(config),
  });
  return [
    {
      call(method, path, body = {}) {
        const url = new URL(path, "http://store");
        return gateway.admin({ method, path: url.pathname, query: url.searchParams, body });
      },
      close: () => gateway.close(),
    },
  ];
}

/** Does something with targets and closes them whatever comes of it. */
export async function withAdmin<T>(
  config: readonly string[] | undefined,
  use: (targets: readonly AdminTarget[]) => Promise<T>,
): Promise<T> {
  const targets = await reachAdmin(config);
  try {
    return await use(targets);
  } finally {
    for (const target of targets) await target.close();
  }
}
