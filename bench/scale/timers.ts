import { setTimeout as wait } from "node:timers/promises";
import type { Definition, WorkflowInstance, WorkflowStore } from "@mcp-flowgate/core";
import { createBenchEngine, definition, principal } from "../engine/engine.ts";

/** How late deadlines fired, in milliseconds, least first. */
export type Lateness = readonly number[];

/** Instances that wait in a state whose deadline leads to an end. */
const timed: Definition = {
  hash: `${definition.hash.slice(0, -1)}t`,
  ir: {
    ...definition.ir,
    id: "timed",
    states: {
      open: { ...definition.ir.states["open"]!, timeoutMs: 1, onTimeout: { target: "late" } },
      late: { terminal: true, outcome: "failure", transitions: {} },
    },
  },
};

const TOGETHER = 1000;
const LOOK_MS = 100;

/** `count` deadlines that are all due in the moment in which the sweeper of one process begins. */
export async function measureTimers(store: WorkflowStore, count: number): Promise<Lateness> {
  const ids = Array.from({ length: count }, (_, index) => `wf_timed_${index}`);
  for (let done = 0; done < count; done += TOGETHER)
    await Promise.all(ids.slice(done, done + TOGETHER).map((id) => putTimed(store, id)));
  const { engine } = createBenchEngine(store, timed);
  const begun = store.now();
  engine.run();
  try {
    while ((await store.nextDueAt()) !== undefined) await wait(LOOK_MS);
    const late: number[] = [];
    for (const id of ids) late.push(((await store.load(id))?.instance.updatedAt ?? Infinity) - begun);
    return late.sort((left, right) => left - right);
  } finally {
    await engine.close();
  }
}

async function putTimed(store: WorkflowStore, id: string): Promise<void> {
  const now = store.now();
  const instance: WorkflowInstance = {
    id,
    tenant: principal.tenant,
    owner: principal.subject,
    definitionId: timed.ir.id,
    definitionVersion: timed.ir.version,
    definitionHash: timed.hash,
    state: "open",
    stateEnteredAt: now,
    version: 0,
    status: "idle",
    context: {},
    input: {},
    output: null,
    startedBy: principal,
    fence: 1,
    chainDepth: 0,
    createdAt: now,
    updatedAt: now,
  };
  await store.apply({
    expect: { absent: id },
    definition: timed,
    instance,
    armTimers: [{ id: `${id}:state`, workflowId: id, kind: "state", dueAt: now, armedVersion: 0 }],
    audit: [],
  });
}
