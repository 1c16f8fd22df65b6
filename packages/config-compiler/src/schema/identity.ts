import {
  choice,
  duration,
  either,
  list,
  map,
  object,
  size,
  text,
  texts,
  type Field,
  type ObjectField,
  type VariantsField,
} from "./field.ts";

const callerKind = (about: string): Field =>
  choice(
    about,
    "service",
    { agent: "A program that acts for somebody.", human: "A person.", service: "A system." },
    { default: "agent" },
  );

/** What both forms of access tokens have in common. */
const tokenFields: { readonly [name: string]: Field } = {
  issuer: text("Who issues them, exactly as tokens say it.", "https://login.example.com"),
  audience: texts("For whom they are issued: any of these.", ["https://flowgate.example.com/mcp"], {
    orOne: true,
    minItems: 1,
  }),
  clockSkewMs: duration("How far clocks may differ.", "30s", { default: 30_000 }),
  maxTokenBytes: size("The largest token that is looked at.", "8KiB", { default: 8192 }),
  tenant: text(
    "The tenant of everybody whom this issuer names. With it, `claims.tenant` is not read.",
    "acme",
  ),
  subjectPrefix: text(
    "Put before every subject, so that two issuers cannot name the same one.",
    "contractors/",
  ),
  scopes: map(
    "What a scope permits. A caller who lacks a permission that a scope gives is told to ask for that scope.",
    "scope",
    texts("Permissions of the scope.", ["records.propose"]),
    { "records:write": ["records.propose"] },
    { default: {} },
  ),
  claims: object(
    "Which claims carry what: a claim's name, or a path through nested ones such as `realm_access.roles`.",
    {
      subject: text("The subject.", "sub", { default: "sub" }),
      tenant: text("The tenant. A token without it is refused.", "tid"),
      roles: text("The roles, a list or one role.", "groups"),
      permissions: text("The permissions, a list or a text with spaces.", "scope"),
      kind: text("What the caller is: agent, human or service.", "kind"),
    },
  ),
};

const jwt: ObjectField = object(
  "Access tokens (JWT) of an OAuth 2.1 authorization server.",
  {
    ...tokenFields,
    jwksUrl: text(
      "Where the public keys are; left out, found by the issuer's metadata.",
      "https://login.example.com/jwks",
      { format: "url" },
    ),
    jwksFile: text("A file with the public keys, for machines without a network.", "./keys/jwks.json"),
    algorithms: list(
      "Signature algorithms that are accepted. All are asymmetric: whoever can check a token cannot make one.",
      choice("An algorithm.", "ES256", {
        RS256: "RSA, SHA-256.",
        RS384: "RSA, SHA-384.",
        RS512: "RSA, SHA-512.",
        PS256: "RSA-PSS, SHA-256.",
        PS384: "RSA-PSS, SHA-384.",
        PS512: "RSA-PSS, SHA-512.",
        ES256: "ECDSA on P-256.",
        ES384: "ECDSA on P-384.",
        ES512: "ECDSA on P-521.",
        EdDSA: "Ed25519.",
        Ed25519: "Ed25519, by its own name.",
      }),
      ["RS256", "ES256"],
      { default: ["RS256", "ES256", "EdDSA"], minItems: 1 },
    ),
  },
  ["issuer", "audience"],
);

const introspection: ObjectField = object(
  "Access tokens that the authorization server is asked about (RFC 7662), for tokens that are opaque or can be revoked.",
  {
    ...tokenFields,
    url: text("The introspection endpoint.", "https://login.example.com/introspect", { format: "url" }),
    clientId: text("As whom the gateway asks.", "flowgate"),
    clientSecret: text("Its secret.", "${INTROSPECTION_SECRET}"),
    cacheMs: duration("How long an answer holds; so long does a revoked token still pass.", "30s", {
      default: 30_000,
    }),
    timeoutMs: duration("The time one answer may take.", "5s", { minimum: 1, default: 5000 }),
  },
  ["url", "issuer", "audience", "clientId", "clientSecret"],
);

const apiKeys: ObjectField = object(
  "Keys sent as a bearer token or as `X-API-Key`.",
  {
    keys: list(
      "The keys. Several may stand for the same subject, so that a new one is in use before the old one goes.",
      object(
        "One key and whom it stands for.",
        {
          id: text("A name for the key, shown instead of it.", "ci"),
          hash: text("The key's hash, as `mcp-flowgate init-key` prints it.", "scrypt$16384$8$1$…"),
          key: text("The key itself, from a variable.", "${CI_KEY}"),
          expiresAt: text("From then on the key is refused.", "2027-01-31", {
            pattern: {
              source: "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?(Z|[+-]\\d{2}:\\d{2}))?$",
              words: "a day such as 2027-01-31 or a time such as 2027-01-31T08:00:00Z",
            },
          }),
          subject: text("Who it is.", "ci"),
          tenant: text("The tenant.", "acme"),
          kind: callerKind("What it is."),
          roles: texts("Roles.", ["deployer"], { default: [] }),
          permissions: texts("Permissions.", ["deploy.*"], { default: [] }),
        },
        ["id", "subject"],
      ),
      [{ id: "ci", hash: "scrypt$…", subject: "ci", roles: ["deployer"] }],
      { minItems: 1 },
    ),
  },
  ["keys"],
);

const trustedHeaders: ObjectField = object(
  "Headers that a proxy in front has set. From anybody else they are ignored and the call is refused.",
  {
    subject: text("The header with the subject.", "X-User"),
    tenant: text("The header with the tenant.", "X-Tenant"),
    roles: text("The header with the roles, separated by commas.", "X-Roles"),
    permissions: text("The header with the permissions, separated by commas.", "X-Permissions"),
    callerKind: text("The header that says agent, human or service.", "X-Kind"),
    trustedProxies: texts("Addresses (CIDR) from which the headers are believed.", ["10.0.0.0/8"], {
      default: [],
    }),
    secretHeader: object(
      "A shared secret that the proxy sends. With `trustedProxies` both must be right.",
      { name: text("The header.", "X-Proxy-Secret"), value: text("The secret.", "${PROXY_SECRET}") },
      ["name", "value"],
    ),
  },
  ["subject"],
);

const mtls: ObjectField = object("Client certificates that `server.http.tls.ca` has signed.", {
  subject: choice(
    "What of the certificate names the caller.",
    "uri",
    {
      cn: "The common name of its subject.",
      uri: "The first URI of its alternative names, for example a SPIFFE id.",
      dns: "The first DNS name of its alternative names.",
      email: "The first address of its alternative names.",
    },
    { default: "cn" },
  ),
  tenant: choice("What of the subject names the tenant; left out, the default tenant.", "o", {
    o: "The organization. A certificate without one is refused.",
    ou: "The organizational unit. A certificate without one is refused.",
  }),
  callerKind: callerKind("What these callers are."),
  roles: texts("Roles of all of them.", ["service"], { default: [] }),
  permissions: texts("Permissions of all of them.", ["records.read"], { default: [] }),
  clients: map(
    "Roles of some of them, by subject.",
    "subject",
    object("What this one has besides.", {
      roles: texts("Roles.", ["deployer"], { default: [] }),
      permissions: texts("Permissions.", ["deploy.*"], { default: [] }),
    }),
    { "spiffe://acme/ci": { roles: ["deployer"] } },
    { default: {} },
  ),
});

const provider: VariantsField = {
  kind: "variants",
  about: "One way in which callers show who they are.",
  example: { kind: "jwt", issuer: "https://login.example.com", audience: "flowgate" },
  key: "kind",
  aliases: {},
  cases: {
    anonymous: object("Everybody is the same caller, without roles.", {}),
    local: object("On stdio: the user of the operating system.", {
      roles: texts("Roles that this user has.", ["developer"], { default: [] }),
      permissions: texts("Permissions that this user has.", ["repo.*"], { default: [] }),
    }),
    apiKeys,
    jwt,
    introspection,
    trustedHeaders,
    mtls,
  },
};

const roles = map(
  "What each role permits.",
  "role",
  texts("Permissions of the role.", ["deploy.*"]),
  { "release-manager": ["deploy.*", "workflow.resolve"] },
  { default: {} },
);

export const identity: Field = either(
  "Who callers are. One way, a list of ways of which the first that recognises the request wins, or `providers` with `roles`.",
  [
    list("Ways, tried in order.", provider, [{ kind: "anonymous" }], { minItems: 1 }),
    {
      kind: "variants",
      about: "One way, or several with the roles' permissions.",
      example: { kind: "anonymous" },
      key: "kind",
      aliases: {},
      cases: {
        ...provider.cases,
        providers: object(
          "Several ways, and what roles permit.",
          {
            providers: list("Ways, tried in order.", provider, [{ kind: "anonymous" }], { minItems: 1 }),
            roles,
          },
          ["providers"],
        ),
      },
      infer: (keys) => (keys.has("providers") ? "providers" : undefined),
    },
  ],
  { kind: "anonymous" },
  { default: { kind: "anonymous" } },
);
