import { ERROR_CLASSES, ERROR_CODES } from "@mcp-flowgate/core";
import {
  choice,
  duration,
  flag,
  json,
  list,
  map,
  object,
  ref,
  text,
  texts,
  whole,
  type Field,
  type ObjectField,
  type VariantsField,
} from "../schema/field.ts";

const words = (values: readonly string[]): { readonly [value: string]: string } =>
  Object.fromEntries(values.map((value) => [value, value.replaceAll("_", " ").toLowerCase()]));

const scenarioPerson: ObjectField = object(
  "Who does it. Roles are expanded by the configuration's `roles`.",
  {
    subject: text("The name that is recorded.", "ann"),
    tenant: text("The tenant.", "acme", { default: "default" }),
    roles: texts("Roles.", ["release-manager"], { default: [], orOne: true }),
    permissions: texts("Permissions beyond those of the roles.", ["pay.approve"], {
      default: [],
      orOne: true,
    }),
    kind: choice(
      "What a caller is. Who decides an approval is always a person.",
      "agent",
      { agent: "An agent.", service: "A program." },
      { default: "agent" },
    ),
  },
  ["subject"],
  { example: { subject: "ann", roles: ["release-manager"] } },
);

const mockOutcome: ObjectField = object(
  "How a mocked call ends. Nothing given: it succeeds.",
  {
    status: whole("Of an HTTP API: the status. It is classed as a real one is.", 503, {
      minimum: 200,
      maximum: 599,
    }),
    headers: map("Of an HTTP API: headers of the answer.", "header", text("The value.", "120"), {
      "retry-after": "120",
    }),
    body: json("Of an HTTP API: the body of the answer.", { id: "d-1" }),
    output: json("Of an MCP tool: its structured content.", { number: 12 }),
    text: text("Of an MCP tool: its text.", "merged", { mayBeEmpty: true }),
    isError: flag("Of an MCP tool: the result is marked as an error.", false),
    exitCode: whole("Of a command: its exit code.", 1, { minimum: 0, maximum: 255 }),
    stdout: text("Of a command: what it prints.", '{"passed":12}', { mayBeEmpty: true }),
    stderr: text("Of a command: what it prints as errors.", "no such branch", { mayBeEmpty: true }),
    error: choice(
      "No answer comes. `timeout` leaves open whether it happened, `connection_error` means that nothing was sent.",
      "timeout",
      words(ERROR_CLASSES),
    ),
    effect: choice(
      "Of an error: what is known about the effect, where that is not what the error says.",
      "unknown",
      {
        not_sent: "Nothing reached the other side.",
        failed: "It answered, and did not do it.",
        unknown: "It may or may not have happened.",
      },
    ),
    message: text("Of an error: the sentence that callers read.", "the payroll is closed"),
  },
  [],
  { staysAbsent: true },
);

const answers = {
  default: ref("mockOutcome", "How calls end."),
  sequence: list(
    "What the first calls get, one each, before `default`.",
    ref("mockOutcome", "How a call ends."),
    [{ error: "timeout" }, { status: 200 }],
  ),
};

const mockedConnection: ObjectField = object(
  "How a connection answers. Without `default`, a call beyond the `sequence` makes the scenario fail.",
  {
    ...answers,
    on: map(
      "Answers of single calls, by a glob over `POST /path?query`, the tool, or the command's arguments; the first that fits counts, before `default`.",
      "call",
      object("How such calls are answered.", answers),
      { "POST /deploys*": { default: { status: 201 } } },
    ),
    tools: list(
      "Of a server whose tools are imported: the tools that it lists, as `{ name, description, inputSchema, annotations }`.",
      json("A tool.", { name: "create_issue", inputSchema: { type: "object" } }, { object: true }),
      [{ name: "create_issue" }],
    ),
  },
);

const mocks: Field = map(
  "What stands in for connections, by name; for a step that names a command instead of a connection, by that. Nothing outside is ever called.",
  "connection",
  ref("mockedConnection", "How it answers."),
  { "deploy-api": { default: { status: 200, body: { id: "d-1" } } } },
  { default: {} },
);

const expectation: ObjectField = object(
  "What must hold after the step; what is not named may be anything. A step without `code` or `status` must not be refused and must not fail.",
  {
    status: text("`result.status` of the answer; after a decision, of the workflow.", "pending"),
    state: text("The workflow's state.", "awaiting_approval"),
    code: choice("`error.code` of the answer.", "GUARD_REJECTED", words(ERROR_CODES)),
    message: text("A part of the answer's message.", "is not allowed"),
    links: texts("The names of the links that a caller may submit, all of them.", ["approve", "withdraw"]),
    output: json("A part of `result.output`: objects may have more members.", { body: { id: "d-1" } }),
    context: json("A part of the workflow's context.", { attempts: 2 }, { object: true }),
    audit: texts("Types of audit events of this step, in this order; others may stand between.", [
      "workflow.completed",
    ]),
    called: texts(
      "The mocked calls of this step, all of them, in order: the connection, a space, and the call as in `on`. Globs. `[]`: none.",
      ["deploy-api POST /deploys"],
    ),
  },
  [],
  { staysAbsent: true },
);

const as: Field = ref("scenarioPerson", "Who does it.");
const decision = {
  as,
  reason: text("Why.", "tests are green"),
  input: json("What the form asks for.", { window: "tonight" }, { object: true }),
  queue: text("Which approval, where several wait.", "releases"),
  transition: text("Of a choice: the transition that is picked.", "approve"),
};

const step = (about: string, verb: string, of: Field): ObjectField =>
  object(about, { [verb]: of, expect: ref("expectation", "What must hold after the step.") }, [verb]);

const steps: VariantsField = {
  kind: "variants",
  about: "One thing that somebody does, or that time does.",
  example: { submit: { transition: "merge" }, expect: { code: "GUARD_REJECTED" } },
  key: "",
  aliases: {},
  cases: {
    start: step(
      "A caller starts a workflow or a capability. The steps after it are about this one.",
      "start",
      object(
        "`workflow.start`.",
        {
          definitionId: text("What is started.", "deploy_prod"),
          input: json("Its input.", { service: "web" }, { object: true, default: {} }),
          idempotencyKey: text("The request key.", "order-1"),
          as,
        },
        ["definitionId"],
      ),
    ),
    submit: step(
      "A caller takes a transition.",
      "submit",
      object(
        "`workflow.submit`.",
        {
          transition: text("The transition.", "request_approval"),
          arguments: json("Its arguments.", { reason: "release day" }, { object: true, default: {} }),
          expectedVersion: whole("The version that the caller saw; left out, the present one.", 0, {
            minimum: 0,
          }),
          as,
        },
        ["transition"],
      ),
    ),
    approve: step("A person approves what waits.", "approve", object("The decision.", decision, ["as"])),
    reject: step("A person rejects what waits.", "reject", object("The decision.", decision, ["as"])),
    advance: step(
      "Time passes; what falls due meanwhile happens.",
      "advance",
      duration("How much.", "24h", { minimum: 1 }),
    ),
    get: step("A caller looks.", "get", object("`workflow.get`.", { as })),
    cancel: step(
      "An operator ends the workflow.",
      "cancel",
      object("Who, and why.", { as, reason: text("Why.", "ordered twice") }, ["as", "reason"]),
    ),
    resolve: step(
      "A person says what became of a call whose outcome is unknown.",
      "resolve",
      object(
        "Who, and what.",
        {
          as,
          outcome: choice("What was found out.", "executed", {
            executed: "It happened.",
            not_executed: "It did not.",
            abandon: "Nobody will know.",
          }),
          result: json("Of `executed`: what the executor would have returned.", { status: 201 }),
          reason: text("How it is known.", "the ledger has it"),
        },
        ["as", "outcome", "reason"],
      ),
    ),
  },
  infer: (keys) =>
    ["start", "submit", "approve", "reject", "advance", "get", "cancel", "resolve"].find((verb) =>
      keys.has(verb),
    ),
};

/** What files of scenarios use in many places. */
export const SCENARIO_DEFINITIONS: { readonly [name: string]: Field } = {
  scenarioPerson,
  mockOutcome,
  mockedConnection,
  expectation,
};

/** A file of scenarios: the one source of its checks and its JSON Schema. */
export const SCENARIOS: ObjectField = object(
  "Scenarios: what callers and people do with a configuration, and what must come of it.",
  {
    config: texts("The configuration, and overlays on it, seen from this file.", ["gateway.yaml"], {
      orOne: true,
      minItems: 1,
    }),
    env: map(
      "Variables that the configuration reads, before those of the process.",
      "variable",
      text("The value.", "test", { mayBeEmpty: true }),
      { API_TOKEN: "test" },
      { default: {} },
    ),
    at: text(
      "When every scenario begins, as ISO 8601. A Monday morning unless given.",
      "2026-01-05T09:00:00Z",
      {
        pattern: {
          source: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?(Z|[+-]\\d\\d:\\d\\d)$",
          words: "a time such as 2026-01-05T09:00:00Z",
        },
        default: "2026-01-05T09:00:00Z",
      },
    ),
    mocks,
    scenarios: list(
      "Each begins with nothing.",
      object(
        "A scenario.",
        {
          name: text("What it shows, in words.", "an agent cannot approve its own change"),
          as,
          mocks,
          steps: list("What happens, in order.", steps, [{ start: { definitionId: "deploy_prod" } }], {
            minItems: 1,
          }),
        },
        ["name", "steps"],
      ),
      [{ name: "it starts", steps: [{ start: { definitionId: "deploy_prod" } }] }],
      { minItems: 1 },
    ),
  },
  ["config", "scenarios"],
);
