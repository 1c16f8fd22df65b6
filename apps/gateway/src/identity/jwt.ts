import { decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions, type LocalJWKSet } from "jose";
import type { Clock, JsonObject, Log } from "@mcp-flowgate/core";
import { fromClaims, toClaimsMapping } from "./claims.ts";
import type { Fetch } from "@mcp-flowgate/outbound";
import { createKeySet, fileSource, remoteSource, type KeySet } from "./key-set.ts";
import {
  ABSENT,
  bearerToken,
  refused,
  unrecognised,
  type IdentityProvider,
  type Recognition,
} from "./provider.ts";
import { textsOf, type RoleTable } from "./to-principal.ts";

/** Types that access tokens say they are; others (logout tokens, proofs) are signed by the same keys and mean something else. */
const TOKEN_TYPES = new Set(["jwt", "at+jwt", "application/at+jwt"]);

/** Access tokens of one issuer, checked against its public keys. */
export function createJwtProvider(
  settings: JsonObject,
  options: { readonly roles: RoleTable; readonly clock: Clock; readonly log: Log; readonly fetch: Fetch },
): IdentityProvider {
  const issuer = String(settings["issuer"]);
  const mapping = toClaimsMapping(settings);
  const maxBytes = Number(settings["maxTokenBytes"]);
  const keySet = createIssuerKeys(settings, options);
  const checks = (): JWTVerifyOptions => ({
    issuer,
    audience: [...textsOf(settings["audience"])],
    algorithms: [...textsOf(settings["algorithms"])],
    clockTolerance: Number(settings["clockSkewMs"]) / 1000,
    requiredClaims: ["exp"],
    currentDate: new Date(options.clock.now()),
  });
  return {
    async recognise(request) {
      const token = bearerToken(request);
      if (token === undefined) return ABSENT;
      if (token.length > maxBytes) return refused(`The token is larger than ${maxBytes} bytes.`);
      if (issuerOf(token) !== issuer) return unrecognised("The token is of no issuer that is known here.");
      let keys = await keySet.get();
      if (!keys.ok) return unavailable(issuer);
      let verified = await verify(token, keys.value, checks());
      if (verified === "no such key") {
        keys = await keySet.get({ not: keys.value });
        if (!keys.ok) return unavailable(issuer);
        verified = await verify(token, keys.value, checks());
      }
      if (typeof verified === "string")
        return refused(verified === "no such key" ? "The token's key is not known." : verified);
      const caller = fromClaims(verified as JsonObject, mapping, options.roles, `jwt:${issuer}`);
      return caller.ok ? { kind: "recognised", caller: caller.value } : refused(caller.error);
    },
  };
}

/** The keys that tokens of this issuer are checked with. */
export function createIssuerKeys(
  settings: JsonObject,
  { clock, log, fetch }: { readonly clock: Clock; readonly log: Log; readonly fetch: Fetch },
): KeySet {
  const issuer = String(settings["issuer"]);
  const { jwksFile, jwksUrl } = settings;
  return createKeySet({
    source:
      typeof jwksFile === "string"
        ? fileSource(jwksFile)
        : remoteSource(fetch, issuer, typeof jwksUrl === "string" ? jwksUrl : undefined),
    clock,
    log,
    name: issuer,
  });
}

function unavailable(issuer: string): Recognition {
  return { kind: "unavailable", reason: `The keys of ${issuer} cannot be had at the moment.` };
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** The claims of a token that holds, or why it does not. */
async function verify(
  token: string,
  keys: LocalJWKSet,
  checks: JWTVerifyOptions,
): Promise<JWTPayload | string> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, checks).catch((error: unknown) =>
      verifyWithAny(token, error, checks),
    );
    const type = protectedHeader.typ?.toLowerCase();
    return type === undefined || TOKEN_TYPES.has(type) ? payload : "This is no access token.";
  } catch (error) {
    return toReason(error);
  }
}

/** A token without a key id may fit several keys: any of them will do. */
async function verifyWithAny(token: string, error: unknown, checks: JWTVerifyOptions) {
  if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
  let last: unknown = error;
  for await (const key of error) {
    try {
      return await jwtVerify(token, key, checks);
    } catch (problem) {
      last = problem;
      if (!(problem instanceof errors.JWSSignatureVerificationFailed)) break;
    }
  }
  throw last;
}

function toReason(error: unknown): string {
  if (error instanceof errors.JWKSNoMatchingKey) return "no such key";
  if (error instanceof errors.JWTExpired) return "The token has expired.";
  if (error instanceof errors.JOSEAlgNotAllowed)
    return "The token is signed by an algorithm that is not accepted.";
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === "aud"
      ? "The token is for somebody else (audience)."
      : error.claim === "nbf"
        ? "The token is not valid yet."
        : `The token's claim "${error.claim}" is missing or wrong.`;
  return "The token's signature does not hold.";
}
