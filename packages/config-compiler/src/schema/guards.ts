import {
  choice,
  duration,
  either,
  list,
  object,
  ref,
  text,
  texts,
  whole,
  type Field,
  type VariantsField,
} from "./field.ts";

const guards = (about: string): Field =>
  list(about, ref("guard", "A guard."), [{ kind: "role", role: "approver" }], { minItems: 1 });

const expression = text(
  "An expression over `$.arguments`, `$.context`, `$.workflow` and `$.principal`. The guard passes only when it is true; a missing value makes it unknown, which does not pass.",
  "$.context.score <= 80 && $.arguments.branch starts_with 'feat/'",
  { readers: "judged" },
);

/** What must hold before something may run. */
export const guard: VariantsField = {
  kind: "variants",
  about:
    "A condition on the caller, the arguments or what has happened so far. Guards are checked in order, before the executor, on every path.",
  example: { kind: "permission", permission: "deploy.production" },
  key: "kind",
  aliases: { all_of: "allOf", any_of: "anyOf", jsonpath: "expr", rate_limit: "rateLimit" },
  cases: {
    permission: object(
      "The caller has this permission.",
      {
        permission: text("The permission. The caller's own may end in `.*`.", "deploy.production", {
          readers: "judged",
        }),
      },
      ["permission"],
    ),
    role: object(
      "The caller has this role.",
      { role: text("The role.", "approver", { readers: "judged" }) },
      ["role"],
    ),
    expr: object("An expression is true.", { expr: expression }, ["expr"]),
    evidence: object(
      "These kinds of evidence were recorded by earlier steps of the instance.",
      {
        requires: list(
          "What must be on record.",
          either(
            "A kind, or a kind with a count.",
            [
              text("A kind of evidence; one record is enough.", "tests_passed"),
              object(
                "A kind and how many records of it are needed.",
                {
                  kind: text("The kind of evidence.", "approval"),
                  count: whole("How many records.", 2, { minimum: 1, default: 1 }),
                  distinct: choice("What is counted.", "actor", {
                    actor: "Different people, however often each recorded it.",
                  }),
                },
                ["kind"],
              ),
            ],
            "tests_passed",
          ),
          ["tests_passed", { kind: "approval", count: 2, distinct: "actor" }],
          { minItems: 1 },
        ),
      },
      ["requires"],
    ),
    allOf: object("Every guard passes.", { guards: guards("The guards.") }, ["guards"]),
    anyOf: object("At least one guard passes.", { guards: guards("The guards.") }, ["guards"]),
    not: object("The guard fails. An unknown guard stays unknown.", { guard: ref("guard", "The guard.") }, [
      "guard",
    ]),
    separation: object(
      "The caller is none of those who did the named transitions: four eyes.",
      { from: texts("Transitions of the same workflow.", ["request"], { minItems: 1, orOne: true }) },
      ["from"],
    ),
    rateLimit: object(
      "At most so many passes in a span of time.",
      {
        max: whole("Passes allowed.", 5, { minimum: 1 }),
        perMs: duration("The span.", "1h", { minimum: 1 }),
        key: choice(
          "What is counted together.",
          "principal",
          {
            principal: "Each caller has a count of its own.",
            definition: "All callers of this workflow share one.",
            global: "Everything shares one.",
          },
          { default: "principal" },
        ),
      },
      ["max", "perMs"],
    ),
    schedule: object("Only at these times. Wrap it in `not` for a freeze.", {
      days: list(
        "Days of the week; left out, all.",
        choice("A day.", "mon", {
          mon: "Monday.",
          tue: "Tuesday.",
          wed: "Wednesday.",
          thu: "Thursday.",
          fri: "Friday.",
          sat: "Saturday.",
          sun: "Sunday.",
        }),
        ["mon", "tue", "wed", "thu", "fri"],
        { minItems: 1 },
      ),
      hours: text("From and to, `HH:MM-HH:MM`; an end before the start runs over midnight.", "09:00-17:00", {
        pattern: { source: "^([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-4]):[0-5]\\d$", words: "HH:MM-HH:MM" },
      }),
      timezone: text("The IANA time zone.", "Europe/Berlin", { format: "timezone", default: "UTC" }),
    }),
  },
};
