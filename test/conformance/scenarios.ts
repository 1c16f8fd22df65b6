/**
 * Which scenarios of the official suites are run, against what, and why the rest are not. The lists are complete: a
 * test holds them against what the suites themselves list, so that a new scenario cannot go unnoticed.
 */
export interface Suite {
  readonly revision: "2025-11-25" | "2026-07-28";
  /** The npm name of the suite in this package. */
  readonly suite: string;
  /** Run against the real gateway: they need nothing but the protocol and a list of tools. */
  readonly gateway: readonly string[];
  /** Run against the gateway's HTTP stack with the fixture tools, resources and prompts. */
  readonly fixture: readonly string[];
  /** Not run, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

const STATELESS =
  "2025-era clients are served statelessly, so that any replica can answer: no session and no call back to the client";
const EXTENSION = "an optional extension of the protocol that the gateway does not offer";

const TOOLS = [
  "tools-call-simple-text",
  "tools-call-image",
  "tools-call-audio",
  "tools-call-embedded-resource",
  "tools-call-mixed-content",
  "tools-call-error",
  "tools-call-with-progress",
];
const RESOURCES = [
  "resources-list",
  "resources-read-text",
  "resources-read-binary",
  "resources-templates-read",
];
const PROMPTS = [
  "prompts-list",
  "prompts-get-simple",
  "prompts-get-with-args",
  "prompts-get-embedded-resource",
  "prompts-get-with-image",
];

export const SUITES: readonly Suite[] = [
  {
    revision: "2025-11-25",
    suite: "@modelcontextprotocol/conformance",
    gateway: [
      "server-initialize",
      "ping",
      "tools-list",
      "dns-rebinding-protection",
      "server-sse-multiple-streams",
    ],
    fixture: [
      ...TOOLS,
      "tools-call-with-logging",
      "logging-set-level",
      "json-schema-2020-12",
      "completion-complete",
      ...RESOURCES,
      "resources-subscribe",
      "resources-unsubscribe",
      ...PROMPTS,
      "server-sse-polling",
    ],
    skipped: {
      "tools-call-sampling": STATELESS,
      "tools-call-elicitation": STATELESS,
      "elicitation-sep1034-defaults": STATELESS,
      "elicitation-sep1330-enums": STATELESS,
    },
  },
  {
    revision: "2026-07-28",
    suite: "conformance-2026",
    gateway: [
      "tools-list",
      "dns-rebinding-protection",
      "server-sse-multiple-streams",
      "http-header-validation",
    ],
    fixture: [
      "server-stateless",
      ...TOOLS,
      "json-schema-2020-12",
      "completion-complete",
      ...RESOURCES,
      "caching",
      "sep-2164-resource-not-found",
      ...PROMPTS,
      "input-required-result-basic-elicitation",
      "input-required-result-basic-sampling",
      "input-required-result-basic-list-roots",
      "input-required-result-request-state",
      "input-required-result-multiple-input-requests",
      "input-required-result-multi-round",
      "input-required-result-missing-input-response",
      "input-required-result-non-tool-request",
      "input-required-result-result-type",
      "input-required-result-unsupported-methods",
      "input-required-result-tampered-state",
      "input-required-result-capability-check",
      "input-required-result-ignore-extra-params",
      "input-required-result-validate-input",
    ],
    skipped: {
      "http-custom-header-server-validation": "no tool of the gateway mirrors an argument into a header",
      ...Object.fromEntries(
        [
          "tasks-lifecycle",
          "tasks-capability-negotiation",
          "tasks-wire-fields",
          "tasks-request-state-removal",
          "tasks-mrtr-input",
          "tasks-request-headers",
          "tasks-dispatch-and-envelope",
          "tasks-status-notifications",
          "tasks-required-task-error",
          "tasks-mrtr-composition",
          "sep-2640-skills-directory",
          "sep-2640-skills-enumeration",
          "sep-2640-skills-manifest",
        ].map((scenario) => [scenario, EXTENSION]),
      ),
    },
  },
];
