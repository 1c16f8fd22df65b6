import { Worker } from "node:worker_threads";
import { createChunkReader } from "./read-chunk.ts";
import type { Chunk } from "./read-chunk.ts";
import type { Run } from "./run.ts";

/**
 * Reads files a chunk at a time, in several threads, and gives the runs in them in the order of the file.
 *
 * Owns: the threads, from the first file on. A thread that fails leaves its chunks without runs: what is in no run is
 * read line by line, so a verdict never depends on threads.
 */
export interface RunReader {
  /** The runs of the first `size` bytes of an open file. At most twice as many chunks as threads are held. */
  read(fd: number, size: number): AsyncGenerator<Run>;
  close(): Promise<void>;
}

/** What a thread is asked, and answers. */
export interface ChunkOrder {
  readonly id: number;
  readonly chunk: Chunk;
}

export interface ReadChunk {
  readonly id: number;
  readonly runs: readonly Run[];
}

/** @param threads beside the one that asks; 0 for none */
export function createRunReader(threads: number, chunkBytes: number = CHUNK_BYTES): RunReader {
  const workers: Worker[] = [];
  const waiting = new Map<number, (runs: readonly Run[]) => void>();
  const readHere = createChunkReader();
  let asked = 0;
  let failed = false;

  function start(): void {
    // Node runs the source as it is, and the build beside it.
    const file = import.meta.url.endsWith(".ts") ? "./run-reader-worker.ts" : "./run-reader-worker.js";
    while (workers.length < threads) {
      const worker = new Worker(new URL(file, import.meta.url));
      worker.on("message", ({ id, runs }: ReadChunk) => {
        waiting.get(id)?.(runs);
        waiting.delete(id);
      });
      worker.on("error", giveUp);
      workers.push(worker);
    }
  }

  function giveUp(): void {
    failed = true;
    for (const answer of waiting.values()) answer([]);
    waiting.clear();
  }

  async function ask(chunk: Chunk): Promise<readonly Run[]> {
    if (threads === 0) return readHere(chunk);
    if (failed) return [];
    start();
    const id = (asked += 1);
    return await new Promise((resolve) => {
      waiting.set(id, resolve);
      workers[id % threads]?.postMessage({ id, chunk } satisfies ChunkOrder);
    });
  }

  return {
    async *read(fd, size) {
      const ahead: Promise<readonly Run[]>[] = [];
      let from = 0;
      try {
        for (;;) {
          for (; from < size && ahead.length < Math.max(1, threads * 2); from += chunkBytes) {
            ahead.push(ask({ fd, from, to: Math.min(size, from + chunkBytes), size }));
          }
          const next = ahead.shift();
          if (next === undefined) return;
          yield* await next;
        }
      } finally {
        // The file is not closed under them.
        await Promise.all(ahead);
      }
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** As a text it is still one of the heap's own. */
const CHUNK_BYTES = 768 * 1024;
