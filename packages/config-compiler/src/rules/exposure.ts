import { escapePointer } from "@mcp-flowgate/json-schema";
import { quote } from "../source/config-node.ts";
import { matchesGlob } from "./glob.ts";
import type { Rule } from "./rule.ts";

/** Doors beside the guarded one: FG616 for imported tools, FG617 for the network. */
export const checkExposure: Rule = ({ root, capabilities, settings, report, keyAt, valueAt }) => {
  const imports = root.child("proxy")?.itemsOf("import") ?? [];
  for (const [id, { source, guards }] of Object.entries(capabilities)) {
    if (source.kind !== "declared" || source.wraps === undefined) continue;
    const { connection, tool } = source.wraps;
    for (const entry of imports) {
      const include = entry.texts("include");
      const taken = include.length === 0 || include.some((glob) => matchesGlob(glob, tool));
      const left = entry.texts("exclude").some((glob) => matchesGlob(glob, tool));
      if (entry.text("connection") !== connection || !taken || left) continue;
      if (guards.length <= entry.itemsOf("guards").length) continue;
      const pointer = `/capabilities/${escapePointer(id)}`;
      const at = root.child("capabilities")?.has(id) === true ? keyAt(pointer) : entry.node;
      report(
        "FG616",
        at,
        `${quote(id)} guards the tool ${quote(tool)}, which callers can also start without these guards`,
        {
          pointer,
          hint: `Add \`exclude: [${tool}]\` to the import of ${quote(connection)}.`,
        },
      );
    }
  }
  const { http, transport } = settings.server;
  const anonymous = settings.identity.every(({ kind }) => kind === "anonymous" || kind === "local");
  if (transport === "http" && anonymous && !http.insecure && !isLoopback(http.host)) {
    const pointer = "/server/http/listen";
    report(
      "FG617",
      valueAt(pointer),
      `other machines can reach ${http.host}, and callers are not told apart`,
      {
        pointer,
        hint: "Declare an `identity`, listen on 127.0.0.1, or write `insecure: true`.",
      },
    );
  }
};

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
