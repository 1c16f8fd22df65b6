import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type {
  CliCall,
  CliConnectionIr,
  Executor,
  ExecutorContext,
  ExecutorFailure,
  ExecutorOutcome,
  JsonObject,
} from "@mcp-flowgate/core";
import { ANONYMOUS } from "@mcp-flowgate/core";
import { createCliExecutor } from "@mcp-flowgate/executor-cli";

export const PROGRAM: string = fileURLToPath(new URL("programs/program.mjs", import.meta.url));

export function createExecutor(
  connections: readonly CliConnectionIr[] = [],
  hostEnv: { readonly [name: string]: string | undefined } = { PATH: process.env["PATH"] },
  killGraceMs = 300,
): Executor {
  const quiet = (): void => undefined;
  return createCliExecutor({
    connections: { get: (name) => connections.find((connection) => connection.name === name) },
    hostEnv,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    killGraceMs,
  });
}

export function toConnection(rest: Partial<CliConnectionIr> = {}): CliConnectionIr {
  return {
    kind: "cli",
    name: "program",
    tags: [],
    command: process.execPath,
    args: [PROGRAM],
    env: {},
    inheritEnv: ["PATH"],
    ...rest,
  };
}

/** A call of the program that `PROGRAM` is; its first argument says what it does. */
export function toCall(args: readonly string[], rest: Partial<CliCall> = {}): CliCall {
  return {
    kind: "cli",
    command: process.execPath,
    args: [PROGRAM, ...args].map((value) => ({ value, dynamic: false })),
    env: {},
    treatNonZeroAsFailure: true,
    maxOutputBytes: 1024 * 1024,
    allowDashArgs: false,
    ...rest,
  };
}

export function toContext(rest: Partial<ExecutorContext> = {}): ExecutorContext {
  return {
    workflowId: "wf_1",
    definitionId: "definition",
    transition: "go",
    idempotencyKey: "wf_1.0.go.abc",
    attempt: 1,
    deadlineAt: Date.now() + 20_000,
    signal: AbortSignal.timeout(20_000),
    principal: ANONYMOUS,
    correlationId: "cor_1",
    ...rest,
  };
}

export function outputOf(outcome: ExecutorOutcome): JsonObject {
  if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.output as JsonObject;
}

export function failureOf(outcome: ExecutorOutcome): ExecutorFailure {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  return outcome;
}

/** Whether a process runs: one that has ended and was not collected yet does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
