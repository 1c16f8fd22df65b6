import type { MockOutcome, Mocks } from "@mcp-flowgate/config-compiler";
import {
  getOwn,
  type CliCall,
  type ErrorClass,
  type Executor,
  type ExecutorFailure,
  type ExecutorKind,
  type ExecutorOutcome,
  type FailureEffect,
  type HttpCall,
  type McpCall,
  type ResolvedCall,
} from "@mcp-flowgate/core";
import { toCliOutcome } from "@mcp-flowgate/executor-cli";
import { toHttpOutcome } from "@mcp-flowgate/executor-http";
import { createHumanExecutor } from "@mcp-flowgate/executor-human";
import { toMcpOutcome } from "@mcp-flowgate/executor-mcp";
import { createNoopExecutor } from "@mcp-flowgate/executor-noop";
import { createMockQueue, type MockQueue } from "./mock-answers.ts";

/** What was called instead of the outside. */
export interface MockedCalls {
  readonly executors: ReadonlyMap<ExecutorKind, Executor>;
  /** `connection call`, of all calls so far. */
  readonly made: readonly string[];
  /** Those that no mock answers. */
  readonly unanswered: readonly string[];
}

type OutsideCall = CliCall | HttpCall | McpCall;

/**
 * Executors that call nothing outside. What people decide and what only passes its input on are the real ones; the
 * rest answers what the mocks say, and what an answer means is judged by the same code as a real answer.
 */
export function createMockedCalls(mocks: Mocks, now: () => number): MockedCalls {
  const queues = new Map<string, MockQueue>();
  const made: string[] = [];
  const unanswered: string[] = [];
  const queueOf = (name: string): MockQueue | undefined => {
    const mock = getOwn(mocks, name);
    if (mock === undefined) return undefined;
    const known = queues.get(name) ?? createMockQueue(mock);
    queues.set(name, known);
    return known;
  };
  const answer = (call: OutsideCall): ExecutorOutcome => {
    const name = nameOf(call);
    const line = lineOf(call);
    made.push(`${name} ${line}`.trimEnd());
    const outcome = queueOf(name)?.next(line);
    if (outcome !== undefined) return toOutcome(call, name, outcome, now());
    unanswered.push(`${name} ${line}`.trimEnd());
    return failure("permanent", "not_sent", `No mock answers \`${name} ${line}\`.`);
  };
  const mocked = (kind: OutsideCall["kind"]): Executor => ({
    kind,
    execute: async (call: ResolvedCall) =>
      call.kind === "cli" || call.kind === "http" || call.kind === "mcp"
        ? answer(call)
        : failure("permanent", "not_sent", `A call of kind ${call.kind} is not mocked.`),
  });
  const all = [createNoopExecutor(), createHumanExecutor(), mocked("cli"), mocked("http"), mocked("mcp")];
  return { executors: new Map(all.map((executor) => [executor.kind, executor])), made, unanswered };
}

function nameOf(call: OutsideCall): string {
  return call.kind === "cli" ? (call.connection ?? call.command ?? "") : call.connection;
}

function lineOf(call: OutsideCall): string {
  switch (call.kind) {
    case "cli":
      return call.args.map(({ value }) => value).join(" ");
    case "mcp":
      return call.tool;
    case "http": {
      const query = new URLSearchParams(
        call.query.map(([name, value]): [string, string] => [name, value]),
      ).toString();
      return `${call.method.toUpperCase()} ${call.path}${query === "" ? "" : `?${query}`}`;
    }
    default:
      return call satisfies never;
  }
}

function toOutcome(call: OutsideCall, name: string, mock: MockOutcome, now: number): ExecutorOutcome {
  if (mock.error !== undefined) {
    const effect = mock.effect ?? EFFECTS[mock.error];
    return failure(mock.error, effect, mock.message ?? `${name} answered nothing (${mock.error}).`);
  }
  switch (call.kind) {
    case "http":
      return toHttpOutcome(
        call,
        name,
        {
          kind: "answer",
          status: mock.status ?? 200,
          statusText: "",
          headers: { "content-type": "application/json", ...mock.headers },
          body: mock.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(mock.body)),
          overflow: false,
        },
        now,
      );
    case "cli":
      return toCliOutcome(
        {
          kind: "exited",
          exitCode: mock.exitCode ?? 0,
          stdout: captured(mock.stdout ?? ""),
          stderr: captured(mock.stderr ?? ""),
        },
        { name },
        call,
      );
    case "mcp":
      return toMcpOutcome(call, {
        content: mock.text === undefined ? [] : [{ type: "text", text: mock.text }],
        ...(mock.output === undefined ? {} : { structuredContent: mock.output }),
        ...(mock.isError === undefined ? {} : { isError: mock.isError }),
      });
    default:
      return call satisfies never;
  }
}

/** What an error means where the mock does not say. */
const EFFECTS: { readonly [error in ErrorClass]: FailureEffect } = {
  timeout: "unknown",
  transient_error: "failed",
  rate_limited: "failed",
  connection_error: "not_sent",
  permanent: "failed",
};

function failure(errorClass: ErrorClass, effect: FailureEffect, message: string): ExecutorFailure {
  return { status: "failed", effect, errorClass, message };
}

function captured(text: string): {
  readonly text: string;
  readonly bytes: number;
  readonly truncated: boolean;
} {
  return { text, bytes: Buffer.byteLength(text), truncated: false };
}
