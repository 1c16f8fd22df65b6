import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { connectClient, ERAS } from "../harness/clients.ts";
import { startHttpGateway, temporaryFolder, writeConfig } from "../harness/gateway-process.ts";

const CALLERS = Array.from({ length: 64 }, (_, n) => `mark-${String(n).padStart(2, "0")}`);
const keyOf = (mark: string): string => createHash("sha256").update(`key of ${mark}`).digest("hex");

/** Whose marks stand anywhere in an answer. */
const marksIn = (answer: unknown): readonly string[] => [
  ...new Set(JSON.stringify(answer).match(/mark-\d\d/g) ?? []),
];

test("64 callers at once each get their own answers and nothing of anybody else's [R-ID-4]", async () => {
  using folder = temporaryFolder();
  // Answers come back in another order than they were asked for.
  const waiting: (() => void)[] = [];
  const api = createServer((request, response) => {
    waiting.push(() => response.end(JSON.stringify({ about: request.headers["x-caller"] })));
    response.setHeader("content-type", "application/json");
    setImmediate(() => waiting.pop()?.());
  });
  await new Promise<void>((listening) => api.listen(0, "127.0.0.1", listening));
  const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const executor = {
    kind: "http",
    connection: "api",
    path: "/about",
    headers: { "X-Caller": "$.principal.subject" },
  };
  const config = {
    version: "1.0.0",
    identity: {
      kind: "apiKeys",
      keys: CALLERS.map((mark, n) => ({
        id: mark,
        key: keyOf(mark),
        subject: mark,
        tenant: `tenant-${n % 8}`,
        roles: [`only-${mark}`],
      })),
    },
    discovery: { visibility: "byGuards" },
    connections: { api: { kind: "http", baseUrl } },
    proxy: {
      expose: [
        { name: "about.me", executor },
        ...CALLERS.map((mark) => ({
          name: `private.${mark}`,
          description: "Something private.",
          executor: { kind: "noop" },
          guards: [{ kind: "role", role: `only-${mark}` }],
        })),
      ],
    },
    workflows: {
      keep: {
        initialState: "open",
        inputSchema: { type: "object", properties: { note: { type: "string" } } },
        states: {
          open: {
            transitions: { look: { target: "seen", executor, output: { about: "$.output.body.about" } } },
          },
          seen: { transitions: { close: { target: "closed" } } },
          closed: { terminal: true },
        },
      },
    },
  };
  await using gateway = await startHttpGateway(writeConfig(folder.path, JSON.stringify(config)));
  const clients = await Promise.all(
    CALLERS.map(async (mark, n) => {
      const headers = { authorization: `Bearer ${keyOf(mark)}` };
      const era = ERAS[n % ERAS.length] as (typeof ERAS)[number];
      return { mark, client: await connectClient({ url: gateway.url, headers }, era) };
    }),
  );
  const ids = await Promise.all(
    clients.map(async ({ mark, client }) => {
      const marks = async (tool: string, args: object): Promise<any> => {
        const { body } = await client.call(tool, args as never);
        expect([tool, marksIn(body)]).toEqual([tool, [mark]]);
        return body;
      };
      await marks("gateway.search", { query: "private" });
      const begun = (
        await client.call("workflow.start", { definitionId: "keep", input: { note: `of ${mark}` } })
      ).body;
      expect(marksIn(begun)).toEqual([]);
      const [looked] = await Promise.all([
        marks("workflow.submit", begun.links.find(({ rel }: any) => rel === "look").args),
        marks("workflow.start", { definitionId: "about.me" }),
        marks("gateway.describe", { id: `private.${mark}` }),
        marks("workflow.get", { workflowId: begun.workflow.id, path: "$.input" }),
      ]);
      expect(looked.context).toEqual({ about: mark });
      await marks("workflow.get", { workflowId: begun.workflow.id });
      const home = (await client.call("gateway.home")).body;
      expect(home.active.map(({ workflowId }: any) => workflowId)).toEqual([begun.workflow.id]);
      return begun.workflow.id as string;
    }),
  );
  expect(new Set(ids).size).toBe(CALLERS.length);
  for (const { client } of clients) await client.close();
  api.close();
});
