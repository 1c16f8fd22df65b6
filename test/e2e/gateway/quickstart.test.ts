import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  collect,
  exitOf,
  repository,
  runGateway,
  temporaryFolder,
  waitFor,
} from "../harness/gateway-process.ts";

test(
  "npm start serves the quickstart and Ctrl-C stops it [R-START-1] [R-STOP-1]",
  { timeout: 120_000 },
  async () => {
    using folder = temporaryFolder();
    const [port, ordersPort] = [await freePort(), await freePort()];
    const env = {
      ...process.env,
      FLOWGATE_RUNTIME_DIR: folder.path,
      ORDERS_PORT: String(ordersPort),
      ORDERS_URL: `http://127.0.0.1:${ordersPort}`,
    };
    const child = spawn(
      process.execPath,
      [join(repository, "tools/start.mjs"), "--listen", `127.0.0.1:${port}`],
      { cwd: repository, env, stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    // Nothing of the group outlives the test, also where it fails half way.
    onTestFinished(() => {
      try {
        process.kill(-(child.pid as number), "SIGKILL");
      } catch {
        // It has ended, as it should.
      }
    });
    const output = collect(child);
    await waitFor(
      () => (output.stderr().includes("mcp-flowgate is ready") ? true : undefined),
      () => child.exitCode !== null,
      output.stderr,
    );
    const url = `http://127.0.0.1:${port}/mcp`;
    for (const text of [
      url,
      "gateway.home  gateway.search",
      "Claude Desktop",
      "VS Code",
      "Cursor",
      "MCP Inspector",
      "mcp-flowgate call",
    ])
      expect(output.stderr()).toContain(text);

    const client = await connectClient({ url }, "2026-07-28");
    const start = async (definitionId: string, input: any) =>
      (await client.call("workflow.start", { definitionId, input })).body;
    expect(JSON.stringify((await start("everything.echo", { message: "hello" })).result.output)).toContain(
      "hello",
    );
    expect(JSON.stringify((await start("fs.list_directory", { path: "." })).result.output)).toContain(
      "refund-policy.md",
    );
    expect((await start("text.count_words", { file: "welcome.md" })).result.output.text).toMatch(
      /welcome\.md/,
    );
    expect((await start("orders.list", {})).result.output.body.orders.length).toBe(3);
    expect((await start("orders.list", { status: "open" })).result.output.body.orders.length).toBe(1);
    const small = await start("refund", { orderId: "1001", amount: 5, reason: "scratched" });
    const paid = (await client.call(small.links[0].method, small.links[0].args)).body;
    expect(paid).toMatchObject({ result: { status: "completed" }, workflow: { state: "paid" } });

    const large = await start("refund", { orderId: "1002", amount: 120, reason: "never arrived" });
    const asked = (await client.call(large.links[0].method, large.links[0].args)).body;
    expect(asked.result.status).toBe("pending");
    const config = join(repository, "examples/quickstart/gateway.yaml");
    const approved = await runGateway(
      ["approvals", "approve", asked.approvals[0].id, "-c", config, "--as", "ann"],
      { env },
    );
    expect(approved.code, approved.stderr).toBe(0);
    const done = await waitFor(async () => {
      const { body } = await client.call("workflow.get", { workflowId: asked.workflow.id });
      return body.workflow.state === "paid" ? body : undefined;
    });
    expect(done.context.refundId).toBe("r-1002-12000");
    await client.close();

    const ended = exitOf(child);
    process.kill(-(child.pid as number), "SIGINT");
    expect(await ended).toBe(0);
  },
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
