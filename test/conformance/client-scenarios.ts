/**
 * The scenarios for clients, run against the gateway's connections to MCP servers, and why the rest are not. As with the
 * scenarios for servers, the lists are complete.
 */
export interface ClientSuite {
  readonly revision: "2025-11-25" | "2026-07-28";
  readonly suite: string;
  readonly run: readonly string[];
  readonly skipped: Readonly<Record<string, string>>;
}

const WITH_A_PERSON =
  "the authorization-code flow needs a person with a browser; a gateway's connections are configured with their credentials";
const ASKS_CLIENT =
  "the gateway offers servers no elicitation: a tool that asks for input fails, and says so";
const OTHER_CREDENTIALS = "an optional extension of the protocol that the gateway does not offer";

const because = (reason: string, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, reason]));

const INTERACTIVE = [
  "auth/metadata-default",
  "auth/metadata-var1",
  "auth/metadata-var2",
  "auth/metadata-var3",
  "auth/basic-cimd",
  "auth/scope-from-www-authenticate",
  "auth/scope-from-scopes-supported",
  "auth/scope-omitted-when-undefined",
  "auth/scope-step-up",
  "auth/scope-retry-limit",
  "auth/token-endpoint-auth-basic",
  "auth/token-endpoint-auth-post",
  "auth/token-endpoint-auth-none",
  "auth/pre-registration",
];

export const CLIENT_SUITES: readonly ClientSuite[] = [
  {
    revision: "2025-11-25",
    suite: "@modelcontextprotocol/conformance",
    run: ["initialize", "tools_call", "sse-retry", "auth/client-credentials-basic"],
    skipped: {
      ...because(WITH_A_PERSON, INTERACTIVE),
      "elicitation-sep1034-client-defaults": ASKS_CLIENT,
      ...because(OTHER_CREDENTIALS, ["auth/client-credentials-jwt", "auth/cross-app-access-complete-flow"]),
    },
  },
  {
    revision: "2026-07-28",
    suite: "conformance-2026",
    run: [
      "tools_call",
      "request-metadata",
      "http-standard-headers",
      "http-custom-headers",
      "http-invalid-tool-headers",
      "json-schema-ref-no-deref",
      "json-schema-2020-12-preservation",
      "auth/client-credentials-basic",
    ],
    skipped: {
      ...because(WITH_A_PERSON, [
        ...INTERACTIVE,
        "auth/resource-mismatch",
        "auth/offline-access-scope",
        "auth/offline-access-not-supported",
        "auth/authorization-server-migration",
        "auth/iss-supported",
        "auth/iss-not-advertised",
        "auth/iss-supported-missing",
        "auth/iss-wrong-issuer",
        "auth/iss-unexpected",
        "auth/iss-normalized",
        "auth/metadata-issuer-mismatch",
      ]),
      "sep-2322-client-request-state": ASKS_CLIENT,
      ...because(OTHER_CREDENTIALS, [
        "auth/client-credentials-jwt",
        "auth/enterprise-managed-authorization",
        "auth/dpop",
        "auth/dpop-nonce",
        "auth/wif-jwt-bearer",
        "sep-2640-client-no-prefetch",
        "sep-2640-client-verify-digest",
        "sep-2640-client-verify-size",
        "sep-2640-client-verify-frontmatter",
      ]),
    },
  },
];
