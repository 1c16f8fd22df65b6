import type { IncomingMessage } from "node:http";
import {
  ANONYMOUS,
  err,
  ok,
  type Clock,
  type GatewayPlan,
  type JsonObject,
  type Log,
  type Principal,
  type Result,
} from "@mcp-flowgate/core";
import type { Fetch } from "@mcp-flowgate/outbound";
import { osUser } from "../host/os-user.ts";
import { createApiKeyProvider } from "./api-keys.ts";
import { createClientCertificateProvider } from "./client-certificate.ts";
import { createIntrospectionProvider } from "./introspection.ts";
import type { IdentityProvider, Recognised } from "./provider.ts";
import { textsOf, toPrincipal, type RoleTable } from "./to-principal.ts";
import { createTrustedHeadersProvider } from "./trusted-headers.ts";

/** Why a request is nobody's; `message` may be told to a stranger. */
export interface Unrecognised {
  /** 401, or 503 where the caller's proof cannot be checked now. */
  readonly status: 401 | 503;
  /** Whether the request carried a proof of identity at all. */
  readonly presented: boolean;
  readonly message: string;
}

/** Who sends this HTTP request. */
export type Authenticator = (request: IncomingMessage) => Promise<Result<Recognised, Unrecognised>>;

/**
 * The authenticator that a configuration asks for: a chain in which the first that recognises the request wins.
 * Where a request carries a proof of identity that nobody recognises, it is refused, also where `anonymous` is one
 * of the ways: somebody whose key has expired must not go on as nobody.
 */
export function createAuthenticator(
  plan: Pick<GatewayPlan, "identity" | "roles">,
  options: { readonly clock: Clock; readonly log: Log; readonly fetch: Fetch },
): Authenticator {
  const providers = plan.identity.flatMap((settings) => createProvider(settings, plan.roles, options) ?? []);
  const anonymous = plan.identity.length === 0 || plan.identity.some(({ kind }) => kind === "anonymous");
  return async (request) => {
    let unrecognised: string | undefined;
    for (const provider of providers) {
      const recognition = await provider.recognise(request);
      switch (recognition.kind) {
        case "recognised":
          return ok(recognition.caller);
        case "refused":
          return err({ status: 401, presented: true, message: recognition.reason });
        case "unavailable":
          return err({ status: 503, presented: true, message: recognition.reason });
        case "unrecognised":
          unrecognised ??= recognition.reason;
          break;
        case "absent":
          break;
        default:
          recognition satisfies never;
      }
    }
    if (unrecognised !== undefined) return err({ status: 401, presented: true, message: unrecognised });
    if (anonymous) return ok({ principal: ANONYMOUS });
    return err({
      status: 401,
      presented: false,
      message: "Say who you are: send a bearer token or an API key.",
    });
  };
}

/** The principal of whoever started this process with stdio: the OS user where the configuration says `local`. */
export function stdioPrincipal(plan: Pick<GatewayPlan, "identity" | "roles">): Principal {
  const local = plan.identity.find((identity) => identity["kind"] === "local");
  if (local === undefined) return ANONYMOUS;
  return toPrincipal(
    {
      subject: typeof local["subject"] === "string" ? local["subject"] : osUser().name,
      roles: textsOf(local["roles"]),
      permissions: textsOf(local["permissions"]),
      via: "local",
    },
    plan.roles,
  );
}

function createProvider(
  settings: JsonObject,
  roles: RoleTable,
  options: { readonly clock: Clock; readonly log: Log; readonly fetch: Fetch },
): IdentityProvider | undefined {
  switch (settings["kind"]) {
    case "apiKeys":
      return createApiKeyProvider(settings, roles, options.clock);
    case "jwt":
      return later(
        import("./jwt.ts").then(({ createJwtProvider }) =>
          createJwtProvider(settings, { roles, ...options }),
        ),
      );
    case "introspection":
      return createIntrospectionProvider(settings, { roles, ...options });
    case "trustedHeaders":
      return createTrustedHeadersProvider(settings, roles);
    case "mtls":
      return createClientCertificateProvider(settings, roles);
    case "anonymous":
    case "local":
      return undefined;
    default:
      // A gateway that cannot check who calls must not start.
      throw new Error(`identity kind "${String(settings["kind"])}" is not known`);
  }
}

/** A provider whose library is loaded only where a configuration has one; requests wait for it. */
function later(provider: Promise<IdentityProvider>): IdentityProvider {
  return { recognise: async (request) => (await provider).recognise(request) };
}
