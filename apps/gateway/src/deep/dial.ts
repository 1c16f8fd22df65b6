import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { AddressPolicy } from "@mcp-flowgate/outbound";

/**
 * Opens a connection to where a URL leads, over TLS where it says so, and ends it: nothing is sent.
 * @returns why it could not be opened, or nothing
 */
export async function dial(
  url: string,
  addresses: AddressPolicy,
  timeoutMs: number,
): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const refusal = addresses.refuseHost(hostname);
  if (refusal !== undefined) return refusal;
  const secure = protocol === "https:";
  const target = { host, port: port === "" ? (secure ? 443 : 80) : Number(port), lookup: addresses.lookup };
  const where = `${host}:${target.port}`;
  return await new Promise((resolve) => {
    const socket: Socket = secure
      ? connectTls({ ...target, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connect(target);
    const end = (reason?: string): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => end(`${where} does not answer within ${timeoutMs} ms`));
    socket.once(secure ? "secureConnect" : "connect", () => end());
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(`${where} cannot be reached (${error.code ?? error.message})`),
    );
  });
}
