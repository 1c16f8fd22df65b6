import { createEgressPolicy, egressFault } from "@mcp-flowgate/core";
import type { Cursor } from "../emit/cursor.ts";
import { quote } from "../source/config-node.ts";
import { identityProviders } from "./identity.ts";
import type { Rule } from "./rule.ts";

/** Connections and authorization servers that `server.egress` would never let the gateway dial: FG618. */
export const checkEgress: Rule = ({ root, settings, report }) => {
  const { egress } = settings.server;
  // An entry that says nothing was reported where it stands; what it was meant to say is not known.
  if ([...egress.allow, ...egress.deny].some((entry) => egressFault(entry) !== undefined)) return;
  const policy = createEgressPolicy(egress);
  const judge = (what: string, place: Cursor | undefined): void => {
    if (place === undefined || !isRefused(place, policy)) return;
    report("FG618", place.node, `${what} is never dialled: \`server.egress\` leaves out its host`, {
      pointer: place.pointer,
      hint: "Add the host to `server.egress.allow`, or take it from `deny`.",
    });
  };
  for (const connection of root.entriesOf("connections")) {
    const places = [
      connection.get("baseUrl"),
      connection.get("url"),
      connection.child("auth")?.get("tokenUrl"),
    ];
    for (const place of places) judge(quote(connection.name), place);
  }
  for (const identity of identityProviders(root)) {
    const { value: kind } = identity.get("kind") ?? {};
    if (kind === "introspection") judge("The token check", identity.get("url"));
    if (kind !== "jwt" || identity.has("jwksFile")) continue;
    judge("The issuer of tokens", identity.get("jwksUrl") ?? identity.get("issuer"));
  }
};

function isRefused({ value }: Cursor, policy: ReturnType<typeof createEgressPolicy>): boolean {
  return value !== undefined && URL.canParse(value) && policy.neverDials(new URL(value).hostname);
}
