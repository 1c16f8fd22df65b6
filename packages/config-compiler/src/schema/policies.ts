import {
  choice,
  flag,
  list,
  object,
  ref,
  text,
  type Field,
  type ObjectField,
  type VariantsField,
} from "./field.ts";

const needed: VariantsField = {
  kind: "variants",
  about: "What must come before on every path.",
  example: { transition: "approve", actor: "human" },
  key: "",
  aliases: {},
  cases: {
    transition: object("A transition.", {
      transition: text("Its name, or a glob.", "approve"),
      actor: choice("Who takes it.", "human", {
        agent: "Any caller.",
        human: "A person.",
        system: "Timers, signals and administrators.",
        deterministic: "The gateway.",
      }),
    }),
    evidence: object("Evidence on record.", { evidence: text("The kind.", "tests_passed") }, ["evidence"]),
    guard: object(
      "A guard that was passed.",
      { guard: ref("guard", "The guard; texts in it may be globs.") },
      ["guard"],
    ),
  },
  infer: (keys) => (keys.has("evidence") ? "evidence" : keys.has("guard") ? "guard" : "transition"),
};

const assertion: VariantsField = {
  kind: "variants",
  about: "What must hold in every run.",
  example: { reaching: "deployed", requires: { transition: "approve", actor: "human" } },
  key: "",
  aliases: {},
  cases: {
    reaching: object(
      "No run reaches the state without it.",
      { reaching: text("A state, or a glob.", "deployed"), requires: needed },
      ["reaching", "requires"],
    ),
    transition: object(
      "No run takes the transition without it.",
      { transition: text("A transition, or a glob.", "merge"), after: needed },
      ["transition", "after"],
    ),
    executor: object(
      "Nothing runs such an executor without the guard.",
      {
        executor: object("Which executors; all keys must fit.", {
          kind: text("The kind.", "cli"),
          connection: text("The connection, or a glob.", "payroll"),
          tool: text("The tool of an MCP server, or a glob.", "delete_*"),
          method: text("The HTTP method.", "POST"),
        }),
        requires: needed,
      },
      ["executor", "requires"],
    ),
    terminates: object(
      "From every state a terminal one can be reached.",
      { terminates: flag("Always `true`.", true) },
      ["terminates"],
    ),
  },
  infer: (keys) => {
    for (const name of ["reaching", "executor", "terminates", "transition"]) if (keys.has(name)) return name;
    return undefined;
  },
};

const policy: ObjectField = object(
  "A rule that is proved over every path of the workflows, or refuted with a counter-example.",
  {
    name: text("The rule in words.", "nobody deploys without a person", { readers: "masked" }),
    workflow: text("The workflows it is about, by id or glob; left out, all.", "deploy_*", { default: "*" }),
    assert: assertion,
  },
  ["assert"],
);

export const policies: Field = list(
  "Rules about the workflows that the checker proves.",
  policy,
  [
    {
      name: "nobody deploys without a person",
      assert: { reaching: "deployed", requires: { actor: "human" } },
    },
  ],
  {
    minItems: 1,
    tooFew: {
      code: "FG603",
      message: "`policies` holds no rule",
      hint: "Write the rules down, or leave `policies` out.",
    },
  },
);
