import type { Executor, ExecutorFailure, ExecutorOutcome, FailureEffect, Json } from "@mcp-flowgate/core";
import type { KillPoint } from "./kill-points.ts";

/** Carries calls to the sink over HTTP, as an executor of a product would. */
export function createSinkExecutor(options: {
  readonly port: number;
  readonly replica: string;
  readonly reach: (point: KillPoint) => void;
}): Executor {
  // Not imported: a snapshot cannot hold this module.
  const { Agent, request } = process.getBuiltinModule("node:http");
  const agent = new Agent({ keepAlive: true });
  return {
    kind: "mcp",
    execute: async (call, { idempotencyKey, workflowId, attempt, signal }) =>
      await new Promise<ExecutorOutcome>((resolve) => {
        const tool = call.kind === "mcp" ? call.tool : "";
        // What a probe asks about.
        const asked = call.kind === "mcp" ? call.arguments?.["key"] : undefined;
        let connected = false;
        const headers = {
          "idempotency-key": idempotencyKey,
          "x-workflow": workflowId,
          "x-attempt": String(attempt),
          "x-replica": options.replica,
          ...(typeof asked === "string" ? { "x-asked": asked } : {}),
        };
        options.reach("effect-begun");
        const sent = request(
          { port: options.port, host: "127.0.0.1", method: "POST", path: `/${tool}`, agent, headers, signal },
          (response) => {
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => {
              text += chunk;
            });
            response.on("error", () => resolve(failure("unknown", "timeout")));
            response.on("end", () => {
              options.reach("effect-answered");
              if (response.statusCode === 503) {
                resolve(failure("not_sent", "connection_error"));
                return;
              }
              resolve({
                status: "succeeded",
                output: JSON.parse(text) as Json,
                evidence: [{ kind: "effect", outcome: "success", summary: "the sink took it" }],
              });
            });
          },
        );
        sent.on("socket", (socket) => {
          if (socket.connecting) socket.once("connect", () => (connected = true));
          else connected = true;
        });
        sent.on("finish", () => setImmediate(() => options.reach("effect-sent")));
        sent.on("error", () =>
          resolve(connected ? failure("unknown", "timeout") : failure("not_sent", "connection_error")),
        );
        sent.end();
      }),
    close: async () => agent.destroy(),
  };
}

function failure(effect: FailureEffect, errorClass: ExecutorFailure["errorClass"]): ExecutorFailure {
  return { status: "failed", effect, errorClass, message: "the sink did not answer" };
}
