import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHttpExecutor } from "@mcp-flowgate/executor-http";
import { describeExecutorContract, silentLog } from "@mcp-flowgate/testkit";
import { toCall } from "./fixture.ts";

describeExecutorContract("executor-http", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/hang") return;
    response.writeHead(request.url === "/fail" ? 422 : 200, { "content-type": "application/json" });
    response.end('{"name":"Ada"}');
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const executor = createHttpExecutor({
    connections: { get: () => ({ kind: "http", name: "api", tags: [], baseUrl, headers: {} }) },
    log: silentLog,
  });
  return {
    executor,
    succeeding: toCall("/people/7"),
    failing: toCall("/fail", { method: "POST" }),
    hanging: toCall("/hang", { method: "POST" }),
    foreign: { kind: "noop", arguments: null },
    async dispose() {
      await executor.close?.();
      server.closeAllConnections();
      server.close();
    },
  };
});
