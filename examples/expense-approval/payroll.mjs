/**
 * A small payroll API over HTTP on loopback, payments in memory. It wants a bearer token and honours `Idempotency-Key`.
 *
 *   GET  /payments
 *   POST /payments   { "employee": "…", "amount": 12.5, "reference": "…" }
 */
import { createServer } from "node:http";

const port = Number(process.env.PAYROLL_PORT ?? 8792);
const token = process.env.PAYROLL_TOKEN ?? "payroll-token-of-the-example";
const payments = [];
const answers = new Map();

const server = createServer(async (request, response) => {
  const send = (status, body) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.headers.authorization !== `Bearer ${token}`)
    return send(401, { error: "a bearer token is required" });
  if (request.url !== "/payments") return send(404, { error: "not found" });
  if (request.method === "GET") return send(200, { payments });
  if (request.method !== "POST") return send(405, { error: "not allowed" });
  let text = "";
  for await (const chunk of request) text += chunk;
  const { employee, amount, reference } = JSON.parse(text);
  if (!(amount > 0)) return send(422, { error: "amount must be more than nothing" });
  const key = request.headers["idempotency-key"];
  if (key !== undefined && answers.has(key)) return send(200, answers.get(key));
  const payment = {
    paymentId: `pay-${payments.length + 1}`,
    employee,
    cents: Math.round(amount * 100),
    reference,
  };
  payments.push(payment);
  if (key !== undefined) answers.set(key, payment);
  send(201, payment);
});
server.listen(port, "127.0.0.1", () => console.error(`payroll on http://127.0.0.1:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
