import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient, type TestClient } from "../harness/clients.ts";
import { temporaryFolder } from "../harness/gateway-process.ts";

const LIMIT = 24_000;
const long = (text: string, bytes: number): string => text.repeat(Math.ceil(bytes / text.length));

/** Everything that people write, far larger than anybody should. */
const CONFIG = {
  version: "1.0.0",
  discovery: { include: ["proxy", "workflows", "connections"] },
  connections: { big: { kind: "cli", command: "node", description: long("A long story. ", 200_000) } },
  proxy: {
    expose: [
      {
        name: "big.schema",
        title: long("Title ", 5_000),
        description: long("Takes all there is. ", 300_000),
        tags: Array.from({ length: 400 }, (_, index) => `tag${index}`),
        aliases: Array.from({ length: 400 }, (_, index) => `alias number ${index}`),
        examples: Array.from({ length: 400 }, (_, index) => long(`Example ${index}. `, 2_000)),
        guards: Array.from({ length: 100 }, (_, index) => ({
          kind: "expr",
          expr: `$.arguments.p${index} != "x${index}"`,
        })),
        inputSchema: {
          type: "object",
          required: ["p7"],
          properties: Object.fromEntries(
            Array.from({ length: 300 }, (_, index) => [
              `p${index}`,
              {
                type: "object",
                description: long(`Parameter ${index}. `, 300),
                properties: { mode: { enum: Array.from({ length: 20 }, (_, value) => `mode ${value}`) } },
              },
            ]),
          ),
        },
        executor: { kind: "noop" },
      },
      ...Array.from({ length: 80 }, (_, index) => ({
        name: `hit.${index}.${long("name", 150)}`,
        title: long("Hit ", 300),
        description: `${long("A hit without an end ", 3_000)}.`,
        tags: Array.from({ length: 30 }, (_, tag) => `${long("tag", 60)}${tag}`),
        inputSchema: {
          type: "object",
          properties: Object.fromEntries(
            Array.from({ length: 60 }, (_, name) => [`${long("parameter", 80)}${name}`, { type: "string" }]),
          ),
        },
        executor: { kind: "noop" },
      })),
    ],
  },
  workflows: {
    maze: {
      description: long("A maze. ", 100_000),
      initialState: "s0",
      states: Object.fromEntries(
        Array.from({ length: 500 }, (_, index) => [
          `s${index}`,
          index === 499
            ? { terminal: true }
            : {
                goal: long("Get out. ", index === 0 ? 3_000 : 90),
                guidance: long("Walk on. ", index === 0 ? 60_000 : 90),
                description: long("A turn. ", index === 0 ? 3_000 : 90),
                transitions: Object.fromEntries(
                  [`s${index + 1}`, "s499"].map((target) => [
                    `to_${target}`,
                    {
                      target,
                      title: long("Go ", 40),
                      description: long("On you go. ", index === 0 ? 9_000 : 90),
                      guards:
                        index % 2 === 0 ? [] : [{ kind: "expr", expr: `$.context.x == "${long("y", 500)}"` }],
                    },
                  ]),
                ),
              },
        ]),
      ),
    },
  },
};

const folder = temporaryFolder();
let client: TestClient;
beforeAll(async () => {
  const config = join(folder.path, "gateway.json");
  writeFileSync(config, JSON.stringify(CONFIG));
  client = await connectClient({ config }, "2026-07-28");
});
afterAll(async () => {
  await client.close();
  folder[Symbol.dispose]();
});

test.each([
  ["gateway.home", {}],
  ["gateway.search", { query: "hit without an end", limit: 50 }],
  ["gateway.search", { query: long("hit ", 100_000), limit: 50 }],
  ["gateway.describe", { id: "big.schema" }],
  ["gateway.describe", { id: "maze" }],
  ["gateway.describe", { id: "connection:big" }],
  ["gateway.describe", { id: long("x", 50_000) }],
  ["workflow.start", { definitionId: "maze" }],
  ["workflow.start", { definitionId: "big.schema", input: {} }],
  [
    "workflow.start",
    {
      definitionId: "big.schema",
      input: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`p${index}`, 5])),
    },
  ],
  ["workflow.start", { definitionId: "proxy_default" }],
  ["workflow.explain", { definitionId: "maze" }],
  ["workflow.explain", { definitionId: "big.schema" }],
])(
  "%s stays within limits.responseBytes, whatever stands in a definition: case %$ [R-SIZE-3]",
  async (name, args) => {
    const { body } = await client.call(name, args as never);
    const bytes = Buffer.byteLength(JSON.stringify(body));
    expect(bytes, JSON.stringify(body).slice(0, 500)).toBeLessThanOrEqual(LIMIT);
    if (body.workflow === undefined) return;
    for (const call of ["workflow.get", "workflow.explain"]) {
      const again = await client.call(call, { workflowId: body.workflow.id });
      expect(Buffer.byteLength(JSON.stringify(again.body)), call).toBeLessThanOrEqual(LIMIT);
    }
  },
);
