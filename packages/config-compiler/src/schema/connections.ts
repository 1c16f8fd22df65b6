import {
  choice,
  duration,
  list,
  map,
  object,
  text,
  texts,
  whole,
  type Field,
  type ObjectField,
  type VariantsField,
} from "./field.ts";

const secretText = (about: string, example: string): Field => text(about, example);

const headers = map(
  "Headers sent with every request.",
  "header",
  text("The header's value; secrets come in by `${VAR}`.", "application/json", { mayBeEmpty: true }),
  { Authorization: "Bearer ${API_TOKEN}" },
  { default: {} },
);

/** How requests to one connection are authenticated. */
export const auth: VariantsField = {
  kind: "variants",
  about: "How requests are authenticated.",
  example: { kind: "bearer", token: "${API_TOKEN}" },
  key: "kind",
  aliases: {},
  cases: {
    bearer: object(
      "A fixed bearer token in `Authorization`.",
      { token: secretText("The token.", "${API_TOKEN}") },
      ["token"],
    ),
    basic: object(
      "HTTP Basic authentication.",
      {
        username: text("The user.", "flowgate"),
        password: secretText("The password.", "${API_PASSWORD}"),
      },
      ["username", "password"],
    ),
    apiKey: object(
      "A key in a header or in the query.",
      {
        in: choice(
          "Where the key goes.",
          "header",
          { header: "A request header.", query: "A query parameter." },
          {
            default: "header",
          },
        ),
        name: text("The header's or parameter's name.", "X-Api-Key"),
        value: secretText("The key.", "${API_KEY}"),
      },
      ["name", "value"],
    ),
    oauth2ClientCredentials: object(
      "A token fetched with the OAuth 2.0 client-credentials grant, cached and renewed before it ends.",
      {
        tokenUrl: text("The token endpoint.", "https://login.example.com/oauth2/token", { format: "url" }),
        clientId: text("The client's id.", "flowgate"),
        clientSecret: secretText("The client's secret.", "${CLIENT_SECRET}"),
        scopes: texts("Scopes asked for.", ["payments.write"], { default: [] }),
        audience: text("The audience, where the server wants one.", "https://payroll.example.com"),
      },
      ["tokenUrl", "clientId", "clientSecret"],
    ),
    forward: object(
      "The caller's own bearer token is passed on, only to the hosts that are listed.",
      {
        hosts: texts("Hosts that may see the caller's token.", ["api.example.com"], { minItems: 1 }),
        ownToken: secretText(
          "A bearer token for what the gateway asks on its own behalf, such as an MCP server's list of tools. Left out, it asks without one.",
          "${LISTING_TOKEN}",
        ),
      },
      ["hosts"],
    ),
    tokenExchange: object(
      "The caller's own bearer token is exchanged for one that the server takes (OAuth 2.0 token exchange, RFC 8693), cached for each caller's token and renewed before it ends. What the gateway asks on its own behalf, such as a list of tools, uses the client-credentials grant at the same endpoint, if there is a `clientSecret`.",
      {
        tokenUrl: text("The token endpoint.", "https://login.example.com/oauth2/token", { format: "url" }),
        clientId: text("The gateway's id as a client.", "flowgate"),
        clientSecret: secretText("The gateway's secret as a client.", "${CLIENT_SECRET}"),
        scopes: texts("Scopes asked for.", ["payments.write"], { default: [] }),
        audience: text("The audience that the token is for.", "payroll"),
        resource: text("The resource that the token is for.", "https://payroll.example.com", {
          format: "url",
        }),
        subjectTokenType: text(
          "The kind of token that callers send, as a URI.",
          "urn:ietf:params:oauth:token-type:jwt",
          { default: "urn:ietf:params:oauth:token-type:access_token" },
        ),
      },
      ["tokenUrl"],
    ),
  },
};

const common: { readonly [name: string]: Field } = {
  description: text("What it is, for people and for `gateway.search`.", "The payroll system's API.", {
    readers: "masked",
  }),
  tags: texts("Tags for searching.", ["finance"], { default: [], readers: "masked" }),
  timeoutMs: duration("The time one call may take.", 30_000, { minimum: 1 }),
  maxConcurrency: whole("Calls at the same time; more wait.", 4, { minimum: 1 }),
  healthCheckMs: duration("How often the connection is probed.", "30s", { minimum: 1 }),
  idleTimeoutMs: duration("An unused child is stopped after this; it starts again on demand.", "5m", {
    minimum: 1,
  }),
};

const child: { readonly [name: string]: Field } = {
  command: text(
    "The program. No shell is involved. A path that begins with `./` or `../` is seen from the file that names it.",
    "github-mcp-server",
  ),
  args: list("Arguments.", text("One argument.", "--stdio", { mayBeEmpty: true }), ["-y", "some-package"], {
    default: [],
  }),
  env: map(
    "Variables that the child gets besides the inherited ones.",
    "variable",
    text("The variable's value.", "1", { mayBeEmpty: true }),
    { CI: "1" },
    { default: {} },
  ),
  inheritEnv: texts(
    "The gateway's own variables that the child may see. Everything else is hidden from it.",
    ["PATH", "HOME"],
    { default: ["PATH", "HOME", "LANG", "TMPDIR", "TZ"] },
  ),
};

const transport = choice("How an MCP server is reached; `url` or `command` says it as well.", "stdio", {
  stdio: "A child process that speaks MCP over its standard streams.",
  http: "A Streamable HTTP endpoint.",
});

const mcp: ObjectField = object("An MCP server: a child process (`command`) or an endpoint (`url`).", {
  transport,
  ...child,
  cwd: text("The child's working directory, seen from the file that names it.", "./data"),
  url: text("The Streamable HTTP endpoint.", "https://mcp.example.com/mcp", { format: "url" }),
  headers,
  auth,
  ...common,
});

const cli: ObjectField = object(
  "A program that executors run with arguments.",
  {
    ...child,
    workingDirectory: text("Where the program runs, seen from the file that names it.", "/repo"),
    ...common,
  },
  ["command"],
);

const http: ObjectField = object(
  "An HTTP API.",
  {
    baseUrl: text(
      "Where the API begins. Paths of executors are added below it.",
      "https://api.example.com/v1",
      {
        format: "url",
      },
    ),
    headers,
    auth,
    ...common,
  },
  ["baseUrl"],
);

export const connection: VariantsField = {
  kind: "variants",
  about: "A named way to something downstream. `kind` may be left out where the other keys make it clear.",
  example: { kind: "http", baseUrl: "https://api.example.com" },
  key: "kind",
  cases: { mcp, cli, http },
  aliases: { rest: "http" },
  infer: (keys) => {
    if (keys.has("baseUrl")) return "http";
    if (keys.has("url") || keys.has("transport") || keys.has("cwd")) return "mcp";
    if (keys.has("workingDirectory")) return "cli";
    return undefined;
  },
};
