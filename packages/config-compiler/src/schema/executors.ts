import {
  choice,
  duration,
  either,
  flag,
  json,
  list,
  map,
  object,
  ref,
  schema,
  size,
  text,
  texts,
  whole,
  type Field,
  type ObjectField,
  type VariantsField,
} from "./field.ts";

const template =
  "A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text.";

/** What can be said of every kind. */
const effect: { readonly [name: string]: Field } = {
  idempotencyKey: either(
    "The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`.",
    [
      flag("`true`: a key of the gateway's own, the same for every retry of one step.", undefined),
      text(
        "A key template with `{workflowId}`, `{transition}` and `{correlationId}`.",
        "pay:{workflowId}:{transition}",
      ),
    ],
    true,
  ),
  idempotent: flag(
    "Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared.",
    undefined,
  ),
  effect: choice("What a repeated call does to the world; the longer form of `idempotent`.", "idempotent", {
    read: "Nothing.",
    idempotent: "Nothing more: the other side honours the key.",
    once: "It counts again. It is never repeated without a person's word.",
    reconcile: "It counts again, but the `probe` can tell afterwards whether it took effect.",
  }),
  probe: object(
    "Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked.",
    {
      executor: ref(
        "executor",
        "A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`.",
      ),
      executed: ref("guard", "The call took effect; it may read `$.output`, the probe's answer."),
      notExecuted: ref(
        "guard",
        "The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`.",
      ),
      attempts: whole("How often it is asked before a person is.", 5, { minimum: 1, default: 5 }),
      delayMs: duration("The wait before it is asked, doubled each time up to a minute.", "1s", {
        minimum: 0,
        default: "1s",
      }),
    },
    ["executor"],
  ),
};

const noop: ObjectField = object("Does nothing and returns its arguments.", { ...effect });

const cli: ObjectField = object("Runs a program. No shell is involved, ever.", {
  connection: text("A connection of kind `cli`; its command and arguments come first.", "dotnet"),
  command: text("The program, where there is no connection.", "dotnet"),
  args: list(
    `Arguments, each one argument whatever it holds. ${template}`,
    json("One argument.", "$.arguments.project"),
    ["test", "$.arguments.project"],
    { default: [] },
  ),
  env: map(
    `Variables for this run. ${template}`,
    "variable",
    json("The value.", "$.context.id"),
    { CI: "1" },
    {
      default: {},
    },
  ),
  stdin: json(`What the program reads. ${template}`, "$.arguments.document"),
  treatNonZeroAsFailure: flag("Whether an exit code other than 0 fails the step.", true),
  maxOutputBytes: size("How much of each stream is kept.", "1MiB", { default: "1MiB" }),
  allowDashArgs: flag("Lets values from callers begin with `-`.", false),
  ...effect,
});

const http: ObjectField = object(
  "Makes one HTTP request.",
  {
    connection: text("A connection of kind `http`.", "payroll"),
    method: choice(
      "The method.",
      "POST",
      {
        GET: "Reads.",
        HEAD: "Reads the headers.",
        POST: "Creates or acts.",
        PUT: "Replaces.",
        PATCH: "Changes.",
        DELETE: "Removes.",
        OPTIONS: "Asks what is possible.",
      },
      { default: "GET" },
    ),
    path: text(
      "Below the base URL. `{name}` is replaced by an argument, else a context value, else an input of the workflow, as one encoded segment.",
      "/repos/{owner}/{repo}/pulls",
      { default: "", mayBeEmpty: true },
    ),
    query: map(
      `Query parameters. ${template}`,
      "parameter",
      json("The value.", "$.arguments.page"),
      { state: "open" },
      {
        default: {},
      },
    ),
    headers: map(
      `Headers of this request. ${template}`,
      "header",
      json("The value.", "v2"),
      { "X-Api-Version": "v2" },
      {
        default: {},
      },
    ),
    body: json(`The body. ${template}`, { title: "$.arguments.title" }),
    bodyFormat: choice(
      "How the body is written.",
      "json",
      { json: "JSON.", form: "URL-encoded form fields.", text: "The text as it is." },
      { default: "json" },
    ),
    maxResponseBytes: size("How much of the answer is read.", "4MiB", { default: "4MiB" }),
    ...effect,
  },
  ["connection"],
);

const mcp: ObjectField = object(
  "Calls a tool of an MCP server.",
  {
    connection: text("A connection of kind `mcp`.", "github"),
    tool: text("The tool's name there.", "create_pull_request"),
    map: json(
      `The tool's arguments; left out, the step's own arguments go as they are. ${template}`,
      {
        title: "$.arguments.title",
      },
      { object: true },
    ),
    ...effect,
  },
  ["connection", "tool"],
);

const human: ObjectField = object(
  "Asks people. The step waits for their decision; what they saw is what runs.",
  {
    queue: text("The queue in which the question appears.", "prod-deployments", {
      default: "approvals",
      readers: "whole",
    }),
    title: json(`The question in one line. ${template}`, "Deploy {{ $.context.artifactId }}?", {
      readers: "masked",
    }),
    message: json(`What is needed to decide. ${template}`, "Requested by {{ $.principal.subject }}.", {
      readers: "masked",
    }),
    form: schema("JSON Schema of what the person fills in.", {
      type: "object",
      properties: { ticket: { type: "string" } },
    }),
    assignees: object("Who may decide. Left out, anybody who is a person.", {
      roles: texts("Any of these roles.", ["release-manager"], { default: [] }),
      permissions: texts("Any of these permissions.", ["deploy.approve"], { default: [] }),
    }),
    quorum: whole("Approvals by different people that are needed.", 2, { minimum: 1, default: 1 }),
    expiresMs: duration("How long the question stays open. Left out, 7 days.", "24h", { minimum: 1 }),
    allowRequester: flag("Lets the one who asked decide.", false),
    onApprove: object("What runs once it is approved.", { executor: ref("executor", "The executor.") }, [
      "executor",
    ]),
    onReject: object(
      "Where a rejection leads. Left out, the state stays.",
      { target: text("A state.", "rejected") },
      ["target"],
    ),
    ...effect,
  },
);

const workflow: ObjectField = object(
  "Runs another workflow as a durable child and waits for its end.",
  {
    definitionId: text("The workflow's id.", "risk_review"),
    input: json(`The child's input. ${template}`, { plan: "$.context.plan" }),
    timeoutMs: duration("How long the child may take.", "1h", { minimum: 1 }),
    ...effect,
  },
  ["definitionId"],
);

const capability: ObjectField = object(
  "A named capability: its executor runs, its guards come before those of the step, its reliability is the base.",
  { capability: text("The capability's id.", "safe.create_pr"), ...effect },
  ["capability"],
);

export const executor: VariantsField = {
  kind: "variants",
  about: "What a step does. `{ kind: … }` says it here, `{ capability: name }` takes a named one.",
  example: { kind: "http", connection: "payroll", method: "POST", path: "/payments" },
  key: "kind",
  cases: { noop, cli, http, mcp, human, workflow, capability },
  aliases: { rest: "http" },
  infer: (keys) => (keys.has("capability") ? "capability" : undefined),
};
