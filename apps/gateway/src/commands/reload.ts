import { isJsonObject, type Json } from "@mcp-flowgate/core";
import { callControl, liveSockets } from "../control/control-client.ts";
import { writeJson, type Write } from "./admin-calls.ts";
import { CommandError } from "./command-error.ts";

/** `reload`: has running gateways read their configuration again. Fails where one of them kept what it had. */
export async function reload(
  options: { readonly config?: readonly string[]; readonly json?: boolean },
  write: Write,
): Promise<void> {
  const sockets = await liveSockets(options.config);
  if (!sockets.ok) throw new CommandError(sockets.error);
  const problems: string[] = [];
  for (const socket of sockets.value) {
    const health = await callControl(socket, "GET", "/admin/health");
    const pid = String(isJsonObject(health.body) ? health.body["pid"] : "?");
    const { status, body } = await callControl(socket, "POST", "/admin/reload");
    const answer = isJsonObject(body) ? body : {};
    if (options.json === true) writeJson({ pid: Number(pid), ...answer }, write);
    else if (status === 200) write(`${pid}: reloaded${describeChanges(answer["changes"])}\n`);
    if (status === 200) continue;
    const where = texts(answer["diagnostics"]).map((text) => `\n  ${text}`);
    problems.push(`${pid}: ${String(answer["error"] ?? `the gateway answered ${status}`)}${where.join("")}`);
  }
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
}

function texts(diagnostics: Json | undefined): readonly string[] {
  if (!Array.isArray(diagnostics)) return [];
  return diagnostics.filter(isJsonObject).map((one) => {
    const place = typeof one["file"] === "string" ? `${one["file"]}:${String(one["line"] ?? 1)}: ` : "";
    return `${place}${String(one["message"])}`;
  });
}

/** `; workflows: +a -b ~c`, or that nothing differs. */
function describeChanges(changes: Json | undefined): string {
  if (!isJsonObject(changes)) return "";
  const signs = [
    ["added", "+"],
    ["removed", "-"],
    ["changed", "~"],
  ] as const;
  const parts = Object.entries(changes).flatMap(([kind, ids]) => {
    if (!isJsonObject(ids)) return [];
    const all = signs.flatMap(([name, sign]) => {
      const list = ids[name];
      return Array.isArray(list) ? list.map((id: Json) => `${sign}${String(id)}`) : [];
    });
    return all.length === 0 ? [] : [`${kind}: ${all.join(" ")}`];
  });
  return parts.length === 0
    ? "; workflows, capabilities and connections are as they were"
    : `; ${parts.join("; ")}`;
}
