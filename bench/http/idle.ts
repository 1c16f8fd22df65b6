import { connect, type Socket } from "node:net";

/** Connections to one server that have had an answer and wait for nothing. */
export interface Idle {
  /** How many the server still holds. */
  held(): number;
  /** Sends one more request on each. Resolves with how many were answered. */
  ask(): Promise<number>;
  close(): void;
}

/** Opened this many at a time, or the server's queue of new connections runs over. */
const AT_A_TIME = 200;

/** Opens connections with one request each, and leaves them. */
export async function openIdle(url: URL, count: number): Promise<Idle> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(AT_A_TIME, count - sockets.length) }, () => open(url));
    sockets.push(...(await Promise.all(batch)));
  }
  return {
    held: () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length,
    async ask() {
      const answered = await Promise.all(
        sockets.map((socket) =>
          request(socket, url).then(
            () => 1,
            () => 0,
          ),
        ),
      );
      return answered.reduce<number>((sum, one) => sum + one, 0);
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

async function open(url: URL): Promise<Socket> {
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  await new Promise<void>((done, failed) => socket.once("connect", done).once("error", failed));
  socket.on("error", () => undefined);
  await request(socket, url);
  return socket;
}

/** One `GET /health`, whose answer fits into one packet. */
function request(socket: Socket, url: URL): Promise<void> {
  return new Promise((done, failed) => {
    const settle = (): void => {
      socket.off("data", settle).off("close", fail);
      done();
    };
    const fail = (): void => failed(new Error("the connection was closed"));
    if (socket.destroyed) return fail();
    socket.on("data", settle).on("close", fail);
    socket.write(`GET /health HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
  });
}
