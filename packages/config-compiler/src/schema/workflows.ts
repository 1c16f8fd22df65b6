import { described, guards, inputSchema, outputSchema, reliabilityRef } from "./capabilities.ts";
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
  text,
  texts,
  whole,
  type Field,
  type ObjectField,
} from "./field.ts";

const target = (about: string): Field => text(about, "done");

const output: Field = map(
  "What is kept in the context after the executor: names with templates over `$.output`, `$.arguments`, `$.context` and `$.workflow`.",
  "name",
  json(
    'A path, a text with `{{ $.path }}`, an operator such as `{ add: ["$.context.n", 1] }`, or a literal.',
    "$.output.body.id",
    { readers: "whole" },
  ),
  { pullRequest: "$.output.number", attempts: { add: ["$.context.attempts", 1] } },
  { default: {} },
);

const linkFilter = (about: string, fallback?: string): Field =>
  choice(
    about,
    "byGuards",
    {
      all: "Every transition of the state.",
      byGuards: "Only those whose guards pass now.",
    },
    fallback === undefined ? {} : { default: fallback },
  );

const onTimeout: ObjectField = object(
  "Where a deadline leads. It is an ordinary transition: `onEnter` and chains of the target run.",
  {
    target: target("The state."),
    executor: ref("executor", "What runs first.", { kind: "noop" }),
    output,
  },
  ["target"],
);

const onUnknown: ObjectField = object(
  "Where a step goes whose outcome stays unknown, instead of waiting for a person.",
  { target: target("The state.") },
  ["target"],
);

const transition: ObjectField = object(
  "A move from one state to another. Callers see it as a link.",
  {
    title: text("The link's title.", "Request approval", { readers: "masked" }),
    description: text("When to use it.", "Asks a release manager.", { readers: "masked" }),
    target: target("The state after it."),
    actor: choice(
      "Who may take it.",
      "agent",
      {
        agent: "Any caller.",
        human: "A person, by an authenticated decision.",
        system: "Timers, signals and administrators.",
        deterministic: "The gateway itself, as soon as the state is entered. Callers do not see it.",
      },
      { default: "agent" },
    ),
    inputSchema,
    outputSchema,
    guards,
    executor: ref("executor", "What it does. Left out, only the state changes.", {
      kind: "cli",
      connection: "dotnet",
    }),
    output,
    evidence: either(
      "Kinds of evidence that a successful run puts on record.",
      [
        texts("Kinds of evidence that a successful run puts on record.", ["tests_passed"], { orOne: true }),
        object("Evidence that must be there before.", { requires: texts("Kinds.", ["tests_passed"]) }, [
          "requires",
        ]),
      ],
      ["tests_passed"],
      { default: [] },
    ),
    reliability: reliabilityRef,
    prefill: map(
      "Arguments that the link already carries.",
      "argument",
      json("A template.", "$.workflow.input.repo", { readers: "whole" }),
      { repo: "$.workflow.input.repo", base: "main" },
      { default: {} },
    ),
    branches: list(
      "Other targets, tried in order after the executor and the output mapping; the first guard that passes decides.",
      object(
        "One of them.",
        { when: ref("guard", "The condition; it may read `$.output`."), target: target("The state.") },
        ["when", "target"],
      ),
      [{ when: { kind: "expr", expr: "$.output.success == false" }, target: "red" }],
      { default: [] },
    ),
    compensate: object(
      "Undoes the step when the instance is cancelled or times out later.",
      { executor: ref("executor", "What undoes it.") },
      ["executor"],
    ),
    onUnknown,
  },
  ["target"],
);

const state: ObjectField = object("A state of the workflow.", {
  description: text("What it means.", "Waiting for the release manager.", { readers: "masked" }),
  goal: text("What the caller should achieve here, in one line.", "Get the tests green", {
    readers: "masked",
  }),
  guidance: text("How to behave here.", "Look at the report before you decide.", { readers: "masked" }),
  terminal: flag("The workflow ends here.", false),
  outcome: choice(
    "How it ended, for a terminal state.",
    "failure",
    { success: "As intended.", failure: "Not as intended." },
    { default: "success" },
  ),
  onEnter: object(
    "Runs as soon as the state is entered, before callers see it.",
    {
      executor: ref("executor", "What runs."),
      output,
      reliability: reliabilityRef,
      onFailure: object("Where a failure leads.", { target: target("The state.") }, ["target"]),
    },
    ["executor"],
  ),
  linkFilter: linkFilter("Which links are shown here; overrides the workflow's."),
  timeoutMs: duration("The state's own deadline.", "24h", { minimum: 1 }),
  onTimeout,
  transitions: map(
    "The moves from here, in the order in which links are shown.",
    "transition",
    transition,
    { finish: { target: "done" } },
    { default: {} },
  ),
});

export const workflow: ObjectField = object(
  "A governed process: states, the moves between them, and who may make them.",
  {
    ...described,
    version: text("The definition's version, for people; instances are pinned to the content.", "1.2.0", {
      default: "1.0.0",
    }),
    inputSchema,
    initialState: text("Where instances begin.", "planning"),
    initialContext: json(
      "What the context holds at the start.",
      { attempts: 0 },
      { object: true, default: {}, readers: "whole" },
    ),
    timeoutMs: duration("The deadline of the whole instance.", "7d", { minimum: 1 }),
    onTimeout,
    linkFilter: linkFilter("Which links are shown.", "all"),
    maxChainDepth: whole("Deterministic steps in a row before the instance is parked.", 10, {
      minimum: 1,
      maximum: 1000,
      default: 50,
    }),
    retention: duration("How long a finished instance is kept; left out, `store.retention.terminal`.", "90d"),
    visibility: choice(
      "Who can see an instance.",
      "tenant",
      { owner: "Who started it.", tenant: "Everybody of the same tenant." },
      { default: "owner" },
    ),
    states: map(
      "The states.",
      "state",
      state,
      { planning: { transitions: { finish: { target: "done" } } }, done: { terminal: true } },
      {
        minEntries: 1,
      },
    ),
  },
  ["initialState", "states"],
);
