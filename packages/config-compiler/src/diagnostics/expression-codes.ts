import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;

const OPEN = "{ type: object }";

const guarded = (expr: string, schema: string = OPEN): string =>
  `proxy:\n  expose:\n    - name: x\n      inputSchema: ${schema}\n      guards: [{ kind: expr, expr: ${JSON.stringify(expr)} }]`;

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
  FG520: {
    title: "A path that the schema does not have",
    severity: "error",
    explanation:
      "The schema of what is read does not have this property. Where the schema allows other properties it is a warning: the value may still come, but nothing promises it.",
    example: guarded(
      "$.arguments.amuont > 1",
      "{ type: object, properties: { name: { type: string }, amount: { type: number }, tags: { type: array, items: { type: string } } }, required: [name, amount, tags], additionalProperties: false }",
    ),
    fix: "Write `$.arguments.amount > 1`.",
  },
  FG521: {
    title: "A comparison that holds for no value",
    severity: "warning",
    explanation:
      "By the schema of what is read, the two sides can never compare like this. The guard refuses everybody.",
    example: guarded(
      "$.arguments.name == 5",
      "{ type: object, properties: { name: { type: string }, amount: { type: number }, tags: { type: array, items: { type: string } } }, required: [name, amount, tags], additionalProperties: false }",
    ),
    fix: "Compare with a value of the same kind.",
  },
  FG522: {
    title: "A condition that is always the same",
    severity: "warning",
    explanation: "The expression reads nothing, so the guard always passes or never does.",
    example: guarded("1 < 2"),
    fix: "Read what the condition is about, or remove the guard.",
  },
  FG523: {
    title: "An operand of the wrong kind",
    severity: "error",
    explanation:
      "The operator cannot work on this kind of value, so the result is always unknown, and unknown does not pass.",
    example: guarded(
      "$.arguments.name + 1 > 2",
      "{ type: object, properties: { name: { type: string }, amount: { type: number }, tags: { type: array, items: { type: string } } }, required: [name, amount, tags], additionalProperties: false }",
    ),
    fix: "Use a value of the kind that the operator takes.",
  },
  FG524: {
    title: "A value that may be missing",
    severity: "notice",
    explanation:
      "The schema does not require the value. Where it is missing the result is unknown, and the guard does not pass.",
    example: guarded(
      "$.arguments.name == 'ann'",
      "{ type: object, properties: { name: { type: string } }, additionalProperties: false }",
    ),
    fix: "Require it in the schema, or write `default($.arguments.name, ...)`.",
  },
  FG525: {
    title: "A comparison that holds for every value",
    severity: "warning",
    explanation: "By the schema of what is read, the comparison is always true. The guard guards nothing.",
    example: guarded(
      "$.arguments.name != 5",
      "{ type: object, properties: { name: { type: string }, amount: { type: number }, tags: { type: array, items: { type: string } } }, required: [name, amount, tags], additionalProperties: false }",
    ),
    fix: "Compare with a value of the same kind.",
  },
  FG526: {
    title: "A scope that cannot be read here",
    severity: "error",
    explanation: "`$.output` exists only after an executor ran: in `branches` and `output`, not in guards.",
    example: guarded("$.output.ok == true"),
    fix: "Move the condition into `branches`.",
  },
  FG527: {
    title: "An expression that is neither true nor false",
    severity: "error",
    explanation: "A guard passes when its expression is true. A number or a text is never true.",
    example: guarded(
      "$.arguments.amount",
      "{ type: object, properties: { name: { type: string }, amount: { type: number }, tags: { type: array, items: { type: string } } }, required: [name, amount, tags], additionalProperties: false }",
    ),
    fix: "Compare it: `$.arguments.amount > 0`.",
  },
  FG540: {
    title: "A key that needs quotes",
    severity: "notice",
    explanation: "A name with a dash after a dot reads like a subtraction. It still works as it did.",
    example: guarded("$.arguments.my-key == 1"),
    fix: "Write `$.arguments['my-key']`.",
  },
  FG541: {
    title: "A key in brackets without quotes",
    severity: "notice",
    explanation: "Names in brackets stand in quotes today. It still works as it did.",
    example: guarded("$.arguments.items[name] == 1"),
    fix: "Write `$.arguments.items['name']`.",
  },
  FG542: {
    title: "A number in an older form",
    severity: "notice",
    explanation:
      "Numbers are those of JSON today: a digit on both sides of the point and no plus sign. It still works as it did.",
    example: guarded("$.arguments.x > .5"),
    fix: "Write `0.5`.",
  },
  FG543: {
    title: "A backslash that stands for itself",
    severity: "notice",
    explanation: "In texts a backslash begins an escape today. It still works as it did.",
    example: guarded('$.arguments.x == "C:\\temp\\x"'),
    fix: "Write two backslashes.",
  },
};
