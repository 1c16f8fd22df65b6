import type { IncomingMessage } from "node:http";
import { TLSSocket, type PeerCertificate } from "node:tls";
import { isJsonObject, type JsonObject } from "@mcp-flowgate/core";
import { ABSENT, refused, unrecognised, type IdentityProvider } from "./provider.ts";
import { isName, textsOf, toPrincipal, type RoleTable } from "./to-principal.ts";

/** Client certificates that the listener's own `ca` has signed. */
export function createClientCertificateProvider(settings: JsonObject, roles: RoleTable): IdentityProvider {
  const clients = isJsonObject(settings["clients"]) ? settings["clients"] : {};
  return {
    recognise(request) {
      const certificate = certificateOf(request);
      if (certificate === undefined) return Promise.resolve(ABSENT);
      if (!(request.socket as TLSSocket).authorized)
        return Promise.resolve(unrecognised("The client certificate is not accepted."));
      const subject = subjectOf(certificate, String(settings["subject"]));
      if (subject === undefined || !isName(subject))
        return Promise.resolve(refused("The client certificate names no subject."));
      const tenant =
        settings["tenant"] === undefined
          ? undefined
          : onlyOne(certificate.subject, String(settings["tenant"]));
      if (settings["tenant"] !== undefined && (tenant === undefined || !isName(tenant)))
        return Promise.resolve(refused("The client certificate names no tenant."));
      const own = Object.hasOwn(clients, subject) ? (clients[subject] as JsonObject) : {};
      const principal = toPrincipal(
        {
          subject,
          tenant,
          roles: [...textsOf(settings["roles"]), ...textsOf(own["roles"])],
          permissions: [...textsOf(settings["permissions"]), ...textsOf(own["permissions"])],
          kind: settings["callerKind"],
          via: "mtls",
        },
        roles,
      );
      return Promise.resolve({ kind: "recognised", caller: { principal } });
    },
  };
}

function certificateOf(request: IncomingMessage): PeerCertificate | undefined {
  if (!(request.socket instanceof TLSSocket)) return undefined;
  const certificate = request.socket.getPeerCertificate();
  return certificate.subject === undefined ? undefined : certificate;
}

function subjectOf(certificate: PeerCertificate, from: string): string | undefined {
  if (from === "cn") return onlyOne(certificate.subject, "cn");
  const label = { uri: "URI:", dns: "DNS:", email: "email:" }[from] ?? "";
  // Node quotes names that hold a comma or a quote: such a name is not taken apart but refused.
  const found = (certificate.subjectaltname ?? "").split(", ").find((name) => name.startsWith(label));
  const name = found?.slice(label.length);
  return name === undefined || name.startsWith('"') ? undefined : name;
}

/** An attribute that stands there several times (Node gives a list) is no name. */
function onlyOne(subject: PeerCertificate["subject"], attribute: string): string | undefined {
  const value: unknown = subject[attribute.toUpperCase() as "CN" | "O" | "OU"];
  return typeof value === "string" ? value : undefined;
}
