import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLIENTS, connectClient } from "../harness/clients.ts";
import { HELLO, serverEntry } from "../harness/configs.ts";
import {
  collect,
  exitOf,
  gatewayBin,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
} from "../harness/gateway-process.ts";

/** A catalogue and a gateway's settings, as a user of Open MCP Gateway has them. */
function openMcpGatewayFiles(folder: string): { readonly config: string; readonly catalog: string } {
  const data = join(folder, "data");
  mkdirSync(data);
  writeFileSync(join(data, "hello.txt"), "hello from the file");
  const catalog = writeConfig(
    folder,
    `servers:
  - id: files
    display_name: Files of the team
    runtime: { type: local-process, command: node, args: ["${serverEntry("filesystem")}", "${data}"] }
    tags: [files]
  - id: demo
    runtime: { type: local-process, command: node, args: ["${serverEntry("everything")}", stdio] }
    env: { LOG: "1" }
`,
    "catalog.yaml",
  );
  const config = writeConfig(
    folder,
    'listen_addr: "127.0.0.1:4444"\ncatalog_path: catalog.yaml\napi_key: "${OMG_KEY}"\nidle_timeout_seconds: 300\n',
    "config.yaml",
  );
  return { config, catalog };
}

const KEY = "k3y-of-the-open-mcp-gateway-user";

test("both files are served as they are, the key asked for, every server's tools found [R-FOREIGN-1]", async () => {
  using folder = temporaryFolder();
  const { config } = openMcpGatewayFiles(folder.path);
  await using gateway = await startHttpGateway(config, { env: { OMG_KEY: KEY } });
  expect((await fetch(gateway.url, { method: "POST", body: "{}" })).status).toBe(401);
  const client = await connectClient(
    { url: gateway.url, headers: { authorization: `Bearer ${KEY}` } },
    "2026-07-28",
  );
  const hits = (await client.call("gateway.search", { query: "read a text file" })).body.items;
  expect(hits[0].id).toBe("files.read_text_file");
  const path = join(folder.path, "data/hello.txt");
  const read = await client.call("workflow.start", {
    definitionId: "files.read_text_file",
    input: { path },
  });
  expect(JSON.stringify(read.body.result.output)).toContain("hello from the file");
  expect((await client.call("gateway.describe", { id: "demo.echo" })).isError).toBe(false);
  await client.close();
});

test("--server shows one server's tools alone, over stdio [R-FOREIGN-2]", async () => {
  using folder = temporaryFolder();
  const { catalog } = openMcpGatewayFiles(folder.path);
  const client = await connectClient({ config: catalog, args: ["--server", "files"] }, "2025-11-25");
  expect((await client.listTools()).length).toBe(7);
  expect((await client.call("gateway.describe", { id: "files.read_text_file" })).isError).toBe(false);
  const hidden = await client.call("workflow.start", { definitionId: "demo.echo", input: { message: "x" } });
  expect(hidden.body.error.code).toBe("UNKNOWN_DEFINITION");
  const overview = await client.call("gateway.home");
  expect(JSON.stringify(overview.body)).not.toContain("demo");
  await client.close();
});

test.each(CLIENTS)("--gateway passes stdio on to a running gateway: %s [R-FOREIGN-3]", async (_, connect) => {
  using folder = temporaryFolder();
  const keyed = `${HELLO}identity: { kind: apiKeys, keys: [{ id: k, key: "\${OMG_KEY}", subject: bridge }] }\n`;
  await using gateway = await startHttpGateway(writeConfig(folder.path, keyed), { env: { OMG_KEY: KEY } });
  const client = await connect({
    args: ["serve", "--gateway", gateway.url],
    env: { FLOWGATE_TOKEN: KEY },
  });
  expect((await client.listTools()).map(({ name }) => name)).toContain("workflow.start");
  const answer = await client.call("workflow.start", {
    definitionId: "hello.echo",
    input: { message: "through two processes" },
  });
  expect(answer.body.result.output).toEqual({ message: "through two processes" });
  const refused = await client.call("workflow.start", { definitionId: "hello.ech" });
  expect(refused.isError).toBe(true);
  await expect(client.call("no.such.tool")).rejects.toThrow(/Unknown tool/);
  await gateway.stop();
  await expect(client.call("gateway.home")).rejects.toThrow(/could not be reached/);
  await client.close();
});

test.each([
  [["--gateway", "http://127.0.0.1:9/mcp"], 1, "The gateway at http://127.0.0.1:9/mcp could not be reached"],
  [["--gateway", "nonsense"], 2, "--gateway nonsense is not the URL of an endpoint"],
  [["--gateway", "http://127.0.0.1:9/mcp", "--server", "x"], 2, "leave out --server"],
  [["--server", "fles"], 2, 'There is no connection "fles"; did you mean "files"?'],
])("serve %j ends with one clear line", async (args, code, message) => {
  using folder = temporaryFolder();
  const { catalog } = openMcpGatewayFiles(folder.path);
  const config = args.includes("--gateway") ? [] : ["-c", catalog];
  const child = spawn(process.execPath, [gatewayBin, "serve", ...config, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const output = collect(child);
  expect(await exitOf(child)).toBe(code);
  expect(output.stderr()).toContain(message);
  expect(output.stdout()).toBe("");
});
