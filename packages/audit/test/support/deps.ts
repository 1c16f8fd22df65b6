import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditDraft, AuditIr, JsonObject, Log } from "@mcp-flowgate/core";
import { createCountingIds, createManualClock, nodeDigest } from "@mcp-flowgate/testkit";
import type { AuditSinkDeps } from "@mcp-flowgate/audit";
import { onTestFinished } from "vitest";

export interface CapturedLog extends Log {
  readonly lines: readonly { readonly level: string; readonly message: string; readonly fields: unknown }[];
}

export function createCapturedLog(): CapturedLog {
  const lines: { readonly level: string; readonly message: string; readonly fields: unknown }[] = [];
  const at =
    (level: string): Log["info"] =>
    (message, fields) =>
      void lines.push({ level, message, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export function createDeps(more: Partial<AuditSinkDeps> = {}): AuditSinkDeps {
  return {
    clock: createManualClock(Date.UTC(2026, 0, 1)),
    ids: createCountingIds(),
    digest: nodeDigest,
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
export function temporaryFolder(parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "audit-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
