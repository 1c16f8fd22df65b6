/**
 * An MCP server over stdio for one working copy: a copy of `project/` in `.flowgate/working-copy`, made anew at each
 * start. `merge` keeps the state of the working copy under `.flowgate/merged`.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const here = dirname(fileURLToPath(import.meta.url));
const data = join(here, ".flowgate");
const copy = join(data, "working-copy");
await rm(copy, { recursive: true, force: true });
await mkdir(data, { recursive: true });
await cp(join(here, "project"), copy, { recursive: true });

const answer = (value) => ({
  content: [{ type: "text", text: JSON.stringify(value) }],
  structuredContent: value,
});
const inside = (path) => {
  const file = resolve(copy, path);
  if (!file.startsWith(copy + sep)) throw new Error(`${path} is outside the project`);
  return file;
};
const input = (...names) =>
  fromJsonSchema({
    type: "object",
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
  });
const merges = new Map();

serveStdio(() => {
  const server = new McpServer({ name: "workspace", version: "1.0.0" });
  server.registerTool(
    "list_files",
    { description: "All files of the project.", annotations: { readOnlyHint: true } },
    async () => {
      const entries = await readdir(copy, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(copy, join(entry.parentPath, entry.name)).split(sep).join("/"));
      return answer({ files: files.sort() });
    },
  );
  server.registerTool(
    "read_file",
    { description: "One file.", inputSchema: input("path"), annotations: { readOnlyHint: true } },
    async ({ path }) => answer({ path, content: await readFile(inside(path), "utf8") }),
  );
  server.registerTool(
    "write_file",
    {
      description: "Writes one file.",
      inputSchema: input("path", "content"),
      annotations: { idempotentHint: true },
    },
    async ({ path, content }) => {
      await mkdir(dirname(inside(path)), { recursive: true });
      await writeFile(inside(path), content);
      return answer({ path, bytes: Buffer.byteLength(content) });
    },
  );
  server.registerTool(
    "merge",
    { description: "Keeps the working copy as the merged state.", inputSchema: input("summary") },
    async ({ summary }, context) => {
      // Asked twice with the same key, it answers what it answered before and merges nothing again.
      const key = context.mcpReq?._meta?.["mcp-flowgate/idempotencyKey"];
      if (key !== undefined && merges.has(key)) return answer(merges.get(key));
      await cp(copy, join(data, "merged"), { recursive: true });
      const merge = { number: merges.size + 1, summary };
      if (key !== undefined) merges.set(key, merge);
      return answer(merge);
    },
  );
  return server;
});
