import type { RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import type { ServerIr } from "@mcp-flowgate/core";
import { createServer } from "../host/node-http.ts";

export interface Listening {
  /** For example `http://127.0.0.1:8787`. */
  readonly origin: string;
  /** Stops listening. Resolves when every answer that runs is sent, or `LINGER_MS` later. */
  close(lastAnswers: () => Promise<void>, idle?: () => Promise<void>): Promise<void>;
}

/** How long connections may take to end once everything that ran is finished. */
const LINGER_MS = 1000;

/** Listens with the limits of `server.http`, over TLS where it has a certificate. */
export async function listenHttp(
  http: ServerIr["http"],
  address: { readonly host: string; readonly port: number },
  listener: RequestListener,
): Promise<Listening> {
  const answering = new Set<ServerResponse>();
  const tracked: RequestListener = (request, response) => {
    answering.add(response);
    response.once("close", () => answering.delete(response));
    listener(request, response);
  };
  const options = {
    maxHeaderSize: http.maxHeaderBytes,
    // Node looks for late requests only every 30 s unless told.
    connectionsCheckingInterval: Math.min(1000, http.headersTimeoutMs, http.requestTimeoutMs),
  };
  const server: Server =
    http.tls === undefined
      ? createServer(options, tracked)
      : createTlsServer({ ...options, ...tlsOptions(http.tls) }, tracked);
  // A header or body that trickles in must not hold a connection for ever; a running call may take as long as its deadline.
  server.headersTimeout = http.headersTimeoutMs;
  server.requestTimeout = http.requestTimeoutMs;
  server.keepAliveTimeout = http.keepAliveTimeoutMs;
  server.maxConnections = http.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address.host.replace(/^\[|\]$/g, ""), port: address.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const { host } = address;
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const answersSent = async (): Promise<void> => {
    await Promise.all(
      [...answering].map((response) => new Promise((resolve) => response.once("close", resolve))),
    );
  };
  return {
    origin: `${http.tls === undefined ? "http" : "https"}://${shown}:${port}`,
    async close(lastAnswers, idle = async () => undefined) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await idle();
      // Answers that are still on their way out; streams that only listen end with the rest.
      const linger = setTimeout(() => server.closeAllConnections(), LINGER_MS);
      await Promise.race([closed, answersSent()]);
      await lastAnswers();
      server.closeIdleConnections();
      await closed;
      clearTimeout(linger);
    },
  };
}

function tlsOptions(tls: NonNullable<ServerIr["http"]["tls"]>): object {
  return {
    cert: readFileSync(tls.cert),
    key: readFileSync(tls.key),
    minVersion: "TLSv1.2",
    ...(tls.ca === undefined
      ? {}
      : {
          ca: readFileSync(tls.ca),
          requestCert: true,
          rejectUnauthorized: tls.clientCertificate === "required",
        }),
  };
}
