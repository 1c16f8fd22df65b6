import {
  parseJson,
  type Approval,
  type AuditDraft,
  type Json,
  type JsonObject,
  type Operation,
  type WorkflowInstance,
  type WorkflowIr,
  type WorkflowStore,
} from "@mcp-flowgate/core";
import { getOwn, isJsonObject } from "@mcp-flowgate/core";
import { nodeDigest } from "./deterministic-ids.ts";
import type { ModelWorld } from "./model-world.ts";

/** One instance as it stands, with all that belongs to it. */
export interface Observed {
  /** By hash: all that it can have run on. */
  readonly irs: ReadonlyMap<string, WorkflowIr>;
  readonly instance: WorkflowInstance;
  readonly journal: readonly Operation[];
  /** What is kept beside the rows, by the hashes that results of the journal name. */
  readonly blobs: ReadonlyMap<string, string>;
  readonly evidence: readonly {
    readonly operationId: string;
    readonly kind: string;
    readonly actor: string;
  }[];
  readonly approvals: readonly Approval[];
  readonly timers: number;
  readonly events: readonly AuditDraft[];
}

const LIVE_OR_FINAL: ReadonlySet<string> = new Set(["running", "waiting", "unknown", "committed"]);

/** Which invariants do not hold for an instance, in words. `before` is the instance as it was seen last. */
export function findViolations(seen: Observed, before: Observed | undefined): readonly string[] {
  const { instance, journal, events } = seen;
  const committed = journal
    .filter(({ status }) => status === "committed")
    .sort((a, b) => a.fromVersion - b.fromVersion);
  const live = journal
    .filter(({ status }) => LIVE_OR_FINAL.has(status))
    .map(({ fromVersion }) => fromVersion);
  const moves = events.filter(({ type }) => type === "workflow.transitioned" || type === "chain.step").length;
  const ends = events.filter(
    ({ type }) =>
      type === "workflow.completed" || type === "workflow.failed" || type === "workflow.cancelled",
  );
  const migrations = committed.filter(({ slot }) => slot === "migrate");
  const hashes = [
    String(migrations[0]?.arguments["from"] ?? instance.definitionHash),
    ...migrations.map((one) => String(one.arguments["to"])),
  ];
  const starts = events.filter(({ type }) => type === "workflow.started").length;
  const checks: readonly (readonly [boolean, string])[] = [
    [new Set(live).size === live.length, "W1 two live or final operations at one version"],
    [
      committed.every(({ fromVersion }, index) => fromVersion === index),
      "W2 a gap among the committed operations",
    ],
    [instance.version === committed.length, "W2 the version is not the number of committed operations"],
    [
      equal(fold(seen, hashes[0] ?? "", committed), instance.context),
      "W2 W22 the context is not the fold of the journal",
    ],
    [
      journal.every(({ result }) => isWhole(seen, result)),
      "W3 an output that was to be kept beside its row is not there whole",
    ],
    [
      committed.at(-1) === undefined || committed.at(-1)?.toState === instance.state,
      "W22 the state is not where the journal leads",
    ],
    [before === undefined || instance.fence >= before.instance.fence, "W7 the fence went back"],
    [before === undefined || instance.version >= before.instance.version, "W7 the version went back"],
    [
      before === undefined ||
        instance.definitionHash === before.instance.definitionHash ||
        migrations.some(({ fromVersion }) => fromVersion >= before.instance.version),
      "W14 the definition changed",
    ],
    [instance.definitionHash === hashes.at(-1), "W14 the definition is not where migrations lead"],
    [
      migrations.every((one, index) => one.arguments["from"] === hashes[index]),
      "W14 a migration from another definition",
    ],
    [hasItsSteps(seen.irs, hashes[0] ?? "", committed), "W14 a step that its definition does not have"],
    [
      before?.instance.status !== "terminal" || equal(before.instance, instance),
      "W18 a terminal instance changed",
    ],
    [instance.status !== "terminal" || seen.timers === 0, "W18 a terminal instance has a timer"],
    [!seen.approvals.some(isWrong), "W12 an approval was decided by the requester, or twice by one person"],
    [hasDistinct(journal.map(({ approvalId }) => approvalId)), "W12 an approval was used twice"],
    [everyEvidenceOnce(seen), "W13 evidence without exactly one successful execution"],
    [moves === instance.version, "W15 a commit without exactly one audit event"],
    [
      events.filter(({ type }) => type === "workflow.migrated").length === migrations.length,
      "W15 a migration without exactly one audit event",
    ],
    [ends.length === (instance.status === "terminal" ? 1 : 0), "W15 an end without exactly one audit event"],
    [starts === 1, "W15 a start without exactly one audit event"],
  ];
  return checks.filter(([holds]) => !holds).map(([, words]) => `${instance.id}: ${words}`);
}

/** Whether somebody or something can bring the instance on (W19). */
export function canGoOn(
  { instance, journal, approvals, timers }: Observed,
  rels: readonly string[],
): boolean {
  const live = journal.find(({ id }) => id === instance.operationId);
  return (
    instance.status === "terminal" ||
    live?.status === "waiting" ||
    live?.status === "unknown" ||
    instance.recovery !== undefined ||
    timers > 0 ||
    approvals.some(({ status }) => status === "pending") ||
    rels.some((rel) => rel !== "refresh")
  );
}

/** What the world saw against what the engine may have caused. `allowed`: keys that a person said were not executed. */
export function findWorldViolations(
  world: ModelWorld,
  journals: readonly Operation[],
  allowed: ReadonlyMap<string, number>,
): readonly string[] {
  const keys = new Set(journals.map(({ idempotencyKey }) => idempotencyKey));
  const violations: string[] = [];
  for (const { key, recorded } of world.calls) {
    if (!recorded) violations.push(`W6 a call without a record of its start: ${key}`);
    if (!keys.has(key)) violations.push(`W4 a call that belongs to no operation: ${key}`);
  }
  for (const { key, effect, count } of world.effects.values()) {
    if ((effect === "once" || effect === "reconcile") && count > 1 + (allowed.get(key) ?? 0))
      violations.push(`W5 a \`${effect}\` took effect ${count} times: ${key}`);
  }
  return violations;
}

/** The context that a journal makes of an empty one, by the mappings of the definition that it ran on. */
function fold({ irs, blobs }: Observed, first: string, committed: readonly Operation[]): JsonObject {
  let ir = irs.get(first);
  let context: Record<string, Json> = { ...ir?.initialContext };
  for (const operation of committed) {
    if (operation.slot === "migrate") {
      ir = irs.get(String(operation.arguments["to"]));
      context = { ...(operation.arguments["added"] as JsonObject), ...context };
      continue;
    }
    if (operation.error !== undefined || operation.result === undefined) continue;
    const state = getOwn(ir?.states ?? {}, operation.fromState);
    const steps = operation.slot === "submit" || operation.slot === "chain";
    const mapping = steps
      ? getOwn(state?.transitions ?? {}, operation.transition)?.output
      : operation.slot === "onEnter"
        ? state?.onEnter?.output
        : undefined;
    for (const name of Object.keys(mapping ?? {})) {
      const text = blobs.get(keptHash(operation.result) ?? "");
      context[name] = text === undefined ? operation.result : (parseJson(text) as Json);
    }
  }
  return context;
}

/** Whether each step was one of the definition that the instance was on by then. */
function hasItsSteps(irs: Observed["irs"], first: string, committed: readonly Operation[]): boolean {
  let ir = irs.get(first);
  for (const { slot, fromState, transition, arguments: args } of committed) {
    const state = getOwn(ir?.states ?? {}, fromState);
    const isStep = slot === "submit" || slot === "chain";
    if (state === undefined || (isStep && getOwn(state.transitions, transition) === undefined)) return false;
    if (slot === "migrate") ir = irs.get(String(args["to"]));
  }
  return true;
}

/** What is kept beside the rows of an instance for the results of its journal. */
export async function readBlobs(
  store: Pick<WorkflowStore, "blob">,
  journal: readonly Operation[],
): Promise<ReadonlyMap<string, string>> {
  const blobs = new Map<string, string>();
  for (const { workflowId, result } of journal) {
    const sha256 = keptHash(result);
    const text = sha256 === undefined ? undefined : await store.blob(workflowId, sha256);
    if (sha256 !== undefined && text !== undefined) blobs.set(sha256, text);
  }
  return blobs;
}

/** The hash under which a value is kept beside its row. */
function keptHash(value: Json | undefined): string | undefined {
  const told = isJsonObject(value) ? value["$truncated"] : undefined;
  const sha256 = isJsonObject(told) && told["kept"] === true ? told["sha256"] : undefined;
  return typeof sha256 === "string" ? sha256 : undefined;
}

function isWhole({ blobs }: Observed, result: Json | undefined): boolean {
  const sha256 = keptHash(result);
  return sha256 === undefined || nodeDigest.sha256(blobs.get(sha256) ?? "") === sha256;
}

function everyEvidenceOnce({ evidence, journal }: Observed): boolean {
  const effects = evidence.filter(({ kind }) => kind === "effect").map(({ operationId }) => operationId);
  const people = evidence
    .filter(({ kind }) => kind.startsWith("human_"))
    .map(({ operationId, actor }) => `${operationId}/${actor}`);
  const good = new Set(
    journal.filter(({ status, error }) => status === "committed" && error === undefined).map(({ id }) => id),
  );
  return (
    hasDistinct(effects) && hasDistinct(people) && evidence.every(({ operationId }) => good.has(operationId))
  );
}

function isWrong({ decisions, requestedBy, rule }: Approval): boolean {
  const approvers = decisions.map(({ approver }) => approver.subject);
  return !hasDistinct(approvers) || (!rule.allowRequester && approvers.includes(requestedBy.subject));
}

function hasDistinct(values: readonly (string | undefined)[]): boolean {
  const named = values.filter((value) => value !== undefined);
  return new Set(named).size === named.length;
}

function equal(left: unknown, right: unknown): boolean {
  return sorted(left) === sorted(right);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
