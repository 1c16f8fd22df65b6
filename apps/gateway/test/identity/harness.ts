import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock, GatewayPlan, Log } from "@mcp-flowgate/core";
import { compileConfig } from "@mcp-flowgate/config-compiler";
import type { Fetch } from "@mcp-flowgate/outbound";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from "jose";
import { systemDigest } from "../../src/host/ids.ts";
import { createAuthenticator } from "../../src/identity/authenticator.ts";

const silent = (): undefined => undefined;
export const SILENT: Log = { debug: silent, info: silent, warn: silent, error: silent };

export interface Listening extends AsyncDisposable {
  readonly url: string;
}

export async function listen(listener: RequestListener): Promise<Listening> {
  const server: Server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The plan of a configuration that is only an identity. */
export async function planOf(identity: string, files: Record<string, string> = {}): Promise<GatewayPlan> {
  const text = `version: "1.0.0"\n${identity}\n`;
  const sources = new Map(Object.entries({ "/c/gateway.yaml": text, ...files }));
  const compilation = await compileConfig({
    files: ["/c/gateway.yaml"],
    reader: {
      read: async (path) => ({ ok: true, value: new TextEncoder().encode(sources.get(path) ?? "") }),
      glob: async () => [],
      resolve: (base, relative) => (relative.startsWith("/") ? relative : `${base}/${relative}`),
      directory: () => "/c",
    },
    env: () => undefined,
    digest: systemDigest,
  });
  if (compilation.plan === undefined)
    throw new Error(compilation.diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n"));
  return compilation.plan;
}

export interface Door extends AsyncDisposable {
  /** `subject@tenant kind [permissions] via`, or the status and message of a refusal. */
  ask(headers: Record<string, string | string[]>): Promise<string>;
  readonly url: string;
}

/** A server that says how the authenticator of a configuration sees whoever asks. */
export async function openDoor(identity: string, clock: Clock, send: Fetch = fetch as Fetch): Promise<Door> {
  const authenticate = createAuthenticator(await planOf(identity), { clock, log: SILENT, fetch: send });
  const server = await listen((request, response) => {
    void authenticate(request).then((who) => {
      const said = who.ok
        ? `${who.value.principal.subject}@${who.value.principal.tenant} ${who.value.principal.kind} [${who.value.principal.permissions.join(" ")}] ${who.value.principal.via}`
        : `${who.error.status} ${who.error.message}`;
      response.end(said);
    });
  });
  return {
    url: server.url,
    ask: (headers) => get(server.url, headers),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function get(url: string, headers: Record<string, string | string[]>): Promise<string> {
  const { request } = await import("node:http");
  return new Promise((done, failed) => {
    const call = request(url, { headers, agent: false }, (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => done(text));
    });
    call.on("error", failed).end();
  });
}

/** An issuer with a key that can be rotated, serving its key set and metadata. */
export interface Issuer extends AsyncDisposable {
  readonly url: string;
  readonly publicKey: CryptoKey;
  keys(): readonly JWK[];
  fetches(): number;
  rotate(kid: string): Promise<void>;
  /** What its key endpoint does from now on. */
  misbehave(listener: RequestListener | undefined): void;
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
}

export async function openIssuer(clock: Clock, alg = "ES256"): Promise<Issuer> {
  let pair = await generateKeyPair(alg, { extractable: true });
  let kid = "k1";
  let keys: JWK[] = [];
  let fetches = 0;
  let other: RequestListener | undefined;
  const publish = async (): Promise<void> => {
    keys = [{ ...(await exportJWK(pair.publicKey)), kid, alg, use: "sig" }];
  };
  await publish();
  const server = await listen((request, response) => {
    if (request.url === "/jwks") {
      fetches++;
      if (other !== undefined) return other(request, response);
      response.end(JSON.stringify({ keys }));
      return;
    }
    if (request.url === "/.well-known/oauth-authorization-server") {
      response.end(JSON.stringify({ issuer: server.url, jwks_uri: `${server.url}/jwks` }));
      return;
    }
    response.writeHead(404).end();
  });
  return {
    url: server.url,
    get publicKey() {
      return pair.publicKey;
    },
    keys: () => keys,
    fetches: () => fetches,
    async rotate(next) {
      pair = await generateKeyPair(alg, { extractable: true });
      kid = next;
      await publish();
    },
    misbehave: (listener) => (other = listener),
    sign: (claims, header = {}) => {
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({
        iss: server.url,
        aud: "flowgate",
        sub: "ada",
        iat: now,
        exp: now + 300,
        ...claims,
      })
        .setProtectedHeader({ alg, kid, typ: "at+jwt", ...header })
        .sign(pair.privateKey);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
