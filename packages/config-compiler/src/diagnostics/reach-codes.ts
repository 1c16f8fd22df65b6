import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;
const warning = "warning" as const;

/** FG7xx: what is not as the configuration says when it is tried. Only `mcp-flowgate check --deep` finds these. */
export const REACH_CODES: CodeTable = {
  FG701: {
    title: "A connection cannot be used",
    severity: error,
    explanation:
      "The server did not answer, refused, or the token for it could not be had. The gateway starts without it and tries again; until then its tools are missing.",
    example: "connections:\n  api: { kind: http, baseUrl: http://127.0.0.1:9 }",
    fix: "Start the server, correct the address or the credentials, or allow it in `server.egress`.",
  },
  FG702: {
    title: "A server does not have a tool that is used",
    severity: error,
    explanation:
      "The server was listed, and the tool is not among what it offers. A step that calls it would fail.",
    example:
      "connections:\n  time: { kind: mcp, command: time-mcp }\nproxy:\n  expose:\n    - name: time.now\n      executor: { kind: mcp, connection: time, tool: curent_time }",
    fix: "Correct the name, or install the version of the server that has the tool.",
  },
  FG703: {
    title: "A command is not there",
    severity: error,
    explanation:
      "No executable file of this name is in the `PATH` that the command would get, or its working folder is missing.",
    example: "connections:\n  tool: { kind: cli, command: no-such-program }",
    fix: "Install it, write its whole path, or give the connection a `PATH` in `env`.",
  },
  FG704: {
    title: "The store cannot be used",
    severity: error,
    explanation: "The gateway does not start without its store.",
    example: "store: { kind: postgres, url: postgres://127.0.0.1:9/flowgate }",
    fix: "Follow the message: start the database, correct the address, or grant access.",
  },
  FG705: {
    title: "The audit trail cannot be written",
    severity: error,
    explanation: "A sink of the audit trail cannot be written to, or does not answer.",
    example: "audit: { sink: file, path: /no/such/folder/audit.jsonl }",
    fix: "Grant this user write access to the file and its folder, or start the service.",
  },
  FG706: {
    title: "The address cannot be listened on",
    severity: error,
    explanation:
      "Another process has the address, this user may not use it, it is none of this machine, or the certificate cannot be used.",
    example: "server: { transport: http, http: { listen: 127.0.0.1:22 } }",
    fix: "End the other process, or choose another address.",
  },
  FG707: {
    title: "The keys of an issuer cannot be had",
    severity: error,
    explanation: "Without them no token can be checked, and every caller is refused.",
    example: "identity: { kind: jwt, issuer: http://127.0.0.1:9, audience: flowgate }",
    fix: "Correct `issuer`, `jwksUrl` or `jwksFile`, or let this machine reach the issuer.",
  },
  FG708: {
    title: "The gateway would refuse to start",
    severity: error,
    explanation: "Something that is only known on this machine, or by the flags, stands against it.",
    example: "server: { transport: http, http: { listen: 0.0.0.0:8787 } }",
    fix: "Follow the message.",
  },
  FG709: {
    title: "A service that can be done without does not answer",
    severity: warning,
    explanation: "The gateway works without it: search is by words alone, or telemetry is lost.",
    example: "telemetry: { traces: { otlp: http://127.0.0.1:9/v1/traces } }",
    fix: "Start the service or correct its address.",
  },
};
