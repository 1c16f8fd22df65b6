/* A server of the old era, written by hand, that misbehaves as its first argument says. */
import { createInterface } from "node:readline";
import { appendFileSync, closeSync } from "node:fs";

const mode = process.argv[2];
const journal = process.argv[3];
if (journal !== undefined) appendFileSync(journal, `${process.pid}\n`);

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tool = (name, rest = {}) => ({ name, inputSchema: { type: "object" }, ...rest });
const reply = (id, text) => send({ id, result: { content: [{ type: "text", text }] } });

if (mode === "unstoppable") {
  process.on("SIGTERM", () => undefined);
  setInterval(() => undefined, 1000);
}
if (mode === "garbage") {
  for (let line = 0; line < 5000; line++)
    process.stdout.write(`Loading module ${line} …\n{"half": \n\n42\n"text"\n[1]\n`);
}
if (mode === "noisy-stderr") {
  for (let line = 0; line < 20_000; line++)
    process.stderr.write(`\u001b[31mwarning ${line}\u001b[0m\u0007\n`);
}

let calls = 0;
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (mode === "mute") return;
  if (method === "server/discover") {
    if (mode === "ends-at-question") process.exit(1);
    if (mode === "silent-at-question") return;
    send({ id, error: { code: -32601, message: "Method not found" } });
  } else if (method === "initialize") {
    send({
      id,
      result: {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: "rough", version: "1" },
      },
    });
  } else if (method === "tools/list") {
    list(id, params);
  } else if (method === "tools/call") {
    calls++;
    call(id, params);
  } else if (method === "ping" && mode !== "no-ping") {
    send({ id, result: {} });
  }
});

function list(id, params) {
  switch (mode) {
    case "bad-tools":
      send({
        id,
        result: {
          tools: [
            tool("good", {
              description: "A good tool",
              title: "Good",
              annotations: { readOnlyHint: true },
              extra: 1,
            }),
            tool("good", { description: "Another one" }),
            { name: "no-schema" },
            { name: "array-schema", inputSchema: [] },
            { name: "string-schema", inputSchema: { type: "string" } },
            { inputSchema: { type: "object" } },
            tool("line\nbreak"),
            tool("x".repeat(300)),
            tool("odd-output", { outputSchema: 7 }),
            null,
            "text",
          ],
        },
      });
      return;
    case "many-tools":
      send({ id, result: { tools: Array.from({ length: 12_000 }, (_, index) => tool(`tool-${index}`)) } });
      return;
    case "endless-pages": {
      const page = Number(params?.cursor ?? "0");
      send({ id, result: { tools: [tool(`page-${page}`)], nextCursor: String(page + 1) } });
      return;
    }
    case "circle":
      send({ id, result: { tools: [tool(`t-${params?.cursor ?? "first"}`)], nextCursor: "again" } });
      return;
    default:
      send({ id, result: { tools: [tool("anything")] } });
  }
}

function call(id, params) {
  switch (mode) {
    case "twice":
      reply(id, "first");
      reply(id, "second");
      reply(9999, "unasked");
      return;
    case "huge":
      process.stdout.write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`);
      for (let part = 0; part < 100; part++) process.stdout.write("x".repeat(1024 * 1024));
      process.stdout.write('"}]}}\n');
      return;
    case "flood": {
      const spam =
        `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" })}\n`.repeat(1000);
      const pour = () => {
        while (process.stdout.write(spam));
        process.stdout.once("drain", pour);
      };
      pour();
      return;
    }
    case "dies":
      if (calls === 1 && params.name !== "safe") process.exit(9);
      reply(id, "alive");
      return;
    case "changes":
      setInterval(() => send({ method: "notifications/tools/list_changed" }), 20);
      reply(id, "changing");
      return;
    case "deaf":
      // It goes on running, and nobody can tell it anything any more.
      process.stdin.once("close", () => {
        closeSync(0);
        reply(id, String(process.pid));
      });
      process.stdin.destroy();
      setInterval(() => undefined, 1000);
      return;
    case "never":
      return;
    default:
      setTimeout(() => reply(id, String(process.pid)), Number(params.arguments?.ms ?? 0));
  }
}
