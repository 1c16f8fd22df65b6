/* A server on the current SDK that speaks both eras, over stdio; `createDualServer` serves HTTP tests too. */
import { pathToFileURL } from "node:url";
import { Server } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";

const object = { type: "object" };

export function createDualServer() {
  const server = new Server(
    { name: "dual", version: "1.0.0" },
    { capabilities: { tools: { listChanged: true } } },
  );
  const names = [
    "echo",
    "slow",
    "fail",
    "breaks",
    "meta",
    "env",
    "grow",
    "crash",
    "progress",
    "structured",
    "picture",
  ];
  server.setRequestHandler("tools/list", () => ({
    tools: names.map((name) => ({ name, inputSchema: object })),
  }));
  server.setRequestHandler("tools/call", async (request, context) => {
    const input = request.params.arguments ?? {};
    switch (request.params.name) {
      case "echo":
        return { content: [{ type: "text", text: JSON.stringify(input) }] };
      case "slow":
        process.stderr.write("slow begins\n");
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, input.ms ?? 10_000);
          context.mcpReq.signal.addEventListener("abort", () => {
            process.stderr.write("slow was cancelled\n");
            clearTimeout(timer);
            resolve();
          });
        });
        return { content: [{ type: "text", text: "slow" }] };
      case "fail":
        return { isError: true, content: [{ type: "text", text: "the disk is full" }] };
      case "breaks":
        throw Object.assign(new Error("a broken argument"), { code: input.code });
      case "meta":
        return { content: [], structuredContent: { ...context.mcpReq._meta } };
      case "env":
        return { content: [], structuredContent: { ...process.env } };
      case "grow":
        names.push(`grown-${names.length}`);
        await server.sendToolListChanged();
        return { content: [] };
      case "crash":
        process.exit(7);
        break;
      case "progress":
        for (let progress = 1; progress <= 3; progress++) {
          await context.mcpReq.notify({
            method: "notifications/progress",
            params: {
              progressToken: context.mcpReq._meta.progressToken,
              progress,
              total: 3,
              message: `step ${progress}`,
            },
          });
        }
        return { content: [{ type: "text", text: "[1,2]" }] };
      case "structured":
        return {
          structuredContent: { ok: true, nested: { list: [1, null, "ü"] } },
          content: [
            { type: "text", text: '{"ok":true}' },
            { type: "resource_link", uri: "file:///a.txt", name: "a" },
          ],
        };
      default:
        return {
          content: [
            { type: "text", text: "a dot" },
            { type: "image", data: "iVBORw0KGgo=", mimeType: "image/png" },
            { type: "resource", resource: { uri: "test://a", mimeType: "text/plain", text: "inside" } },
          ],
        };
    }
    return { content: [] };
  });
  return server;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv[2] === "old") await createDualServer().connect(new StdioServerTransport());
  else serveStdio(createDualServer);
}
