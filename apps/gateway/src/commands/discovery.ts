import { isJsonObject, type JsonObject } from "@mcp-flowgate/core";
import { expectObject, writeJson, type AdminOptions, type Write } from "./admin-calls.ts";
import { withAdmin } from "./admin-target.ts";

/** `discovery show`: what `discovery.learn` has counted, most started first. */
export async function showUsage(options: AdminOptions, write: Write): Promise<void> {
  const items = await withAdmin(options.config, async (targets) => {
    const files = new Set<unknown>();
    const found: JsonObject[] = [];
    for (const target of targets) {
      const body = expectObject(await target.call("GET", "/admin/discovery"));
      // Gateways that share a file give the same counts.
      if (body["file"] !== undefined && files.has(body["file"])) continue;
      files.add(body["file"]);
      if (Array.isArray(body["items"])) found.push(...body["items"].filter((item) => isJsonObject(item)));
    }
    return found.sort((left, right) => Number(right["starts"]) - Number(left["starts"]));
  });
  if (options.json === true) return writeJson(items, write);
  if (items.length === 0) return write("Nothing has been counted.\n");
  for (const { tenant, term, id, starts } of items)
    write(`${String(starts).padStart(5)}  ${String(tenant)}  ${String(term)} → ${String(id)}\n`);
}

/** `discovery reset`: forgets all of it. */
export async function resetUsage(options: AdminOptions, write: Write): Promise<void> {
  await withAdmin(options.config, async (targets) => {
    for (const target of targets) expectObject(await target.call("POST", "/admin/discovery/reset"));
  });
  if (options.json === true) return writeJson({ reset: true }, write);
  write("All counts are forgotten.\n");
}
