import { readFile, stat } from "node:fs/promises";
import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from "jose";
import {
  err,
  isJsonObject,
  ok,
  tryParseJson,
  type Clock,
  type Json,
  type Log,
  type Result,
} from "@mcp-flowgate/core";
import type { Fetch } from "@mcp-flowgate/outbound";
import { fetchBounded } from "./bounded-fetch.ts";

/**
 * The public keys of one issuer.
 *
 * Owns the last good key set, and the time of the last attempt to get another.
 *
 * 1. A set older than `REFRESH_MS` is looked for anew, so that a key that the issuer withdrew stops to count.
 * 2. A key that the set does not have causes one look for a newer set, at most one every `COOLDOWN_MS`: made-up key
 *    ids cannot make the gateway flood the issuer.
 * 3. Lookers at the same time share one fetch.
 * 4. While the issuer cannot be asked, the last set goes on until it is `MAX_AGE_MS` old, and then no longer.
 * 5. Symmetric and private keys in a set are left out: a set of public keys has neither.
 */
export interface KeySet {
  /** The current keys. `fresher` asks for others than those of `not`. */
  get(fresher?: { readonly not: LocalJWKSet }): Promise<Result<LocalJWKSet, string>>;
}

const REFRESH_MS = 5 * 60_000;
const MAX_AGE_MS = 60 * 60_000;
const COOLDOWN_MS = 5000;
const TIMEOUT_MS = 5000;
const MAX_BYTES = 256 * 1024;
const MAX_KEYS = 100;

export function createKeySet(options: {
  readonly source: () => Promise<Result<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly name: string;
}): KeySet {
  const { clock, log, name } = options;
  let current: { readonly keys: LocalJWKSet; readonly at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let lastProblem = "";
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    triedAt = clock.monotonic();
    const text = await options.source();
    const keys = text.ok ? toKeySet(text.value) : text;
    if (keys.ok) current = { keys: keys.value, at: clock.monotonic() };
    else {
      lastProblem = keys.error;
      log.warn("the keys of an issuer cannot be had", { issuer: name, problem: keys.error });
    }
  };
  return {
    async get(fresher) {
      const now = clock.monotonic();
      const old = current === undefined || now - current.at > REFRESH_MS;
      const wanted = old || (fresher !== undefined && fresher.not === current?.keys);
      if (wanted && (looking !== undefined || now - triedAt >= COOLDOWN_MS)) {
        looking ??= look().finally(() => (looking = undefined));
        await looking;
      }
      if (current === undefined || clock.monotonic() - current.at > MAX_AGE_MS) return err(lastProblem);
      return ok(current.keys);
    },
  };
}

/** The text of a file, as long as it is no larger than a key set can be. */
export function fileSource(path: string): () => Promise<Result<string, string>> {
  return async () => {
    try {
      if ((await stat(path)).size > MAX_BYTES) return err(`the file is larger than ${MAX_BYTES} bytes`);
      return ok(await readFile(path, "utf8"));
    } catch (error) {
      return err(`the file cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"})`);
    }
  };
}

/** The set at a URL; without one, where the issuer's metadata (RFC 8414, OpenID Connect Discovery) says that it is. */
export function remoteSource(
  send: Fetch,
  issuer: string,
  jwksUrl: string | undefined,
): () => Promise<Result<string, string>> {
  const load = (url: string): Promise<Result<string, string>> =>
    fetchBounded(send, url, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
  return async () => {
    if (jwksUrl !== undefined) return load(jwksUrl);
    let problem = "";
    for (const url of metadataUrls(issuer)) {
      const text = await load(url);
      if (!text.ok) {
        problem = text.error;
        continue;
      }
      const metadata = tryParseJson(text.value);
      if (!isJsonObject(metadata) || metadata["issuer"] !== issuer) {
        problem = "its metadata names another issuer";
        continue;
      }
      const found = metadata["jwks_uri"];
      return typeof found === "string" && URL.canParse(found)
        ? load(found)
        : err("its metadata names no keys");
    }
    return err(problem);
  };
}

function metadataUrls(issuer: string): readonly string[] {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, "");
  return [
    `${url.origin}/.well-known/oauth-authorization-server${path}`,
    `${url.origin}${path}/.well-known/openid-configuration`,
  ];
}

function toKeySet(text: string): Result<LocalJWKSet, string> {
  const set = tryParseJson(text);
  const keys = isJsonObject(set) ? set["keys"] : undefined;
  if (!Array.isArray(keys)) return err("this is no JSON Web Key Set");
  const usable = (keys as readonly Json[]).filter(
    (key) => isJsonObject(key) && key["kty"] !== "oct" && key["d"] === undefined && key["use"] !== "enc",
  );
  if (usable.length === 0) return err("the set has no public key for signatures");
  if (usable.length > MAX_KEYS) return err(`the set has more than ${MAX_KEYS} keys`);
  return ok(createLocalJWKSet({ keys: usable } as unknown as JSONWebKeySet));
}
