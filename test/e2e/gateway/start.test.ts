import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { checkoutBin, startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const LAZY = `version: "1.0.0"
connections:
${Array.from({ length: 10 }, (_, index) => `  lazy${index}: { kind: mcp, command: node, args: [-e, "0"] }`).join("\n")}
  api: { kind: http, baseUrl: https://api.example.com }
proxy:
  expose:
${Array.from({ length: 10 }, (_, index) => `    - { name: tool${index}, executor: { kind: mcp, connection: lazy${index}, tool: t } }`).join("\n")}
    - { name: echo, executor: { kind: noop } }
    - { name: api.get, executor: { kind: http, connection: api, path: / } }
`;

/** Packages, and one part of Node, that cost more to load than the whole of a start. */
const HEAVY = {
  "the MCP SDK": /node_modules\/@modelcontextprotocol\//,
  zod: /node_modules\/zod\//,
  undici: /node_modules\/undici\//,
  jose: /node_modules\/jose\//,
  OpenTelemetry: /node_modules\/@opentelemetry\//,
  "database drivers": /node_modules\/(better-sqlite3|drizzle-orm|pg)\//,
  "Node's own fetch": /^NativeModule internal\/deps\/undici/,
};

test("[R-LEAN-1] a start with lazy connections, /health and plain calls load only what they use", async () => {
  using folder = temporaryFolder();
  const list = join(folder.path, "modules.json");
  const hook = pathToFileURL(join(import.meta.dirname, "../harness/loaded-modules.mjs")).href;
  const gateway = await startHttpGateway(writeConfig(folder.path, LAZY), {
    // A bundle does not tell which packages its files are of.
    program: checkoutBin,
    env: { NODE_OPTIONS: `--import=${hook}`, LOADED_MODULES: list },
  });
  expect((await fetch(new URL("/health", gateway.url))).status).toBe(200);
  const answer = await fetch(gateway.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "workflow.start", arguments: { definitionId: "echo", input: {} } },
    }),
  });
  expect(await answer.text()).toContain('"status":"completed"');
  await gateway.stop();
  const { serving, ended } = JSON.parse(readFileSync(list, "utf8")) as Record<string, string[]>;
  expect(heavyOf(serving)).toEqual([]);
  // A moment after the start the metrics that are on by default are got ready.
  const later = ["OpenTelemetry", "Node's own fetch"];
  expect(heavyOf(ended).filter((name) => !later.includes(name))).toEqual([]);
  expect(serving).toContainEqual(expect.stringMatching(/commander/));
});

function heavyOf(loaded: readonly string[] = []): readonly string[] {
  return Object.entries(HEAVY).flatMap(([name, pattern]) =>
    loaded.some((module) => pattern.test(module)) ? [name] : [],
  );
}
