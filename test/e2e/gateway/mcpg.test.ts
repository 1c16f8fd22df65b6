import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { gatewayBin, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

test("a configuration of MCPG is converted, and its tools do what they did [R-FOREIGN-4]", async () => {
  using folder = temporaryFolder();
  const seen: string[] = [];
  const api = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["x-key"]}`);
    response.setHeader("content-type", "application/json").end(JSON.stringify({ found: true }));
  });
  await new Promise<void>((listening) => api.listen(0, "127.0.0.1", listening));
  const { port } = api.address() as AddressInfo;
  const mcpg = writeConfig(
    folder.path,
    `mcp:
  capabilities:
    tools:
      - name: users.get
        description: A user's profile.
        input_schema:
          type: object
          properties: { user: { type: string }, lang: { type: string } }
          required: [user]
        backend:
          kind: http
          url: "http://127.0.0.1:${port}/users/\${arguments.user}"
          method: get
          headers: { X-Key: "\${env.USERS_KEY}" }
      - name: words.count
        description: Counts words.
        input_schema: { type: object, properties: { text: { type: string } } }
        backend: { kind: command, command: wc, args: ["-w"] }
      - name: dev.fixed
        description: A fixed answer.
        backend: { kind: mock, response: { status: ok } }
`,
    "mcpg.yaml",
  );
  const converted = join(folder.path, "gateway.yaml");
  execFileSync(process.execPath, [gatewayBin, "import-config", mcpg, "-o", converted], { stdio: "pipe" });
  const client = await connectClient({ config: converted, env: { USERS_KEY: "k-1234" } }, "2026-07-28");
  const start = async (definitionId: string, input: object): Promise<any> =>
    (await client.call("workflow.start", { definitionId, input: input as never })).body;
  const user = await start("users.get", { user: "a/b c" });
  expect(user.result.output.body).toEqual({ found: true });
  expect(seen).toEqual(["GET /users/a%2Fb%20c k-1234"]);
  const counted = await start("words.count", { text: "three little words" });
  expect(counted.result.output.stdout.trim()).toBe("3");
  const fixed = await start("dev.fixed", {});
  expect(fixed.context).toEqual({ response: { status: "ok" } });
  await client.close();
  api.close();
});
