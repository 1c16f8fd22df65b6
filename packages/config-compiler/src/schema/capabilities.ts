import {
  choice,
  duration,
  flag,
  list,
  object,
  ref,
  schema,
  text,
  texts,
  whole,
  type Field,
  type ObjectField,
  type VariantsField,
} from "./field.ts";

/** Names that callers use: letters, digits, `_`, `.` and `-`, beginning with a letter. */
export const NAME_PATTERN: { readonly source: string; readonly words: string } = {
  source: "^[a-zA-Z][a-zA-Z0-9_.-]*$",
  words: "a name of letters, digits, `_`, `.` and `-` that begins with a letter",
};

/** What people and `gateway.search` see. */
export const described: { readonly [name: string]: Field } = {
  title: text("A short name for people.", "Create a pull request", { readers: "masked" }),
  description: text("What it does, for people and models.", "Opens a pull request on GitHub.", {
    readers: "masked",
  }),
  tags: texts("Tags for searching.", ["github", "write"], { default: [], readers: "masked" }),
  aliases: texts("Other words by which `gateway.search` finds it.", ["pr", "pull-request"], {
    default: [],
    readers: "masked",
  }),
  examples: texts("Example requests in plain words; they are searched too.", ["open a PR for my branch"], {
    default: [],
    readers: "masked",
  }),
};

export const inputSchema: Field = schema(
  "JSON Schema of the arguments. They are checked, and defaults filled in, before anything runs.",
  {
    type: "object",
    required: ["title"],
    properties: { title: { type: "string" } },
  },
);

export const outputSchema: Field = schema("JSON Schema of the executor's output.", {
  type: "object",
  properties: { number: { type: "integer" } },
});

export const guards: Field = list(
  "Conditions, checked in order before the executor.",
  ref("guard", "A guard."),
  [{ kind: "permission", permission: "repo.write" }],
  { default: [] },
);

export const reliabilityRef: Field = ref("reliability", "Timeouts, retries, fallback.", {
  timeoutMs: 30_000,
  retry: { maxAttempts: 3, backoff: "exponential", initialDelayMs: 500 },
});

export const reliability: ObjectField = object("What happens when a call is slow or fails.", {
  timeoutMs: duration("The time one attempt may take.", 30_000, { minimum: 1 }),
  retry: object("Repeated attempts.", {
    maxAttempts: whole("Attempts in all, the first included.", 3, { minimum: 1, maximum: 100, default: 1 }),
    backoff: choice(
      "How the wait grows.",
      "exponential",
      {
        none: "No wait.",
        fixed: "The same wait each time.",
        exponential: "Each wait is twice the one before.",
      },
      { default: "none" },
    ),
    initialDelayMs: duration("The first wait.", 500, { default: 0 }),
    maxDelayMs: duration("No wait is longer.", 5000),
    jitter: flag("Spreads waits at random, so that callers do not come back together.", true),
    retryOn: list(
      "Failures that are tried again.",
      choice("A class of failures.", "timeout", {
        timeout: "No answer in time.",
        transient_error: "The other side failed for the moment.",
        rate_limited: "The other side asked to slow down.",
        connection_error: "The other side was not reached.",
      }),
      ["timeout", "rate_limited"],
      { default: ["timeout", "transient_error", "rate_limited", "connection_error"] },
    ),
  }),
  retries: object(
    "The short form of `retry`: exponential backoff.",
    {
      max: whole("Attempts after the first.", 2, { minimum: 0, maximum: 99 }),
      backoffMs: duration("The first wait.", 500, { default: 0 }),
    },
    ["max"],
  ),
  fallback: object(
    "Other executors, tried in order after one that was not reached or definitely failed.",
    {
      strategy: choice(
        "How they are tried.",
        "first_success",
        { first_success: "The first that succeeds ends it." },
        {
          default: "first_success",
        },
      ),
      executors: list("The executors.", ref("executor", "An executor."), [{ kind: "noop" }], { minItems: 1 }),
    },
    ["executors"],
  ),
  circuitBreaker: object(
    "Stops calling what keeps failing.",
    {
      failures: whole("Failures that open the circuit.", 5, { minimum: 1 }),
      windowMs: duration("The span in which they count.", "1m", { minimum: 1, default: 60_000 }),
      openMs: duration("How long it stays open.", "30s", { minimum: 1, default: 30_000 }),
    },
    ["failures"],
  ),
});

export const capability: ObjectField = object(
  "Something that can be done: an executor with a schema, guards and reliability, or a wrapper around another one.",
  {
    ...described,
    inputSchema,
    outputSchema,
    executor: ref("executor", "What it does.", {
      kind: "mcp",
      connection: "github",
      tool: "create_pull_request",
    }),
    wraps: text(
      "Another capability, or an imported tool by its prefixed name. Executor, schema and description are inherited; guards are added after its own.",
      "raw.create_pr",
    ),
    guards,
    reliability: reliabilityRef,
  },
);

const exposeInline: ObjectField = object(
  "A capability declared where it is exposed.",
  {
    name: text("The id that callers use.", "github.create_pr", { pattern: NAME_PATTERN }),
    ...described,
    inputSchema,
    outputSchema,
    executor: ref("executor", "What it does. Left out, it returns its arguments.", { kind: "noop" }),
    guards,
    reliability: reliabilityRef,
  },
  ["name"],
);

const exposeReference: ObjectField = object(
  "A named capability, shown to callers as it is or under another id.",
  {
    capability: text("A capability, or an imported tool by its prefixed name.", "safe.create_pr"),
    as: text("The id that callers use; left out, the capability's own.", "github.create_pr", {
      pattern: NAME_PATTERN,
    }),
    ...described,
    executor: ref("executor", "Replaces the capability's executor under this id."),
    guards,
    reliability: reliabilityRef,
  },
  ["capability"],
);

const expose: VariantsField = {
  kind: "variants",
  about: "One thing that callers may start: inline by `name`, or by reference with `capability`.",
  example: { capability: "safe.create_pr", as: "github.create_pr" },
  key: "",
  cases: { inline: exposeInline, reference: exposeReference },
  aliases: {},
  infer: (keys) => (keys.has("capability") ? "reference" : "inline"),
};

const importEntry: ObjectField = object(
  "Every tool of an MCP server, or operation of an HTTP API, becomes a capability with its own schema and description.",
  {
    connection: text("A connection of kind `mcp`, or `http` with `openapi`.", "github"),
    openapi: text(
      "The OpenAPI 3.0, 3.1 or Swagger 2.0 document of an `http` connection: a file as seen from this one, or a path below the base URL, which begins with `/`.",
      "./petstore.yaml",
    ),
    prefix: text("Ids are `<prefix>.<tool>`; left out, the tools' own names.", "github", {
      pattern: NAME_PATTERN,
    }),
    include: texts("Tools to take, by name or glob; empty means all.", ["list_*", "get_issue"], {
      default: [],
    }),
    exclude: texts("Tools to leave out, after `include`.", ["delete_*"], { default: [] }),
    tags: texts("Tags that each of them gets.", ["github"], { default: [], readers: "masked" }),
    guards,
    reliability: reliabilityRef,
    pin: choice("What happens when a tool differs from `flowgate.lock.json`.", "block", {
      warn: "It is reported.",
      block: "It is refused until pinned again.",
    }),
  },
  ["connection"],
);

export const proxy: ObjectField = object("What callers see besides workflows.", {
  lockFile: text(
    "The lock file that imports with `pin` are held to; left out, `flowgate.lock.json` beside the first configuration file.",
    "./locks/production.lock.json",
  ),
  expose: list("Capabilities that callers may start.", expose, [{ capability: "safe.create_pr" }], {
    default: [],
  }),
  import: list(
    "MCP servers whose tools, and HTTP APIs whose operations, are taken over.",
    importEntry,
    [{ connection: "github", prefix: "github" }],
    {
      default: [],
    },
  ),
});
