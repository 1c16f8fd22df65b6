import type { Result } from "@mcp-flowgate/core";
import type { Reloaded, ReloadProblem, ReloadTrigger } from "../reload/reloader.ts";
import type { AdminApi } from "./admin-api.ts";

/** Puts `POST /admin/reload` in front of an admin API. */
export function withReload(
  admin: AdminApi,
  reload: (trigger: ReloadTrigger) => Promise<Result<Reloaded, ReloadProblem>>,
): AdminApi {
  return async (request) => {
    if (request.path !== "/admin/reload" || request.method !== "POST") return admin(request);
    const outcome = await reload("admin");
    if (outcome.ok) return { status: 200, body: { ...outcome.value } };
    const { reason, diagnostics = [], needsRestart = [] } = outcome.error;
    return {
      status: 409,
      body: { error: `Nothing was changed: ${reason}.`, diagnostics, needsRestart },
    };
  };
}
