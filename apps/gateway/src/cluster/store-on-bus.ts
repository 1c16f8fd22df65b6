import type { Bus, WorkflowStore } from "@mcp-flowgate/core";
import { passOn } from "../store/pass-on.ts";

/**
 * A store whose commits the other replicas hear of over the bus.
 *
 * @param carriesChanges Whether the bus tells of every change: left to the store where that has notifications of its own.
 */
export function storeOnBus(store: WorkflowStore, bus: Bus, carriesChanges: boolean): WorkflowStore {
  return {
    ...passOn(store),
    async apply(batch) {
      const result = await store.apply(batch);
      if (result.status !== "applied") return result;
      for (const { kind, workflowId } of batch.signals ?? [])
        if (kind === "cancel") bus.publish({ topic: "cancel", workflowId });
      if (carriesChanges && batch.instance !== undefined)
        bus.publish({ topic: "changed", workflowId: batch.instance.id });
      return result;
    },
    onChange(listener) {
      const stop = store.onChange(listener);
      const leave = bus.listen((message) => {
        if (message.topic === "changed") listener(message.workflowId);
      });
      return () => {
        stop();
        leave();
      };
    },
  };
}
