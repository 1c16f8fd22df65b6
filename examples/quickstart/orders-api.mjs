/**
 * A small HTTP API for the quickstart: orders in memory, on loopback. It honours `Idempotency-Key` on POST, as an
 * API that must not act twice should.
 *
 *   GET  /orders            all orders, optionally ?status=open
 *   GET  /orders/:id        one order
 *   POST /orders/:id/refund { "amount": 12.5, "reason": "…" }
 */
import { createServer } from "node:http";

const port = Number(process.env.ORDERS_PORT ?? 8790);
const orders = new Map(
  [
    { id: "1001", customer: "Ada", total: 42.5, status: "open", refunded: 0 },
    { id: "1002", customer: "Grace", total: 180, status: "shipped", refunded: 0 },
    { id: "1003", customer: "Edsger", total: 19.99, status: "shipped", refunded: 0 },
  ].map((order) => [order.id, order]),
);
const answered = new Map();

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const [, collection, id, action] = url.pathname.split("/");
  const send = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (collection !== "orders") return send(404, { error: "not found" });
  if (id === undefined) {
    const status = url.searchParams.get("status");
    return send(200, {
      orders: [...orders.values()].filter((order) => status === null || order.status === status),
    });
  }
  const order = orders.get(id);
  if (order === undefined) return send(404, { error: `no order ${id}` });
  if (request.method === "GET" && action === undefined) return send(200, order);
  if (request.method !== "POST" || action !== "refund") return send(405, { error: "not allowed" });
  const key = request.headers["idempotency-key"];
  if (key !== undefined && answered.has(key)) return send(200, answered.get(key));
  let text = "";
  for await (const chunk of request) text += chunk;
  const { amount } = JSON.parse(text);
  if (!(amount > 0) || amount > order.total - order.refunded)
    return send(422, { error: "amount is more than what is left of the order" });
  order.refunded += amount;
  const receipt = {
    refundId: `r-${order.id}-${Math.round(order.refunded * 100)}`,
    orderId: order.id,
    amount,
    refunded: order.refunded,
  };
  if (key !== undefined) answered.set(key, receipt);
  send(201, receipt);
});

server.once("error", (error) => {
  // Another quickstart already serves the same API here: it is as good as this one.
  if (error.code === "EADDRINUSE") process.exit(0);
  throw error;
});
server.listen(port, "127.0.0.1", () => console.error(`orders API on http://127.0.0.1:${port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
