import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { OAuthClientProvider } from "@modelcontextprotocol/client";
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

/** What a caller's tokens say besides. */
export interface Person {
  readonly tid: string;
  readonly groups: readonly string[];
  readonly actor_kind?: string;
}

/** A real OpenID provider on loopback. Its log-in page takes whoever `login_hint` names, without a password. */
export interface OpenIdProvider extends AsyncDisposable {
  readonly issuer: string;
  /** A token of a client that acts for itself. */
  token(client: string, scope?: string): Promise<string>;
  /** What a person does in a browser: opens the page, logs in, agrees. Returns what the provider sends back to the host. */
  logIn(authorizationUrl: URL, person: string): Promise<URLSearchParams>;
}

const SECRET = "a-secret-that-only-this-test-knows";

export async function startOpenIdProvider(
  people: { readonly [subject: string]: Person },
  resource: string,
): Promise<OpenIdProvider> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: Object.keys(people).map((client_id) => ({
      client_id,
      client_secret: SECRET,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    })),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "k1" }] },
    cookies: { keys: ["cookies of a test"] },
    pkce: { required: () => true },
    scopes: ["openid", "offline_access", "records", "records:propose"],
    ttl: { ClientCredentials: 300 },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    extraTokenClaims: (_, token) => {
      const subject =
        "accountId" in token && token.accountId !== undefined ? token.accountId : token.clientId;
      const person = people[String(subject)];
      return person === undefined ? undefined : { ...person };
    },
    interactions: { url: (_, interaction) => `/log-in/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, asked) => ({
          scope: "records records:propose",
          audience: asked,
          accessTokenFormat: "jwt",
          accessTokenTTL: 300,
        }),
      },
    },
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (request.url?.startsWith("/log-in/") !== true) return void answer(request, response);
    void (async () => {
      const { params, session } = await provider.interactionDetails(request, response);
      const accountId = session?.accountId ?? String(params["login_hint"]);
      const grant = new provider.Grant({ accountId, clientId: String(params["client_id"]) });
      grant.addOIDCScope(`openid offline_access ${String(params["scope"] ?? "")}`);
      grant.addResourceScope(resource, String(params["scope"] ?? ""));
      const grantId = await grant.save();
      await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
    })();
  });
  return {
    issuer,
    async token(client, scope = "records") {
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: {
          authorization: `Basic ${Buffer.from(`${encodeURIComponent(client)}:${SECRET}`).toString("base64")}`,
        },
        body: new URLSearchParams({ grant_type: "client_credentials", scope, resource }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(JSON.stringify(body));
      return body.access_token;
    },
    async logIn(authorizationUrl, person) {
      authorizationUrl.searchParams.set("login_hint", person);
      const cookies = new Map<string, string>();
      let url = authorizationUrl;
      for (let hop = 0; hop < 10; hop++) {
        const response = await fetch(url, {
          redirect: "manual",
          headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
        });
        for (const cookie of response.headers.getSetCookie()) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          cookies.set(name, value);
        }
        const location = response.headers.get("location");
        if (location === null)
          throw new Error(`${url} ended with ${response.status}: ${await response.text()}`);
        url = new URL(location, url);
        if (url.searchParams.has("code")) return url.searchParams;
        if (url.searchParams.has("error")) throw new Error(url.search);
      }
      throw new Error(`no code after ten redirects, the last to ${url}`);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** What an MCP host keeps for the OAuth flow, in memory. */
export class HostMemory implements OAuthClientProvider {
  readonly redirectUrl = "http://127.0.0.1:9/back";
  readonly clientMetadata = {
    client_name: "e2e host",
    redirect_uris: [this.redirectUrl],
    application_type: "native",
    token_endpoint_auth_method: "none",
  };
  asked: URL[] = [];
  #client: Awaited<ReturnType<OAuthClientProvider["clientInformation"]>>;
  #tokens: Awaited<ReturnType<OAuthClientProvider["tokens"]>>;
  #verifier = "";

  clientInformation() {
    return this.#client;
  }
  saveClientInformation(client: Parameters<NonNullable<OAuthClientProvider["saveClientInformation"]>>[0]) {
    this.#client = client;
  }
  tokens() {
    return this.#tokens;
  }
  saveTokens(tokens: Parameters<OAuthClientProvider["saveTokens"]>[0]) {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.asked.push(url);
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
}
