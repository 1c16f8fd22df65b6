import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;
const warning = "warning" as const;

/** FG3xx: names that refer to other parts. */
export const REFERENCE_CODES: CodeTable = {
  FG301: {
    title: "A connection does not exist",
    severity: error,
    explanation: "An executor or import names a connection that is not declared.",
    example:
      "connections:\n  github: { kind: mcp, command: github-mcp-server }\nproxy:\n  import: [{ connection: gihub }]",
    fix: "Correct the name, or declare the connection.",
  },
  FG302: {
    title: "A connection is of another kind",
    severity: error,
    explanation:
      "An `mcp` executor needs an MCP server, an `http` executor an HTTP API, a `cli` executor a program.",
    example:
      "connections:\n  payroll: { baseUrl: https://payroll.example.com }\nproxy:\n  expose: [{ name: pay, executor: { kind: mcp, connection: payroll, tool: pay } }]",
    fix: "Use an executor of the connection's kind.",
  },
  FG303: {
    title: "A capability does not exist",
    severity: error,
    explanation:
      "`wraps`, `expose` or an executor names a capability that is neither declared nor imported under a prefix.",
    example: "proxy:\n  expose: [{ capability: safe.create_pr }]",
    fix: "Correct the name, or declare it under `capabilities`.",
  },
  FG304: {
    title: "Capabilities build on each other",
    severity: error,
    explanation:
      "Following `wraps` and `{ capability: … }` leads back to where it began. The message spells the chain out.",
    example: "capabilities:\n  a: { wraps: b }\n  b: { wraps: a }",
    fix: "Give one of them an executor of its own.",
  },
  FG305: {
    title: "A workflow does not exist",
    severity: error,
    explanation: "An executor of kind `workflow` names a definition that is not declared.",
    example: "proxy:\n  expose: [{ name: review, executor: { kind: workflow, definitionId: risk_review } }]",
    fix: "Correct the name, or declare the workflow.",
  },
  FG306: {
    title: "A name is taken twice",
    severity: error,
    explanation:
      "Callers start workflows and capabilities by one id. Two things with the same id would shadow each other, and the unguarded one might win.",
    example: "proxy:\n  expose:\n    - { name: echo }\n    - { name: echo }",
    fix: "Rename one of them, with `as` where it is exposed by reference.",
  },
  FG307: {
    title: "An imported tool is exposed under its own name",
    severity: error,
    explanation: "The import already shows the tool under this name, without the guards that are added here.",
    example:
      "connections:\n  github: { kind: mcp, command: github-mcp-server }\nproxy:\n  import: [{ connection: github, prefix: github }]\n  expose: [{ capability: github.create_pr }]",
    fix: "Exclude the tool from the import and expose it `as` another name, or guard the import.",
  },
  FG308: {
    title: "Nothing uses a connection",
    severity: warning,
    explanation: "No executor and no import names it. It may be left over, or its user may be misspelt.",
    example: "connections:\n  payroll: { baseUrl: https://payroll.example.com }",
    fix: "Remove it, or use it.",
  },
  FG309: {
    title: "Nothing uses a capability",
    severity: warning,
    explanation: "It is not exposed, wrapped or named by an executor, so nobody can start it.",
    example: "capabilities:\n  raw.echo: { executor: { kind: noop } }",
    fix: "Expose it under `proxy.expose`, or remove it.",
  },
  FG310: {
    title: "A guard names a transition that does not exist",
    severity: error,
    explanation:
      "`separation` compares the caller with those who did other transitions of the same workflow. With a misspelt name it would never refuse anybody.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { ask: { target: b } } }\n      b: { transitions: { approve: { target: c, guards: [{ kind: separation, from: [asks] }] } } }\n      c: { terminal: true }",
    fix: "Write `from: [ask]`.",
  },
  FG311: {
    title: "Workflows start each other without end",
    severity: error,
    explanation:
      "A workflow that runs itself as a child, directly or through others, on a path that it cannot avoid, goes on until the depth limit stops it.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a:\n        transitions:\n          again: { target: b, actor: deterministic, executor: { kind: workflow, definitionId: w } }\n      b: { terminal: true }",
    fix: "Put a guard or a decision before the child, or start another workflow.",
  },
  FG312: {
    title: "A path reads what nothing produces",
    severity: warning,
    explanation:
      "No input, initial context or output mapping writes the value, so the template is never resolved and the step is refused.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: b, prefill: { id: $.context.ticket } } } }\n      b: { terminal: true }",
    fix: "Write it in an `output` mapping or in `initialContext`, or correct the path.",
  },
  FG320: {
    title: "There is no lock file to hold to",
    severity: warning,
    explanation:
      "An import has `pin`, and the lock file is not there or cannot be used. With `pin: block` the gateway does not start without it; with `pin: warn` nothing is compared, which is a notice.",
    example:
      "connections:\n  github: { kind: mcp, command: github-mcp-server }\nproxy:\n  import: [{ connection: github, prefix: github, pin: block }]",
    fix: "Run `mcp-flowgate pin -c FILE`, look at the file and keep it beside the configuration.",
  },
  FG321: {
    title: "The lock file does not have a tool",
    severity: warning,
    explanation:
      "An import, a wrapper or an executor names a tool of a pinned connection that was not listed when the lock file was written. With `pin: block` it is refused.",
    example: "proxy:\n  import: [{ connection: github, prefix: github, include: [create_pr], pin: block }]",
    fix: "Correct the name, or run `mcp-flowgate pin -c FILE --update` and look at what it adds.",
  },
  FG322: {
    title: "An OpenAPI document cannot be used",
    severity: error,
    explanation:
      "The file of an import's `openapi` cannot be read, is no OpenAPI 3.0, 3.1 or Swagger 2.0 document, or is larger than 32 MiB. The message names the place in it.",
    example:
      "connections:\n  petstore: { baseUrl: https://petstore.example.com }\nproxy:\n  import: [{ connection: petstore, openapi: ./petstore.yaml, prefix: pets }]",
    fix: "Correct the path or the document. A path that begins with `/` is fetched from the connection's base URL when the gateway runs.",
  },
  FG323: {
    title: "An operation of an OpenAPI document is left out",
    severity: warning,
    explanation:
      "It cannot be called: it refers to another document or to nothing, its name is taken, or it needs a body or parameter of a kind that is not supported. The others are imported.",
    example: "proxy:\n  import: [{ connection: petstore, openapi: ./petstore.yaml }]",
    fix: "Correct the document at the place that the message names, or declare the call as a capability of its own.",
  },
};
