import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A call that reached the desk. */
export interface Arrival {
  readonly step: string;
  readonly order: string;
  readonly key: string;
  /** The gateway that sent it. */
  readonly replica: string;
}

/** The world outside of gateways under test: it takes orders, and remembers each call by its idempotency key. */
export interface OrderDesk {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** The first call for this order is not answered before the desk is told to. `arrived`: how often its key came. */
  hold(order: string): { arrived(): number; release(): void };
  close(): Promise<void>;
}

/** `POST /<step>/<order>`; a key that comes again is answered as the first time. */
export async function openOrderDesk(): Promise<OrderDesk> {
  const arrivals: Arrival[] = [];
  const held = new Map<string, ServerResponse | undefined>();
  const server = createServer((request: IncomingMessage, response) => {
    request.resume();
    const [, step = "", order = ""] = (request.url ?? "").split("/");
    const header = (name: string): string => String(request.headers[name] ?? "");
    arrivals.push({ step, order, key: header("idempotency-key"), replica: header("x-replica") });
    if (held.has(order) && held.get(order) === undefined) held.set(order, response);
    else answer(response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    hold(order) {
      held.set(order, undefined);
      return {
        arrived() {
          const first = arrivals.find((one) => one.order === order);
          return arrivals.filter(({ key }) => key === first?.key).length;
        },
        release() {
          const waits = held.get(order);
          held.delete(order);
          if (waits !== undefined) answer(waits);
        },
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function answer(response: ServerResponse): void {
  response.setHeader("content-type", "application/json").end('{"taken":true}');
}
