import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditDraft, AuditIr, Clock, Digest, Ids, JsonObject, Log } from "@mcp-flowgate/core";
import type { AuditSinkDeps } from "@mcp-flowgate/audit";
import { onTestFinished } from "vitest";

export const digest: Digest = { sha256: (text) => hash("sha256", text) };

/** A clock that only moves when told, and runs what is due as it does. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  set(now: number): void;
}

export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  let elapsed = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    monotonic: () => elapsed,
    schedule(delayMs, run) {
      const timer = { at: elapsed + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      elapsed += ms;
      for (const timer of [...timers].sort((left, right) => left.at - right.at)) {
        if (timer.at <= elapsed && timers.delete(timer)) timer.run();
      }
    },
    set(value) {
      now = value;
    },
  };
}

export function createIds(): Ids {
  let count = 0;
  return { next: (prefix) => `${prefix}_${String((count += 1)).padStart(8, "0")}`, random: () => 0.5 };
}

export interface CapturedLog extends Log {
  readonly lines: readonly { readonly level: string; readonly message: string }[];
}

export function createCapturedLog(): CapturedLog {
  const lines: { readonly level: string; readonly message: string }[] = [];
  const at = (level: string) => (message: string) => void lines.push({ level, message });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export function createDeps(more: Partial<AuditSinkDeps> = {}): AuditSinkDeps {
  return {
    clock: createManualClock(),
    ids: createIds(),
    digest,
    secrets: [],
    log: createCapturedLog(),
    ...more,
  };
}

export function auditIr(more: Partial<AuditIr> = {}): AuditIr {
  return {
    sinks: [{ kind: "memory", events: [], options: {} }],
    onFailure: "fail_closed",
    rotate: { maxBytes: 0, maxAgeMs: 0, keep: 30 },
    payloads: "full",
    redact: [],
    ...more,
  };
}

/** The configuration of one file sink at `path`. */
export function fileIr(path: string, more: Partial<AuditIr> = {}, options: JsonObject = {}): AuditIr {
  return auditIr({ sinks: [{ kind: "file", path, events: [], options }], ...more });
}

export function draft(more: Partial<AuditDraft> = {}): AuditDraft {
  return {
    type: "transition.requested",
    at: Date.UTC(2026, 0, 1),
    workflowId: "wf_1",
    correlationId: "cor_1",
    payload: { transition: "approve" },
    ...more,
  };
}

/** A new folder that is gone after the test. */
export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "audit-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
