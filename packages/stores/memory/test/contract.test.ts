import { createMemoryData, createMemoryStore } from "@mcp-flowgate/store-memory";
import {
  buildDefinition,
  buildEnd,
  buildInstance,
  buildOperation,
  buildWorkflow,
  createManualClock,
  createRecordingAudit,
  describeStoreContract,
  nodeDigest,
} from "@mcp-flowgate/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

describeStoreContract("the memory store", async () => {
  const clock = createManualClock();
  const audit = createRecordingAudit();
  const data = createMemoryData();
  return {
    open: async (replica) => createMemoryStore({ clock, audit, data, replica }),
    crash: (store) => store.close(),
    advance: (ms) => clock.advance(ms),
    audit,
    dispose: async () => undefined,
  };
});

describe("the memory store", () => {
  const definition = buildDefinition(buildWorkflow({ open: {}, end: buildEnd() }));
  const store = (more: {
    readonly maxTerminal?: number;
    readonly maxBlobSize?: number;
    readonly retentionMs?: number;
  }) => {
    const clock = createManualClock();
    return { clock, store: createMemoryStore({ clock, ...more }) };
  };
  const end = (id: string, terminalAt: number, more = {}) =>
    buildInstance(id, { status: "terminal", terminalAt, definitionHash: definition.hash, ...more });

  it("gives an instance that has ended back as it went in, by every way to read it (S5)", async () => {
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\ud800", "__proto__", "\u2028"));
    const numbers = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(-0, Number.POSITIVE_INFINITY));
    const values = fc.dictionary(texts, fc.oneof(texts, numbers, fc.array(numbers, { maxLength: 3 })), {
      maxKeys: 3,
      noNullPrototype: true,
    });
    const { store: memory, clock } = store({});
    let count = 0;
    await fc.assert(
      fc.asyncProperty(values, values, async (input, output) => {
        count += 1;
        const owner = `owner ${count}`;
        const instance = end(`wf_${count}`, clock.now(), { input, output, owner, version: 1 });
        const operation = buildOperation(`op_${count}`, instance.id, { status: "committed", result: output });
        await memory.apply({
          expect: { absent: instance.id },
          definition,
          instance,
          operations: [operation],
          audit: [],
        });
        expect(await memory.load(instance.id)).toEqual({
          instance,
          operation,
          evidence: [],
          approvals: [],
          timers: [],
          signals: [],
        });
        expect(await memory.operation(operation.id)).toEqual(operation);
        expect(await memory.journal(instance.id)).toEqual([operation]);
        const filter = {
          owner,
          definitionId: instance.definitionId,
          statuses: ["terminal"],
          limit: 5,
        } as const;
        expect((await memory.instances(filter)).items).toEqual([instance]);
        expect((await memory.instances({ owner, statuses: ["idle"], limit: 5 })).items).toEqual([]);
        const late = { expect: {}, lateResults: [{ operationId: operation.id, result: output }], audit: [] };
        expect(await memory.apply(late)).toEqual({ status: "applied" });
        expect(await memory.operation(operation.id)).toEqual({ ...operation, lateResult: output });
        const other = { ...operation, id: `other_${count}`, fromVersion: operation.fromVersion };
        const again = { expect: {}, instance, operations: [other], audit: [] };
        expect(await memory.apply(again)).toEqual({ status: "conflict", on: "operation" });
      }),
      { numRuns: 100 },
    );
  });

  it("drops the oldest terminal instances beyond its bound, never an open one (M3)", async () => {
    const { store: memory, clock } = store({ maxTerminal: 3 });
    const open = buildInstance("wf_open", { definitionHash: definition.hash });
    await memory.apply({ expect: { absent: open.id }, definition, instance: open, audit: [] });
    for (let index = 0; index < 10; index += 1) {
      const instance = end(`wf_${index}`, clock.now());
      await memory.apply({ expect: { absent: instance.id }, definition, instance, audit: [] });
    }
    const left = (await memory.instances({ limit: 50 })).items.map(({ id }) => id);
    expect(left.sort()).toEqual(["wf_7", "wf_8", "wf_9", "wf_open"]);
    expect(await memory.definition(definition.hash)).toEqual(definition);
  });

  it("drops the oldest terminal instances where blobs take too much, never an open one (M3)", async () => {
    const { store: memory, clock } = store({ maxBlobSize: 250 });
    const text = JSON.stringify("x".repeat(98));
    const blobOf = (workflowId: string) => ({ workflowId, sha256: nodeDigest.sha256(text), text });
    const open = buildInstance("wf_open", { definitionHash: definition.hash });
    const ended = [0, 1, 2].map((index) => end(`wf_${index}`, clock.now()));
    for (const instance of [open, ...ended]) {
      const blobs = [blobOf(instance.id)];
      await memory.apply({ expect: { absent: instance.id }, definition, instance, blobs, audit: [] });
    }
    const left = (await memory.instances({ limit: 50 })).items.map(({ id }) => id);
    expect(left.sort()).toEqual(["wf_2", "wf_open"]);
    expect(await memory.blob("wf_open", nodeDigest.sha256(text))).toBe(text);
    expect(await memory.blob("wf_0", nodeDigest.sha256(text))).toBeUndefined();
  });

  it("drops a terminal instance when its time is over, and its definition with the last of them (M3)", async () => {
    const { store: memory, clock } = store({ retentionMs: 1000 });
    const short = end("wf_short", clock.now());
    await memory.apply({ expect: { absent: short.id }, definition, instance: short, audit: [] });
    await clock.advance(1000);
    const other = buildDefinition(buildWorkflow({ other: buildEnd() }));
    const next = buildInstance("wf_next", { definitionHash: other.hash });
    await memory.apply({ expect: { absent: next.id }, definition: other, instance: next, audit: [] });
    expect(await memory.load("wf_short")).toBeUndefined();
    expect(await memory.definition(definition.hash)).toBeUndefined();
    expect(await memory.definition(other.hash)).toEqual(other);
  });
});
