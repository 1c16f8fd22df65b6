import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;

const guarded = (expr: string): string =>
  `proxy:\n  expose:\n    - name: x\n      guards: [{ kind: expr, expr: ${JSON.stringify(expr)} }]`;

/** FG5xx: expressions, guards and templates. */
export const EXPRESSION_CODES: CodeTable = {
  FG501: {
    title: "The text is not an expression",
    severity: error,
    explanation:
      "The expression ends early, has something left over, or misses a value or an operator at the place that is shown.",
    example: guarded("$.arguments.amount >="),
    fix: "Complete it: `$.arguments.amount >= 100`.",
  },
  FG502: {
    title: "A text in an expression is malformed",
    severity: error,
    explanation: "Texts stand in single or double quotes, which must be closed; escapes are those of JSON.",
    example: guarded("$.arguments.name == 'ann"),
    fix: "Close the quote.",
  },
  FG503: {
    title: "A number in an expression is malformed",
    severity: error,
    explanation: "Numbers are those of JSON and must be exact.",
    example: guarded("$.arguments.amount > 1e999"),
    fix: "Write a number that can be held, such as `1e9`.",
  },
  FG504: {
    title: "A path begins at an unknown place",
    severity: error,
    explanation:
      "Paths begin at `$.arguments`, `$.context`, `$.workflow`, `$.principal`, and after an executor also at `$.output`.",
    example: guarded("$.argumnets.amount > 1"),
    fix: "Write `$.arguments.amount`.",
  },
  FG505: {
    title: "A function is unknown or called wrongly",
    severity: error,
    explanation:
      "The functions are `size`, `lower`, `upper`, `abs`, `min`, `max`, `exists`, `date` and `default`.",
    example: guarded("length($.arguments.name) > 3"),
    fix: "Write `size($.arguments.name) > 3`.",
  },
  FG506: {
    title: "An expression is too large",
    severity: error,
    explanation: "Length, nesting and the number of parts are bounded, so that judging takes bounded time.",
    example: guarded(`${"(".repeat(200)}true${")".repeat(200)}`),
    fix: "Split it into several guards.",
  },
  FG507: {
    title: "A pattern cannot be used",
    severity: error,
    explanation:
      "`matches` takes a literal pattern that can be matched in linear time: no look-around and no back references.",
    example: guarded("$.arguments.name matches '(a)\\\\1'"),
    fix: "Write the pattern without back references.",
  },
  FG508: {
    title: "An operator of another language",
    severity: error,
    explanation:
      "The operators are `==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`, `!`, `in`, `starts_with`, `ends_with`, `contains` and `matches`.",
    example: guarded("$.arguments.a === 1"),
    fix: "Write `$.arguments.a == 1`.",
  },
  FG509: {
    title: "A path is malformed",
    severity: error,
    explanation:
      "Paths are written `$.context.items[0].name`; other names stand in brackets: `$.context['first name']`.",
    example: guarded("$.arguments..amount > 1"),
    fix: "Write `$.arguments.amount`.",
  },
  FG510: {
    title: "A guard cannot be judged",
    severity: error,
    explanation: "Guards are nested too deeply, or a part of one has no meaning.",
    example: 'proxy:\n  expose:\n    - name: x\n      guards: [{ kind: schedule, hours: "10:00-10:00" }]',
    fix: "Mend what the message names.",
  },
  FG511: {
    title: "A template is malformed",
    severity: error,
    explanation:
      "A template is a path, a text with `{{ $.path }}`, or an object with one operator such as `{ add: [a, b] }`.",
    example:
      'connections:\n  api: { baseUrl: https://api.example.com }\nproxy:\n  expose: [{ name: x, executor: { kind: http, connection: api, query: { q: "{{ $.arguments.q" } } }]',
    fix: "Close it: `{{ $.arguments.q }}`.",
  },
};
