/**
 * What the benches of the durable stores share: a batch is what the engine writes for a step, the instance, its operation
 * and two audit events.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  ANONYMOUS,
  type AuditDraft,
  type Batch,
  type Operation,
  type WorkflowInstance,
  type WorkflowStore,
} from "@mcp-flowgate/core";

const quiet = (): void => undefined;
export const parts = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs: number, run: () => void): () => void {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  },
  ids: { next: (prefix: string) => `${prefix}_${randomUUID()}`, random: () => Math.random() },
  digest: { sha256: (text: string) => createHash("sha256").update(text).digest("hex") },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};

const context = { service: "web", notes: "x".repeat(800) };

function instanceOf(id: string, version: number): WorkflowInstance {
  return {
    id,
    tenant: "default",
    owner: "anonymous",
    definitionId: "deploy",
    definitionVersion: "1.0.0",
    definitionHash: "d".repeat(64),
    state: "draft",
    stateEnteredAt: version,
    version,
    status: "idle",
    context,
    input: { service: "web" },
    output: null,
    startedBy: ANONYMOUS,
    fence: version,
    chainDepth: 0,
    createdAt: 1,
    updatedAt: version,
  };
}

function operationOf(workflowId: string, fromVersion: number): Operation {
  return {
    id: `op_${workflowId}_${fromVersion}`,
    workflowId,
    fromVersion,
    fromState: "draft",
    slot: "submit",
    transition: "go",
    actor: ANONYMOUS,
    arguments: { amount: 12 },
    argumentsHash: "a".repeat(64),
    effect: "once",
    candidate: 0,
    attempt: 1,
    takeovers: 0,
    idempotencyKey: `${workflowId}.${fromVersion}.submit.0123456789abcdef`,
    status: "committed",
    fence: fromVersion,
    correlationId: "cor_1",
    deadlineAt: 1,
    startedAt: 1,
    result: { ok: true },
  };
}

function eventOf(type: AuditDraft["type"], workflowId: string): AuditDraft {
  const payload = { transition: "go", argumentsHash: "a".repeat(64) };
  return { type, at: Date.now(), workflowId, correlationId: "cor_1", principal: ANONYMOUS, payload };
}

function batchOf(id: string, version: number): Batch {
  return {
    expect: { instance: { id, version, fence: version } },
    instance: instanceOf(id, version + 1),
    operations: [operationOf(id, version)],
    audit: [eventOf("executor.started", id), eventOf("workflow.transitioned", id)],
  };
}

export async function start(store: WorkflowStore, id: string): Promise<void> {
  await store.apply({
    expect: { absent: id },
    instance: instanceOf(id, 0),
    audit: [eventOf("workflow.started", id)],
  });
}

export interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** `writers` at a time, each on an instance of its own, for `ms`. */
export async function measure(store: WorkflowStore, writers: number, ms: number): Promise<Measured> {
  const times: number[] = [];
  const began = performance.now();
  const write = async (): Promise<void> => {
    let id = "";
    for (let count = 0; performance.now() - began < ms; count += 1) {
      // An instance has a hundred steps, so that its journal is neither empty nor long.
      if (count % 100 === 0)
        await start(store, (id = `wf_${Date.now().toString(36)}${randomUUID().slice(19)}`));
      const sent = performance.now();
      const result = await store.apply(batchOf(id, count % 100));
      if (result.status !== "applied") throw new Error(JSON.stringify(result));
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: (times.length * 1000) / (performance.now() - began), p50: at(0.5), p99: at(0.99) };
}

export function show(what: string, rate: number, { perSecond, p50, p99 }: Measured): void {
  const perSync = (perSecond / rate).toFixed(2);
  const rest = `${perSync} per fdatasync   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms`;
  console.log(`${what.padEnd(28)} ${perSecond.toFixed(0).padStart(6)} batches/s   ${rest}`);
}
