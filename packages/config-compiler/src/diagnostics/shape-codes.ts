import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;

/** FG2xx: keys, kinds of values, and what they may be. */
export const SHAPE_CODES: CodeTable = {
  FG201: {
    title: "A key is not known",
    severity: error,
    explanation:
      "The key means nothing here. A misspelt guard or limit that is silently ignored is worse than none.",
    example:
      "workflows:\n  w:\n    initialState: a\n    visiblity: tenant\n    states: { a: { terminal: true } }",
    fix: "Use the key that the hint names. `flowgate-check explain workflows.*.states` lists what there is.",
  },
  FG202: {
    title: "A key is missing",
    severity: error,
    explanation: "Without this key the entry says nothing.",
    example:
      "connections:\n  payroll: { kind: http }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: payroll } }] }",
    fix: "Add it: `payroll: { kind: http, baseUrl: https://payroll.example.com }`.",
  },
  FG203: {
    title: "A value is of the wrong kind",
    severity: error,
    explanation:
      "Text, numbers, truth values, lists and maps are told apart. Nothing is guessed from a value of another kind.",
    example: "workflows:\n  w: { initialState: a, maxChainDepth: many, states: { a: { terminal: true } } }",
    fix: "Write a value of the kind that the message names.",
  },
  FG204: {
    title: "A value is not allowed",
    severity: error,
    explanation:
      "The value is of the right kind, but not one of those that are known, out of bounds, or not of the right form.",
    example: "audit: { sink: syslog }",
    fix: "Use one of the values that the message lists.",
  },
  FG205: {
    title: "The version is not supported",
    severity: error,
    explanation: "`version` is the version of this format. This gateway reads major version 1.",
    example: 'version: "2.0.0"',
    fix: 'Write `version: "1.0.0"`, or use a gateway that reads the newer format.',
  },
  FG206: {
    title: "An older form",
    severity: "notice",
    explanation: "It still works and means what it meant. The hint says how it is written today.",
    example:
      "connections:\n  payroll: { kind: rest, baseUrl: https://payroll.example.com }\nproxy: { expose: [{ name: pay, executor: { kind: http, connection: payroll } }] }",
    fix: "Write `kind: http`.",
  },
  FG207: {
    title: "Keys contradict each other",
    severity: error,
    explanation: "Two keys say the same thing in two ways, or exclude each other.",
    example:
      "connections:\n  search: { kind: mcp, command: search-server, url: https://mcp.example.com/mcp }\nproxy: { import: [{ connection: search }] }",
    fix: "Keep one of them.",
  },
  FG208: {
    title: "A duration or size is malformed",
    severity: error,
    explanation:
      "Durations are `500ms`, `30s`, `5m`, `24h`, `30d`, or a number of milliseconds where the key ends in `Ms`. Sizes are `256KiB`, `4MiB`, or a number of bytes.",
    example: "store: { kind: memory, retention: { terminal: 30 days } }",
    fix: "Write `terminal: 30d`.",
  },
  FG209: {
    title: "An address, URL or time zone is malformed",
    severity: error,
    explanation: "URLs are absolute and http or https, addresses are `host:port`, time zones are IANA names.",
    example:
      "connections:\n  api: { baseUrl: api.example.com }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: api } }] }",
    fix: "Write `https://api.example.com`.",
  },
  FG210: {
    title: "A JSON Schema does not compile",
    severity: error,
    explanation:
      "The schema has a keyword of the wrong form, a pattern that has no linear-time form, or a reference that leads nowhere or out of the document.",
    example: "proxy:\n  expose: [{ name: x, inputSchema: { type: strng } }]",
    fix: "Write `type: string`.",
  },
  FG211: {
    title: "No value satisfies a JSON Schema",
    severity: error,
    explanation: "Its keywords contradict each other, so every call would be refused.",
    example:
      "proxy:\n  expose: [{ name: x, inputSchema: { type: object, required: [n], properties: { n: { type: integer, minimum: 10, maximum: 1 } } } }]",
    fix: "Remove the contradiction: here `minimum` is above `maximum`.",
  },
};
