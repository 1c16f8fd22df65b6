/**
 * A small records API over HTTP on loopback. The company is the `X-Tenant` header, which only the gateway may set.
 *
 *   GET /records?name=…    the company's records
 *   PUT /records/:id       { "email": "…" }
 */
import { createServer } from "node:http";

const port = Number(process.env.RECORDS_PORT ?? 8793);
const companies = new Map(
  Object.entries({
    acme: [
      { id: "a-1", name: "Ada Lovelace", email: "ada@acme.example" },
      { id: "a-2", name: "Charles Babbage", email: "charles@acme.example" },
    ],
    globex: [{ id: "g-1", name: "Grace Hopper", email: "grace@globex.example" }],
  }),
);

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const send = (status, body) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const records = companies.get(request.headers["x-tenant"]);
  if (records === undefined) return send(403, { error: "unknown company" });
  const [, collection, id] = url.pathname.split("/");
  if (collection !== "records") return send(404, { error: "not found" });
  if (request.method === "GET" && id === undefined) {
    const part = (url.searchParams.get("name") ?? "").toLowerCase();
    return send(200, { records: records.filter((record) => record.name.toLowerCase().includes(part)) });
  }
  const record = records.find((each) => each.id === id);
  if (record === undefined) return send(404, { error: `no record ${id}` });
  if (request.method !== "PUT") return send(405, { error: "not allowed" });
  let text = "";
  for await (const chunk of request) text += chunk;
  record.email = JSON.parse(text).email;
  send(200, record);
});
server.listen(port, "127.0.0.1", () => console.error(`records on http://127.0.0.1:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
