import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;
const warning = "warning" as const;

/** FG6xx: who may do what, and what may happen twice. */
export const GOVERNANCE_CODES: CodeTable = {
  FG601: {
    title: "A policy does not hold",
    severity: error,
    explanation:
      "There is a path that breaks it. The shortest one is shown. Guards are taken to be able to pass: a policy that holds, holds whatever they say.",
    example:
      "workflows:\n  deploy:\n    initialState: ready\n    states:\n      ready: { transitions: { approve: { target: done, actor: human }, hurry: { target: done } } }\n      done: { terminal: true }\npolicies:\n  - name: nobody deploys without a person\n    assert: { reaching: done, requires: { transition: approve, actor: human } }",
    fix: "Remove the path that is shown, or put what is required on it.",
  },
  FG602: {
    title: "A policy is about nothing",
    severity: error,
    explanation:
      "No workflow, state, transition or executor matches what it names. A misspelt rule would hold for ever and protect nothing.",
    example:
      "workflows:\n  deploy:\n    initialState: ready\n    states:\n      ready: { transitions: { approve: { target: done, actor: human } } }\n      done: { terminal: true }\npolicies:\n  - assert: { reaching: deployed, requires: { actor: human } }",
    fix: "Correct the name: `reaching: done`.",
  },
  FG603: {
    title: "Policies without a rule",
    severity: error,
    explanation:
      "`policies` is there, so somebody wants rules proved, and after all files are merged the list is empty. Nothing would be checked, and nobody would notice.",
    example: "policies: []",
    fix: "Write the rules down, or leave `policies` out.",
  },
  FG604: {
    title: "A policy that asks for nothing",
    severity: error,
    explanation:
      "Every path takes some step, so a requirement that any step meets always holds. A rule of which a part was forgotten would protect nothing.",
    example:
      "workflows:\n  deploy:\n    initialState: ready\n    states:\n      ready: { transitions: { go: { target: done } } }\n      done: { terminal: true }\npolicies:\n  - assert: { reaching: done, requires: {} }",
    fix: "Say what must come before: `requires: { transition: approve, actor: human }`.",
  },
  FG610: {
    title: "A retry may double an effect",
    severity: warning,
    explanation:
      "After a timeout nobody knows whether the call took effect. Retrying a call that counts each time can pay twice. The retry is done as written.",
    example:
      "connections:\n  payroll: { baseUrl: https://payroll.example.com }\nproxy:\n  expose:\n    - name: pay\n      executor: { kind: http, connection: payroll, method: POST, path: /payments }\n      reliability: { retry: { maxAttempts: 3 } }",
    fix: "Declare `idempotencyKey: true` if the other side honours it, or `idempotent: true` if repeating is harmless.",
  },
  FG611: {
    title: "A call that counts each time cannot be retried",
    severity: error,
    explanation:
      "The executor is declared `effect: once` or `idempotent: false`, so a second attempt is never made.",
    example:
      "connections:\n  payroll: { baseUrl: https://payroll.example.com }\nproxy:\n  expose:\n    - name: pay\n      executor: { kind: http, connection: payroll, method: POST, path: /payments, effect: once }\n      reliability: { retry: { maxAttempts: 3 } }",
    fix: "Leave `retry` out, or declare an `idempotencyKey` instead.",
  },
  FG612: {
    title: "Nobody can decide a human step",
    severity: error,
    explanation:
      "Every caller comes from the declared keys, and too few of them have what `assignees` asks for. The question would stay open until it expires.",
    example:
      'identity: { kind: apiKeys, keys: [{ id: ann, hash: "scrypt$tj4C+pIZ/k+BVGGfjoHuLA==$1pJBZZ9pX5l5pMxDG4VylHvDnHR5vHFj+4NXKN4fWj0=", subject: ann, roles: [developer] }] }\nworkflows:\n  w:\n    initialState: a\n    states:\n      a:\n        transitions:\n          ask: { target: b, executor: { kind: human, queue: q, assignees: { roles: [manager] } } }\n      b: { terminal: true }',
    fix: "Give somebody the role, or ask for one that somebody has.",
  },
  FG613: {
    title: "A guard that nobody can pass",
    severity: warning,
    explanation:
      "The declared identity is closed: it produces known callers, and none of them has the role or permission. With `anonymous`, nobody has any.",
    example: "proxy:\n  expose:\n    - name: x\n      guards: [{ kind: role, role: admin }]",
    fix: "Declare an `identity` that carries roles, or remove the guard.",
  },
  FG614: {
    title: "A secret is written into the file",
    severity: warning,
    explanation:
      "Configurations are kept in repositories and copied around. Values that come from variables and secret files are also masked in everything that is written.",
    example:
      "connections:\n  api: { baseUrl: https://api.example.com, auth: { kind: bearer, token: 3f9c1d77 } }\nproxy: { expose: [{ name: x, executor: { kind: http, connection: api } }] }",
    fix: "Write `token: ${API_TOKEN}`.",
  },
  FG615: {
    title: "A capability's guards are not checked here",
    severity: warning,
    explanation:
      "`onEnter`, `onTimeout` and `compensate` run without a caller, so there is nobody whom a guard could judge.",
    example:
      "capabilities:\n  safe: { executor: { kind: noop }, guards: [{ kind: role, role: admin }] }\nworkflows:\n  w:\n    initialState: a\n    states:\n      a: { onEnter: { executor: { capability: safe } }, transitions: { go: { target: b } } }\n      b: { terminal: true }",
    fix: "Put the guards on the transitions that lead there.",
  },
  FG616: {
    title: "The guarded tool has an unguarded door",
    severity: warning,
    explanation:
      "A capability wraps an imported tool and adds guards, but the import still shows the tool itself. Callers would take the shorter way.",
    example:
      "connections:\n  files: { kind: mcp, command: files-mcp }\ncapabilities:\n  safe.write: { wraps: fs.write, guards: [{ kind: evidence, requires: [tests_passed] }] }\nproxy:\n  import: [{ connection: files, prefix: fs }]\n  expose: [{ capability: safe.write }]",
    fix: "Add `exclude: [write]` to the import. An excluded tool can still be wrapped.",
  },
  FG617: {
    title: "Anybody on the network can call",
    severity: error,
    explanation:
      "The server listens on an address that other machines reach, and callers are all the same anonymous one. The gateway refuses to start like this.",
    example: 'server: { transport: http, http: { listen: "0.0.0.0:8787" } }',
    fix: "Declare an `identity`, or listen on `127.0.0.1:8787`.",
  },
  FG618: {
    title: "A connection or an issuer may never be dialled",
    severity: error,
    explanation:
      "`server.egress` denies its host, or allows others only. Whatever the host's name leads to, every call of it would be refused.",
    example:
      "server: { egress: { allow: ['*.example.com'] } }\nconnections:\n  payroll: { baseUrl: https://payroll.example.org }",
    fix: "Add the host to `server.egress.allow`, or take it from `deny`.",
  },
  FG620: {
    title: "An identity that recognises nobody, or anybody",
    severity: error,
    explanation:
      "What is configured cannot tell callers apart: headers that nobody vouches for, a key without its hash, a certificate that nobody checks. The gateway refuses to start like this.",
    example: "identity: { kind: trustedHeaders, subject: X-User }",
    fix: "Name who may set the headers, `trustedProxies: [10.0.0.0/8]`; give every key its `hash`; give `server.http.tls` a `ca`.",
  },
  FG621: {
    title: "A secret that can be guessed",
    severity: error,
    explanation:
      "A shared secret has to have 16 characters or more and must not be one that manuals and templates use. The value itself is never shown.",
    example: 'identity: { kind: apiKeys, keys: [{ id: ci, key: "${CI_KEY:-changeme}", subject: ci }] }',
    fix: "Make one with `mcp-flowgate init-key` and write down only its hash.",
  },
  FG622: {
    title: "A value from outside in a text that is read",
    severity: warning,
    explanation:
      "What comes from a variable or a file is secret. Titles, descriptions, guidance, tags, questions for people and the annotations of schemas show `[secret]` in its place, wherever they are shown or searched; guards are judged by the value, and shown like that. The default of `${NAME:-default}` stands in the file and is shown. What stands in `initialContext`, `prefill`, `output` or `queue` is data: callers and those who decide see it as it is.",
    example: "proxy:\n  expose:\n    - name: x\n      description: Opens a ticket at ${file:site.txt}",
    fix: "Write the value out, or read it at run time where templates are allowed: `{{ $.context.site }}`.",
  },
  FG623: {
    title: "A schema that needs a value from outside",
    severity: error,
    explanation:
      "What comes from a variable or a file is secret, and a schema is shown to everybody whose arguments it is for. Without the value they could not keep to it.",
    example:
      "proxy:\n  expose:\n    - name: x\n      inputSchema: { type: object, properties: { site: { enum: ['${file:site.txt}'] } } }",
    fix: "Write the values out, or check them in a guard: `$.arguments.site == '${SITE}'`.",
  },
};
