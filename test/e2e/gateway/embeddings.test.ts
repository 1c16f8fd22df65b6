import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { startEmbeddingsServer, type EmbeddingsServer } from "../harness/embeddings-server.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const KEY = "canary-embeddings-key";
const MEANT = "customer wants the money back";

const folder = temporaryFolder();
let service: EmbeddingsServer;
let config: string;

beforeAll(async () => {
  service = await startEmbeddingsServer();
  config = writeConfig(
    folder.path,
    `version: "1.0.0"
store: { kind: sqlite, path: flowgate.sqlite }
discovery:
  embeddings: { url: "${service.url}", model: test, apiKey: "\${EMBEDDINGS_KEY}", timeoutMs: 3000, batchSize: 2 }
proxy:
  expose:
    - { name: ledger.reimburse, description: Reverses a settled charge. }
    - { name: sky.forecast, description: Tells tomorrow. }
    - { name: post.letter, description: Prints and stamps. }
    - { name: hello.echo, title: Echo, description: Returns the message that it is given. }
`,
  );
});
afterAll(async () => {
  await service.close();
  folder[Symbol.dispose]();
});

const start = (): Promise<GatewayProcess> => startHttpGateway(config, { env: { EMBEDDINGS_KEY: KEY } });
const connect = ({ url }: GatewayProcess): Promise<TestClient> => connectClient({ url }, "2026-07-28");
const find = async (client: TestClient, query: string): Promise<readonly string[]> =>
  (await client.call("gateway.search", { query })).body.items.map(({ id }: any) => id);
const findByMeaning = (client: TestClient): Promise<readonly string[]> =>
  waitFor(async () => {
    const ids = await find(client, MEANT);
    return ids.length > 0 ? ids : undefined;
  });

test("a configured service finds by meaning, a restart asks it for no vector again, and while it fails the words decide [R-SEARCH-4]", async () => {
  const gateway = await start();
  const client = await connect(gateway);
  expect((await findByMeaning(client))[0]).toBe("ledger.reimburse");
  expect((await find(client, "hello.echo"))[0]).toBe("hello.echo");
  await waitFor(() => (gateway.stderr().includes("ready for search by meaning") ? true : undefined));
  await client.close();
  expect(await gateway.stop()).toBe(0);
  expect([...service.authorizations]).toEqual([`Bearer ${KEY}`]);
  expect(service.texts).toContain("Echo\nReturns the message that it is given.");
  const kept = readFileSync(join(folder.path, "flowgate.sqlite.vectors"), "latin1");
  expect(gateway.stderr() + kept).not.toContain(KEY);

  const before = service.texts.length;
  const again = await start();
  const other = await connect(again);
  expect((await findByMeaning(other))[0]).toBe("ledger.reimburse");
  expect(new Set(service.texts.slice(before))).toEqual(new Set([MEANT]));

  for (const [how, reason] of [
    ["otherLength", "its vectors have 3 numbers, those kept 16"],
    ["silent", "it did not answer in time"],
  ] as const) {
    service.behave(how);
    // A request for each, so that no remembered vector answers; the second finds the service left alone.
    expect(await find(other, `return a message, ${how}`)).toEqual(["hello.echo"]);
    expect(await find(other, `return the message, ${how}`)).toEqual(["hello.echo"]);
    expect((await fetch(new URL("/ready", again.url))).status).toBe(200);
    service.behave("well");
    await waitFor(async () => {
      const [found] = await find(other, `will I need an umbrella, ${how} ${service.texts.length}`);
      return found === "sky.forecast" ? true : undefined;
    });
    expect(again.stderr()).toContain(reason);
  }
  expect(again.stderr()).toContain("the embeddings service fails; search is by words until it answers");
  expect(again.stderr()).toContain("the embeddings service answers again");
  await other.close();
  expect(await again.stop()).toBe(0);
});

test("neither the service nor a webhook is dialled where server.egress does not allow it [R-EGRESS-1]", async () => {
  using own = temporaryFolder();
  let asked = 0;
  const receiver = createServer((_, response) => {
    asked += 1;
    response.end("{}");
  });
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const denied = (more: string): string =>
    writeConfig(
      own.path,
      `version: "1.0.0"
server: { egress: { deny: [127.0.0.0/8] } }
proxy: { expose: [{ name: ledger.reimburse, description: Reverses a settled charge. }] }
${more}`,
    );
  const env = { EMBEDDINGS_KEY: KEY };
  {
    await using gateway = await startHttpGateway(
      denied(`discovery: { embeddings: { url: "${url}", model: test } }\n`),
    );
    await waitFor(() =>
      gateway.stderr().includes("it cannot be reached (FLOWGATE_REFUSED_ADDRESS)") ? true : undefined,
    );
  }
  const webhook = `{ kind: webhook, url: "${url}", attempts: 1, secret: "\${EMBEDDINGS_KEY}" }`;
  const config = denied(`audit: { onFailure: fail_closed, sinks: [${webhook}] }\n`);
  const { code, stderr } = await runGateway(["serve", "-c", config, "--listen", "127.0.0.1:0"], { env });
  expect(code).toBe(1);
  expect(stderr).toContain("may not be dialled");
  expect(stderr.trim().split("\n").at(-1)).toBe(
    "mcp-flowgate: the audit trail cannot be written, so nothing was done",
  );
  expect(asked).toBe(0);
  receiver.close();
});
