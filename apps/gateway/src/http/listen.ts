import type { RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ServerIr } from "@mcp-flowgate/core";
import { createServer } from "../host/node-http.ts";
import { readTlsFiles, type TlsMaterial } from "./tls-files.ts";

export interface Listening {
  /** For example `http://127.0.0.1:8787`. */
  readonly origin: string;
  /**
   * Connections that come from now on get this; what runs on others goes on. Where other clients are accepted than
   * before, one that came with a client's certificate carries no further request: the client has to show it anew.
   */
  renewTls(material: TlsMaterial): void;
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
  let material = http.tls === undefined ? undefined : readTlsFiles(http.tls);
  /** Stands for the clients that are accepted now. */
  let accepted = {};
  /** Connections of clients that showed a certificate, by who was accepted then. */
  const acceptedAs = new WeakMap<object, object>();
  const tracked: RequestListener = (request, response) => {
    if ((acceptedAs.get(request.socket) ?? accepted) !== accepted) return void request.socket.destroy();
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
      : createTlsServer(
          {
            ...options,
            ...material,
            requestCert: http.tls.ca !== undefined,
            rejectUnauthorized: http.tls.clientCertificate === "required",
          },
          tracked,
        );
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.getPeerCertificate().subject !== undefined) acceptedAs.set(socket, accepted);
  });
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
    renewTls(next) {
      if (!(server instanceof TlsServer)) return;
      const others = String(material?.ca) !== String(next.ca) || String(material?.crl) !== String(next.crl);
      server.setSecureContext(next);
      material = next;
      if (!others) return;
      accepted = {};
      for (const response of answering) if (!response.headersSent) response.setHeader("connection", "close");
      server.closeIdleConnections();
    },
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
