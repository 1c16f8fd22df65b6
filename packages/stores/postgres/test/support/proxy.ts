import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onEnd } from "./open.ts";

export type Cut = (typeof CUTS)[number];
const CUTS = ["before", "after", "late"] as const;
/** How much later a late one arrives. */
export const LATE_MS = 300;

/** Stands between a store and its server, and breaks connections at a commit. */
export interface CommitCutter {
  readonly url: string;
  /** What share of commits is cut off, of which a third each before the server has them, after, and long before. */
  share: number;
  /** How the next commit is cut off, whatever the share. */
  next: Cut | undefined;
  /** Packets that came from the store: round trips, where nothing else goes on. */
  packets: number;
  /** `late`: the server gets them when nobody waits for them any more. */
  readonly cut: Record<Cut, number>;
}

const COMMIT = Buffer.from("COMMIT\0");

export async function createCommitCutter(url: string, random: () => number): Promise<CommitCutter> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let isLate = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        if (!isLate) upstream.destroySoon();
      });
    }
    upstream.pipe(client);
    client.on("data", (chunk: Buffer) => {
      cutter.packets += 1;
      const isCut = chunk.includes(COMMIT) && (cutter.next !== undefined || random() < cutter.share);
      if (!isCut) return void upstream.write(chunk);
      upstream.unpipe(client);
      const how = cutter.next ?? CUTS[Math.floor(random() * CUTS.length)]!;
      cutter.next = undefined;
      cutter.cut[how] += 1;
      if (how === "before") return void upstream.destroy();
      // The server has it and says so, and nobody hears it.
      if (how === "after") {
        upstream.on("data", (answer: Buffer) => void (answer.includes(COMMIT) && client.destroy())).resume();
        return void upstream.write(chunk);
      }
      isLate = true;
      client.destroy();
      setTimeout(() => upstream.end(chunk), LATE_MS);
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
  const cutter: CommitCutter = {
    url: through.href,
    share: 0,
    next: undefined,
    packets: 0,
    cut: { before: 0, after: 0, late: 0 },
  };
  return cutter;
}
