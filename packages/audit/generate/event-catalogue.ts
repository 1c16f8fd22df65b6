import type { JsonObject } from "@mcp-flowgate/core";
import type { RecordType } from "../src/record.ts";

/** What one type of event means, and an example of its payload. */
export interface EventEntry {
  readonly means: string;
  readonly payload: JsonObject;
  /** Where it belongs to: an instance, an operation of it, or the gateway itself. */
  readonly about: "gateway" | "instance" | "operation";
}

const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const KEY = "3b1f6a0cc1f9a4d1";
const ATTEMPT: JsonObject = {
  transition: "deploy",
  slot: "submit",
  candidate: 0,
  attempt: 1,
  idempotencyKey: "fg1_5d41402abc4b2a76",
  argumentsHash: HASH,
};
const SIGHT: JsonObject = { heads: [], seen: { file: 1, bytes: 48_213 } };

/** Every type of event. The one source of the published schema. */
export const EVENT_CATALOGUE: { readonly [type in RecordType]: EventEntry } = {
  "server.initialized": {
    means: "A gateway came up with a configuration.",
    payload: { version: "1.0.0", config: HASH },
    about: "gateway",
  },
  "config.reloaded": {
    means: "Another configuration took effect.",
    payload: { config: HASH, changed: { workflows: ["deploy_prod"], connections: [] } },
    about: "gateway",
  },
  "config.reload_failed": {
    means: "A configuration was refused; the one before it stays in effect.",
    payload: { diagnostics: 2 },
    about: "gateway",
  },
  "capability.discovered": {
    means: "The tools of a server were listed.",
    payload: { connection: "github", count: 12 },
    about: "gateway",
  },
  "capability.discovery_failed": {
    means: "The tools of a server could not be listed.",
    payload: { connection: "github", reason: "the server did not answer within 10 s" },
    about: "gateway",
  },
  "capability.changed": {
    means: "An imported tool is not what it was when it was pinned.",
    payload: { connection: "github", tool: "create_issue", changed: ["description"] },
    about: "gateway",
  },
  "capability.blocked": {
    means: "An imported tool is not offered.",
    payload: { connection: "github", tool: "create_issue", id: "github.create_issue", reason: "name taken" },
    about: "gateway",
  },
  "connection.started": {
    means: "A child process or a session with a server began.",
    payload: { connection: "github" },
    about: "gateway",
  },
  "connection.stopped": {
    means: "A child process or a session ended as it should.",
    payload: { connection: "github" },
    about: "gateway",
  },
  "connection.failed": {
    means: "A child process or a session ended, or could not begin.",
    payload: { connection: "github", reason: "exited with code 1" },
    about: "gateway",
  },
  "connection.operated": {
    means: "An operator started, stopped or restarted a connection, at all replicas.",
    payload: { connection: "github", action: "stop" },
    about: "gateway",
  },
  "workflow.started": {
    means: "An instance began.",
    payload: { state: "draft", input: { service: "web" }, definitionVersion: "1", parent: null },
    about: "instance",
  },
  "workflow.transitioned": {
    means: "An instance moved to its next version, and its state where that differs.",
    payload: { slot: "submit", transition: "deploy", fromState: "approved", toState: "deployed", version: 3 },
    about: "operation",
  },
  "workflow.completed": {
    means: "An instance reached a terminal state of success.",
    payload: { state: "deployed", version: 3, outcome: "success" },
    about: "operation",
  },
  "workflow.failed": {
    means: "An instance reached a terminal state of failure.",
    payload: { state: "failed", version: 3, outcome: "failure" },
    about: "operation",
  },
  "workflow.cancelled": {
    means: "An instance was ended by somebody.",
    payload: { state: "draft", version: 1, outcome: "cancelled" },
    about: "operation",
  },
  "workflow.timed_out": {
    means: "A deadline of an instance or of its state passed.",
    payload: { kind: "state", state: "awaiting_approval", version: 2, target: "expired" },
    about: "instance",
  },
  "workflow.parked": {
    means: "An instance stands still until a person decides.",
    payload: { state: "approved", version: 2, reason: "the output does not match its schema" },
    about: "instance",
  },
  "workflow.migrated": {
    means: "An operator moved an instance to another definition of its workflow.",
    payload: {
      from: "9f2c…",
      to: "41ab…",
      fromDefinitionVersion: "1.0.0",
      toDefinitionVersion: "1.1.0",
      fromState: "open",
      toState: "review",
      added: ["attempts"],
      reason: "the review step was missing",
    },
    about: "operation",
  },
  "transition.requested": {
    means: "A caller's transition was admitted.",
    payload: {
      transition: "deploy",
      state: "approved",
      version: 2,
      arguments: { replicas: 3 },
      argumentsHash: HASH,
    },
    about: "operation",
  },
  "transition.rejected": {
    means: "A caller's transition was refused.",
    payload: {
      code: "INVALID_TRANSITION",
      message: "`deploy` is not offered here",
      transition: "deploy",
      argumentsHash: HASH,
      details: [],
    },
    about: "instance",
  },
  "transition.branched": {
    means: "A result chose the next state.",
    payload: { transition: "deploy", branch: 0, target: "deployed" },
    about: "operation",
  },
  "guard.evaluated": {
    means: "The guards of a transition were evaluated and passed.",
    payload: { transition: "deploy", passed: true, guards: [{ kind: "role", verdict: "pass" }] },
    about: "operation",
  },
  "guard.rejected": {
    means: "A guard did not pass: the transition was refused.",
    payload: {
      code: "GUARD_REJECTED",
      message: "role `release-manager` is needed",
      transition: "deploy",
      argumentsHash: HASH,
      details: [],
    },
    about: "instance",
  },
  "executor.started": {
    means: "An attempt of an effect is about to begin. Nothing is sent before this is recorded.",
    payload: { ...ATTEMPT, state: "approved", version: 2, effect: "once" },
    about: "operation",
  },
  "executor.succeeded": { means: "An attempt succeeded.", payload: ATTEMPT, about: "operation" },
  "executor.retrying": {
    means: "An attempt failed and another one follows.",
    payload: { ...ATTEMPT, delayMs: 500 },
    about: "operation",
  },
  "executor.failed": {
    means: "An attempt failed.",
    payload: { ...ATTEMPT, effect: "not_sent", errorClass: "connection_error", message: "cannot be reached" },
    about: "operation",
  },
  "executor.unknown": {
    means: "Nobody knows whether an attempt took effect.",
    payload: { ...ATTEMPT, message: "the answer did not come in time" },
    about: "operation",
  },
  "executor.recovered": {
    means: "An operation was taken over from a process that is gone.",
    payload: { ...ATTEMPT, takeovers: 1 },
    about: "operation",
  },
  "operation.fenced": {
    means: "A result came after the operation had been taken over, and was not applied.",
    payload: { transition: "deploy", fence: 4, attempt: 1 },
    about: "operation",
  },
  "operation.probed": {
    means:
      "The probe of a `reconcile` call was asked what became of it: `executed`, `not_executed` or `unknown`.",
    payload: { ...ATTEMPT, probe: 1, answer: "executed" },
    about: "operation",
  },
  "operation.resolved": {
    means: "A person said what became of an operation whose outcome was unknown.",
    payload: { ...ATTEMPT, outcome: "not_executed", reason: "the deployment log has no such entry" },
    about: "operation",
  },
  "fallback.selected": {
    means: "Another executor takes the place of one that failed.",
    payload: { ...ATTEMPT, candidate: 1, because: "cannot be reached" },
    about: "operation",
  },
  "circuit.opened": {
    means: "A connection failed too often: it is not called for a while.",
    payload: { transition: "deploy", candidate: 0 },
    about: "operation",
  },
  "circuit.closed": {
    means: "A connection is called again.",
    payload: { transition: "deploy", candidate: 0 },
    about: "operation",
  },
  "chain.step": {
    means: "A deterministic transition was done without being asked for.",
    payload: { slot: "chain", transition: "notify", fromState: "deployed", toState: "notified", version: 4 },
    about: "operation",
  },
  "chain.completed": {
    means: "A run of deterministic transitions came to its end.",
    payload: { state: "notified", version: 4, steps: 1 },
    about: "instance",
  },
  "chain.failed": {
    means: "A deterministic transition could not be done.",
    payload: { transition: "notify", reason: "its guard did not pass" },
    about: "instance",
  },
  "sub_workflow.started": {
    means: "A step began an instance of another workflow.",
    payload: { childId: "wf_child", transition: "review" },
    about: "operation",
  },
  "sub_workflow.completed": {
    means: "A child instance succeeded.",
    payload: { childId: "wf_child", outcome: "success" },
    about: "operation",
  },
  "sub_workflow.failed": {
    means: "A child instance did not succeed.",
    payload: { childId: "wf_child", outcome: "failure" },
    about: "operation",
  },
  "approval.pending": {
    means: "A step waits for people.",
    payload: { approvalId: "ap_1", transition: "approve" },
    about: "operation",
  },
  "human.approval.requested": {
    means: "People were asked to decide.",
    payload: {
      approvalId: "ap_1",
      kind: "transition",
      queue: "releases",
      title: "Deploy web",
      transitions: ["approve", "reject"],
      subjectHash: HASH,
      quorum: 1,
      expiresAt: null,
    },
    about: "operation",
  },
  "human.approval.resolved": {
    means: "A person decided.",
    payload: {
      approvalId: "ap_1",
      queue: "releases",
      decision: "approve",
      transition: "approve",
      reason: "looks right",
      status: "approved",
      subjectHash: HASH,
      decisions: 1,
      quorum: 1,
    },
    about: "operation",
  },
  "human.approval.expired": {
    means: "Nobody decided in time.",
    payload: { approvalId: "ap_1", queue: "releases" },
    about: "instance",
  },
  "auth.rejected": {
    means: "A caller could not be identified.",
    payload: { reason: "the key is not known", transport: "http" },
    about: "gateway",
  },
  "rate.limited": {
    means: "A caller asked too often.",
    payload: {
      code: "RATE_LIMITED",
      message: "10 in an hour are allowed",
      transition: "deploy",
      details: [],
    },
    about: "instance",
  },
  "audit.opened": {
    means: "A process began its stream: the first record of it.",
    payload: {
      format: 1,
      file: 1,
      process: "build-7:4242",
      keyId: KEY,
      publicKey: "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n",
      ...SIGHT,
    },
    about: "gateway",
  },
  "audit.checkpoint": {
    means: "The records of the stream since its last checkpoint are sealed with a signature.",
    payload: { from: 1, to: 120, head: HASH, root: HASH, keyId: KEY, signature: "c2lnbmF0dXJl", ...SIGHT },
    about: "gateway",
  },
  "audit.rotated": {
    means: "The stream continues in another file. The first record of a file that was begun by rotation.",
    payload: { file: 2, previousFile: 1, oldest: 1, ...SIGHT },
    about: "gateway",
  },
  "audit.lost": {
    means:
      "Events could not be recorded for a while. With `fail_closed` their effects were refused, else they happened.",
    payload: {
      outcome: "refused",
      count: 3,
      types: { "executor.started": 3 },
      since: "2026-01-01T00:00:00.000Z",
      error: "ENOSPC: no space left on device, write",
    },
    about: "gateway",
  },
};
