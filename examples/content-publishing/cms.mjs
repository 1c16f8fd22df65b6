/**
 * A small content management system over HTTP on loopback, articles in memory. It honours `Idempotency-Key`, and its
 * first answer to every new key is 503, as that of a busy system can be: the gateway has to come back.
 *
 *   GET  /articles
 *   POST /articles   { "title": "…", "body": "…", "audience": "…" }
 */
import { createServer } from "node:http";

const port = Number(process.env.CMS_PORT ?? 8791);
const articles = [];
const answers = new Map();

const server = createServer(async (request, response) => {
  const send = (status, body, headers = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  if (request.url !== "/articles") return send(404, { error: "not found" });
  if (request.method === "GET") return send(200, { articles });
  if (request.method !== "POST") return send(405, { error: "not allowed" });
  let text = "";
  for await (const chunk of request) text += chunk;
  const key = request.headers["idempotency-key"];
  if (key === undefined) return send(400, { error: "an Idempotency-Key is required" });
  if (!answers.has(key)) {
    answers.set(key, undefined);
    return send(503, { error: "busy" });
  }
  if (answers.get(key) === undefined) {
    const { title, body, audience } = JSON.parse(text);
    const id = articles.length + 1;
    const article = {
      id,
      title,
      audience,
      words: body.split(/\s+/).length,
      url: `http://127.0.0.1:${server.address().port}/articles/${id}`,
    };
    articles.push(article);
    answers.set(key, article);
  }
  send(201, answers.get(key));
});
server.listen(port, "127.0.0.1", () => console.error(`CMS on http://127.0.0.1:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
