import { isJsonObject } from "@mcp-flowgate/core";
import { expectObject, type Write } from "./admin-calls.ts";
import { withAdmin } from "./admin-target.ts";
import { CommandError } from "./command-error.ts";

/** `log-level`: shows how much running gateways log, or changes it until they end. */
export async function logLevel(
  level: string | undefined,
  options: { readonly config?: readonly string[] },
  write: Write,
): Promise<void> {
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
      write(`${String(pid)}: ${String(body["level"])}\n`);
    }
  });
}
