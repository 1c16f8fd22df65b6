import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;

/** FG1xx: files, YAML and variables. */
export const LOAD_CODES: CodeTable = {
  FG101: {
    title: "A file cannot be read",
    severity: error,
    explanation: "The file does not exist, is a folder, or this user may not read it.",
    example: "include: [conections.yaml]",
    fix: "Correct the path. Paths are seen from the folder of the file that names them.",
  },
  FG102: {
    title: "The text is not YAML",
    severity: error,
    explanation:
      "The file does not follow YAML 1.2. Tabs cannot indent, brackets and quotes must be closed, and a file holds one document. Nothing in the file is checked further.",
    example: 'version: "1.0.0\nconnections: {}',
    fix: "Mend the line that is shown, or the one before it: a missing quote or bracket is noticed late.",
  },
  FG103: {
    title: "The file is not UTF-8 text",
    severity: error,
    explanation:
      "Configurations are UTF-8 text. This file holds other bytes: it is binary, or was saved in another encoding.",
    example: "# a file saved as UTF-16",
    fix: "Save the file as UTF-8. A byte order mark is fine.",
  },
  FG104: {
    title: "The document is too large",
    severity: error,
    explanation:
      "A file may have 16 MiB, values may be nested 100 deep, and aliases may not multiply a small document into a huge one. The bounds keep a hostile or generated document from stopping the gateway.",
    example:
      "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n# … and so on",
    fix: "Split the file with `include`, or repeat less.",
  },
  FG105: {
    title: "A key is not text",
    severity: error,
    explanation:
      "Keys are names. YAML reads a bare `1`, `true` or `null` as something else, and lists and maps can be keys too: none of them names anything here.",
    example: "proxy:\n  expose: [{ name: x, inputSchema: { properties: { 1: {} } } }]",
    fix: 'Put the key in quotes: `"1": {}`.',
  },
  FG106: {
    title: "An alias names no anchor",
    severity: error,
    explanation:
      "`*name` repeats the value that `&name` marked earlier in the same file. There is no such mark, or the alias stands inside the value itself.",
    example:
      "connections:\n  a: { baseUrl: *defaults }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: a, method: GET } }] }",
    fix: "Mark the value first: `x: &defaults { … }`.",
  },
  FG107: {
    title: "A value cannot be held",
    severity: error,
    explanation:
      "The tag is unknown, or the number has no exact form: `.nan`, `.inf` and whole numbers beyond 2^53 would not survive the way through JSON.",
    example:
      "workflows:\n  w: { initialState: a, initialContext: { account: 12345678901234567890 }, states: { a: { terminal: true } } }",
    fix: 'Put it in quotes: `account: "12345678901234567890"`.',
  },
  FG108: {
    title: "A key is given twice",
    severity: error,
    explanation:
      "One of the two values would be lost without a word. Keys in different files merge; in one map each key stands once.",
    example: "store: { kind: sqlite, path: a.sqlite, path: b.sqlite }",
    fix: "Remove one of them.",
  },
  FG109: {
    title: "Files include each other",
    severity: error,
    explanation:
      "Following `include` leads back to a file that is still being loaded. The message spells the circle out.",
    example: "# a.yaml\ninclude: [b.yaml]\n# b.yaml\ninclude: [a.yaml]",
    fix: "Move what both need into a third file.",
  },
  FG110: {
    title: "A variable is not set",
    severity: error,
    explanation:
      "`${NAME}` has no value in the environment. Leaving a placeholder in a header or URL would only fail later and less clearly.",
    example:
      'connections:\n  api: { baseUrl: https://api.example.com, headers: { Authorization: "Bearer ${API_TOKEN}" } }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: api } }] }',
    fix: "Set the variable, or give a default: `${API_TOKEN:-none}`.",
  },
  FG111: {
    title: "A variable reference is malformed",
    severity: error,
    explanation:
      "The forms are `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, `${env.VAR}` and `${file:path}`. Shell forms such as `${VAR%x}` are not known.",
    example:
      'workflows:\n  w: { initialState: a, description: "costs ${amount more", states: { a: { terminal: true } } }',
    fix: "Correct the reference, or write `$${` for a literal `${`.",
  },
  FG112: {
    title: "A glob matches no file",
    severity: error,
    explanation:
      "An `include` with `*`, `?` or braces found nothing. A misspelt folder would otherwise drop a part of the configuration without a word.",
    example: 'include: ["workflow/*.yaml"]',
    fix: "Correct the pattern, or remove it.",
  },
  FG113: {
    title: "The file holds no configuration",
    severity: error,
    explanation: "The file is empty, only comments, or not a map of keys.",
    example: '- version: "1.0.0"',
    fix: 'Begin with `version: "1.0.0"`.',
  },
  FG114: {
    title: "A secret file cannot be read",
    severity: error,
    explanation:
      "`${file:path}` puts the content of a file in, without its last line end. The file is missing, unreadable or not text.",
    example:
      'connections:\n  api: { baseUrl: https://api.example.com, headers: { X-Key: "${file:/run/secrets/missing}" } }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: api } }] }',
    fix: "Correct the path; it is seen from the folder of the file that names it.",
  },
  FG115: {
    title: "A file of another gateway is taken over",
    severity: "notice",
    explanation:
      "The file is a `catalog.yaml` or `config.yaml` of Open MCP Gateway. It is read as it is: servers become connections and imports under their ids, and settings become the ones that are named. Programs get only the variables in `env` and the usual few, not everything that the gateway itself was given.",
    example: "servers: [{ id: files, runtime: { type: local-process, command: mcp-files } }]",
    fix: "Nothing needs to be done. To use what only this format has, write `connections` and `proxy.import` yourself.",
  },
  FG116: {
    title: "A setting of another gateway has no counterpart",
    severity: "warning",
    explanation:
      "A key of an Open MCP Gateway file means nothing here, or would take a protection away. It is left out; everything else is taken over.",
    example: "servers: [{ id: files, priority: 3, runtime: { type: local-process, command: mcp-files } }]",
    fix: "Remove the key, or correct its name.",
  },
  FG117: {
    title: "A server of another gateway cannot be taken over",
    severity: error,
    explanation:
      "A server in an Open MCP Gateway catalogue has no id, is listed twice, does not say how it runs, or has a runtime that is not available here. Leaving it out would drop its tools without a word.",
    example: "servers: [{ id: files, runtime: { type: k8s-job, image: mcp/files } }]",
    fix: "Use `local-process` with a command, or `remote-http` with a url.",
  },
};
