/**
 * What operators decided about servers, at all replicas.
 * - V1 A stopped connection, of whatever kind, gets no call, and no session or child, until it is started; also after a
 *   restart of the gateway, where the store outlives it.
 * - V2 Calls that run when it is stopped or restarted end as they would; the next ones get another session.
 */
import type { Decision, Executor, ExecutorFailure, JsonObject } from "@mcp-flowgate/core";
import type { McpConnections } from "@mcp-flowgate/executor-mcp";
import { connectionOf } from "../telemetry/observed-executor.ts";
import type { Cluster } from "./cluster.ts";

export const SERVER_ACTIONS = ["start", "stop", "restart"] as const;
export type ServerAction = (typeof SERVER_ACTIONS)[number];

export interface ServerControl {
  isStopped(connection: string): boolean;
  /** Decides for all replicas. Returns once it holds at this one. */
  operate(connection: string, action: ServerAction): Promise<void>;
  /** An executor that performs no call of a stopped connection. */
  guard(executor: Executor): Executor;
}

const PREFIX = "server/";

export function createServerControl(options: {
  readonly cluster: Cluster;
  readonly connections: Pick<McpConnections, "hold" | "release" | "restart">;
  /** Lists what a server offers again. */
  readonly relist: (connection: string) => void;
}): ServerControl {
  const { cluster, connections, relist } = options;
  const stopped = new Set<string>();

  const take = ({ subject, body }: Pick<Decision, "subject" | "body">, isFirstLook: boolean): void => {
    const name = subject.slice(PREFIX.length);
    if (body["action"] === "stop") {
      stopped.add(name);
      connections.hold(name);
      return;
    }
    stopped.delete(name);
    connections.release(name);
    if (isFirstLook) return;
    if (body["action"] === "restart") connections.restart(name);
    relist(name);
  };
  cluster.onDecision(PREFIX, async (decision, isFirstLook) => take(decision, isFirstLook));

  return {
    isStopped: (connection) => stopped.has(connection),
    async operate(connection, action) {
      const subject = `${PREFIX}${connection}`;
      const body: JsonObject = { action };
      await cluster.decide(subject, body);
      take({ subject, body }, false);
    },
    guard: (executor) => ({
      kind: executor.kind,
      async execute(call, context) {
        const connection = connectionOf(call);
        if (connection !== "" && stopped.has(connection)) return refusal(connection);
        return await executor.execute(call, context);
      },
      close: async () => executor.close?.(),
    }),
  };
}

function refusal(connection: string): ExecutorFailure {
  return {
    status: "failed",
    effect: "not_sent",
    errorClass: "permanent",
    message: `${connection} was not called: an operator has stopped it.`,
    detail: { code: "SERVER_STOPPED" },
  };
}
