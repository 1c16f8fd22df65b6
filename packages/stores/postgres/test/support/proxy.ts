import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onEnd } from "./open.ts";

/** Stands between a store and its server, and breaks connections at a commit. */
export interface CommitCutter {
  readonly url: string;
  /** What share of commits is cut off, of which half before the server has them and half after. */
  share: number;
  readonly cut: { before: number; after: number };
}

const COMMIT = Buffer.from("COMMIT\0");

export async function createCommitCutter(url: string, random: () => number): Promise<CommitCutter> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroySoon();
      });
    }
    upstream.pipe(client);
    client.on("data", (chunk: Buffer) => {
      const isCut = chunk.includes(COMMIT) && random() < cutter.share;
      if (!isCut) return void upstream.write(chunk);
      upstream.unpipe(client);
      if (random() < 0.5) {
        cutter.cut.before += 1;
        upstream.destroy();
        return;
      }
      cutter.cut.after += 1;
      // The server has it and says so, and nobody hears it.
      upstream.write(chunk, () => client.destroy());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  const through = new URL(url);
  through.port = String(typeof address === "object" && address !== null ? address.port : 0);
  const cutter: CommitCutter = { url: through.href, share: 0, cut: { before: 0, after: 0 } };
  return cutter;
}
