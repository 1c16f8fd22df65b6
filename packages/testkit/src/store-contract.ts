import type {
  AuditDraft,
  Batch,
  InstanceAggregate,
  Json,
  WorkflowInstance,
  WorkflowStore,
} from "@mcp-flowgate/core";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildDefinition, buildEnd, buildWorkflow } from "./build-ir.ts";
import {
  buildApproval,
  buildEvidence,
  buildInstance,
  buildOperation,
  buildSignal,
  buildTimer,
} from "./build-rows.ts";
import { nodeDigest } from "./deterministic-ids.ts";
import type { RecordingAudit } from "./recording-audit.ts";

/** One storage, and the processes that share it. */
export interface StoreHarness {
  /** A process of its own on the storage. */
  open(replica: string): Promise<WorkflowStore>;
  /** Takes a process away as a power cut does: it answers no more, and its claims are found dead in time. */
  crash(store: WorkflowStore): Promise<void>;
  /** Lets the store's clock go on, and with it whatever finds dead claims. */
  advance(ms: number): Promise<void>;
  readonly audit: RecordingAudit;
  dispose(): Promise<void>;
}

/**
 * What the port says of every store, as tests (S1 to S5). `create` makes an empty storage.
 */
export function describeStoreContract(name: string, create: () => Promise<StoreHarness>): void {
  describe(`${name} keeps the journal`, () => {
    let harness: StoreHarness;
    let store: WorkflowStore;
    let count = 0;

    beforeEach(async () => {
      harness = await create();
      store = await harness.open("one");
      count = 0;
    });
    afterEach(async () => {
      await harness.dispose();
    });

    const definition = buildDefinition(buildWorkflow({ open: {}, end: buildEnd() }));
    const fresh = (more: Partial<WorkflowInstance> = {}): WorkflowInstance => {
      count += 1;
      const { now } = store;
      const at = now.call(store);
      const id = more.id ?? `wf_${String(count).padStart(4, "0")}`;
      return buildInstance(id, { definitionHash: definition.hash, createdAt: at, updatedAt: at, ...more });
    };
    const insert = async (
      instance: WorkflowInstance,
      more: Partial<Batch> = {},
    ): Promise<WorkflowInstance> => {
      const batch: Batch = { expect: { absent: instance.id }, definition, instance, audit: [], ...more };
      expect(await store.apply(batch)).toEqual({ status: "applied" });
      return instance;
    };
    const at = ({ id, version, fence }: WorkflowInstance): Batch["expect"] => ({
      instance: { id, version, fence },
    });
    const event = (type: AuditDraft["type"], workflowId: string): AuditDraft => ({
      type,
      at: 0,
      workflowId,
      correlationId: "cor",
      payload: {},
    });

    it("applies a batch whole: rows and audit events (S1)", async () => {
      const instance = fresh();
      const rows = {
        operations: [buildOperation("op_1", instance.id, { status: "committed", result: { a: 1 } })],
        evidence: [buildEvidence("ev_1", instance.id, { operationId: "op_1" })],
        armTimers: [buildTimer("t1", instance.id, store.now() + 1000)],
        approvals: [buildApproval("ap_1", instance.id)],
        signals: [buildSignal("sig_1", instance.id)],
      };
      await insert(instance, { ...rows, audit: [event("workflow.started", instance.id)] });
      expect(await store.load(instance.id)).toEqual({
        instance,
        operation: rows.operations[0],
        evidence: rows.evidence,
        approvals: rows.approvals,
        timers: rows.armTimers,
        signals: rows.signals,
      });
      expect(await store.journal(instance.id)).toEqual(rows.operations);
      expect(await store.operation("op_1")).toEqual(rows.operations[0]);
      expect(await store.approval("ap_1")).toEqual(rows.approvals[0]);
      expect(await store.definition(definition.hash)).toEqual(definition);
      expect(harness.audit.types(instance.id)).toEqual(["workflow.started"]);
    });

    it("keeps an instance's place in the trail over a batch that records nothing (W15)", async () => {
      const instance = await insert(fresh(), {});
      const types = ["chain.step", undefined, "chain.completed"] as const;
      for (const [index, type] of types.entries()) {
        const before = { ...instance, fence: instance.fence + index };
        const audit = type === undefined ? [] : [event(type, instance.id)];
        const batch = { expect: at(before), instance: { ...before, fence: before.fence + 1 }, audit };
        expect(await store.apply(batch)).toEqual({ status: "applied" });
      }
      expect(harness.audit.types(instance.id)).toEqual(["chain.step", "chain.completed"]);
    });

    it("keeps the definition that an instance moves to (S1)", async () => {
      const instance = await insert(fresh());
      const other = buildDefinition(buildWorkflow({ open: {}, end: buildEnd() }, { version: "2.0.0" }));
      const moved = { ...instance, definitionHash: other.hash, definitionVersion: "2.0.0", fence: 2 };
      const batch = { expect: at(instance), definition: other, instance: moved, audit: [] };
      expect(await store.apply(batch)).toEqual({ status: "applied" });
      expect((await store.load(instance.id))?.instance).toEqual(moved);
      expect(await store.definition(other.hash)).toEqual(other);
    });

    it("applies nothing of a batch whose events cannot be recorded (S1)", async () => {
      const instance = await insert(fresh());
      harness.audit.refuse("all");
      const next = { ...instance, version: 1, fence: 2 };
      const refused = store.apply({
        expect: at(instance),
        instance: next,
        audit: [event("chain.step", instance.id)],
      });
      await expect(refused).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
      await expect(store.record([event("transition.rejected", instance.id)])).rejects.toMatchObject({
        code: "AUDIT_UNAVAILABLE",
      });
      expect((await store.load(instance.id))?.instance).toEqual(instance);
      harness.audit.refuse();
      expect(await store.apply({ expect: at(instance), instance: next, audit: [] })).toEqual({
        status: "applied",
      });
    });

    it.each<[string, (instance: WorkflowInstance) => Partial<Batch["expect"]>, string]>([
      ["the instance exists", ({ id }) => ({ absent: id }), "instance"],
      [
        "the instance does not exist",
        () => ({ instance: { id: "wf_none", version: 0, fence: 1 } }),
        "instance",
      ],
      [
        "its version is another",
        (own) => ({ instance: { id: own.id, version: 7, fence: own.fence } }),
        "instance",
      ],
      [
        "its fence is another",
        (own) => ({ instance: { id: own.id, version: own.version, fence: 9 } }),
        "instance",
      ],
      [
        "an approval was written since",
        (own) => ({ ...at(own), approvals: [{ id: "ap_1", revision: 7 }] }),
        "approval",
      ],
      ["a signal is gone", (own) => ({ ...at(own), signals: ["sig_none"] }), "signal"],
      ["a timer is not armed", (own) => ({ ...at(own), timers: ["t_none"] }), "timer"],
    ])("answers with a conflict and changes nothing where %s (S2)", async (_why, expectation, on) => {
      const instance = await insert(fresh(), { approvals: [buildApproval("ap_1", "wf_0001")] });
      const before = await store.load(instance.id);
      const next = { ...instance, state: "changed", fence: 2 };
      const batch = { expect: expectation(instance), audit: [event("chain.step", instance.id)] };
      const evidence = [buildEvidence("ev_x", instance.id)];
      expect(await store.apply({ ...batch, instance: next, evidence })).toEqual({ status: "conflict", on });
      expect(await store.load(instance.id)).toEqual(before);
      expect(harness.audit.types(instance.id)).toEqual([]);
    });

    it("lets one of many that come together pass (S2)", async () => {
      const instance = await insert(fresh());
      const other = await harness.open("two");
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 ? store : other).apply({
            expect: at(instance),
            instance: { ...instance, fence: 2, context: { winner: index } },
            audit: [],
          }),
        ),
      );
      expect(results.filter(({ status }) => status === "applied")).toHaveLength(1);
      expect(results.filter(({ status }) => status === "conflict")).toHaveLength(39);
    });

    it.each(["running", "waiting", "unknown", "committed"] as const)(
      "keeps a second operation from a version that has one that is %s (S3)",
      async (status) => {
        const instance = await insert(fresh(), {
          operations: [buildOperation("op_1", "wf_0001", { status })],
        });
        const second = { expect: at(instance), operations: [buildOperation("op_2", instance.id)], audit: [] };
        expect(await store.apply(second)).toEqual({ status: "conflict", on: "operation" });
        expect(await store.journal(instance.id)).toHaveLength(1);
      },
    );

    it("lets a new operation follow one that failed, also in the same batch (S3)", async () => {
      const instance = await insert(fresh(), { operations: [buildOperation("op_1", "wf_0001")] });
      const operations = [
        buildOperation("op_1", instance.id, { status: "failed" }),
        buildOperation("op_2", instance.id, { fence: 2 }),
      ];
      expect(await store.apply({ expect: at(instance), operations, audit: [] })).toEqual({
        status: "applied",
      });
      expect((await store.journal(instance.id)).map(({ id, status }) => [id, status])).toEqual([
        ["op_1", "failed"],
        ["op_2", "running"],
      ]);
    });

    it("shows every acknowledged batch to every process (S4)", async () => {
      const other = await harness.open("two");
      const instance = await insert(fresh());
      expect((await other.load(instance.id))?.instance).toEqual(instance);
      await other.apply({ expect: at(instance), instance: { ...instance, fence: 2, version: 1 }, audit: [] });
      expect((await store.load(instance.id))?.instance.version).toBe(1);
    });

    it("gives rows back exactly as they went in (S5, F25)", async () => {
      const text = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom("\u0000", "\ud800", "a\udfff", "__proto__", "constructor", "", "\u2028", "e\u0301"),
      );
      const number = fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(1e308, 5e-324, 2 ** 53 + 2, -(2 ** 63), 0.1),
      );
      const leaf = fc.oneof(
        text,
        number.map((value) => (Object.is(value, -0) ? 0 : value)),
        fc.boolean(),
        fc.constant(null),
      );
      const { json } = fc.letrec<{ json: Json }>((tie) => ({
        json: fc.oneof(
          { depthSize: "small" },
          leaf,
          fc.array(tie("json"), { maxLength: 3 }),
          fc.dictionary(text, tie("json"), { maxKeys: 3, noNullPrototype: true }),
        ),
      }));
      await fc.assert(
        fc.asyncProperty(fc.dictionary(text, json, { maxKeys: 4 }), json, async (context, output) => {
          const instance = await insert(fresh({ context, input: context, output }));
          const operation = buildOperation(`op_${count}`, instance.id, {
            arguments: context,
            result: output,
          });
          await store.apply({ expect: at(instance), operations: [operation], audit: [] });
          const loaded = await store.load(instance.id);
          expect(JSON.stringify(loaded?.instance.context)).toBe(JSON.stringify(context));
          expect(JSON.stringify(loaded?.instance.output)).toBe(JSON.stringify(output));
          expect(JSON.stringify(loaded?.operation?.arguments)).toBe(JSON.stringify(context));
          expect(JSON.stringify(loaded?.operation?.result)).toBe(JSON.stringify(output));
        }),
        { numRuns: 50 },
      );
    });

    it("keeps what it was given even if the giver changes it afterwards (S5)", async () => {
      const context: Record<string, Json> = { a: [1] };
      const instance = await insert(fresh({ context }));
      // A store may freeze what it was given: then the change does not happen either.
      Reflect.set(context, "a", "changed");
      expect((await store.load(instance.id))?.instance.context).toEqual({ a: [1] });
    });

    it("remembers a request key until it expires, for its tenant, principal and key alone", async () => {
      const key = { tenant: "default", principal: "agent", key: "k" };
      const request = { ...key, workflowId: "wf_0001", argumentsHash: "h", expiresAt: store.now() + 1000 };
      await insert(fresh(), { request, expect: { absent: "wf_0001", requestUnused: key } });
      const second = fresh();
      const again: Batch = {
        expect: { absent: second.id, requestUnused: key },
        definition,
        instance: second,
        audit: [],
      };
      expect(await store.apply(again)).toEqual({ status: "request_used", request });
      expect(await store.load(second.id)).toBeUndefined();
      expect(await store.request("default", "agent", "k")).toEqual(request);
      expect(await store.request("other", "agent", "k")).toBeUndefined();
      await harness.advance(1000);
      expect(await store.request("default", "agent", "k")).toBeUndefined();
      expect(await store.apply(again)).toEqual({ status: "applied" });
    });

    it("lets only one of many starts with the same request key pass", async () => {
      const key = { tenant: "default", principal: "agent", key: "k" };
      const results = await Promise.all(
        Array.from({ length: 20 }, () => {
          const instance = fresh();
          const request = {
            ...key,
            workflowId: instance.id,
            argumentsHash: "h",
            expiresAt: store.now() + 1000,
          };
          return store.apply({
            expect: { absent: instance.id, requestUnused: key },
            definition,
            instance,
            request,
            audit: [],
          });
        }),
      );
      expect(results.filter(({ status }) => status === "applied")).toHaveLength(1);
      expect(results.filter(({ status }) => status === "request_used")).toHaveLength(19);
    });

    it("counts rates, and refuses what is over, also when many come together", async () => {
      const rate = { key: "r", max: 3, perMs: 1000 };
      const results = await Promise.all(
        Array.from({ length: 10 }, () => {
          const instance = fresh();
          const expectation = { absent: instance.id, rates: [rate] };
          return store.apply({ expect: expectation, definition, instance, countRates: ["r"], audit: [] });
        }),
      );
      expect(results.filter(({ status }) => status === "applied")).toHaveLength(3);
      expect(results.filter(({ status }) => status === "rate_limited")).toHaveLength(7);
      expect(await store.rate("r", 1000)).toBe(3);
      await harness.advance(1001);
      expect(await store.rate("r", 1000)).toBe(0);
      expect(await store.rate("other", 1000)).toBe(0);
    });

    it("gives due timers, earliest first, and only of instances that can be taken out of what they do", async () => {
      const soon = store.now() + 1000;
      await insert(fresh({ id: "wf_a" }), { armTimers: [buildTimer("t_a", "wf_a", soon + 5)] });
      await insert(fresh({ id: "wf_b" }), { armTimers: [buildTimer("t_b", "wf_b", soon)] });
      const busy = await insert(fresh({ id: "wf_c", status: "running", operationId: "op_c" }), {
        operations: [buildOperation("op_c", "wf_c", { fence: 1 })],
        armTimers: [buildTimer("t_c", "wf_c", soon)],
      });
      await insert(fresh({ id: "wf_d", status: "parked", operationId: "op_d" }), {
        operations: [buildOperation("op_d", "wf_d", { status: "waiting" })],
        armTimers: [buildTimer("t_d", "wf_d", soon)],
      });
      expect((await store.due(10)).timers).toEqual([]);
      expect(await store.nextDueAt()).toBe(soon);
      await harness.advance(1005);
      expect((await store.due(10)).timers.map(({ id }) => id)).toEqual(["t_b", "t_a"]);
      expect((await store.due(1)).timers.map(({ id }) => id)).toEqual(["t_b"]);
      const { operationId: _over, ...idle } = busy;
      await store.apply({
        expect: at(busy),
        instance: { ...idle, status: "idle", fence: 2 },
        operations: [buildOperation("op_c", "wf_c", { status: "failed" })],
        audit: [],
      });
      expect((await store.due(10)).timers.map(({ id }) => id).sort()).toEqual(["t_a", "t_b", "t_c"]);
    });

    it("gives many instances at once, each as it gives it alone, and leaves out what is not there", async () => {
      const running = await insert(fresh({ id: "wf_a", status: "running", operationId: "op_a" }), {
        operations: [buildOperation("op_a", "wf_a", { fence: 1 })],
        armTimers: ["t1", "t2"].map((id) => buildTimer(id, "wf_a", store.now() + 1000)),
      });
      const ended = await insert(fresh({ id: "wf_b" }), {
        operations: ["op_b", "op_c"].map((id) => buildOperation(id, "wf_b", { status: "failed" })),
      });
      const bare = await insert(fresh({ id: "wf_c" }));
      const ids = [running, ended, bare].map(({ id }) => id);
      const together = await store.loadAll([...ids, "wf_none"]);
      const byId = (one: InstanceAggregate, other: InstanceAggregate): number =>
        one.instance.id < other.instance.id ? -1 : 1;
      expect([...together].sort(byId)).toEqual(await Promise.all(ids.map((id) => store.load(id))));
      expect(await store.loadAll([])).toEqual([]);
    });

    it("ends timers by name, or all, and arms one anew under its name", async () => {
      const instance = await insert(fresh(), {
        armTimers: ["t1", "t2", "t3"].map((id) => buildTimer(id, "wf_0001", store.now() + 10)),
      });
      await store.apply({
        expect: { ...at(instance), timers: ["t1"] },
        cancelTimers: ["t1", "t2"],
        armTimers: [buildTimer("t2", instance.id, store.now() + 5000)],
        audit: [],
      });
      const armed = (await store.load(instance.id))?.timers ?? [];
      expect(armed.map(({ id }) => id).sort()).toEqual(["t2", "t3"]);
      await harness.advance(20);
      expect((await store.due(10)).timers.map(({ id }) => id)).toEqual(["t3"]);
      await store.apply({ expect: at(instance), cancelTimers: "all", audit: [] });
      expect((await store.load(instance.id))?.timers).toEqual([]);
      expect(await store.nextDueAt()).toBeUndefined();
    });

    it("gives operations whose next attempt is due", async () => {
      const nextAttemptAt = store.now() + 1000;
      const operation = buildOperation("op_1", "wf_0001", { status: "waiting", nextAttemptAt });
      await insert(fresh({ status: "waiting", operationId: "op_1" }), { operations: [operation] });
      expect((await store.due(10)).retries).toEqual([]);
      expect(await store.nextDueAt()).toBe(nextAttemptAt);
      await harness.advance(1000);
      expect((await store.due(10)).retries).toEqual([operation]);
    });

    it("gives running operations whose claimant is gone, and no others", async () => {
      const other = await harness.open("two");
      const claimOf = (process: WorkflowStore): { readonly replica: string; readonly epoch: number } => {
        const { replica, epoch } = process.lease();
        return { replica, epoch };
      };
      await insert(fresh({ id: "wf_a", status: "running", operationId: "op_a", claim: claimOf(store) }), {
        operations: [buildOperation("op_a", "wf_a")],
      });
      await insert(fresh({ id: "wf_b", status: "running", operationId: "op_b", claim: claimOf(other) }), {
        operations: [buildOperation("op_b", "wf_b")],
      });
      expect((await store.due(10)).orphans).toEqual([]);
      await harness.crash(other);
      await harness.advance(60_000);
      expect((await store.due(10)).orphans.map(({ id }) => id)).toEqual(["op_b"]);
    });

    it("gives running operations that are long over their deadline", async () => {
      const { replica, epoch } = store.lease();
      await insert(fresh({ status: "running", operationId: "op_1", claim: { replica, epoch } }), {
        operations: [buildOperation("op_1", "wf_0001", { deadlineAt: store.now() + 1000 })],
      });
      await harness.advance(1000);
      expect((await store.due(10)).orphans).toEqual([]);
      await harness.advance(120_000);
      expect((await store.due(10)).orphans.map(({ id }) => id)).toEqual(["op_1"]);
    });

    it("keeps signals for an instance until one consumes them, from whoever sent them", async () => {
      const instance = await insert(fresh());
      const other = await insert(fresh());
      const signal = buildSignal("sig_1", instance.id, { payload: { reason: "\u0000" } });
      await store.apply({
        expect: at(other),
        instance: { ...other, fence: 2 },
        signals: [signal],
        audit: [],
      });
      expect((await store.due(10)).signals).toEqual([signal]);
      expect((await store.load(instance.id))?.signals).toEqual([signal]);
      const consume: Batch = {
        expect: { ...at(instance), signals: ["sig_1"] },
        consumeSignals: ["sig_1"],
        audit: [],
      };
      expect(await store.apply(consume)).toEqual({ status: "applied" });
      expect(await store.apply(consume)).toEqual({ status: "conflict", on: "signal" });
      expect((await store.due(10)).signals).toEqual([]);
    });

    it("loads the live operation, else the last; approvals that are open or whose signal is", async () => {
      const instance = await insert(fresh({ status: "running", operationId: "op_1" }), {
        operations: [buildOperation("op_1", "wf_0001")],
        approvals: [
          buildApproval("ap_open", "wf_0001"),
          buildApproval("ap_done", "wf_0001", { status: "consumed" }),
          buildApproval("ap_said", "wf_0001", { status: "approved" }),
        ],
        signals: [
          buildSignal("sig_1", "wf_0001", { kind: "approval_settled", payload: { approvalId: "ap_said" } }),
        ],
      });
      const loaded = await store.load(instance.id);
      expect(loaded?.operation?.id).toBe("op_1");
      expect(loaded?.approvals.map(({ id }) => id).sort()).toEqual(["ap_open", "ap_said"]);
      const { operationId: _over, ...idle } = instance;
      const failed = buildOperation("op_1", instance.id, { status: "failed" });
      await store.apply({
        expect: at(instance),
        instance: { ...idle, status: "idle", fence: 2 },
        operations: [failed],
        audit: [],
      });
      expect((await store.load(instance.id))?.operation).toEqual(failed);
    });

    it("replaces an approval only at the revision that was read", async () => {
      await insert(fresh(), { approvals: [buildApproval("ap_1", "wf_0001")] });
      const write = (revision: number): Promise<unknown> =>
        store.apply({
          expect: { approvals: [{ id: "ap_1", revision }] },
          approvals: [buildApproval("ap_1", "wf_0001", { status: "approved", revision: revision + 1 })],
          audit: [],
        });
      const [first, second] = await Promise.all([write(1), write(1)]);
      expect([first, second]).toContainEqual({ status: "applied" });
      expect([first, second]).toContainEqual({ status: "conflict", on: "approval" });
      expect((await store.approval("ap_1"))?.revision).toBe(2);
    });

    it("keeps a late result beside an operation and touches nothing else", async () => {
      const operation = buildOperation("op_1", "wf_0001", { status: "committed", result: 1, fence: 5 });
      await insert(fresh(), { operations: [operation] });
      const late: Batch = {
        expect: {},
        lateResults: [{ operationId: "op_1", result: { late: true } }],
        audit: [],
      };
      expect(await store.apply(late)).toEqual({ status: "applied" });
      expect(await store.operation("op_1")).toEqual({ ...operation, lateResult: { late: true } });
    });

    const blobOf = (workflowId: string, text: string) => ({
      workflowId,
      sha256: nodeDigest.sha256(text),
      text,
    });

    it("reads a blob through the instances that it was written for, and through no other (S1, S6)", async () => {
      const text = JSON.stringify({
        nul: "a\u0000b",
        lone: "\ud800x",
        wide: "é€𝄞",
        list: [-1e-300, null, "\\"],
      });
      const [one, two, stranger] = [fresh(), fresh(), fresh()];
      await insert(stranger);
      await insert(one, { blobs: [blobOf(one.id, text), blobOf(one.id, '"other"')] });
      await insert(two);
      const { sha256 } = blobOf(one.id, text);
      expect(await store.blob(two.id, sha256)).toBeUndefined();
      const step = { expect: at(two), instance: { ...two, version: 1, fence: 2 }, audit: [] };
      expect(await store.apply({ ...step, blobs: [blobOf(two.id, text)] })).toEqual({ status: "applied" });
      const late = { expect: {}, blobs: [blobOf(two.id, '"late"'), blobOf("wf_none", text)], audit: [] };
      expect(await store.apply(late)).toEqual({ status: "applied" });
      const other = await harness.open("two");
      for (const { id } of [one, two]) expect(await other.blob(id, sha256)).toBe(text);
      expect(await other.blob(two.id, nodeDigest.sha256('"late"'))).toBe('"late"');
      expect(await other.blob(two.id, nodeDigest.sha256('"other"'))).toBeUndefined();
      for (const id of [stranger.id, "wf_none"]) expect(await other.blob(id, sha256)).toBeUndefined();
      expect(await other.blob(one.id, nodeDigest.sha256("none"))).toBeUndefined();
    });

    it("keeps no blob of a batch that is refused, and one that comes twice once (S2, S6)", async () => {
      const own = await insert(fresh());
      const blobs = [blobOf(own.id, '"x"')];
      const next = { ...own, version: 1, fence: 2 };
      const stale = {
        expect: { instance: { id: own.id, version: 7, fence: 1 } },
        instance: next,
        blobs,
        audit: [],
      };
      expect(await store.apply(stale)).toEqual({ status: "conflict", on: "instance" });
      expect(await store.blob(own.id, blobs[0]!.sha256)).toBeUndefined();
      expect(await store.apply({ expect: at(own), instance: next, blobs, audit: [] })).toEqual({
        status: "applied",
      });
      const again = {
        expect: at(next),
        instance: { ...next, fence: 3 },
        blobs: [...blobs, ...blobs],
        audit: [],
      };
      expect(await store.apply(again)).toEqual({ status: "applied" });
      expect(await store.blob(own.id, blobs[0]!.sha256)).toBe('"x"');
    });

    it("keeps a blob of many megabytes, also where several instances bring it at once (S5, S6)", async () => {
      const own = await Promise.all(Array.from({ length: 8 }, () => insert(fresh())));
      const texts = ["x", "é"].map((letter) => JSON.stringify({ text: letter.repeat(3_000_000) }));
      const answers = await Promise.all(
        own.map((instance, index) => {
          const blobs = texts.map((text) => blobOf(instance.id, text));
          if (index % 2 === 1) blobs.reverse();
          return store.apply({ expect: at(instance), instance: { ...instance, fence: 2 }, blobs, audit: [] });
        }),
      );
      expect(answers).toEqual(own.map(() => ({ status: "applied" })));
      for (const text of texts) {
        const { sha256 } = blobOf("", text);
        expect((await store.blob(own[7]!.id, sha256)) === text).toBe(true);
      }
    });

    it("lists instances newest first, page by page, as filtered", async () => {
      for (let index = 0; index < 7; index += 1) {
        await insert(fresh({ owner: index % 2 ? "odd" : "even", status: index === 6 ? "terminal" : "idle" }));
        await harness.advance(1);
      }
      const first = await store.instances({ tenant: "default", limit: 3 });
      expect(first.items.map(({ id }) => id)).toEqual(["wf_0007", "wf_0006", "wf_0005"]);
      await insert(fresh());
      const cursor = first.nextCursor!;
      const second = await store.instances({ tenant: "default", limit: 3, cursor });
      expect(second.items.map(({ id }) => id)).toEqual(["wf_0004", "wf_0003", "wf_0002"]);
      const third = await store.instances({ tenant: "default", limit: 3, cursor: second.nextCursor! });
      expect(third.items.map(({ id }) => id)).toEqual(["wf_0001"]);
      expect(third.nextCursor).toBeUndefined();
      expect((await store.instances({ owner: "odd", limit: 10 })).items).toHaveLength(3);
      expect((await store.instances({ statuses: ["terminal"], limit: 10 })).items).toHaveLength(1);
      const open = { tenant: "default", statuses: ["idle", "running"], limit: 2 } as const;
      const newest = await store.instances({ ...open, owner: "odd" });
      expect(newest.items.map(({ id }) => id)).toEqual(["wf_0006", "wf_0004"]);
      const older = await store.instances({ ...open, owner: "odd", cursor: newest.nextCursor! });
      expect(older.items.map(({ id }) => id)).toEqual(["wf_0002"]);
      const [{ definitionId }] = newest.items as [WorkflowInstance];
      expect((await store.instances({ ...open, definitionId, limit: 10 })).items).toHaveLength(7);
      expect((await store.instances({ ...open, definitionId: "none" })).items).toEqual([]);
      expect((await store.instances({ tenant: "other", limit: 10 })).items).toEqual([]);
      expect((await store.instances({ definitionId: "none", limit: 10 })).items).toEqual([]);
    });

    it("lists approvals newest first, page by page, as filtered", async () => {
      for (let index = 0; index < 5; index += 1) {
        const instance = fresh();
        const more = { requestedAt: store.now(), queue: index % 2 ? "odd" : "even" };
        await insert(instance, { approvals: [buildApproval(`ap_${index}`, instance.id, more)] });
        await harness.advance(1);
      }
      const first = await store.approvals({ tenant: "default", statuses: ["pending"], limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(["ap_4", "ap_3"]);
      const rest = await store.approvals({ tenant: "default", limit: 10, cursor: first.nextCursor! });
      expect(rest.items.map(({ id }) => id)).toEqual(["ap_2", "ap_1", "ap_0"]);
      expect((await store.approvals({ queue: "odd", limit: 10 })).items).toHaveLength(2);
      expect((await store.approvals({ workflowId: "wf_0001", limit: 10 })).items).toHaveLength(1);
      expect((await store.approvals({ statuses: ["denied"], limit: 10 })).items).toEqual([]);
    });

    it("gives the journal in the order of beginning, or from a version on", async () => {
      const instance = await insert(fresh(), {
        operations: [0, 1, 2].map((fromVersion) =>
          buildOperation(`op_${9 - fromVersion}`, "wf_0001", {
            fromVersion,
            status: "committed",
            startedAt: fromVersion,
          }),
        ),
      });
      expect((await store.journal(instance.id)).map(({ id }) => id)).toEqual(["op_9", "op_8", "op_7"]);
      expect((await store.journal(instance.id, 1)).map(({ id }) => id)).toEqual(["op_8", "op_7"]);
      expect(await store.journal("wf_none")).toEqual([]);
    });

    it("tells every process of a change, until it is told to stop", async () => {
      const other = await harness.open("two");
      const heard: string[] = [];
      const stop = other.onChange((id) => heard.push(id));
      const instance = await insert(fresh());
      await expect.poll(() => heard.includes(instance.id)).toBe(true);
      stop();
      heard.length = 0;
      await insert(fresh());
      expect(heard).toEqual([]);
    });

    it("says so when it is closed", async () => {
      await store.close();
      await expect(store.load("wf_0001")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      const batch = { expect: {}, audit: [] };
      await expect(store.apply(batch)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    });
  });
}
