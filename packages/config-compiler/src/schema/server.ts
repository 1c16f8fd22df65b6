import {
  map,
  list,
  choice,
  duration,
  flag,
  number,
  object,
  size,
  text,
  texts,
  whole,
  type Field,
  type ObjectField,
} from "./field.ts";

const address = (about: string, example: string, fallback?: string): Field =>
  text(about, example, { format: "address", ...(fallback === undefined ? {} : { default: fallback }) });

const destination = text(
  "A host, in which `*` stands for any text, an address, or a range of addresses in CIDR notation.",
  "*.example.com",
  { format: "destination" },
);

export const server: ObjectField = object("How the gateway itself is reached.", {
  name: text("The name it gives itself.", "acme-gateway"),
  transport: choice(
    "How clients speak to it.",
    "http",
    { stdio: "As a child process, over its standard streams.", http: "Streamable HTTP." },
    { default: "stdio" },
  ),
  toolNames: choice(
    "How the seven tools are called.",
    "underscore",
    { dotted: "`gateway.search`.", underscore: "`gateway_search`, for hosts that refuse dots." },
    { default: "dotted" },
  ),
  http: object("The HTTP server.", {
    listen: address("Host and port.", "127.0.0.1:8787", "127.0.0.1:8787"),
    path: text("The MCP endpoint's path.", "/mcp", {
      default: "/mcp",
      pattern: { source: "^/", words: "a path that begins with `/`" },
    }),
    publicUrl: text(
      "The endpoint as clients write it, where a proxy stands in front. Tokens are issued for it.",
      "https://flowgate.example.com/mcp",
      { format: "url" },
    ),
    maxBodyBytes: size("The largest request.", "4MiB", { default: "4MiB" }),
    maxHeaderBytes: size("All headers of one request together.", "16KiB", { default: "16KiB" }),
    headersTimeoutMs: duration("The time the headers of one request may take to arrive.", "15s", {
      minimum: 1,
      default: 15_000,
    }),
    keepAliveTimeoutMs: duration(
      "How long a connection without a request is held. Longer than a load balancer in front keeps its own.",
      "75s",
      { minimum: 1, default: 75_000 },
    ),
    maxConnections: whole("Connections at a time; further ones are closed.", 20_000, {
      minimum: 1,
      default: 20_000,
    }),
    requestTimeoutMs: duration("The time one request may take to arrive.", 60_000, {
      minimum: 1,
      default: 60_000,
    }),
    allowedHosts: texts(
      "`Host` values that are accepted besides the listening address.",
      ["flowgate.example.com"],
      {
        default: [],
      },
    ),
    allowedOrigins: texts("`Origin` values that are accepted.", ["https://app.example.com"], { default: [] }),
    insecure: flag("Allows other machines to connect without an `identity`.", false),
    tls: object(
      "Serve HTTPS. The files are read again with each reload; connections that are open stay.",
      {
        cert: text("The certificate chain (PEM).", "./tls/cert.pem"),
        key: text("The private key (PEM).", "./tls/key.pem"),
        ca: text(
          "Whose client certificates are accepted (PEM), for identity of kind mtls.",
          "./tls/clients.pem",
        ),
        crl: text(
          "Revocation lists (PEM) of `ca` and of every authority between it and the certificates. Where one is missing or out of date, no client certificate is accepted.",
          "./tls/revoked.pem",
        ),
        clientCertificate: choice(
          "Whether clients must show one; only with `ca`.",
          "required",
          {
            optional: "Who shows none may still use another identity.",
            required: "Without one there is no connection.",
          },
          { default: "optional" },
        ),
      },
      ["cert", "key"],
    ),
  }),
  admin: object("The admin API and the console.", {
    listen: address("A listener of its own.", "127.0.0.1:8788", "127.0.0.1:8788"),
    inline: flag("Serve it on the MCP listener instead.", false),
  }),
  drain: object("Stopping.", {
    deadlineMs: duration("How long running calls may take to finish.", "30s", { default: 30_000 }),
  }),
  egress: object(
    "What may be dialled: HTTP APIs, MCP servers over HTTP, token endpoints, authorization servers that `identity` names, audit sinks and embeddings. Child processes have a network of their own.",
    {
      allow: list(
        "If there are any, nothing else is dialled. A range of private addresses opens them to every name that leads there.",
        destination,
        ["*.example.com", "10.20.0.0/16"],
        { default: [] },
      ),
      deny: list("What is never dialled, whatever `allow` says.", destination, ["*.test.example.com"], {
        default: [],
      }),
    },
  ),
  watch: flag(
    "Reload when a file of the configuration changes, included ones and those of secrets among them. What cannot be used changes nothing.",
    false,
  ),
});

const bytes = (about: string, example: string, fallback: number): Field =>
  size(about, example, { default: fallback });
const count = (about: string, example: number, fallback: number): Field =>
  whole(about, example, { minimum: 1, default: fallback });

export const limits: ObjectField = object("Bounds, so that nobody can take everything.", {
  argumentsBytes: bytes("Arguments of one call.", "256KiB", 262_144),
  outputBytes: bytes(
    "Output of one step, with its images and other content, in the rows of its workflow. A larger one is kept whole beside them and read in slices.",
    "1MiB",
    1_048_576,
  ),
  spillBytes: bytes(
    "The largest output of one step that is kept whole. Of a larger one only size, hash and beginning are, and after an effect the workflow is parked. As much as `outputBytes`, or less: nothing is kept beside the rows.",
    "32MiB",
    33_554_432,
  ),
  contextBytes: bytes(
    "The context of one instance: map what later steps need of an output, not all of it.",
    "256KiB",
    262_144,
  ),
  responseBytes: bytes("One answer to a client; larger values are cut and can be read on.", "24KiB", 24_000),
  links: count("Links in one answer.", 20, 20),
  versions: count("Steps of one instance.", 1000, 1000),
  searchResults: count("Hits of one search.", 50, 50),
  depth: count("Workflows inside workflows.", 10, 10),
  operationMs: duration("The time one step may take in all.", "5m", { minimum: 1, default: 300_000 }),
  callsPerMinute: whole("HTTP requests of one caller in a minute; left out, as many as come.", 600, {
    minimum: 1,
  }),
  concurrentCalls: count("HTTP requests of one caller that run at the same time.", 32, 256),
});

/** Secrets in them are `${VAR}`s like everywhere else. */
const collectorHeaders = map(
  "Headers of the requests to the collector.",
  "header",
  text("The value.", "Bearer ${TOKEN}"),
  { Authorization: "Bearer ${COLLECTOR_TOKEN}" },
);

export const telemetry: ObjectField = object("Logs, traces and metrics.", {
  logs: object("Logs, on standard error.", {
    level: choice(
      "How much.",
      "info",
      {
        trace: "Everything.",
        debug: "What helps to find a fault.",
        info: "What happens.",
        warn: "What should be looked at.",
        error: "What failed.",
        silent: "Nothing.",
      },
      { default: "info" },
    ),
    format: choice("The form.", "json", { text: "For people.", json: "For machines." }, { default: "text" }),
  }),
  traces: object(
    "OpenTelemetry traces.",
    {
      otlp: text("Where to send them.", "http://localhost:4318/v1/traces", { format: "url" }),
      sample: number("The share of calls that is traced.", 0.1, { minimum: 0, maximum: 1, default: 1 }),
      headers: collectorHeaders,
    },
    ["otlp"],
  ),
  metrics: object("Metrics.", {
    prometheus: flag("Serve `/metrics`.", true),
    otlp: text("Where to send them as well.", "http://localhost:4318/v1/metrics", { format: "url" }),
    headers: collectorHeaders,
  }),
});
