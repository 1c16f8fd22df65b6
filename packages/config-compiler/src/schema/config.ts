import { capability, NAME_PATTERN, proxy, reliability } from "./capabilities.ts";
import { connection } from "./connections.ts";
import { executor } from "./executors.ts";
import { map, object, text, texts, type Field, type ObjectField } from "./field.ts";
import { guard } from "./guards.ts";
import { identity } from "./identity.ts";
import { policies } from "./policies.ts";
import { limits, server, telemetry } from "./server.ts";
import { audit, cluster, discovery, store } from "./settings.ts";
import { workflow } from "./workflows.ts";

/** What refers to itself or is used in many places. */
export const DEFINITIONS: { readonly [name: string]: Field } = { guard, executor, reliability };

/** The whole configuration: the one source of the checks, the JSON Schema, the reference and `explain-config`. */
export const CONFIG: ObjectField = object(
  "The configuration of a gateway.",
  {
    version: text("The version of this format, as `major.minor.patch`. The major version is 1.", "1.0.0", {
      pattern: {
        source: "^\\d+(\\.\\d+){0,2}(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$",
        words: "a version such as 1.0.0",
      },
    }),
    include: texts(
      "Files or globs, seen from this file. They are loaded in order and this file goes on top: maps merge, lists are joined, other values are replaced. `!replace` replaces instead.",
      ["connections.yaml", "workflows/*.yaml"],
      { default: [], orOne: true },
    ),
    connections: map(
      "Ways to what is downstream.",
      "connection",
      connection,
      {
        github: { kind: "mcp", command: "github-mcp-server" },
      },
      { default: {} },
    ),
    capabilities: map(
      "Things that can be done, by id. They are not shown to callers until they are exposed.",
      "capability",
      capability,
      { "raw.create_pr": { executor: { kind: "mcp", connection: "github", tool: "create_pull_request" } } },
      { default: {}, keyPattern: NAME_PATTERN },
    ),
    proxy,
    workflows: map(
      "Governed processes, by id.",
      "workflow",
      workflow,
      {
        change: {
          initialState: "open",
          states: { open: { transitions: { close: { target: "closed" } } }, closed: { terminal: true } },
        },
      },
      { default: {}, keyPattern: NAME_PATTERN },
    ),
    policies,
    discovery,
    store,
    cluster,
    audit,
    identity,
    server,
    limits,
    telemetry,
  },
  ["version"],
);
