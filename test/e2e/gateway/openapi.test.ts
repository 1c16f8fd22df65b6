import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const PETS = `openapi: 3.0.3
info: { title: Pets, version: "1" }
paths:
  /pets/{petId}:
    get:
      operationId: getPetById
      summary: Get a pet
      description: One pet by its number.
      tags: [pets]
      parameters:
        - { name: petId, in: path, required: true, schema: { type: string } }
        - { name: fields, in: query, schema: { type: array, items: { type: string } } }
        - { name: X-Tenant, in: header, schema: { type: string } }
    delete:
      operationId: deletePet
      parameters: [{ name: petId, in: path, required: true, schema: { type: string } }]
  /pets:
    post:
      operationId: getPetMade
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } }
  /notes:
    put:
      operationId: getNotes
      requestBody: { content: { text/plain: { schema: { type: string } } } }
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: { type: string, nullable: true }
        mother: { $ref: "#/components/schemas/Pet" }
`;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const folder = temporaryFolder();
const seen: Seen[] = [];
let api: Server;
let gateway: GatewayProcess;
let client: TestClient;

beforeAll(async () => {
  api = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      if (url === "/v1/openapi.json") {
        const document = {
          swagger: "2.0",
          info: { title: "s", version: "1" },
          paths: {
            "/stock/{sku}": {
              get: {
                operationId: "getStock",
                parameters: [{ name: "sku", in: "path", required: true, type: "string" }],
              },
            },
          },
        };
        response.setHeader("content-type", "application/json");
        return response.end(JSON.stringify(document));
      }
      seen.push({ method, url, headers, body });
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify({ did: `${method} ${url}` }));
    });
  });
  await new Promise<void>((done) => api.listen(0, "127.0.0.1", done));
  const { port } = api.address() as AddressInfo;
  writeFileSync(join(folder.path, "pets.yaml"), PETS);
  const config = writeConfig(
    folder.path,
    `version: "1.0.0"
connections:
  petstore: { kind: http, baseUrl: "http://127.0.0.1:${port}/v1", auth: { kind: apiKey, in: header, name: X-Key, value: key-of-the-shop } }
proxy:
  import:
    - { connection: petstore, openapi: ./pets.yaml, include: ["getPet*", getNotes], prefix: pets, tags: [shop] }
    - { connection: petstore, openapi: /openapi.json, prefix: stock, guards: [{ kind: role, role: keeper }] }
  expose:
    - { capability: pets.deletePet, as: safe.delete, guards: [{ kind: expr, expr: '$.arguments.petId != "1"' }] }
`,
  );
  gateway = await startHttpGateway(config);
  client = await connectClient({ url: gateway.url }, ERAS[0]);
});
afterAll(async () => {
  await client.close();
  await gateway.stop();
  api.close();
  folder[Symbol.dispose]();
});

async function start(definitionId: string, input: object): Promise<any> {
  seen.length = 0;
  return (await client.call("workflow.start", { definitionId, input: input as never })).body;
}

test("operations of local and fetched documents are found and described [R-OPENAPI-1]", async () => {
  const { body } = await client.call("gateway.search", { query: "", kind: "capability", limit: 50 });
  expect(body.items.map(({ id }: any) => id)).toEqual([
    "pets.getNotes",
    "pets.getPetById",
    "pets.getPetMade",
    "safe.delete",
    "stock.getStock",
  ]);
  const found = await client.call("gateway.search", { query: "one pet by number" });
  expect(found.body.items[0]).toMatchObject({
    id: "pets.getPetById",
    title: "Get a pet",
    tags: ["shop", "pets"],
  });
  const described = await client.call("gateway.describe", { id: "pets.getPetMade" });
  expect(described.body).toMatchObject({
    untrusted: true,
    inputSchema: {
      required: ["body"],
      properties: { body: { $ref: "#/$defs/Pet" } },
      additionalProperties: false,
    },
  });
  expect(JSON.stringify(described.body)).not.toMatch(/127\.0\.0\.1|key-of-the-shop/);
});

test("values go to their place in the request and stay there [R-OPENAPI-2]", async () => {
  const got = await start("pets.getPetById", { petId: "7", fields: ["name", "age"], "X-Tenant": "acme" });
  expect(got.result).toMatchObject({
    status: "completed",
    output: { status: 200, body: { did: "GET /v1/pets/7?fields=name&fields=age" } },
  });
  expect(seen[0]?.headers).toMatchObject({ "x-tenant": "acme", "x-key": "key-of-the-shop" });

  await start("pets.getPetMade", { body: { name: null, mother: { name: "Ann" } } });
  expect(seen).toMatchObject([
    { method: "POST", url: "/v1/pets", body: '{"name":null,"mother":{"name":"Ann"}}' },
  ]);
  await start("pets.getNotes", { body: "plain" });
  expect(seen).toMatchObject([{ method: "PUT", url: "/v1/notes", body: "plain" }]);
  await start("pets.getNotes", {});
  expect(seen).toMatchObject([{ method: "PUT", url: "/v1/notes", body: "" }]);
  expect(seen[0]?.headers).not.toHaveProperty("content-type");

  const wrong = await start("pets.getPetMade", { body: { mother: 7 } });
  expect(wrong.error).toMatchObject({ code: "INPUT_SCHEMA_VIOLATION" });
  expect(seen).toEqual([]);
});

test("hostile values neither leave their segment nor become headers or parameters [R-OPENAPI-2]", async () => {
  for (const petId of [
    "../../admin",
    "7?x=1",
    "7#f",
    "a/b",
    "@evil.example",
    "\\..\\x",
    "%2e%2e%2fadmin",
    "7\r\nX-Evil: 1",
    "http://evil.example/",
  ]) {
    const { result, error } = await start("pets.getPetById", { petId });
    expect(result.status === "completed" ? "EXECUTOR_FAILED" : error.code).toBe("EXECUTOR_FAILED");
    for (const { url, headers } of seen) {
      expect(url.startsWith("/v1/pets/")).toBe(true);
      expect(url.slice("/v1/pets/".length)).not.toMatch(/[/?#\\@]|^\.+$/);
      expect(headers).not.toHaveProperty("x-evil");
    }
  }
  for (const petId of ["..", ".", "%2e%2e"]) {
    expect((await start("pets.getPetById", { petId })).result.status).not.toBe("completed");
    expect(seen).toEqual([]);
  }
  await start("pets.getPetById", { petId: "7", "X-Tenant": "a\r\nX-Evil: 1" });
  for (const { headers } of seen) expect(headers).not.toHaveProperty("x-evil");
  await start("pets.getPetById", { petId: "7", fields: ["a&admin=1", "b=c"] });
  expect(new URL(seen[0]?.url ?? "", "http://x").searchParams.getAll("fields")).toEqual(["a&admin=1", "b=c"]);
});

test("guards of the import and of a wrapper hold [R-OPENAPI-1]", async () => {
  expect((await start("stock.getStock", { sku: "1" })).error.code).toBe("GUARD_REJECTED");
  expect((await start("safe.delete", { petId: "1" })).error.code).toBe("GUARD_REJECTED");
  expect(seen).toEqual([]);
  expect((await start("safe.delete", { petId: "2" })).result.status).toBe("completed");
  expect(seen).toMatchObject([{ method: "DELETE", url: "/v1/pets/2" }]);
});

test("a pinned operation whose document changed is refused; a broken document is named with its place [R-OPENAPI-3]", async () => {
  using own = temporaryFolder();
  const document = join(own.path, "pets.yaml");
  writeFileSync(document, PETS);
  const config = writeConfig(
    own.path,
    `version: "1.0.0"\nconnections: { petstore: { baseUrl: "http://127.0.0.1:9" } }\nproxy: { import: [{ connection: petstore, openapi: pets.yaml, pin: block }] }\n`,
  );
  expect(await runGateway(["pin", "-c", config])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("4 tools of 1 connection"),
  });
  // The same words, another request.
  writeFileSync(document, PETS.replace("/pets/{petId}:", "/admins/{petId}:"));
  const differs = await runGateway(["pin", "-c", config]);
  expect(differs.code).toBe(1);
  expect(differs.stdout).toContain('- /pets/{$.arguments["petId"]}\n      + /admins/{$.arguments["petId"]}');
  const run = await runGateway([
    "call",
    "-c",
    config,
    "workflow.start",
    '{"definitionId":"getPetById","input":{"petId":"1"}}',
  ]);
  expect(JSON.parse(run.stdout).error.code).toBe("UNKNOWN_DEFINITION");
  writeFileSync(document, PETS.replace('#/components/schemas/Pet" } } }', '#/components/schemas/Cat" } } }'));
  const left = await runGateway(["check", config]);
  expect(left.stdout).toMatch(
    /FG323.*pets\.yaml#\/components\/schemas\/Cat is left out: there is nothing at this reference/s,
  );
  writeFileSync(document, "openapi: 3.1.0\npaths: [");
  const broken = await runGateway(["check", config]);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toMatch(/FG322.*pets\.yaml: the document is not YAML: .*line 2/s);
});
