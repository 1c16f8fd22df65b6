import type { ErrorClass, ErrorCode, FailureEffect, Json, JsonObject } from "@mcp-flowgate/core";

/** A file of scenarios, with every default filled in and durations in milliseconds. */
export interface ScenarioFile {
  readonly config: readonly string[];
  readonly env: { readonly [name: string]: string };
  /** ISO 8601. */
  readonly at: string;
  readonly mocks: Mocks;
  readonly scenarios: readonly Scenario[];
}

export interface Scenario {
  readonly name: string;
  /** Who calls where a step does not say. */
  readonly as?: ScenarioPerson;
  /** In place of those of the file, connection by connection. */
  readonly mocks: Mocks;
  readonly steps: readonly ScenarioStep[];
}

export interface ScenarioPerson {
  readonly subject: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly kind: "agent" | "service";
}

export type Mocks = { readonly [connection: string]: Mock };

export interface Mock extends MockAnswers {
  /** By a glob over the call. */
  readonly on?: { readonly [call: string]: MockAnswers };
  readonly tools?: readonly JsonObject[];
}

export interface MockAnswers {
  readonly default?: MockOutcome;
  readonly sequence?: readonly MockOutcome[];
}

export interface MockOutcome {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Json;
  readonly output?: Json;
  readonly text?: string;
  readonly isError?: boolean;
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly error?: ErrorClass;
  readonly effect?: FailureEffect;
  readonly message?: string;
}

interface Acting {
  readonly as?: ScenarioPerson;
}

export interface ScenarioDecision {
  readonly as: ScenarioPerson;
  readonly reason?: string;
  readonly input?: JsonObject;
  readonly queue?: string;
  readonly transition?: string;
}

/** One of the verbs, and what must hold after it. */
export type ScenarioStep = (
  | {
      readonly start: Acting & {
        readonly definitionId: string;
        readonly input: JsonObject;
        readonly idempotencyKey?: string;
      };
    }
  | {
      readonly submit: Acting & {
        readonly transition: string;
        readonly arguments: JsonObject;
        readonly expectedVersion?: number;
      };
    }
  | { readonly approve: ScenarioDecision }
  | { readonly reject: ScenarioDecision }
  | { readonly advance: number }
  | { readonly get: Acting }
  | { readonly cancel: { readonly as: ScenarioPerson; readonly reason: string } }
  | {
      readonly resolve: {
        readonly as: ScenarioPerson;
        readonly outcome: "executed" | "not_executed" | "abandon";
        readonly result?: Json;
        readonly reason: string;
      };
    }
) & { readonly expect?: ScenarioExpectation };

export interface ScenarioExpectation {
  readonly status?: string;
  readonly state?: string;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly links?: readonly string[];
  readonly output?: Json;
  readonly context?: JsonObject;
  readonly audit?: readonly string[];
  readonly called?: readonly string[];
}
