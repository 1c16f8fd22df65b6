// Written by packages/config-compiler/generate/generate.ts from the schema in the code. Do not edit.
import type { Json, JsonObject } from "@mcp-flowgate/core";

/** Milliseconds, or a text such as `30s`. */
export type Duration = number | string;

/** Bytes, or a text such as `4MiB`. */
export type Size = number | string;

/** A condition on the caller, the arguments or what has happened so far. Guards are checked in order, before the executor, on every path. */
export type GatewayGuard =
  | {
      readonly kind: "permission";
      /** The permission. The caller's own may end in `.*`. */
      readonly permission: string;
    }
  | {
      readonly kind: "role";
      /** The role. */
      readonly role: string;
    }
  | {
      readonly kind: "expr" | "jsonpath";
      /** An expression over `$.arguments`, `$.context`, `$.workflow` and `$.principal`. The guard passes only when it is true; a missing value makes it unknown, which does not pass. */
      readonly expr: string;
    }
  | {
      readonly kind: "evidence";
      /** What must be on record. */
      readonly requires: readonly (
        | string
        | {
            /** The kind of evidence. */
            readonly kind: string;
            /** How many records. */
            readonly count?: number;
            /** What is counted. */
            readonly distinct?: "actor";
          }
      )[];
    }
  | {
      readonly kind: "allOf" | "all_of";
      /** The guards. */
      readonly guards: readonly GatewayGuard[];
    }
  | {
      readonly kind: "anyOf" | "any_of";
      /** The guards. */
      readonly guards: readonly GatewayGuard[];
    }
  | {
      readonly kind: "not";
      /** The guard. */
      readonly guard: GatewayGuard;
    }
  | {
      readonly kind: "separation";
      /** Transitions of the same workflow. */
      readonly from: readonly string[] | string;
    }
  | {
      readonly kind: "rateLimit" | "rate_limit";
      /** Passes allowed. */
      readonly max: number;
      /** The span. */
      readonly perMs: Duration;
      /** What is counted together. */
      readonly key?: "principal" | "definition" | "global";
    }
  | {
      readonly kind: "schedule";
      /** Days of the week; left out, all. */
      readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
      /** From and to, `HH:MM-HH:MM`; an end before the start runs over midnight. */
      readonly hours?: string;
      /** The IANA time zone. */
      readonly timezone?: string;
    };

/** What a step does. `{ kind: … }` says it here, `{ capability: name }` takes a named one. */
export type GatewayExecutor =
  | {
      readonly kind: "noop";
      /** The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`. */
      readonly idempotencyKey?: boolean | string;
      /** Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared. */
      readonly idempotent?: boolean;
      /** What a repeated call does to the world; the longer form of `idempotent`. */
      readonly effect?: "read" | "idempotent" | "once" | "reconcile";
      /** Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked. */
      readonly probe?: {
        /** A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`. */
        readonly executor: GatewayExecutor;
        /** The call took effect; it may read `$.output`, the probe's answer. */
        readonly executed?: GatewayGuard;
        /** The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`. */
        readonly notExecuted?: GatewayGuard;
        /** How often it is asked before a person is. */
        readonly attempts?: number;
        /** The wait before it is asked, doubled each time up to a minute. */
        readonly delayMs?: Duration;
      };
    }
  | {
      readonly kind: "cli";
      /** A connection of kind `cli`; its command and arguments come first. */
      readonly connection?: string;
      /** The program, where there is no connection. */
      readonly command?: string;
      /** Arguments, each one argument whatever it holds. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly args?: readonly Json[];
      /** Variables for this run. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly env?: { readonly [variable: string]: Json };
      /** What the program reads. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly stdin?: Json;
      /** Whether an exit code other than 0 fails the step. */
      readonly treatNonZeroAsFailure?: boolean;
      /** How much of each stream is kept. */
      readonly maxOutputBytes?: Size;
      /** Lets values from callers begin with `-`. */
      readonly allowDashArgs?: boolean;
      /** The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`. */
      readonly idempotencyKey?: boolean | string;
      /** Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared. */
      readonly idempotent?: boolean;
      /** What a repeated call does to the world; the longer form of `idempotent`. */
      readonly effect?: "read" | "idempotent" | "once" | "reconcile";
      /** Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked. */
      readonly probe?: {
        /** A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`. */
        readonly executor: GatewayExecutor;
        /** The call took effect; it may read `$.output`, the probe's answer. */
        readonly executed?: GatewayGuard;
        /** The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`. */
        readonly notExecuted?: GatewayGuard;
        /** How often it is asked before a person is. */
        readonly attempts?: number;
        /** The wait before it is asked, doubled each time up to a minute. */
        readonly delayMs?: Duration;
      };
    }
  | {
      readonly kind: "http" | "rest";
      /** A connection of kind `http`. */
      readonly connection: string;
      /** The method. */
      readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
      /** Below the base URL. `{name}` is replaced by an argument, else a context value, else an input of the workflow, as one encoded segment. */
      readonly path?: string;
      /** Query parameters. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly query?: { readonly [parameter: string]: Json };
      /** Headers of this request. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly headers?: { readonly [header: string]: Json };
      /** The body. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly body?: Json;
      /** How the body is written. */
      readonly bodyFormat?: "json" | "form" | "text";
      /** How much of the answer is read. */
      readonly maxResponseBytes?: Size;
      /** The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`. */
      readonly idempotencyKey?: boolean | string;
      /** Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared. */
      readonly idempotent?: boolean;
      /** What a repeated call does to the world; the longer form of `idempotent`. */
      readonly effect?: "read" | "idempotent" | "once" | "reconcile";
      /** Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked. */
      readonly probe?: {
        /** A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`. */
        readonly executor: GatewayExecutor;
        /** The call took effect; it may read `$.output`, the probe's answer. */
        readonly executed?: GatewayGuard;
        /** The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`. */
        readonly notExecuted?: GatewayGuard;
        /** How often it is asked before a person is. */
        readonly attempts?: number;
        /** The wait before it is asked, doubled each time up to a minute. */
        readonly delayMs?: Duration;
      };
    }
  | {
      readonly kind: "mcp";
      /** A connection of kind `mcp`. */
      readonly connection: string;
      /** The tool's name there. */
      readonly tool: string;
      /** The tool's arguments; left out, the step's own arguments go as they are. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly map?: JsonObject;
      /** The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`. */
      readonly idempotencyKey?: boolean | string;
      /** Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared. */
      readonly idempotent?: boolean;
      /** What a repeated call does to the world; the longer form of `idempotent`. */
      readonly effect?: "read" | "idempotent" | "once" | "reconcile";
      /** Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked. */
      readonly probe?: {
        /** A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`. */
        readonly executor: GatewayExecutor;
        /** The call took effect; it may read `$.output`, the probe's answer. */
        readonly executed?: GatewayGuard;
        /** The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`. */
        readonly notExecuted?: GatewayGuard;
        /** How often it is asked before a person is. */
        readonly attempts?: number;
        /** The wait before it is asked, doubled each time up to a minute. */
        readonly delayMs?: Duration;
      };
    }
  | {
      readonly kind: "human";
      /** The queue in which the question appears. */
      readonly queue?: string;
      /** The question in one line. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly title?: Json;
      /** What is needed to decide. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly message?: Json;
      /** JSON Schema of what the person fills in. */
      readonly form?: JsonObject;
      /** Who may decide. Left out, anybody who is a person. */
      readonly assignees?: {
        /** Any of these roles. */
        readonly roles?: readonly string[];
        /** Any of these permissions. */
        readonly permissions?: readonly string[];
      };
      /** Approvals by different people that are needed. */
      readonly quorum?: number;
      /** How long the question stays open. Left out, 7 days. */
      readonly expiresMs?: Duration;
      /** Lets the one who asked decide. */
      readonly allowRequester?: boolean;
      /** What runs once it is approved. */
      readonly onApprove?: {
        /** The executor. */
        readonly executor: GatewayExecutor;
      };
      /** Where a rejection leads. Left out, the state stays. */
      readonly onReject?: {
        /** A state. */
        readonly target: string;
      };
      /** The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`. */
      readonly idempotencyKey?: boolean | string;
      /** Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared. */
      readonly idempotent?: boolean;
      /** What a repeated call does to the world; the longer form of `idempotent`. */
      readonly effect?: "read" | "idempotent" | "once" | "reconcile";
      /** Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked. */
      readonly probe?: {
        /** A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`. */
        readonly executor: GatewayExecutor;
        /** The call took effect; it may read `$.output`, the probe's answer. */
        readonly executed?: GatewayGuard;
        /** The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`. */
        readonly notExecuted?: GatewayGuard;
        /** How often it is asked before a person is. */
        readonly attempts?: number;
        /** The wait before it is asked, doubled each time up to a minute. */
        readonly delayMs?: Duration;
      };
    }
  | {
      readonly kind: "workflow";
      /** The workflow's id. */
      readonly definitionId: string;
      /** The child's input. A path such as `$.arguments.name` is replaced by its value, `{{ $.path }}` inside a text by its text. */
      readonly input?: Json;
      /** How long the child may take. */
      readonly timeoutMs?: Duration;
      /** The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`. */
      readonly idempotencyKey?: boolean | string;
      /** Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared. */
      readonly idempotent?: boolean;
      /** What a repeated call does to the world; the longer form of `idempotent`. */
      readonly effect?: "read" | "idempotent" | "once" | "reconcile";
      /** Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked. */
      readonly probe?: {
        /** A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`. */
        readonly executor: GatewayExecutor;
        /** The call took effect; it may read `$.output`, the probe's answer. */
        readonly executed?: GatewayGuard;
        /** The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`. */
        readonly notExecuted?: GatewayGuard;
        /** How often it is asked before a person is. */
        readonly attempts?: number;
        /** The wait before it is asked, doubled each time up to a minute. */
        readonly delayMs?: Duration;
      };
    }
  | {
      readonly kind?: "capability";
      /** The capability's id. */
      readonly capability: string;
      /** The key that makes a repeated call harmless, where the other side honours it. It travels as `Idempotency-Key`, `IDEMPOTENCY_KEY` or in MCP's `_meta`. */
      readonly idempotencyKey?: boolean | string;
      /** Whether repeating the call is harmless. Left out, it follows from the kind: reading calls are, others are not unless a key is declared. */
      readonly idempotent?: boolean;
      /** What a repeated call does to the world; the longer form of `idempotent`. */
      readonly effect?: "read" | "idempotent" | "once" | "reconcile";
      /** Of `effect: reconcile`: what is asked when nobody knows whether the call took effect, after a timeout or a crash. Where it took effect, the step ends with the answer as its output; where it did not, the call is made again with the same key, as often as `retry.maxAttempts` says (3 times where there is none); else a person is asked. */
      readonly probe?: {
        /** A `cli`, `http` or `mcp` call that only reads. Its templates find the call's key as `$.arguments.idempotencyKey`, in a path as `{idempotencyKey}`. Left without `executed` and `notExecuted`, its output is `{ outcome: executed | not_executed | unknown, result: … }`. */
        readonly executor: GatewayExecutor;
        /** The call took effect; it may read `$.output`, the probe's answer. */
        readonly executed?: GatewayGuard;
        /** The call did not take effect; it may read `$.output`, the probe's answer. Of a probe that failed for certain this is the failure's detail: `{ status: 404 }`, `{ exitCode: 1 }`. */
        readonly notExecuted?: GatewayGuard;
        /** How often it is asked before a person is. */
        readonly attempts?: number;
        /** The wait before it is asked, doubled each time up to a minute. */
        readonly delayMs?: Duration;
      };
    };

/** What happens when a call is slow or fails. */
export type GatewayReliability = {
  /** The time one attempt may take. */
  readonly timeoutMs?: Duration;
  /** Repeated attempts. */
  readonly retry?: {
    /** Attempts in all, the first included. */
    readonly maxAttempts?: number;
    /** How the wait grows. */
    readonly backoff?: "none" | "fixed" | "exponential";
    /** The first wait. */
    readonly initialDelayMs?: Duration;
    /** No wait is longer. */
    readonly maxDelayMs?: Duration;
    /** Spreads waits at random, so that callers do not come back together. */
    readonly jitter?: boolean;
    /** Failures that are tried again. */
    readonly retryOn?: readonly ("timeout" | "transient_error" | "rate_limited" | "connection_error")[];
  };
  /** The short form of `retry`: exponential backoff. */
  readonly retries?: {
    /** Attempts after the first. */
    readonly max: number;
    /** The first wait. */
    readonly backoffMs?: Duration;
  };
  /** Other executors, tried in order after one that was not reached or definitely failed. */
  readonly fallback?: {
    /** How they are tried. */
    readonly strategy?: "first_success";
    /** The executors. */
    readonly executors: readonly GatewayExecutor[];
  };
  /** Stops calling what keeps failing. */
  readonly circuitBreaker?: {
    /** Failures that open the circuit. */
    readonly failures: number;
    /** The span in which they count. */
    readonly windowMs?: Duration;
    /** How long it stays open. */
    readonly openMs?: Duration;
  };
};

/** The configuration of a gateway. */
export interface GatewayConfig {
  /** The version of this format, as `major.minor.patch`. The major version is 1. */
  readonly version: string;
  /** Files or globs, seen from this file. They are loaded in order and this file goes on top: maps merge, lists are joined, other values are replaced. `!replace` replaces instead. */
  readonly include?: readonly string[] | string;
  /** Ways to what is downstream. */
  readonly connections?: {
    readonly [connection: string]:
      | {
          readonly kind?: "mcp";
          /** How an MCP server is reached; `url` or `command` says it as well. */
          readonly transport?: "stdio" | "http";
          /** The program. No shell is involved. A path that begins with `./` or `../` is seen from the file that names it. */
          readonly command?: string;
          /** Arguments. */
          readonly args?: readonly string[];
          /** Variables that the child gets besides the inherited ones. */
          readonly env?: { readonly [variable: string]: string };
          /** The gateway's own variables that the child may see. Everything else is hidden from it. */
          readonly inheritEnv?: readonly string[];
          /** The child's working directory, seen from the file that names it. */
          readonly cwd?: string;
          /** The Streamable HTTP endpoint. */
          readonly url?: string;
          /** Headers sent with every request. */
          readonly headers?: { readonly [header: string]: string };
          /** How requests are authenticated. */
          readonly auth?:
            | {
                readonly kind: "bearer";
                /** The token. */
                readonly token: string;
              }
            | {
                readonly kind: "basic";
                /** The user. */
                readonly username: string;
                /** The password. */
                readonly password: string;
              }
            | {
                readonly kind: "apiKey";
                /** Where the key goes. */
                readonly in?: "header" | "query";
                /** The header's or parameter's name. */
                readonly name: string;
                /** The key. */
                readonly value: string;
              }
            | {
                readonly kind: "oauth2ClientCredentials";
                /** The token endpoint. */
                readonly tokenUrl: string;
                /** The client's id. */
                readonly clientId: string;
                /** The client's secret. */
                readonly clientSecret: string;
                /** Scopes asked for. */
                readonly scopes?: readonly string[];
                /** The audience, where the server wants one. */
                readonly audience?: string;
              }
            | {
                readonly kind: "forward";
                /** Hosts that may see the caller's token. */
                readonly hosts: readonly string[];
                /** A bearer token for what the gateway asks on its own behalf, such as an MCP server's list of tools. Left out, it asks without one. */
                readonly ownToken?: string;
              }
            | {
                readonly kind: "tokenExchange";
                /** The token endpoint. */
                readonly tokenUrl: string;
                /** The gateway's id as a client. */
                readonly clientId?: string;
                /** The gateway's secret as a client. */
                readonly clientSecret?: string;
                /** Scopes asked for. */
                readonly scopes?: readonly string[];
                /** The audience that the token is for. */
                readonly audience?: string;
                /** The resource that the token is for. */
                readonly resource?: string;
                /** The kind of token that callers send, as a URI. */
                readonly subjectTokenType?: string;
              };
          /** What it is, for people and for `gateway.search`. */
          readonly description?: string;
          /** Tags for searching. */
          readonly tags?: readonly string[];
          /** The time one call may take. */
          readonly timeoutMs?: Duration;
          /** Calls at the same time; more wait. */
          readonly maxConcurrency?: number;
          /** How often the connection is probed. */
          readonly healthCheckMs?: Duration;
          /** An unused child is stopped after this; it starts again on demand. */
          readonly idleTimeoutMs?: Duration;
        }
      | {
          readonly kind?: "cli";
          /** The program. No shell is involved. A path that begins with `./` or `../` is seen from the file that names it. */
          readonly command: string;
          /** Arguments. */
          readonly args?: readonly string[];
          /** Variables that the child gets besides the inherited ones. */
          readonly env?: { readonly [variable: string]: string };
          /** The gateway's own variables that the child may see. Everything else is hidden from it. */
          readonly inheritEnv?: readonly string[];
          /** Where the program runs, seen from the file that names it. */
          readonly workingDirectory?: string;
          /** What it is, for people and for `gateway.search`. */
          readonly description?: string;
          /** Tags for searching. */
          readonly tags?: readonly string[];
          /** The time one call may take. */
          readonly timeoutMs?: Duration;
          /** Calls at the same time; more wait. */
          readonly maxConcurrency?: number;
          /** How often the connection is probed. */
          readonly healthCheckMs?: Duration;
          /** An unused child is stopped after this; it starts again on demand. */
          readonly idleTimeoutMs?: Duration;
        }
      | {
          readonly kind?: "http" | "rest";
          /** Where the API begins. Paths of executors are added below it. */
          readonly baseUrl: string;
          /** Headers sent with every request. */
          readonly headers?: { readonly [header: string]: string };
          /** How requests are authenticated. */
          readonly auth?:
            | {
                readonly kind: "bearer";
                /** The token. */
                readonly token: string;
              }
            | {
                readonly kind: "basic";
                /** The user. */
                readonly username: string;
                /** The password. */
                readonly password: string;
              }
            | {
                readonly kind: "apiKey";
                /** Where the key goes. */
                readonly in?: "header" | "query";
                /** The header's or parameter's name. */
                readonly name: string;
                /** The key. */
                readonly value: string;
              }
            | {
                readonly kind: "oauth2ClientCredentials";
                /** The token endpoint. */
                readonly tokenUrl: string;
                /** The client's id. */
                readonly clientId: string;
                /** The client's secret. */
                readonly clientSecret: string;
                /** Scopes asked for. */
                readonly scopes?: readonly string[];
                /** The audience, where the server wants one. */
                readonly audience?: string;
              }
            | {
                readonly kind: "forward";
                /** Hosts that may see the caller's token. */
                readonly hosts: readonly string[];
                /** A bearer token for what the gateway asks on its own behalf, such as an MCP server's list of tools. Left out, it asks without one. */
                readonly ownToken?: string;
              }
            | {
                readonly kind: "tokenExchange";
                /** The token endpoint. */
                readonly tokenUrl: string;
                /** The gateway's id as a client. */
                readonly clientId?: string;
                /** The gateway's secret as a client. */
                readonly clientSecret?: string;
                /** Scopes asked for. */
                readonly scopes?: readonly string[];
                /** The audience that the token is for. */
                readonly audience?: string;
                /** The resource that the token is for. */
                readonly resource?: string;
                /** The kind of token that callers send, as a URI. */
                readonly subjectTokenType?: string;
              };
          /** What it is, for people and for `gateway.search`. */
          readonly description?: string;
          /** Tags for searching. */
          readonly tags?: readonly string[];
          /** The time one call may take. */
          readonly timeoutMs?: Duration;
          /** Calls at the same time; more wait. */
          readonly maxConcurrency?: number;
          /** How often the connection is probed. */
          readonly healthCheckMs?: Duration;
          /** An unused child is stopped after this; it starts again on demand. */
          readonly idleTimeoutMs?: Duration;
        };
  };
  /** Things that can be done, by id. They are not shown to callers until they are exposed. */
  readonly capabilities?: {
    readonly [capability: string]: {
      /** A short name for people. */
      readonly title?: string;
      /** What it does, for people and models. */
      readonly description?: string;
      /** Tags for searching. */
      readonly tags?: readonly string[];
      /** Other words by which `gateway.search` finds it. */
      readonly aliases?: readonly string[];
      /** Example requests in plain words; they are searched too. */
      readonly examples?: readonly string[];
      /** JSON Schema of the arguments. They are checked, and defaults filled in, before anything runs. */
      readonly inputSchema?: JsonObject;
      /** JSON Schema of the executor's output. */
      readonly outputSchema?: JsonObject;
      /** What it does. */
      readonly executor?: GatewayExecutor;
      /** Another capability, or an imported tool by its prefixed name. Executor, schema and description are inherited; guards are added after its own. */
      readonly wraps?: string;
      /** Conditions, checked in order before the executor. */
      readonly guards?: readonly GatewayGuard[];
      /** Timeouts, retries, fallback. */
      readonly reliability?: GatewayReliability;
    };
  };
  /** What callers see besides workflows. */
  readonly proxy?: {
    /** The lock file that imports with `pin` are held to; left out, `flowgate.lock.json` beside the first configuration file. */
    readonly lockFile?: string;
    /** Capabilities that callers may start. */
    readonly expose?: readonly (
      | {
          /** The id that callers use. */
          readonly name: string;
          /** A short name for people. */
          readonly title?: string;
          /** What it does, for people and models. */
          readonly description?: string;
          /** Tags for searching. */
          readonly tags?: readonly string[];
          /** Other words by which `gateway.search` finds it. */
          readonly aliases?: readonly string[];
          /** Example requests in plain words; they are searched too. */
          readonly examples?: readonly string[];
          /** JSON Schema of the arguments. They are checked, and defaults filled in, before anything runs. */
          readonly inputSchema?: JsonObject;
          /** JSON Schema of the executor's output. */
          readonly outputSchema?: JsonObject;
          /** What it does. Left out, it returns its arguments. */
          readonly executor?: GatewayExecutor;
          /** Conditions, checked in order before the executor. */
          readonly guards?: readonly GatewayGuard[];
          /** Timeouts, retries, fallback. */
          readonly reliability?: GatewayReliability;
        }
      | {
          /** A capability, or an imported tool by its prefixed name. */
          readonly capability: string;
          /** The id that callers use; left out, the capability's own. */
          readonly as?: string;
          /** A short name for people. */
          readonly title?: string;
          /** What it does, for people and models. */
          readonly description?: string;
          /** Tags for searching. */
          readonly tags?: readonly string[];
          /** Other words by which `gateway.search` finds it. */
          readonly aliases?: readonly string[];
          /** Example requests in plain words; they are searched too. */
          readonly examples?: readonly string[];
          /** Replaces the capability's executor under this id. */
          readonly executor?: GatewayExecutor;
          /** Conditions, checked in order before the executor. */
          readonly guards?: readonly GatewayGuard[];
          /** Timeouts, retries, fallback. */
          readonly reliability?: GatewayReliability;
        }
    )[];
    /** MCP servers whose tools, and HTTP APIs whose operations, are taken over. */
    readonly import?: readonly {
      /** A connection of kind `mcp`, or `http` with `openapi`. */
      readonly connection: string;
      /** The OpenAPI 3.0, 3.1 or Swagger 2.0 document of an `http` connection: a file as seen from this one, or a path below the base URL, which begins with `/`. */
      readonly openapi?: string;
      /** Ids are `<prefix>.<tool>`; left out, the tools' own names. */
      readonly prefix?: string;
      /** Tools to take, by name or glob; empty means all. */
      readonly include?: readonly string[];
      /** Tools to leave out, after `include`. */
      readonly exclude?: readonly string[];
      /** Tags that each of them gets. */
      readonly tags?: readonly string[];
      /** Conditions, checked in order before the executor. */
      readonly guards?: readonly GatewayGuard[];
      /** Timeouts, retries, fallback. */
      readonly reliability?: GatewayReliability;
      /** What happens when a tool differs from `flowgate.lock.json`. */
      readonly pin?: "warn" | "block";
    }[];
  };
  /** Governed processes, by id. */
  readonly workflows?: {
    readonly [workflow: string]: {
      /** A short name for people. */
      readonly title?: string;
      /** What it does, for people and models. */
      readonly description?: string;
      /** Tags for searching. */
      readonly tags?: readonly string[];
      /** Other words by which `gateway.search` finds it. */
      readonly aliases?: readonly string[];
      /** Example requests in plain words; they are searched too. */
      readonly examples?: readonly string[];
      /** The definition's version, for people; instances are pinned to the content. */
      readonly version?: string;
      /** JSON Schema of the arguments. They are checked, and defaults filled in, before anything runs. */
      readonly inputSchema?: JsonObject;
      /** Where instances begin. */
      readonly initialState: string;
      /** What the context holds at the start. */
      readonly initialContext?: JsonObject;
      /** The deadline of the whole instance. */
      readonly timeoutMs?: Duration;
      /** Where a deadline leads. It is an ordinary transition: `onEnter` and chains of the target run. */
      readonly onTimeout?: {
        /** The state. */
        readonly target: string;
        /** What runs first. */
        readonly executor?: GatewayExecutor;
        /** What is kept in the context after the executor: names with templates over `$.output`, `$.arguments`, `$.context` and `$.workflow`. */
        readonly output?: { readonly [name: string]: Json };
      };
      /** Which links are shown. */
      readonly linkFilter?: "all" | "byGuards";
      /** Deterministic steps in a row before the instance is parked. */
      readonly maxChainDepth?: number;
      /** How long a finished instance is kept; left out, `store.retention.terminal`. */
      readonly retention?: Duration;
      /** Who can see an instance. */
      readonly visibility?: "owner" | "tenant";
      /** The states. */
      readonly states: {
        readonly [state: string]: {
          /** What it means. */
          readonly description?: string;
          /** What the caller should achieve here, in one line. */
          readonly goal?: string;
          /** How to behave here. */
          readonly guidance?: string;
          /** The workflow ends here. */
          readonly terminal?: boolean;
          /** How it ended, for a terminal state. */
          readonly outcome?: "success" | "failure";
          /** Runs as soon as the state is entered, before callers see it. */
          readonly onEnter?: {
            /** What runs. */
            readonly executor: GatewayExecutor;
            /** What is kept in the context after the executor: names with templates over `$.output`, `$.arguments`, `$.context` and `$.workflow`. */
            readonly output?: { readonly [name: string]: Json };
            /** Timeouts, retries, fallback. */
            readonly reliability?: GatewayReliability;
            /** Where a failure leads. */
            readonly onFailure?: {
              /** The state. */
              readonly target: string;
            };
          };
          /** Which links are shown here; overrides the workflow's. */
          readonly linkFilter?: "all" | "byGuards";
          /** The state's own deadline. */
          readonly timeoutMs?: Duration;
          /** Where a deadline leads. It is an ordinary transition: `onEnter` and chains of the target run. */
          readonly onTimeout?: {
            /** The state. */
            readonly target: string;
            /** What runs first. */
            readonly executor?: GatewayExecutor;
            /** What is kept in the context after the executor: names with templates over `$.output`, `$.arguments`, `$.context` and `$.workflow`. */
            readonly output?: { readonly [name: string]: Json };
          };
          /** The moves from here, in the order in which links are shown. */
          readonly transitions?: {
            readonly [transition: string]: {
              /** The link's title. */
              readonly title?: string;
              /** When to use it. */
              readonly description?: string;
              /** The state after it. */
              readonly target: string;
              /** Who may take it. */
              readonly actor?: "agent" | "human" | "system" | "deterministic";
              /** JSON Schema of the arguments. They are checked, and defaults filled in, before anything runs. */
              readonly inputSchema?: JsonObject;
              /** JSON Schema of the executor's output. */
              readonly outputSchema?: JsonObject;
              /** Conditions, checked in order before the executor. */
              readonly guards?: readonly GatewayGuard[];
              /** What it does. Left out, only the state changes. */
              readonly executor?: GatewayExecutor;
              /** What is kept in the context after the executor: names with templates over `$.output`, `$.arguments`, `$.context` and `$.workflow`. */
              readonly output?: { readonly [name: string]: Json };
              /** Kinds of evidence that a successful run puts on record. */
              readonly evidence?:
                | readonly string[]
                | string
                | {
                    /** Kinds. */
                    readonly requires: readonly string[];
                  };
              /** Timeouts, retries, fallback. */
              readonly reliability?: GatewayReliability;
              /** Arguments that the link already carries. */
              readonly prefill?: { readonly [argument: string]: Json };
              /** Other targets, tried in order after the executor and the output mapping; the first guard that passes decides. */
              readonly branches?: readonly {
                /** The condition; it may read `$.output`. */
                readonly when: GatewayGuard;
                /** The state. */
                readonly target: string;
              }[];
              /** Undoes the step when the instance is cancelled or times out later. */
              readonly compensate?: {
                /** What undoes it. */
                readonly executor: GatewayExecutor;
              };
              /** Where a step goes whose outcome stays unknown, instead of waiting for a person. */
              readonly onUnknown?: {
                /** The state. */
                readonly target: string;
              };
            };
          };
        };
      };
    };
  };
  /** Rules about the workflows that the checker proves. */
  readonly policies?: readonly {
    /** The rule in words. */
    readonly name?: string;
    /** The workflows it is about, by id or glob; left out, all. */
    readonly workflow?: string;
    /** What must hold in every run. */
    readonly assert:
      | {
          /** A state, or a glob. */
          readonly reaching: string;
          /** What must come before on every path. */
          readonly requires:
            | {
                /** Its name, or a glob. */
                readonly transition?: string;
                /** Who takes it. */
                readonly actor?: "agent" | "human" | "system" | "deterministic";
              }
            | {
                /** The kind. */
                readonly evidence: string;
              }
            | {
                /** The guard; texts in it may be globs. */
                readonly guard: GatewayGuard;
              };
        }
      | {
          /** A transition, or a glob. */
          readonly transition: string;
          /** What must come before on every path. */
          readonly after:
            | {
                /** Its name, or a glob. */
                readonly transition?: string;
                /** Who takes it. */
                readonly actor?: "agent" | "human" | "system" | "deterministic";
              }
            | {
                /** The kind. */
                readonly evidence: string;
              }
            | {
                /** The guard; texts in it may be globs. */
                readonly guard: GatewayGuard;
              };
        }
      | {
          /** Which executors; all keys must fit. */
          readonly executor: {
            /** The kind. */
            readonly kind?: string;
            /** The connection, or a glob. */
            readonly connection?: string;
            /** The tool of an MCP server, or a glob. */
            readonly tool?: string;
            /** The HTTP method. */
            readonly method?: string;
          };
          /** What must come before on every path. */
          readonly requires:
            | {
                /** Its name, or a glob. */
                readonly transition?: string;
                /** Who takes it. */
                readonly actor?: "agent" | "human" | "system" | "deterministic";
              }
            | {
                /** The kind. */
                readonly evidence: string;
              }
            | {
                /** The guard; texts in it may be globs. */
                readonly guard: GatewayGuard;
              };
        }
      | {
          /** Always `true`. */
          readonly terminates: boolean;
        };
  }[];
  /** What `gateway.search` finds. */
  readonly discovery?: {
    /** Whether anything is found at all. */
    readonly enabled?: boolean;
    /** Where the index lives. */
    readonly index?: "memory";
    /** Kinds that are found. */
    readonly include?: readonly ("proxy" | "workflows" | "connections")[];
    /** What a caller sees that may not start everything. */
    readonly visibility?: "all" | "byGuards";
    /** A service that turns text into vectors, for searching by meaning besides words. It is sent the titles and descriptions of what can be found, and the queries. While it fails, search is by words. */
    readonly embeddings?: {
      /** How it is reached. */
      readonly kind?: "http";
      /** The endpoint, whole. */
      readonly url: string;
      /** The model. */
      readonly model: string;
      /** Sent as a bearer token. */
      readonly apiKey?: string;
      /** A file that keeps the vectors over restarts, seen from the file that names it. Without it they are kept beside a SQLite store (`<path>.vectors`), else in memory. */
      readonly cache?: string;
      /** The longest that a search waits for the vector of its query; after it the answer is by words. */
      readonly timeoutMs?: Duration;
      /** The longest that one request for vectors of the catalogue may take. */
      readonly batchTimeoutMs?: Duration;
      /** Texts in one request. */
      readonly batchSize?: number;
      /** The least cosine similarity at which something is found by meaning alone. Models differ: where unrelated texts are alike (E5, BGE), write 0.75 or more. */
      readonly minSimilarity?: number;
      /** Most vectors that are kept; what is beyond is found by words. */
      readonly maxItems?: number;
    };
    /** Counts which found thing is started after which words, by tenant, and ranks it up to a fifth higher after them. Kept beside a SQLite store (`<path>.usage.json`), else in memory; `mcp-flowgate discovery show` and `reset`. */
    readonly learn?: boolean;
  };
  /** Where instances are kept. */
  readonly store?: {
    /** The store. */
    readonly kind?: "memory" | "sqlite" | "postgres" | "file";
    /** The SQLite file, seen from the file that names it. `~/` is the home folder. */
    readonly path?: string;
    /** The PostgreSQL URL. */
    readonly url?: string;
    /** Connections to PostgreSQL. */
    readonly poolSize?: number;
    /** The time one statement may take. */
    readonly statementTimeoutMs?: Duration;
    /** How long a silent replica keeps its work. */
    readonly leaseMs?: Duration;
    /** How long things are kept. */
    readonly retention?: {
      /** Finished instances. */
      readonly terminal?: Duration;
      /** Audit records. */
      readonly audit?: Duration;
    };
  };
  /** How the replicas on one store tell each other of things at once. */
  readonly cluster?: {
    /** What carries cancellations, changes, reloads and operators' decisions between replicas. Each of them is in the store as well, where replicas look once a second: a bus that is away makes them slower and nothing else. */
    readonly bus?: "none" | "postgres" | "redis" | "nats";
    /** Where it is: `redis://`, `rediss://`, `nats://`, `tls://` or `postgres://`, with user and password. `postgres` takes the store's where it is left out. */
    readonly url?: string;
  };
  /** The record of everything that was asked, decided and done. */
  readonly audit?: {
    /** Where records go; the short form of one entry in `sinks`. */
    readonly sink?:
      | "none"
      | "stderr"
      | "stdout"
      | "memory"
      | "file"
      | "sqlite"
      | "postgres"
      | "otlp"
      | "webhook";
    /** The file, for `file`. */
    readonly path?: string;
    /** Where to send to, for `otlp` and `webhook`. */
    readonly url?: string;
    /** Where records go. */
    readonly sinks?: readonly {
      /** The sink. */
      readonly kind:
        | "none"
        | "stderr"
        | "stdout"
        | "memory"
        | "file"
        | "sqlite"
        | "postgres"
        | "otlp"
        | "webhook";
      /** The file, for `file`. */
      readonly path?: string;
      /** Where to send to, for `otlp` and `webhook`. */
      readonly url?: string;
      /** Globs over event types; empty means all. */
      readonly events?: readonly string[];
      /** Headers of `otlp` and `webhook`. */
      readonly headers?: { readonly [header: string]: string };
      /** The key that signs a webhook's bodies. */
      readonly secret?: string;
      /** When a file is flushed to the disk. */
      readonly fsync?: "always" | "batch" | "never";
      /** How long after a record its stream in a `file` is sealed at the latest, and how long after a checkpoint a `sqlite` or `postgres` store exports its head; 1m. */
      readonly checkpointMs?: Duration;
      /** Where a `file` sink exports signed heads to, and a `sqlite` or `postgres` store those of its checkpoints: a file, or `false`. Left out, beside the trail or the store's file. */
      readonly heads?: string | boolean;
      /** How often `otlp` and `webhook` try before a call is refused, with `fail_closed`; 3. */
      readonly attempts?: number;
      /** Events that may wait for `otlp` and `webhook`, with `fail_open`; 10000. */
      readonly maxPending?: number;
      /** The time one request of `otlp` and `webhook` may take; 5s. */
      readonly timeoutMs?: Duration;
      /** How long the end of the gateway waits for what `otlp` and `webhook` still send; 5s. */
      readonly closeMs?: Duration;
      /** Records that `memory` keeps; 10000. */
      readonly maxRecords?: number;
      /** `service.name` of what `otlp` sends; `mcp-flowgate`. */
      readonly serviceName?: string;
    }[];
    /** What happens when a record cannot be written. */
    readonly onFailure?: "fail_open" | "fail_closed";
    /** When a file sink begins a new file. */
    readonly rotate?: {
      /** At this size. */
      readonly maxBytes?: Size;
      /** At this age. */
      readonly maxAge?: Duration;
      /** Files kept. */
      readonly keep?: number;
    };
    /** How much of arguments and results is recorded. */
    readonly payloads?: "full" | "arguments" | "digest" | "none";
    /** JSON pointers or key names whose values are never recorded, besides the built-in ones. */
    readonly redact?: readonly string[];
    /** A private ed25519 key (PEM) that signs checkpoints. */
    readonly signingKeyFile?: string;
    /** Records that a durable store may keep for sinks that fail before `fail_closed` refuses what changes something. */
    readonly maxUnsealed?: number;
  };
  /** Who callers are. One way, a list of ways of which the first that recognises the request wins, or `providers` with `roles`. */
  readonly identity?:
    | readonly (
        | {
            readonly kind: "anonymous";
          }
        | {
            readonly kind: "local";
            /** Roles that this user has. */
            readonly roles?: readonly string[];
            /** Permissions that this user has. */
            readonly permissions?: readonly string[];
          }
        | {
            readonly kind: "apiKeys";
            /** The keys. Several may stand for the same subject, so that a new one is in use before the old one goes. */
            readonly keys: readonly {
              /** A name for the key, shown instead of it. */
              readonly id: string;
              /** The key's hash, as `mcp-flowgate init-key` prints it. */
              readonly hash?: string;
              /** The key itself, from a variable. */
              readonly key?: string;
              /** From then on the key is refused. */
              readonly expiresAt?: string;
              /** Who it is. */
              readonly subject: string;
              /** The tenant. */
              readonly tenant?: string;
              /** What it is. */
              readonly kind?: "agent" | "human" | "service";
              /** Roles. */
              readonly roles?: readonly string[];
              /** Permissions. */
              readonly permissions?: readonly string[];
            }[];
          }
        | {
            readonly kind: "jwt";
            /** Who issues them, exactly as tokens say it. */
            readonly issuer: string;
            /** For whom they are issued: any of these. */
            readonly audience: readonly string[] | string;
            /** How far clocks may differ. */
            readonly clockSkewMs?: Duration;
            /** The largest token that is looked at. */
            readonly maxTokenBytes?: Size;
            /** The tenant of everybody whom this issuer names. With it, `claims.tenant` is not read. */
            readonly tenant?: string;
            /** Put before every subject, so that two issuers cannot name the same one. */
            readonly subjectPrefix?: string;
            /** What a scope permits. A caller who lacks a permission that a scope gives is told to ask for that scope. */
            readonly scopes?: { readonly [scope: string]: readonly string[] };
            /** Which claims carry what: a claim's name, or a path through nested ones such as `realm_access.roles`. */
            readonly claims?: {
              /** The subject. */
              readonly subject?: string;
              /** The tenant. A token without it is refused. */
              readonly tenant?: string;
              /** The roles, a list or one role. */
              readonly roles?: string;
              /** The permissions, a list or a text with spaces. */
              readonly permissions?: string;
              /** What the caller is: agent, human or service. */
              readonly kind?: string;
            };
            /** Where the public keys are; left out, found by the issuer's metadata. */
            readonly jwksUrl?: string;
            /** A file with the public keys, for machines without a network. */
            readonly jwksFile?: string;
            /** Signature algorithms that are accepted. All are asymmetric: whoever can check a token cannot make one. */
            readonly algorithms?: readonly (
              | "RS256"
              | "RS384"
              | "RS512"
              | "PS256"
              | "PS384"
              | "PS512"
              | "ES256"
              | "ES384"
              | "ES512"
              | "EdDSA"
              | "Ed25519"
            )[];
          }
        | {
            readonly kind: "introspection";
            /** Who issues them, exactly as tokens say it. */
            readonly issuer: string;
            /** For whom they are issued: any of these. */
            readonly audience: readonly string[] | string;
            /** How far clocks may differ. */
            readonly clockSkewMs?: Duration;
            /** The largest token that is looked at. */
            readonly maxTokenBytes?: Size;
            /** The tenant of everybody whom this issuer names. With it, `claims.tenant` is not read. */
            readonly tenant?: string;
            /** Put before every subject, so that two issuers cannot name the same one. */
            readonly subjectPrefix?: string;
            /** What a scope permits. A caller who lacks a permission that a scope gives is told to ask for that scope. */
            readonly scopes?: { readonly [scope: string]: readonly string[] };
            /** Which claims carry what: a claim's name, or a path through nested ones such as `realm_access.roles`. */
            readonly claims?: {
              /** The subject. */
              readonly subject?: string;
              /** The tenant. A token without it is refused. */
              readonly tenant?: string;
              /** The roles, a list or one role. */
              readonly roles?: string;
              /** The permissions, a list or a text with spaces. */
              readonly permissions?: string;
              /** What the caller is: agent, human or service. */
              readonly kind?: string;
            };
            /** The introspection endpoint. */
            readonly url: string;
            /** As whom the gateway asks. */
            readonly clientId: string;
            /** Its secret. */
            readonly clientSecret: string;
            /** How long an answer holds; so long does a revoked token still pass. */
            readonly cacheMs?: Duration;
            /** The time one answer may take. */
            readonly timeoutMs?: Duration;
          }
        | {
            readonly kind: "trustedHeaders";
            /** The header with the subject. */
            readonly subject: string;
            /** The header with the tenant. */
            readonly tenant?: string;
            /** The header with the roles, separated by commas. */
            readonly roles?: string;
            /** The header with the permissions, separated by commas. */
            readonly permissions?: string;
            /** The header that says agent, human or service. */
            readonly callerKind?: string;
            /** Addresses (CIDR) from which the headers are believed. */
            readonly trustedProxies?: readonly string[];
            /** A shared secret that the proxy sends. With `trustedProxies` both must be right. */
            readonly secretHeader?: {
              /** The header. */
              readonly name: string;
              /** The secret. */
              readonly value: string;
            };
          }
        | {
            readonly kind: "mtls";
            /** What of the certificate names the caller. */
            readonly subject?: "cn" | "uri" | "dns" | "email";
            /** What of the subject names the tenant; left out, the default tenant. */
            readonly tenant?: "o" | "ou";
            /** What these callers are. */
            readonly callerKind?: "agent" | "human" | "service";
            /** Roles of all of them. */
            readonly roles?: readonly string[];
            /** Permissions of all of them. */
            readonly permissions?: readonly string[];
            /** Roles of some of them, by subject. */
            readonly clients?: {
              readonly [subject: string]: {
                /** Roles. */
                readonly roles?: readonly string[];
                /** Permissions. */
                readonly permissions?: readonly string[];
              };
            };
          }
      )[]
    | {
        readonly kind: "anonymous";
      }
    | {
        readonly kind: "local";
        /** Roles that this user has. */
        readonly roles?: readonly string[];
        /** Permissions that this user has. */
        readonly permissions?: readonly string[];
      }
    | {
        readonly kind: "apiKeys";
        /** The keys. Several may stand for the same subject, so that a new one is in use before the old one goes. */
        readonly keys: readonly {
          /** A name for the key, shown instead of it. */
          readonly id: string;
          /** The key's hash, as `mcp-flowgate init-key` prints it. */
          readonly hash?: string;
          /** The key itself, from a variable. */
          readonly key?: string;
          /** From then on the key is refused. */
          readonly expiresAt?: string;
          /** Who it is. */
          readonly subject: string;
          /** The tenant. */
          readonly tenant?: string;
          /** What it is. */
          readonly kind?: "agent" | "human" | "service";
          /** Roles. */
          readonly roles?: readonly string[];
          /** Permissions. */
          readonly permissions?: readonly string[];
        }[];
      }
    | {
        readonly kind: "jwt";
        /** Who issues them, exactly as tokens say it. */
        readonly issuer: string;
        /** For whom they are issued: any of these. */
        readonly audience: readonly string[] | string;
        /** How far clocks may differ. */
        readonly clockSkewMs?: Duration;
        /** The largest token that is looked at. */
        readonly maxTokenBytes?: Size;
        /** The tenant of everybody whom this issuer names. With it, `claims.tenant` is not read. */
        readonly tenant?: string;
        /** Put before every subject, so that two issuers cannot name the same one. */
        readonly subjectPrefix?: string;
        /** What a scope permits. A caller who lacks a permission that a scope gives is told to ask for that scope. */
        readonly scopes?: { readonly [scope: string]: readonly string[] };
        /** Which claims carry what: a claim's name, or a path through nested ones such as `realm_access.roles`. */
        readonly claims?: {
          /** The subject. */
          readonly subject?: string;
          /** The tenant. A token without it is refused. */
          readonly tenant?: string;
          /** The roles, a list or one role. */
          readonly roles?: string;
          /** The permissions, a list or a text with spaces. */
          readonly permissions?: string;
          /** What the caller is: agent, human or service. */
          readonly kind?: string;
        };
        /** Where the public keys are; left out, found by the issuer's metadata. */
        readonly jwksUrl?: string;
        /** A file with the public keys, for machines without a network. */
        readonly jwksFile?: string;
        /** Signature algorithms that are accepted. All are asymmetric: whoever can check a token cannot make one. */
        readonly algorithms?: readonly (
          | "RS256"
          | "RS384"
          | "RS512"
          | "PS256"
          | "PS384"
          | "PS512"
          | "ES256"
          | "ES384"
          | "ES512"
          | "EdDSA"
          | "Ed25519"
        )[];
      }
    | {
        readonly kind: "introspection";
        /** Who issues them, exactly as tokens say it. */
        readonly issuer: string;
        /** For whom they are issued: any of these. */
        readonly audience: readonly string[] | string;
        /** How far clocks may differ. */
        readonly clockSkewMs?: Duration;
        /** The largest token that is looked at. */
        readonly maxTokenBytes?: Size;
        /** The tenant of everybody whom this issuer names. With it, `claims.tenant` is not read. */
        readonly tenant?: string;
        /** Put before every subject, so that two issuers cannot name the same one. */
        readonly subjectPrefix?: string;
        /** What a scope permits. A caller who lacks a permission that a scope gives is told to ask for that scope. */
        readonly scopes?: { readonly [scope: string]: readonly string[] };
        /** Which claims carry what: a claim's name, or a path through nested ones such as `realm_access.roles`. */
        readonly claims?: {
          /** The subject. */
          readonly subject?: string;
          /** The tenant. A token without it is refused. */
          readonly tenant?: string;
          /** The roles, a list or one role. */
          readonly roles?: string;
          /** The permissions, a list or a text with spaces. */
          readonly permissions?: string;
          /** What the caller is: agent, human or service. */
          readonly kind?: string;
        };
        /** The introspection endpoint. */
        readonly url: string;
        /** As whom the gateway asks. */
        readonly clientId: string;
        /** Its secret. */
        readonly clientSecret: string;
        /** How long an answer holds; so long does a revoked token still pass. */
        readonly cacheMs?: Duration;
        /** The time one answer may take. */
        readonly timeoutMs?: Duration;
      }
    | {
        readonly kind: "trustedHeaders";
        /** The header with the subject. */
        readonly subject: string;
        /** The header with the tenant. */
        readonly tenant?: string;
        /** The header with the roles, separated by commas. */
        readonly roles?: string;
        /** The header with the permissions, separated by commas. */
        readonly permissions?: string;
        /** The header that says agent, human or service. */
        readonly callerKind?: string;
        /** Addresses (CIDR) from which the headers are believed. */
        readonly trustedProxies?: readonly string[];
        /** A shared secret that the proxy sends. With `trustedProxies` both must be right. */
        readonly secretHeader?: {
          /** The header. */
          readonly name: string;
          /** The secret. */
          readonly value: string;
        };
      }
    | {
        readonly kind: "mtls";
        /** What of the certificate names the caller. */
        readonly subject?: "cn" | "uri" | "dns" | "email";
        /** What of the subject names the tenant; left out, the default tenant. */
        readonly tenant?: "o" | "ou";
        /** What these callers are. */
        readonly callerKind?: "agent" | "human" | "service";
        /** Roles of all of them. */
        readonly roles?: readonly string[];
        /** Permissions of all of them. */
        readonly permissions?: readonly string[];
        /** Roles of some of them, by subject. */
        readonly clients?: {
          readonly [subject: string]: {
            /** Roles. */
            readonly roles?: readonly string[];
            /** Permissions. */
            readonly permissions?: readonly string[];
          };
        };
      }
    | {
        readonly kind?: "providers";
        /** Ways, tried in order. */
        readonly providers: readonly (
          | {
              readonly kind: "anonymous";
            }
          | {
              readonly kind: "local";
              /** Roles that this user has. */
              readonly roles?: readonly string[];
              /** Permissions that this user has. */
              readonly permissions?: readonly string[];
            }
          | {
              readonly kind: "apiKeys";
              /** The keys. Several may stand for the same subject, so that a new one is in use before the old one goes. */
              readonly keys: readonly {
                /** A name for the key, shown instead of it. */
                readonly id: string;
                /** The key's hash, as `mcp-flowgate init-key` prints it. */
                readonly hash?: string;
                /** The key itself, from a variable. */
                readonly key?: string;
                /** From then on the key is refused. */
                readonly expiresAt?: string;
                /** Who it is. */
                readonly subject: string;
                /** The tenant. */
                readonly tenant?: string;
                /** What it is. */
                readonly kind?: "agent" | "human" | "service";
                /** Roles. */
                readonly roles?: readonly string[];
                /** Permissions. */
                readonly permissions?: readonly string[];
              }[];
            }
          | {
              readonly kind: "jwt";
              /** Who issues them, exactly as tokens say it. */
              readonly issuer: string;
              /** For whom they are issued: any of these. */
              readonly audience: readonly string[] | string;
              /** How far clocks may differ. */
              readonly clockSkewMs?: Duration;
              /** The largest token that is looked at. */
              readonly maxTokenBytes?: Size;
              /** The tenant of everybody whom this issuer names. With it, `claims.tenant` is not read. */
              readonly tenant?: string;
              /** Put before every subject, so that two issuers cannot name the same one. */
              readonly subjectPrefix?: string;
              /** What a scope permits. A caller who lacks a permission that a scope gives is told to ask for that scope. */
              readonly scopes?: { readonly [scope: string]: readonly string[] };
              /** Which claims carry what: a claim's name, or a path through nested ones such as `realm_access.roles`. */
              readonly claims?: {
                /** The subject. */
                readonly subject?: string;
                /** The tenant. A token without it is refused. */
                readonly tenant?: string;
                /** The roles, a list or one role. */
                readonly roles?: string;
                /** The permissions, a list or a text with spaces. */
                readonly permissions?: string;
                /** What the caller is: agent, human or service. */
                readonly kind?: string;
              };
              /** Where the public keys are; left out, found by the issuer's metadata. */
              readonly jwksUrl?: string;
              /** A file with the public keys, for machines without a network. */
              readonly jwksFile?: string;
              /** Signature algorithms that are accepted. All are asymmetric: whoever can check a token cannot make one. */
              readonly algorithms?: readonly (
                | "RS256"
                | "RS384"
                | "RS512"
                | "PS256"
                | "PS384"
                | "PS512"
                | "ES256"
                | "ES384"
                | "ES512"
                | "EdDSA"
                | "Ed25519"
              )[];
            }
          | {
              readonly kind: "introspection";
              /** Who issues them, exactly as tokens say it. */
              readonly issuer: string;
              /** For whom they are issued: any of these. */
              readonly audience: readonly string[] | string;
              /** How far clocks may differ. */
              readonly clockSkewMs?: Duration;
              /** The largest token that is looked at. */
              readonly maxTokenBytes?: Size;
              /** The tenant of everybody whom this issuer names. With it, `claims.tenant` is not read. */
              readonly tenant?: string;
              /** Put before every subject, so that two issuers cannot name the same one. */
              readonly subjectPrefix?: string;
              /** What a scope permits. A caller who lacks a permission that a scope gives is told to ask for that scope. */
              readonly scopes?: { readonly [scope: string]: readonly string[] };
              /** Which claims carry what: a claim's name, or a path through nested ones such as `realm_access.roles`. */
              readonly claims?: {
                /** The subject. */
                readonly subject?: string;
                /** The tenant. A token without it is refused. */
                readonly tenant?: string;
                /** The roles, a list or one role. */
                readonly roles?: string;
                /** The permissions, a list or a text with spaces. */
                readonly permissions?: string;
                /** What the caller is: agent, human or service. */
                readonly kind?: string;
              };
              /** The introspection endpoint. */
              readonly url: string;
              /** As whom the gateway asks. */
              readonly clientId: string;
              /** Its secret. */
              readonly clientSecret: string;
              /** How long an answer holds; so long does a revoked token still pass. */
              readonly cacheMs?: Duration;
              /** The time one answer may take. */
              readonly timeoutMs?: Duration;
            }
          | {
              readonly kind: "trustedHeaders";
              /** The header with the subject. */
              readonly subject: string;
              /** The header with the tenant. */
              readonly tenant?: string;
              /** The header with the roles, separated by commas. */
              readonly roles?: string;
              /** The header with the permissions, separated by commas. */
              readonly permissions?: string;
              /** The header that says agent, human or service. */
              readonly callerKind?: string;
              /** Addresses (CIDR) from which the headers are believed. */
              readonly trustedProxies?: readonly string[];
              /** A shared secret that the proxy sends. With `trustedProxies` both must be right. */
              readonly secretHeader?: {
                /** The header. */
                readonly name: string;
                /** The secret. */
                readonly value: string;
              };
            }
          | {
              readonly kind: "mtls";
              /** What of the certificate names the caller. */
              readonly subject?: "cn" | "uri" | "dns" | "email";
              /** What of the subject names the tenant; left out, the default tenant. */
              readonly tenant?: "o" | "ou";
              /** What these callers are. */
              readonly callerKind?: "agent" | "human" | "service";
              /** Roles of all of them. */
              readonly roles?: readonly string[];
              /** Permissions of all of them. */
              readonly permissions?: readonly string[];
              /** Roles of some of them, by subject. */
              readonly clients?: {
                readonly [subject: string]: {
                  /** Roles. */
                  readonly roles?: readonly string[];
                  /** Permissions. */
                  readonly permissions?: readonly string[];
                };
              };
            }
        )[];
        /** What each role permits. */
        readonly roles?: { readonly [role: string]: readonly string[] };
      };
  /** How the gateway itself is reached. */
  readonly server?: {
    /** The name it gives itself. */
    readonly name?: string;
    /** How clients speak to it. */
    readonly transport?: "stdio" | "http";
    /** How the seven tools are called. */
    readonly toolNames?: "dotted" | "underscore";
    /** The HTTP server. */
    readonly http?: {
      /** Host and port. */
      readonly listen?: string;
      /** The MCP endpoint's path. */
      readonly path?: string;
      /** The endpoint as clients write it, where a proxy stands in front. Tokens are issued for it. */
      readonly publicUrl?: string;
      /** The largest request. */
      readonly maxBodyBytes?: Size;
      /** All headers of one request together. */
      readonly maxHeaderBytes?: Size;
      /** The time the headers of one request may take to arrive. */
      readonly headersTimeoutMs?: Duration;
      /** How long a connection without a request is held. Longer than a load balancer in front keeps its own. */
      readonly keepAliveTimeoutMs?: Duration;
      /** Connections at a time; further ones are closed. */
      readonly maxConnections?: number;
      /** The time one request may take to arrive. */
      readonly requestTimeoutMs?: Duration;
      /** `Host` values that are accepted besides the listening address. */
      readonly allowedHosts?: readonly string[];
      /** `Origin` values that are accepted. */
      readonly allowedOrigins?: readonly string[];
      /** Allows other machines to connect without an `identity`. */
      readonly insecure?: boolean;
      /** Serve HTTPS. The files are read again with each reload; connections that are open stay. */
      readonly tls?: {
        /** The certificate chain (PEM). */
        readonly cert: string;
        /** The private key (PEM). */
        readonly key: string;
        /** Whose client certificates are accepted (PEM), for identity of kind mtls. */
        readonly ca?: string;
        /** Revocation lists (PEM) of `ca` and of every authority between it and the certificates. Where one is missing or out of date, no client certificate is accepted. */
        readonly crl?: string;
        /** Whether clients must show one; only with `ca`. */
        readonly clientCertificate?: "optional" | "required";
      };
    };
    /** The admin API and the console. */
    readonly admin?: {
      /** A listener of its own. */
      readonly listen?: string;
      /** Serve it on the MCP listener instead. */
      readonly inline?: boolean;
    };
    /** Stopping. */
    readonly drain?: {
      /** How long running calls may take to finish. */
      readonly deadlineMs?: Duration;
    };
    /** What may be dialled: HTTP APIs, MCP servers over HTTP, token endpoints, authorization servers that `identity` names, audit sinks and embeddings. Child processes have a network of their own. */
    readonly egress?: {
      /** If there are any, nothing else is dialled. A range of private addresses opens them to every name that leads there. */
      readonly allow?: readonly string[];
      /** What is never dialled, whatever `allow` says. */
      readonly deny?: readonly string[];
    };
    /** Reload when a file of the configuration changes, included ones and those of secrets among them. What cannot be used changes nothing. */
    readonly watch?: boolean;
  };
  /** Bounds, so that nobody can take everything. */
  readonly limits?: {
    /** Arguments of one call. */
    readonly argumentsBytes?: Size;
    /** Output of one step, with its images and other content, in the rows of its workflow. A larger one is kept whole beside them and read in slices. */
    readonly outputBytes?: Size;
    /** The largest output of one step that is kept whole. Of a larger one only size, hash and beginning are, and after an effect the workflow is parked. As much as `outputBytes`, or less: nothing is kept beside the rows. */
    readonly spillBytes?: Size;
    /** The context of one instance: map what later steps need of an output, not all of it. */
    readonly contextBytes?: Size;
    /** One answer to a client; larger values are cut and can be read on. */
    readonly responseBytes?: Size;
    /** Links in one answer. */
    readonly links?: number;
    /** Steps of one instance. */
    readonly versions?: number;
    /** Hits of one search. */
    readonly searchResults?: number;
    /** Workflows inside workflows. */
    readonly depth?: number;
    /** The time one step may take in all. */
    readonly operationMs?: Duration;
    /** HTTP requests of one caller in a minute; left out, as many as come. */
    readonly callsPerMinute?: number;
    /** HTTP requests of one caller that run at the same time. */
    readonly concurrentCalls?: number;
  };
  /** Logs, traces and metrics. */
  readonly telemetry?: {
    /** Logs, on standard error. */
    readonly logs?: {
      /** How much. */
      readonly level?: "trace" | "debug" | "info" | "warn" | "error" | "silent";
      /** The form. */
      readonly format?: "text" | "json";
    };
    /** OpenTelemetry traces. */
    readonly traces?: {
      /** Where to send them. */
      readonly otlp: string;
      /** The share of calls that is traced. */
      readonly sample?: number;
      /** Headers of the requests to the collector. */
      readonly headers?: { readonly [header: string]: string };
    };
    /** Metrics. */
    readonly metrics?: {
      /** Serve `/metrics`. */
      readonly prometheus?: boolean;
      /** Where to send them as well. */
      readonly otlp?: string;
      /** Headers of the requests to the collector. */
      readonly headers?: { readonly [header: string]: string };
    };
  };
}
