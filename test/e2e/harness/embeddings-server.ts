import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A service of the OpenAI-compatible embeddings call, with a meaning that a test can foretell. */
export interface EmbeddingsServer {
  readonly url: string;
  /** Every text that it was sent, in order. */
  readonly texts: readonly string[];
  readonly authorizations: ReadonlySet<string | undefined>;
  /** How the next calls are answered. */
  behave(how: "well" | "silent" | "garbage" | "otherLength"): void;
  close(): Promise<void>;
}

/** Texts about the same subject get the same direction; every other text one of its own. */
const SUBJECTS = [
  /refund|reimburse|money back|credited/i,
  /weather|umbrella|forecast/i,
  /mailbox|letter/i,
] as const;
const DIMENSIONS = 16;

export async function startEmbeddingsServer(): Promise<EmbeddingsServer> {
  const texts: string[] = [];
  const authorizations = new Set<string | undefined>();
  let how: Parameters<EmbeddingsServer["behave"]>[0] = "well";
  const respond = (input: readonly string[], response: ServerResponse): void => {
    if (how === "silent") return;
    if (how === "garbage") return void response.end('{"data":[{"index":0,"embedding":[null,"NaN"]}]}');
    const length = how === "otherLength" ? 3 : DIMENSIONS;
    const data = input.map((text, index) => ({ index, embedding: vectorOf(text, length) }));
    response.setHeader("content-type", "application/json").end(JSON.stringify({ data: data.toReversed() }));
  };
  const server: Server = createServer((request, response) => {
    authorizations.add(request.headers.authorization);
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { input } = JSON.parse(body) as { readonly input: readonly string[] };
      texts.push(...input);
      respond(input, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/embeddings`,
    texts,
    authorizations,
    behave: (next) => (how = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function vectorOf(text: string, length: number): number[] {
  const subject = SUBJECTS.findIndex((pattern) => pattern.test(text));
  const vector = Array.from({ length }, () => 0);
  let sum = 0;
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  vector[subject >= 0 ? subject : (SUBJECTS.length + (sum % (DIMENSIONS - SUBJECTS.length))) % length] = 2;
  return vector;
}
