import { createEgressPolicy, egressFault } from "@mcp-flowgate/core";
import type { Cursor } from "../emit/cursor.ts";
import { quote } from "../source/config-node.ts";
import type { Rule } from "./rule.ts";

/** Connections whose every call `server.egress` would refuse: FG618. */
export const checkEgress: Rule = ({ root, settings, report }) => {
  const { egress } = settings.server;
  // An entry that says nothing was reported where it stands; what it was meant to say is not known.
  if ([...egress.allow, ...egress.deny].some((entry) => egressFault(entry) !== undefined)) return;
  const policy = createEgressPolicy(egress);
  for (const connection of root.entriesOf("connections")) {
    const places = [
      connection.get("baseUrl"),
      connection.get("url"),
      connection.child("auth")?.get("tokenUrl"),
    ];
    for (const place of places) {
      if (place === undefined || !isRefused(place, policy)) continue;
      report(
        "FG618",
        place.node,
        `${quote(connection.name)} is never dialled: \`server.egress\` leaves out its host`,
        {
          pointer: place.pointer,
          hint: "Add the host to `server.egress.allow`, or take it from `deny`.",
        },
      );
    }
  }
};

function isRefused({ value }: Cursor, policy: ReturnType<typeof createEgressPolicy>): boolean {
  return value !== undefined && URL.canParse(value) && policy.neverDials(new URL(value).hostname);
}
