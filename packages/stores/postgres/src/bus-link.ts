import { BUS_TEXT_BYTES, FlowgateError, type OpenBusLink } from "@mcp-flowgate/core";
import { Client } from "pg";
import { toServerAddress } from "./server-url.ts";

const CONNECT_MS = 5_000;

/**
 * A channel of LISTEN and NOTIFY, over a connection of its own. A pooler in transaction mode takes what is sent and
 * carries nothing back.
 *
 * @param url as of the store.
 */
export function createPostgresLink(url: string, channel: string): OpenBusLink {
  return async (events) => {
    const client = new Client({
      ...toServerAddress(url).config,
      application_name: "mcp-flowgate bus",
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: CONNECT_MS,
      keepAlive: true,
    });
    let isOpen = true;
    const lose = (reason: string): void => {
      if (!isOpen) return;
      isOpen = false;
      client.end().catch(() => undefined);
      events.lost(reason);
    };
    client.on("error", (error) => lose((error as NodeJS.ErrnoException).code ?? "the connection broke"));
    client.on("end", () => lose("the server ended the connection"));
    client.on("notification", ({ payload = "" }) => {
      if (isOpen) events.message(payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN "${channel.replaceAll('"', '""')}"`);
    } catch (error) {
      isOpen = false;
      client.end().catch(() => undefined);
      throw new Error(error instanceof FlowgateError ? error.message : toReason(error), { cause: error });
    }
    let sending: Promise<unknown> = Promise.resolve();
    return {
      async send(text) {
        if (Buffer.byteLength(text) > BUS_TEXT_BYTES) throw new RangeError("the message is too long");
        const notify = async (): Promise<void> =>
          void (await client.query("SELECT pg_notify($1, $2)", [channel, text]));
        const sent = sending.then(notify);
        sending = sent.catch(() => undefined);
        await sent;
      },
      async close() {
        isOpen = false;
        await client.end();
      },
    };
  };
}

function toReason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "the server cannot be used";
}
