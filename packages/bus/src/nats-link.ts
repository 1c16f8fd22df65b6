import { BUS_TEXT_BYTES, type OpenBusLink } from "@mcp-flowgate/core";

const CONNECT_MS = 5_000;
/** A server that answers none of two pings is gone. */
const PING_MS = 5_000;

/**
 * A subject of NATS.
 *
 * @param url `nats://` or `tls://USER:PASSWORD@HOST:PORT`; a user without a password is a token. Several are separated by commas.
 */
export function createNatsLink(url: string, subject: string): OpenBusLink {
  return async (events) => {
    const { connect } = await import("@nats-io/transport-node");
    const connection = await connect({
      ...toServers(url),
      name: "mcp-flowgate",
      timeout: CONNECT_MS,
      pingInterval: PING_MS,
      // Who opens links decides when the next one is opened.
      reconnect: false,
    }).catch((error: unknown) => {
      throw new Error(whyNot(error), { cause: error });
    });
    let isOpen = true;
    void connection.closed().then((error) => {
      if (!isOpen) return;
      isOpen = false;
      events.lost(error === undefined ? "the server ended the connection" : whyNot(error));
    });
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (isOpen && error === null) events.message(message.string());
      },
    });
    await connection.flush();
    return {
      async send(text) {
        if (Buffer.byteLength(text) > BUS_TEXT_BYTES) throw new RangeError("the message is too long");
        connection.publish(subject, text);
      },
      async close() {
        isOpen = false;
        await connection.close();
      },
    };
  };
}

/** The client takes who connects beside the addresses, not in them. */
function toServers(url: string): {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly tls?: Record<string, never>;
} {
  const urls = url.split(",").map((one) => new URL(one.trim()));
  const [first] = urls;
  const user = decodeURIComponent(first?.username ?? "");
  const pass = decodeURIComponent(first?.password ?? "");
  return {
    servers: urls.map(({ host }) => host),
    ...(user !== "" && pass !== "" ? { user, pass } : {}),
    ...(user !== "" && pass === "" ? { token: user } : {}),
    ...(first?.protocol === "tls:" ? { tls: {} } : {}),
  };
}

function whyNot(error: unknown): string {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
  const known = [code, cause?.code].find((one) => typeof one === "string" && /^E[A-Z_]+$/.test(one));
  if (known !== undefined) return String(known);
  const name = error instanceof Error ? error.name : "";
  if (/Auth|Permission/i.test(name)) return "the server does not let this user in";
  if (/Timeout/i.test(name)) return "the server does not answer";
  return "the server cannot be used";
}
