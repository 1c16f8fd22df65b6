import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One call that reached the other side. */
export interface Arrival {
  readonly tool: string;
  readonly key: string;
  readonly workflowId: string;
  readonly replica: string;
  /** The sink's answer for this key; equal for every arrival of it. */
  readonly n: number;
  /** By the clock of the machine. */
  readonly at: number;
}

/** A call that took no effect: it was answered so, or got no answer. */
export interface TurnedAway {
  readonly key: string;
  readonly replica: string;
  readonly how: "refused" | "lost";
  readonly at: number;
}

/** A probe, and what it was told of the key. */
export interface Question {
  readonly key: string;
  readonly replica: string;
  readonly answer: string;
  readonly at: number;
}

/**
 * The outside world of a run, in the process of the oracle: whatever happens to the engines, it remembers what took
 * effect. A key that comes again is honoured: the answer is that of the first time.
 */
export interface Sink {
  readonly port: number;
  readonly arrivals: readonly Arrival[];
  readonly turnedAway: readonly TurnedAway[];
  readonly questions: readonly Question[];
  /** How many arrivals each key had. */
  count(key: string): number;
  numberOf(key: string): number | undefined;
  /** How it treats what comes: shares of calls that it turns away before, or lets fall after, they took effect. */
  behave(behaviour: SinkBehaviour): void;
  close(): Promise<void>;
}

export interface SinkBehaviour {
  readonly refused: number;
  readonly dropped: number;
  /** Of `reconcile` calls: lost before they took effect, without an answer. */
  readonly lost: number;
  /** The longest time that a call takes. */
  readonly slowMs: number;
}

export async function startSink(behaviour: SinkBehaviour): Promise<Sink> {
  let now = behaviour;
  const arrivals: Arrival[] = [];
  const turnedAway: TurnedAway[] = [];
  const questions: Question[] = [];
  const byKey = new Map<string, { readonly n: number; count: number }>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    const tool = (request.url ?? "").slice(1);
    const key = String(request.headers["idempotency-key"]);
    const replica = String(request.headers["x-replica"]);
    if (tool === "find") {
      const asked = String(request.headers["x-asked"]);
      const known = byKey.get(asked);
      const found =
        known === undefined ? { outcome: "not_executed" } : { outcome: "executed", result: { n: known.n } };
      const said = Math.random() < now.refused ? { outcome: "unknown" } : found;
      questions.push({ key: asked, replica, answer: said.outcome, at: Date.now() });
      response.end(JSON.stringify(said));
      return;
    }
    if (Math.random() < (tool === "flaky" ? 6 * now.refused : now.refused)) {
      turnedAway.push({ key, replica, how: "refused", at: Date.now() });
      // With its length: an answer without one counts as none.
      response.writeHead(503, { "content-length": 0 }).end();
      return;
    }
    if (tool === "reconcile" && Math.random() < now.lost) {
      turnedAway.push({ key, replica, how: "lost", at: Date.now() });
      request.socket.destroy();
      return;
    }
    const known = byKey.get(key) ?? { n: byKey.size + 1, count: 0 };
    known.count += 1;
    byKey.set(key, known);
    arrivals.push({
      tool,
      key,
      workflowId: String(request.headers["x-workflow"]),
      replica,
      n: known.n,
      at: Date.now(),
    });
    const dropped = Math.random() < now.dropped;
    setTimeout(() => {
      if (dropped) request.socket.destroy();
      else response.end(JSON.stringify({ n: known.n }));
    }, Math.random() * now.slowMs);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    arrivals,
    turnedAway,
    questions,
    count: (key) => byKey.get(key)?.count ?? 0,
    numberOf: (key) => byKey.get(key)?.n,
    behave: (next) => {
      now = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
