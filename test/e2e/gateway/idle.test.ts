import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import { startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const IDLE = 1000;

test("[R-LEAN-3] a thousand connections that wait for nothing are held, and calls go on beside them", async () => {
  using folder = temporaryFolder();
  await using gateway = await startHttpGateway(writeConfig(folder.path, HELLO));
  const url = new URL(gateway.url);
  const sockets = Array.from({ length: IDLE }, () => connect(Number(url.port), url.hostname));
  const first = await Promise.all(sockets.map((socket) => health(socket, url)));
  // Longer than load balancers keep theirs, which are 60 s for most.
  expect(new Set(first.map((answer) => /keep-alive: (\S+)/i.exec(answer)?.[1]))).toEqual(
    new Set(["timeout=75"]),
  );
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const { body } = await client.call("workflow.start", {
    definitionId: "hello.echo",
    input: { message: "hello" },
  });
  expect(body.result.output).toEqual({ message: "hello" });
  await client.close();
  const again = await Promise.all(sockets.map((socket) => health(socket, url)));
  expect(again.filter((answer) => answer.startsWith("HTTP/1.1 200 "))).toHaveLength(IDLE);
  for (const socket of sockets) socket.destroy();
});

test("[R-LEAN-3] an idle connection ends after server.http.keepAliveTimeoutMs", async () => {
  using folder = temporaryFolder();
  const config = `${HELLO}server: { http: { keepAliveTimeoutMs: 50 } }\n`;
  await using gateway = await startHttpGateway(writeConfig(folder.path, config));
  const url = new URL(gateway.url);
  const socket = connect(Number(url.port), url.hostname);
  const ended = new Promise<void>((done) => socket.once("close", () => done()));
  expect(await health(socket, url)).toContain("200 OK");
  socket.resume();
  await ended;
});

/** The answer to one `GET /health`, which fits into one packet. */
function health(socket: Socket, { host }: URL): Promise<string> {
  return new Promise((done, failed) => {
    socket.once("error", failed);
    socket.once("data", (chunk: Buffer) => done(chunk.toString()));
    socket.write(`GET /health HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  });
}
