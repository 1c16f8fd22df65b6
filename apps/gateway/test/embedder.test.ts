import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EmbeddingsIr } from "@mcp-flowgate/core";
import { createHttpEmbedder } from "../src/discovery/embedder.ts";

let answer: (response: ServerResponse) => void = (response) => void response.end();
let asked: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string } | undefined;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    asked = { headers: request.headers, body: Buffer.concat(chunks).toString("utf8") };
    answer(response);
  });
});
let settings: EmbeddingsIr;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  settings = {
    kind: "http",
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/embeddings`,
    model: "m",
    apiKey: "k-123",
    timeoutMs: 300,
    batchTimeoutMs: 1000,
    batchSize: 2,
    minSimilarity: 0.4,
    maxItems: 10,
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const never = (): AbortSignal => new AbortController().signal;
const json = (body: unknown) => (response: ServerResponse) =>
  void response.setHeader("content-type", "application/json").end(JSON.stringify(body));
const embed = (texts: readonly string[], signal: AbortSignal = never()) =>
  createHttpEmbedder(settings).embed(texts, signal);

test("it makes the OpenAI-compatible call and puts vectors of length 1 in the order of the texts", async () => {
  answer = json({
    data: [
      { index: 1, embedding: [0, 2] },
      { index: 0, embedding: [3, 4] },
    ],
  });
  const embedded = await embed(["first", "second"]);
  expect(embedded.ok && embedded.value.map((vector) => [...vector])).toEqual([
    [Math.fround(0.6), Math.fround(0.8)],
    [0, 1],
  ]);
  expect(JSON.parse(asked?.body ?? "")).toEqual({
    model: "m",
    input: ["first", "second"],
    encoding_format: "float",
  });
  expect(asked?.headers["authorization"]).toBe("Bearer k-123");
});

const vectorsOf = (...embeddings: unknown[]): unknown => ({
  data: embeddings.map((embedding, index) => ({ index, embedding })),
});

test.each<[string, unknown, RegExp]>([
  ["fewer vectors than texts", vectorsOf([1, 0]), /1 vectors for 2 texts/],
  ["more vectors than texts", vectorsOf([1], [1], [1]), /3 vectors for 2 texts/],
  ["vectors of different length", vectorsOf([1, 0], [1]), /differ in length/],
  ["null for a number", vectorsOf([1, 0], [null, 1]), /finite/],
  ["a text for a number", vectorsOf([1, 0], ["NaN", 1]), /finite/],
  ["numbers so large that the length overflows", vectorsOf([1e200, 1e200], [1, 0]), /finite/],
  ["only zeros", vectorsOf([0, 0], [1, 0]), /zeros/],
  ["an empty vector", vectorsOf([], []), /finite/],
  ["one place twice", { data: [0, 0].map((index) => ({ index, embedding: [1] })) }, /for one text/],
  ["a place beyond", { data: [0, 7].map((index) => ({ index, embedding: [1] })) }, /no text/],
  ["a place below", { data: [0, -1].map((index) => ({ index, embedding: [1] })) }, /no text/],
  ["no data", { error: "no" }, /no list/],
  ["a list", [], /no list/],
])("it refuses %s", async (_, body, reason) => {
  answer = json(body);
  const embedded = await embed(["a", "b"]);
  expect(embedded.ok ? "accepted" : embedded.error).toMatch(reason);
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  ["text that is no JSON", (response) => response.end("<html>"), /not JSON/],
  [
    "1e400, which is no number of JavaScript",
    (response) => response.end('{"data":[{"embedding":[1e400]}]}'),
    /finite/,
  ],
  ["an error", (response) => response.writeHead(503).end("k-123 busy"), /^it answered HTTP 503$/],
  ["a redirect", (response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(), /reached/],
  ["a hang-up", (response) => response.destroy(), /reached/],
  ["an endless answer", (response) => response.end(Buffer.alloc(300_000, 0x20)), /larger than 262144 bytes/],
])("it refuses %s", async (_, reply, reason) => {
  answer = reply;
  const embedded = await embed(["a"]);
  expect(embedded.ok ? "accepted" : embedded.error).toMatch(reason);
});

test("it waits no longer than its caller does", async () => {
  const patience = new AbortController();
  answer = () => patience.abort();
  const embedded = await embed(["a"], patience.signal);
  expect(embedded.ok ? "accepted" : embedded.error).toBe("it did not answer in time");
});
