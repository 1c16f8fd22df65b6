import { isJsonObject, type JsonObject } from "@mcp-flowgate/core";
import { expectObject, writeJson, type Write } from "./admin-calls.ts";
import { withAdmin } from "./admin-target.ts";
import { CommandError } from "./command-error.ts";

/** `log-level`: shows how much running gateways log, or changes it until they end. */
export async function logLevel(
  level: string | undefined,
  options: { readonly config?: readonly string[]; readonly json?: boolean },
  write: Write,
): Promise<void> {
  const levels: JsonObject[] = [];
  await withAdmin(options.config, async (targets) => {
    for (const target of targets) {
      const health = await target.call("GET", "/admin/health");
      const body = expectObject(
        level === undefined
          ? await target.call("GET", "/admin/log-level")
          : await target.call("POST", "/admin/log-level", { level }),
      );
      const pid = isJsonObject(health.body) ? health.body["pid"] : undefined;
      if (pid === process.pid)
        throw new CommandError("No gateway runs on this configuration; its file says how much one will log.");
      levels.push({ pid: Number(pid), level: String(body["level"]) });
    }
  });
  if (options.json === true) return writeJson(levels, write);
  for (const { pid, level: now } of levels) write(`${String(pid)}: ${String(now)}\n`);
}
