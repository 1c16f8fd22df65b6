import { request as requestHttps } from "node:https";
import type { ServerIr } from "@mcp-flowgate/core";
import { request as requestHttp } from "../host/node-http.ts";
import { CommandError } from "./command-error.ts";

const PATIENCE_MS = 3000;

/** Asks the gateway that this configuration serves whether it is ready; for the health checks of containers. */
export async function healthCheck({ http }: ServerIr): Promise<void> {
  const host = ["0.0.0.0", "::", "[::]"].includes(http.host)
    ? "127.0.0.1"
    : http.host.replace(/^\[|\]$/g, "");
  const send = http.tls === undefined ? requestHttp : requestHttps;
  const status = await new Promise<number>((resolve, reject) => {
    const call = send(
      {
        host,
        port: http.port,
        path: "/ready",
        timeout: PATIENCE_MS,
        // The certificate is for the name that clients use; this asks the same machine for nothing secret.
        rejectUnauthorized: false,
        headers: { host: http.allowedHosts[0] ?? `${host.includes(":") ? `[${host}]` : host}:${http.port}` },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    call.on("timeout", () => call.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    call.on("error", reject);
    call.end();
  }).catch((error: Error) => {
    throw new CommandError(`${host}:${http.port} is not healthy: ${error.message}`);
  });
  if (status !== 200) throw new CommandError(`${host}:${http.port} is not ready (status ${status}).`);
}
