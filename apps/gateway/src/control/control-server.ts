import { chmodSync, rmSync } from "node:fs";
import { parseJson, type Json, type Log } from "@mcp-flowgate/core";
import { createServer } from "../host/node-http.ts";
import { readBody } from "../http/read-body.ts";
import type { AdminApi } from "../admin/admin-api.ts";

export interface ControlServing {
  readonly path: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Serves the admin calls to commands of the same user, on a Unix socket that only that user can open. */
export async function serveControlSocket(path: string, admin: AdminApi, log: Log): Promise<ControlServing> {
  const server = createServer((request, response) => {
    const respond = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const handle = async (): Promise<void> => {
      const body = await readBody(request, MAX_BODY_BYTES);
      if (!body.ok) return respond(body.error.status, { error: body.error.message });
      const url = new URL(request.url ?? "/", "http://control");
      const result = await admin({
        method: request.method ?? "GET",
        path: url.pathname,
        query: url.searchParams,
        body: body.value === "" ? {} : (parseJson(body.value) as Json),
      });
      respond(result.status, result.body);
    };
    handle().catch((error: unknown) => {
      log.error("a control call failed", { error: error instanceof Error ? error.message : String(error) });
      respond(500, { error: "The gateway could not answer; its log says why." });
    });
  });
  rmSync(path, { force: true });
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  server.unref();
  return {
    path,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(path, { force: true });
    },
  };
}
