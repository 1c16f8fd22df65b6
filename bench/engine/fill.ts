import type { WorkflowInstance, WorkflowStore } from "@mcp-flowgate/core";
import { definition } from "./engine.ts";

const TOGETHER = 2000;

/** Puts ended instances into a store, as years of use would. */
export async function fillStore(store: WorkflowStore, rows: number): Promise<void> {
  for (let done = 0; done < rows; done += TOGETHER) {
    await Promise.all(
      Array.from({ length: Math.min(TOGETHER, rows - done) }, (_, index) => {
        const instance = endedInstance(`wf_old_${done + index}`, store.now());
        return store.apply({ expect: { absent: instance.id }, instance, audit: [] });
      }),
    );
  }
}

function endedInstance(id: string, now: number): WorkflowInstance {
  return {
    id,
    tenant: "default",
    owner: "bench",
    definitionId: "bench",
    definitionVersion: "1.0.0",
    definitionHash: definition.hash,
    state: "open",
    stateEnteredAt: now,
    version: 3,
    status: "terminal",
    outcome: "success",
    context: { service: "web" },
    input: {},
    output: null,
    startedBy: {
      subject: "bench",
      tenant: "default",
      roles: [],
      permissions: [],
      kind: "agent",
      via: "bench",
    },
    fence: 5,
    chainDepth: 0,
    createdAt: now,
    updatedAt: now,
    terminalAt: now,
  };
}
