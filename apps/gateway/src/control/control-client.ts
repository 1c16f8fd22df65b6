import { rmSync } from "node:fs";
import { err, ok, parseJson, type Json, type Result } from "@mcp-flowgate/core";
import { request } from "../host/node-http.ts";
import { findControlSockets } from "./socket-path.ts";

export interface ControlAnswer {
  readonly status: number;
  readonly body: Json;
}

/** One admin call to a running gateway of this user. */
export function callControl(
  socketPath: string,
  method: string,
  path: string,
  body?: Json,
): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath, method, path, headers: { "content-type": "application/json" } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          try {
            resolve({
              status: response.statusCode ?? 0,
              body: parseJson(Buffer.concat(chunks).toString("utf8")) as Json,
            });
          } catch (error) {
            reject(error);
          }
        });
        response.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The sockets that answer. One that a killed gateway left behind is removed. */
export async function liveSockets(
  configFiles?: readonly string[],
): Promise<Result<readonly string[], string>> {
  const live: string[] = [];
  for (const socket of findControlSockets(configFiles)) {
    try {
      await callControl(socket, "GET", "/admin/health");
      live.push(socket);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") rmSync(socket, { force: true });
    }
  }
  if (live.length > 0) return ok(live);
  return err(
    configFiles === undefined
      ? "No gateway of this user is running. Start one with `mcp-flowgate serve -c FILE`."
      : `No gateway is running on ${configFiles.join(", ")}. Start one with \`mcp-flowgate serve -c ${configFiles[0] ?? "FILE"}\`.`,
  );
}
