import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { createAuditSink } from "@mcp-flowgate/audit";
import type { AuditRecord } from "@mcp-flowgate/audit";
import type { AuditIr, JsonObject } from "@mcp-flowgate/core";
import { createManualClock } from "@mcp-flowgate/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { auditIr, createDeps, draft } from "./support/deps.ts";

interface Receiver {
  readonly url: string;
  readonly requests: {
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
    readonly path: string;
  }[];
  /** What it answers from now on. */
  answer: { status: number; body?: string; headers?: { [name: string]: string } };
}

async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = { url: "", requests: [], answer: { status: 200 } };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      receiver.requests.push({ headers: request.headers, body, path: request.url ?? "" });
      response.writeHead(receiver.answer.status, receiver.answer.headers).end(receiver.answer.body ?? "{}");
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(receiver, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function remoteIr(
  kind: "webhook" | "otlp",
  url: string,
  onFailure: AuditIr["onFailure"],
  options: JsonObject = {},
): AuditIr {
  return auditIr({ onFailure, sinks: [{ kind, url, events: [], options: { secret: "shh", ...options } }] });
}

function recordsIn(receiver: Receiver): readonly AuditRecord[] {
  return receiver.requests.flatMap(
    ({ body }) => (JSON.parse(body) as { data: { records: AuditRecord[] } }).data.records,
  );
}

test("a webhook gets records that it can check: signed by Standard Webhooks, chained, grouped", async () => {
  const receiver = await startReceiver();
  const trail = await createAuditSink(
    remoteIr("webhook", `${receiver.url}/hook`, "fail_closed"),
    createDeps(),
  );
  await Promise.all([1, 2, 3, 4, 5].map((index) => trail.append([draft({ payload: { index } })])));
  await trail.close();
  expect(receiver.requests.length).toBeLessThan(5);
  expect(recordsIn(receiver).map((record) => record.seq)).toEqual([1, 2, 3, 4, 5]);
  for (const { headers, body, path } of receiver.requests) {
    expect(path).toBe("/hook");
    const content = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    expect(headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", "shh").update(content).digest("base64")}`,
    );
  }
});

test("a request that fails is repeated byte for byte until the receiver has it", async () => {
  const receiver = await startReceiver();
  const clock = createManualClock();
  const trail = await createAuditSink(remoteIr("webhook", receiver.url, "fail_open"), createDeps({ clock }));
  receiver.answer = { status: 503, headers: { "retry-after": "7" } };
  await trail.append([draft()]);
  await vi.waitFor(() => expect(trail.health().sinks[0]?.error).toContain("503"));
  expect(trail.health().ready).toBe(true);
  receiver.answer = { status: 204 };
  await vi.waitFor(async () => {
    await clock.advance(7000);
    expect(receiver.requests).toHaveLength(2);
  });
  await vi.waitFor(() => expect(trail.health().sinks[0]?.ok).toBe(true));
  const [first, second] = receiver.requests;
  expect(second?.body).toBe(first?.body);
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  await trail.close();
});

test.each(["webhook", "otlp"] as const)(
  "fail_closed with %s refuses while the receiver is away and recovers by itself",
  async (kind) => {
    const receiver = await startReceiver();
    const clock = createManualClock();
    const trail = await createAuditSink(
      remoteIr(kind, receiver.url, "fail_closed", { attempts: 1 }),
      createDeps({ clock }),
    );
    await trail.append([draft()]);
    receiver.answer = { status: 500 };
    await expect(trail.append([draft({ type: "executor.started" })])).rejects.toMatchObject({
      code: "AUDIT_UNAVAILABLE",
    });
    const asked = receiver.requests.length;
    await expect(trail.append([draft({ type: "executor.started" })])).rejects.toMatchObject({
      code: "AUDIT_UNAVAILABLE",
    });
    // Callers do not wait for a receiver that is known to be away.
    expect(receiver.requests).toHaveLength(asked);
    expect(trail.health()).toMatchObject({ ready: false, sinks: [{ refused: 2 }] });
    receiver.answer = { status: 200 };
    await vi.waitFor(async () => {
      await clock.advance(5000);
      expect(trail.health().ready).toBe(true);
    });
    await trail.append([draft()]);
    expect(receiver.requests.some(({ body }) => body.includes("audit.lost"))).toBe(true);
    await trail.close();
  },
);

test("fail_open with a receiver that refuses for good counts what is lost", async () => {
  const receiver = await startReceiver();
  receiver.answer = { status: 400 };
  const trail = await createAuditSink(remoteIr("webhook", receiver.url, "fail_open"), createDeps());
  await trail.append([draft(), draft()]);
  await vi.waitFor(() =>
    expect(trail.health()).toMatchObject({ ready: true, sinks: [{ lost: 2, ok: false }] }),
  );
  await trail.close();
});

test("fail_open bounds what waits in memory", async () => {
  const receiver = await startReceiver();
  receiver.answer = { status: 503 };
  const trail = await createAuditSink(
    remoteIr("webhook", receiver.url, "fail_open", { maxPending: 10, closeMs: 1 }),
    createDeps({ clock: createManualClock() }),
  );
  for (let count = 0; count < 15; count += 1) await trail.append([draft()]);
  expect(trail.health().sinks[0]?.lost).toBe(5);
});

test("redirects are not followed", async () => {
  const elsewhere = await startReceiver();
  const receiver = await startReceiver();
  receiver.answer = { status: 307, headers: { location: elsewhere.url } };
  const trail = await createAuditSink(
    remoteIr("webhook", receiver.url, "fail_closed", { attempts: 1 }),
    createDeps(),
  );
  await expect(trail.append([draft()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  expect(elsewhere.requests).toEqual([]);
  await trail.close();
});

test("OTLP logs carry the record, its time, severity and trace", async () => {
  const receiver = await startReceiver();
  const ir = remoteIr("otlp", receiver.url, "fail_closed", { headers: { authorization: "Bearer x" } });
  const trail = await createAuditSink(ir, createDeps());
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  await trail.append([
    draft({ type: "executor.failed", traceId, operationId: "op_1" }),
    draft({ traceId: "not a trace" }),
  ]);
  await trail.close();
  const [request] = receiver.requests;
  expect(request?.path).toBe("/v1/logs");
  expect(request?.headers.authorization).toBe("Bearer x");
  const logs = JSON.parse(request?.body ?? "") as {
    resourceLogs: [
      { scopeLogs: [{ logRecords: { attributes: { key: string }[]; body: { stringValue: string } }[] }] },
    ];
  };
  const [first, second] = logs.resourceLogs[0].scopeLogs[0].logRecords;
  expect(first).toMatchObject({
    timeUnixNano: "1767225600000000000",
    severityNumber: 17,
    severityText: "ERROR",
    eventName: "executor.failed",
    traceId,
  });
  expect(first?.attributes).toContainEqual({ key: "flowgate.operation_id", value: { stringValue: "op_1" } });
  expect(JSON.parse(first?.body.stringValue ?? "")).toMatchObject({ seq: 1, eventType: "executor.failed" });
  expect(second).not.toHaveProperty("traceId");
});

test("OTLP's partial success is a refusal", async () => {
  const receiver = await startReceiver();
  receiver.answer = {
    status: 200,
    body: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}',
  };
  const trail = await createAuditSink(remoteIr("otlp", receiver.url, "fail_closed"), createDeps());
  await expect(trail.append([draft()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  await trail.close();
});

test.each([
  ["webhook", { kind: "webhook", url: "http://127.0.0.1:1", options: {} }, "secret"],
  ["webhook", { kind: "webhook", options: { secret: "x" } }, "url"],
  ["otlp", { kind: "otlp", url: "file:///etc/passwd", options: {} }, "http"],
] as const)("a %s that is configured wrongly is refused at the start: %o", async (_kind, sink, word) => {
  const ir = auditIr({ sinks: [{ events: [], ...sink }] });
  await expect(createAuditSink(ir, createDeps())).rejects.toMatchObject({
    message: expect.stringContaining(word),
  });
});
