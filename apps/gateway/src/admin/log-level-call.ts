import { isJsonObject } from "@mcp-flowgate/core";
import { LOG_LEVELS, type HostLog } from "../host/log.ts";
import type { AdminApi } from "./admin-api.ts";

/** Puts `GET` and `POST /admin/log-level` in front of an admin API. */
export function withLogLevel(admin: AdminApi, log: HostLog): AdminApi {
  return async (request) => {
    if (request.path !== "/admin/log-level") return admin(request);
    if (request.method === "POST") {
      const wanted = isJsonObject(request.body) ? request.body["level"] : undefined;
      const level = LOG_LEVELS.find((one) => one === wanted);
      if (level === undefined) {
        const error = `${JSON.stringify(wanted ?? null)} is no level; they are ${LOG_LEVELS.join(", ")}.`;
        return { status: 400, body: { error } };
      }
      const before = log.level();
      log.setLevel(level);
      log.warn("the log level was changed", { from: before, to: level });
    }
    return { status: 200, body: { level: log.level() } };
  };
}
