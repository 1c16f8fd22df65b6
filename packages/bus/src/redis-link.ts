import { BUS_TEXT_BYTES, type BusLink, type OpenBusLink } from "@mcp-flowgate/core";

/** How long a server may take to let us in. */
const CONNECT_MS = 5_000;

/**
 * A channel of Redis's (or Valkey's) publish and subscribe, over two connections: one that subscribes sends nothing else.
 *
 * @param url `redis://` or `rediss://USER:PASSWORD@HOST:PORT`.
 */
export function createRedisLink(url: string, channel: string): OpenBusLink {
  return async (events) => {
    const { createClient } = await import("@redis/client");
    const options = {
      url,
      disableOfflineQueue: true,
      // Who opens links decides when the next one is opened.
      socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false as const },
    };
    const [sender, receiver] = [createClient(options), createClient(options)];
    let isOpen = true;
    const end = (): void => {
      isOpen = false;
      for (const client of [sender, receiver]) if (client.isOpen) client.destroy();
    };
    const lose = (reason: string): void => {
      if (!isOpen) return;
      end();
      events.lost(reason);
    };
    for (const client of [sender, receiver]) {
      client.on("error", (error: Error) => lose(whyNot(error)));
      client.on("end", () => lose("the server ended the connection"));
    }
    try {
      await Promise.all([sender.connect(), receiver.connect()]);
      await receiver.subscribe(channel, (text) => {
        if (isOpen) events.message(text);
      });
    } catch (error) {
      end();
      throw new Error(whyNot(error), { cause: error });
    }
    const link: BusLink = {
      async send(text) {
        if (Buffer.byteLength(text) > BUS_TEXT_BYTES) throw new RangeError("the message is too long");
        await sender.publish(channel, text);
      },
      async close() {
        end();
      },
    };
    return link;
  };
}

function whyNot(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && /^[A-Z_]+$/.test(code)) return code;
  const said = error instanceof Error ? error.message : "";
  if (/^(?:WRONGPASS|NOAUTH|NOPERM)/.test(said)) return "the server does not let this user in";
  return "the server cannot be used";
}
