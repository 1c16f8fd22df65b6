import { Client, StreamableHTTPClientTransport, type Transport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, test } from "vitest";
import { ERAS } from "../harness/clients.ts";
import {
  gatewayBin,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const config = (name: string): string => `version: "1.0.0"
proxy: { expose: [{ name: ${name}, executor: { kind: noop } }] }
`;

/** A client that counts how often it is told that tools changed. */
async function connect(era: (typeof ERAS)[number], transport: Transport) {
  const told: number[] = [];
  const client = new Client(
    { name: "listener", version: "1.0.0" },
    {
      versionNegotiation: { mode: era === "2026-07-28" ? { pin: era } : "legacy" },
      listChanged: { tools: { autoRefresh: false, onChanged: () => void told.push(1) } },
    },
  );
  await client.connect(transport);
  return { client, told };
}

test("clients that listen are told when a reload changes what is offered [R-RELOAD-6]", async () => {
  using folder = temporaryFolder();
  const file = writeConfig(folder.path, config("one"));
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  await using gateway = await startHttpGateway(file, { env });
  const stdio = (): Transport =>
    new StdioClientTransport({
      command: process.execPath,
      args: [gatewayBin, "serve", "-c", file],
      env: { ...(process.env as Record<string, string>), ...env },
      stderr: "ignore",
    });
  const clients = await Promise.all([
    connect("2026-07-28", new StreamableHTTPClientTransport(new URL(gateway.url))),
    ...ERAS.map((era) => connect(era, stdio())),
  ]);
  // What is offered is known to be whole once it was read.
  for (const { client } of clients) await client.callTool({ name: "gateway.home", arguments: {} });
  writeConfig(folder.path, config("two"));
  const { code, stderr } = await runGateway(["reload", "-c", file], { env });
  expect(code, stderr).toBe(0);
  for (const { client, told } of clients) {
    await waitFor(() => (told.length > 0 ? true : undefined));
    const { structuredContent } = await client.callTool({
      name: "gateway.describe",
      arguments: { id: "two" },
    });
    expect(structuredContent).toMatchObject({ id: "two" });
    await client.close();
  }
  expect(await gateway.stop()).toBe(0);
});
