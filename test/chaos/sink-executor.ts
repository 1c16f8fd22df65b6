import type { Executor, ExecutorFailure, ExecutorOutcome, FailureEffect, Json } from "@mcp-flowgate/core";
import { connect } from "node:net";
import type { KillPoint } from "./kill-points.ts";

/**
 * Carries calls to the sink over HTTP, as an executor of a product would, each on a connection of its own. Node's own
 * client is not for a snapshot: each of hundreds of processes would have to load it.
 */
export function createSinkExecutor(options: {
  readonly port: number;
  readonly replica: string;
  readonly reach: (point: KillPoint) => void;
}): Executor {
  return {
    kind: "mcp",
    execute: async (call, { idempotencyKey, workflowId, attempt, signal }) =>
      await new Promise<ExecutorOutcome>((resolve) => {
        // Node says of a connection with such a signal that it was aborted, and makes it all the same.
        if (signal.aborted) {
          resolve(failure("not_sent", "connection_error", STOPPED_BEFORE));
          return;
        }
        const tool = call.kind === "mcp" ? call.tool : "";
        // What a probe asks about.
        const asked = call.kind === "mcp" ? call.arguments?.["key"] : undefined;
        const head = [
          `POST /${tool} HTTP/1.1`,
          "host: sink",
          "connection: close",
          "content-length: 0",
          `idempotency-key: ${idempotencyKey}`,
          `x-workflow: ${workflowId}`,
          `x-attempt: ${attempt}`,
          `x-replica: ${options.replica}`,
          ...(typeof asked === "string" ? [`x-asked: ${asked}`] : []),
        ];
        let connected = false;
        let text = "";
        let why = "no error";
        options.reach("effect-begun");
        const socket = connect({ port: options.port, host: "127.0.0.1", signal });
        socket.setEncoding("utf8");
        socket.on("connect", () => {
          connected = true;
          socket.write(`${head.join("\r\n")}\r\n\r\n`, () =>
            setImmediate(() => options.reach("effect-sent")),
          );
        });
        socket.on("data", (chunk: string) => {
          text += chunk;
        });
        socket.on("error", ({ code = "", message }: NodeJS.ErrnoException) => {
          why = `${code} ${message}`;
        });
        socket.on("close", () => {
          const { status, body } = read(text);
          if (status === undefined) {
            resolve(
              connected
                ? failure("unknown", "timeout", `the sink did not answer: ${why}`)
                : failure("not_sent", "connection_error", `the sink was not reached: ${why}`),
            );
            return;
          }
          options.reach("effect-answered");
          if (status === 503) resolve(failure("not_sent", "connection_error", "the sink turned it away"));
          else {
            resolve({
              status: "succeeded",
              output: JSON.parse(body) as Json,
              evidence: [{ kind: "effect", outcome: "success", summary: "the sink took it" }],
            });
          }
        });
      }),
    close: async () => undefined,
  };
}

/** What it says of a call that was to be stopped at once: the engine promises that there is none. */
export const STOPPED_BEFORE = "it was stopped before";

/** An answer that is whole; the sink says how long its answers are. */
function read(text: string): { readonly status?: number; readonly body: string } {
  const [head = "", body = ""] = text.split("\r\n\r\n", 2);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? "0";
  if (!text.includes("\r\n\r\n") || body.length !== Number(length)) return { body: "" };
  return { status: Number(head.split(" ", 2)[1]), body };
}

function failure(
  effect: FailureEffect,
  errorClass: ExecutorFailure["errorClass"],
  message: string,
): ExecutorFailure {
  return { status: "failed", effect, errorClass, message };
}
