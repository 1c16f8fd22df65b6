import { createServer } from "node:http";

// A collector's door: OTLP 1.x over HTTP with JSON, in a process of its own. Every request becomes one line on
// standard output, `{ path, body, from }`. With the argument `slow` it takes requests and never answers.
const slow = process.argv[2] === "slow";
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.headers["content-type"] !== "application/json") return response.writeHead(415).end();
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const from = request.headers["x-from"];
    process.stdout.write(`${JSON.stringify({ path: request.url, body, from })}\n`);
    if (!slow) response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
});
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`),
);
