import { parentPort } from "node:worker_threads";
import { createChunkReader } from "./read-chunk.ts";
import type { ChunkOrder, ReadChunk } from "./run-reader.ts";

/** A thread of a run reader. */
const readChunk = createChunkReader();

parentPort?.on("message", ({ id, chunk }: ChunkOrder) => {
  const answer: ReadChunk = { id, runs: readChunk(chunk) };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(answer);
});
