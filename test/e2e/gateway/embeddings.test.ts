import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { startEmbeddingsServer, type EmbeddingsServer } from "../harness/embeddings-server.ts";
import {
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
  embeddings: { url: "${service.url}", model: test, apiKey: "\${EMBEDDINGS_KEY}", timeoutMs: 1000, batchSize: 2 }
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
  const asked = service.texts.length;
  const denied = writeConfig(
    own.path,
    `version: "1.0.0"
server: { egress: { deny: [127.0.0.0/8] } }
audit: { onFailure: fail_open, sinks: [{ kind: webhook, url: "${service.url}", attempts: 1, secret: "\${EMBEDDINGS_KEY}" }] }
discovery: { embeddings: { url: "${service.url}", model: test } }
proxy: { expose: [{ name: ledger.reimburse, description: Reverses a settled charge. }] }
`,
  );
  await using gateway = await startHttpGateway(denied, { env: { EMBEDDINGS_KEY: KEY } });
  const client = await connect(gateway);
  await find(client, MEANT);
  await waitFor(() => (/webhook.*may not be dialled/.test(gateway.stderr()) ? true : undefined));
  await waitFor(() => (/meaning/.test(gateway.stderr()) ? true : undefined));
  expect(service.texts.length).toBe(asked);
  await client.close();
});
