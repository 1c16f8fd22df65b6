import {
  tryParseJson,
  type CliCall,
  type EvidenceDraft,
  type ExecutorFailure,
  type ExecutorOutcome,
  type Json,
} from "@mcp-flowgate/core";
import type { Command } from "./command.ts";
import type { Captured } from "./output-capture.ts";
import type { Run } from "./run.ts";

/** Characters of a stream that go into a failure. */
const TAIL_CHARS = 4000;
const MESSAGE_CHARS = 400;

/** What a run says about the effect. */
export function toOutcome(
  run: Run,
  command: Pick<Command, "name" | "workingDirectory">,
  call: CliCall,
): ExecutorOutcome {
  switch (run.kind) {
    case "not_started":
      return refuse(toStartMessage(run.code, command));
    case "exited":
      return toExitOutcome(run, command, call);
    case "killed":
      return {
        status: "failed",
        effect: "unknown",
        errorClass: "transient_error",
        message: `${command.name} was ended by ${run.signal}.${toTailText(run.stderr)}`,
        detail: toDetail(run, { signal: run.signal }),
      };
    case "aborted":
      return {
        status: "failed",
        effect: "unknown",
        errorClass: "timeout",
        message: `${command.name} did not finish in time and was ended.${toTailText(run.stderr)}`,
        detail: toDetail(run, {}),
      };
  }
}

/** A call that never became a process. */
export function refuse(
  message: string,
  errorClass: ExecutorFailure["errorClass"] = "permanent",
): ExecutorFailure {
  return { status: "failed", effect: "not_sent", errorClass, message };
}

function toExitOutcome(
  run: Extract<Run, { kind: "exited" }>,
  command: Pick<Command, "name">,
  call: CliCall,
): ExecutorOutcome {
  const success = run.exitCode === 0;
  const truncated = run.stdout.truncated || run.stderr.truncated;
  const output = {
    exitCode: run.exitCode,
    success,
    stdout: run.stdout.text,
    stderr: run.stderr.text,
    text: run.stdout.text.replace(/\r?\n$/, ""),
    json: run.stdout.truncated ? null : toJson(run.stdout.text),
    truncated,
  };
  const evidence: EvidenceDraft = {
    kind: "cli_output",
    outcome: success ? "success" : "failure",
    summary: `${command.name} exited with code ${run.exitCode}`,
    payload: output,
  };
  if (success || !call.treatNonZeroAsFailure) return { status: "succeeded", output, evidence: [evidence] };
  return {
    status: "failed",
    effect: "failed",
    errorClass: "permanent",
    message: `${command.name} exited with code ${run.exitCode}.${toTailText(run.stderr)}`,
    detail: toDetail(run, { exitCode: run.exitCode }),
    evidence: [evidence],
  };
}

function toStartMessage(code: string, command: Pick<Command, "name" | "workingDirectory">): string {
  switch (code) {
    case "ENOENT":
      return `The command "${command.name}" was not found${command.workingDirectory === undefined ? "" : ", or its working directory does not exist"}.`;
    case "EACCES":
      return `The command "${command.name}" may not be executed.`;
    case "E2BIG":
      return `The arguments of "${command.name}" are too large for the operating system.`;
    default:
      return `The command "${command.name}" could not be started (${code}).`;
  }
}

function toDetail(
  run: { readonly stdout: Captured; readonly stderr: Captured },
  rest: { readonly [name: string]: Json },
): Json {
  return { ...rest, stdout: run.stdout.text.slice(-TAIL_CHARS), stderr: run.stderr.text.slice(-TAIL_CHARS) };
}

function toTailText(stderr: Captured): string {
  const text = stderr.text.trim().replaceAll(/\s+/g, " ");
  if (text === "") return "";
  return text.length > MESSAGE_CHARS ? ` …${text.slice(-MESSAGE_CHARS)}` : ` ${text}`;
}

function toJson(text: string): Json {
  // A parse of megabytes of plain text would be wasted: JSON begins with one of these.
  if (!/^\s*[[{"\-0-9tfn]/.test(text)) return null;
  return tryParseJson(text) ?? null;
}
