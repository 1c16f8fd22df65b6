import { modernEnabled, modernStoreKind } from "./older-settings.ts";
import {
  choice,
  duration,
  either,
  flag,
  list,
  map,
  number,
  object,
  size,
  text,
  texts,
  whole,
  type Field,
  type ObjectField,
} from "./field.ts";

export const discovery: ObjectField = object("What `gateway.search` finds.", {
  enabled: flag("Whether anything is found at all.", true, {
    deprecated: "Write `include: []` to hide everything.",
    modern: modernEnabled,
  }),
  index: choice(
    "Where the index lives.",
    "memory",
    { memory: "In memory, the only form." },
    {
      default: "memory",
      deprecated: "Leave it out.",
      modern: ({ key }) => [{ kind: "remove", at: key }],
    },
  ),
  include: list(
    "Kinds that are found.",
    choice("A kind.", "workflows", {
      proxy: "Exposed and imported capabilities.",
      workflows: "Workflows.",
      connections: "Connections, by name and description.",
    }),
    ["proxy", "workflows"],
    { default: ["proxy", "workflows", "connections"] },
  ),
  visibility: choice(
    "What a caller sees that may not start everything.",
    "byGuards",
    {
      all: "Everything.",
      byGuards: "Not what stands behind a role or permission that the caller lacks.",
    },
    { default: "all" },
  ),
  embeddings: object(
    "A service that turns text into vectors, for searching by meaning besides words. It is sent the titles and descriptions of what can be found, and the queries. While it fails, search is by words.",
    {
      kind: choice(
        "How it is reached.",
        "http",
        { http: "An OpenAI-compatible endpoint." },
        { default: "http" },
      ),
      url: text("The endpoint, whole.", "http://localhost:11434/v1/embeddings", { format: "url" }),
      model: text("The model.", "nomic-embed-text"),
      apiKey: text("Sent as a bearer token.", "${EMBEDDINGS_API_KEY}"),
      cache: text(
        "A file that keeps the vectors over restarts, seen from the file that names it. Without it they are kept beside a SQLite store (`<path>.vectors`), else in memory.",
        "data/flowgate.vectors",
      ),
      timeoutMs: duration(
        "The longest that a search waits for the vector of its query; after it the answer is by words.",
        300,
        { minimum: 1, default: 300 },
      ),
      batchTimeoutMs: duration("The longest that one request for vectors of the catalogue may take.", "30s", {
        minimum: 1,
        default: 30_000,
      }),
      batchSize: whole("Texts in one request.", 32, { minimum: 1, maximum: 2048, default: 32 }),
      minSimilarity: number(
        "The least cosine similarity at which something is found by meaning alone. Models differ: where unrelated texts are alike (E5, BGE), write 0.75 or more.",
        0.4,
        { minimum: -1, maximum: 1, default: 0.4 },
      ),
      maxItems: whole("Most vectors that are kept; what is beyond is found by words.", 20_000, {
        minimum: 1,
        maximum: 200_000,
        default: 20_000,
      }),
    },
    ["url", "model"],
  ),
  learn: flag(
    "Counts which found thing is started after which words, by tenant, and ranks it up to a fifth higher after them. Kept beside a SQLite store (`<path>.usage.json`), else in memory; `mcp-flowgate discovery show` and `reset`.",
    false,
  ),
});

export const store: ObjectField = object("Where instances are kept.", {
  kind: choice(
    "The store.",
    "sqlite",
    {
      memory: "Nothing survives a restart.",
      sqlite: "One file; several gateways on one machine may share it.",
      postgres: "A PostgreSQL database; any number of replicas.",
      file: "A folder of JSON files.",
    },
    {
      default: "memory",
      deprecatedValues: { file: "Write `sqlite`; a database file is kept in the folder." },
      modern: modernStoreKind,
    },
  ),
  path: text(
    "The SQLite file, seen from the file that names it. `~/` is the home folder.",
    "./data/flowgate.sqlite",
  ),
  url: text("The PostgreSQL URL.", "${DATABASE_URL}"),
  poolSize: whole("Connections to PostgreSQL.", 10, { minimum: 1, default: 10 }),
  statementTimeoutMs: duration("The time one statement may take.", 10_000, { minimum: 1, default: 10_000 }),
  leaseMs: duration("How long a silent replica keeps its work.", 15_000, { minimum: 100, default: 15_000 }),
  retention: object("How long things are kept.", {
    terminal: duration("Finished instances.", "30d", { default: "30d" }),
    audit: duration("Audit records.", "400d", { default: "400d" }),
  }),
});

export const cluster: ObjectField = object(
  "How the replicas on one store tell each other of things at once.",
  {
    bus: choice(
      "What carries cancellations, changes, reloads and operators' decisions between replicas. Each of them is in the store as well, where replicas look once a second: a bus that is away makes them slower and nothing else.",
      "redis",
      {
        none: "Nothing; replicas find it in the store. The default unless the store is `postgres`.",
        postgres:
          "LISTEN and NOTIFY, over a connection of its own. The default where the store is `postgres`.",
        redis: "Publish and subscribe of Redis or Valkey.",
        nats: "A subject of NATS.",
      },
    ),
    url: text(
      "Where it is: `redis://`, `rediss://`, `nats://`, `tls://` or `postgres://`, with user and password. `postgres` takes the store's where it is left out.",
      "${BUS_URL}",
    ),
  },
);

const sinkKinds = {
  none: "Nothing is recorded.",
  stderr: "Lines of JSON on standard error.",
  stdout: "Lines of JSON on standard output; only where MCP does not use it.",
  memory: "Kept in memory, for tests.",
  file: "Appended to a file, rotated.",
  sqlite: "In the store's own transaction.",
  postgres: "In the store's own transaction.",
  otlp: "Sent as OpenTelemetry logs.",
  webhook: "Posted to a URL.",
};

const sinkPlace: { readonly [name: string]: Field } = {
  path: text("The file, for `file`.", "./data/audit.jsonl"),
  url: text("Where to send to, for `otlp` and `webhook`.", "https://collector.example.com/v1/logs", {
    format: "url",
  }),
};

/** What a sink can be told. Each says for which kinds; the package `audit` has the defaults. */
const sinkOptions: { readonly [name: string]: Field } = {
  headers: map("Headers of `otlp` and `webhook`.", "header", text("The value.", "Bearer ${TOKEN}"), {
    Authorization: "Bearer ${TOKEN}",
  }),
  secret: text("The key that signs a webhook's bodies.", "${WEBHOOK_SECRET}"),
  fsync: choice("When a file is flushed to the disk.", "batch", {
    always: "After each record.",
    batch: "After each batch, within milliseconds.",
    never: "When the operating system likes.",
  }),
  checkpointMs: duration(
    "How long after a record its stream in a `file` is sealed at the latest, and how long after a checkpoint a `sqlite` or `postgres` store exports its head; 1m.",
    "1m",
    {
      minimum: 100,
    },
  ),
  heads: either(
    "Where a `file` sink exports signed heads to, and a `sqlite` or `postgres` store those of its checkpoints: a file, or `false`. Left out, beside the trail or the store's file.",
    [text("The file.", "/mnt/other/audit.heads"), flag("Whether they are exported at all.", undefined)],
    "/mnt/other/audit.heads",
  ),
  attempts: whole("How often `otlp` and `webhook` try before a call is refused, with `fail_closed`; 3.", 3, {
    minimum: 1,
    maximum: 100,
  }),
  maxPending: whole("Events that may wait for `otlp` and `webhook`, with `fail_open`; 10000.", 10_000, {
    minimum: 1,
  }),
  timeoutMs: duration("The time one request of `otlp` and `webhook` may take; 5s.", "5s", { minimum: 1 }),
  closeMs: duration(
    "How long the end of the gateway waits for what `otlp` and `webhook` still send; 5s.",
    "5s",
    {
      minimum: 1,
    },
  ),
  maxRecords: whole("Records that `memory` keeps; 10000.", 10_000, { minimum: 1 }),
  serviceName: text("`service.name` of what `otlp` sends; `mcp-flowgate`.", "payments-gateway"),
};

export const auditSink: ObjectField = object(
  "One sink.",
  {
    kind: choice("The sink.", "file", sinkKinds),
    ...sinkPlace,
    events: texts("Globs over event types; empty means all.", ["workflow.*", "guard.rejected"], {
      default: [],
    }),
    ...sinkOptions,
  },
  ["kind"],
);

/** The names of everything that a sink can be told besides what, where and which events. */
export const AUDIT_SINK_OPTIONS: readonly string[] = Object.keys(sinkOptions);

export const audit: ObjectField = object("The record of everything that was asked, decided and done.", {
  sink: choice("Where records go; the short form of one entry in `sinks`.", "file", sinkKinds, {
    default: "none",
  }),
  ...sinkPlace,
  sinks: list("Where records go.", auditSink, [{ kind: "file", path: "./data/audit.jsonl" }]),
  onFailure: choice(
    "What happens when a record cannot be written.",
    "fail_closed",
    {
      fail_open: "Work goes on and the gap is reported.",
      fail_closed: "Nothing runs whose record cannot be written.",
    },
    { default: "fail_open" },
  ),
  rotate: object("When a file sink begins a new file.", {
    maxBytes: size("At this size.", "128MiB", { default: "128MiB" }),
    maxAge: duration("At this age.", "24h", { default: "24h" }),
    keep: whole("Files kept.", 30, { minimum: 1, default: 30 }),
  }),
  payloads: choice(
    "How much of arguments and results is recorded.",
    "digest",
    {
      full: "Arguments and results, redacted.",
      arguments: "Arguments, redacted; results as hashes.",
      digest: "Only hashes.",
      none: "Nothing of them.",
    },
    { default: "full" },
  ),
  redact: texts(
    "JSON pointers or key names whose values are never recorded, besides the built-in ones.",
    ["iban"],
    {
      default: [],
    },
  ),
  signingKeyFile: text("A private ed25519 key (PEM) that signs checkpoints.", "./keys/audit.pem"),
  maxUnsealed: whole(
    "Records that a durable store may keep for sinks that fail before `fail_closed` refuses what changes something.",
    10_000,
    { minimum: 1, default: 10_000 },
  ),
});
