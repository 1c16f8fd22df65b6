import {
  err,
  isJsonObject,
  ok,
  tryParseJson,
  type EmbeddingsIr,
  type Json,
  type Result,
} from "@mcp-flowgate/core";
import { readBounded } from "@mcp-flowgate/outbound";

/** The port: turns texts into vectors of length 1, in order and one for each, or says in a sentence why not. */
export interface Embedder {
  embed(texts: readonly string[], signal: AbortSignal): Promise<Result<readonly Float32Array[], string>>;
}

/** The largest answer that is read, for each text that was sent: 8,192 numbers of 24 characters and some more. */
const MOST_BYTES_PER_TEXT = 256 * 1024;
const MOST_DIMENSIONS = 8_192;

/** The embeddings call that OpenAI defined and that most services and local servers speak. Never rejects. */
export function createHttpEmbedder(
  { url, model, apiKey }: EmbeddingsIr,
  send: (url: string, init: RequestInit) => Promise<Response> = fetch,
): Embedder {
  return {
    async embed(texts, signal) {
      try {
        const response = await send(url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            accept: "application/json",
            ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          },
          body: JSON.stringify({ model, input: texts, encoding_format: "float" }),
          // The key and the texts are for this endpoint, not for wherever it points.
          redirect: "error",
          signal,
        });
        if (!response.ok) {
          await response.body?.cancel();
          return err(`it answered HTTP ${response.status}`);
        }
        const body = await readBounded(response, texts.length * MOST_BYTES_PER_TEXT);
        return body.ok ? toVectors(body.value, texts.length) : body;
      } catch (error) {
        return err(toReason(error, signal));
      }
    },
  };
}

/** Checks all of an answer before any of it counts: what the service sends is as untrusted as any input. */
function toVectors(text: string, count: number): Result<readonly Float32Array[], string> {
  const body = tryParseJson(text);
  if (body === undefined) return err("its answer is not JSON");
  const data = isJsonObject(body) ? body["data"] : undefined;
  if (!Array.isArray(data)) return err("its answer has no list `data`");
  if (data.length !== count) return err(`it answered ${data.length} vectors for ${count} texts`);
  const vectors: Float32Array[] = [];
  for (const [at, item] of data.entries()) {
    const numbers = isJsonObject(item) ? item["embedding"] : undefined;
    const place = isJsonObject(item) ? (item["index"] ?? at) : at;
    const vector = toUnit(numbers);
    if (vector === undefined) return err("one of its vectors is no list of finite numbers, or is all zeros");
    if (typeof place !== "number" || !Number.isInteger(place) || place < 0 || place >= count)
      return err("one of its vectors is for no text that was sent");
    if (vectors[place] !== undefined) return err("two of its vectors are for one text");
    vectors[place] = vector;
  }
  const dimensions = vectors[0]?.length;
  if (vectors.some((vector) => vector.length !== dimensions)) return err("its vectors differ in length");
  return ok(vectors);
}

/** As a vector of length 1, so that a dot product is the cosine. */
function toUnit(numbers: Json | undefined): Float32Array | undefined {
  if (!Array.isArray(numbers) || numbers.length === 0 || numbers.length > MOST_DIMENSIONS) return undefined;
  const vector = new Float32Array(numbers.length);
  let squares = 0;
  for (const [at, number] of numbers.entries()) {
    if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
    vector[at] = number;
    squares += number * number;
  }
  const length = Math.sqrt(squares);
  if (length === 0 || !Number.isFinite(length)) return undefined;
  return vector.map((number) => number / length);
}

function toReason(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "it did not answer in time";
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code } = cause as { readonly code?: unknown };
  return typeof code === "string" ? `it cannot be reached (${code})` : "it cannot be reached";
}
