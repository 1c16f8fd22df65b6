/** An MCP server over stdio with four tools for notes, one text file each. The gateway's configuration shows two of them. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const folder = new URL("notes/", import.meta.url);
const name = { type: "string", pattern: "^[a-z0-9-]{1,60}$" };
const named = fromJsonSchema({ type: "object", required: ["name"], properties: { name } });
const file = (note) => new URL(`${note}.md`, folder);
const answer = (value) => ({
  content: [{ type: "text", text: JSON.stringify(value) }],
  structuredContent: value,
});

serveStdio(() => {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  server.registerTool(
    "list_notes",
    { description: "All notes.", annotations: { readOnlyHint: true } },
    async () => {
      const names = (await readdir(folder))
        .filter((entry) => entry.endsWith(".md"))
        .map((entry) => entry.slice(0, -3));
      const notes = await Promise.all(
        names
          .sort()
          .map(async (note) => ({ note, firstLine: (await readFile(file(note), "utf8")).split("\n")[0] })),
      );
      return answer({ notes });
    },
  );
  server.registerTool(
    "read_note",
    { description: "One note.", inputSchema: named, annotations: { readOnlyHint: true } },
    async ({ name: note }) => {
      return answer({ note, text: await readFile(file(note), "utf8") });
    },
  );
  server.registerTool(
    "write_note",
    {
      description: "Writes a note.",
      inputSchema: fromJsonSchema({
        type: "object",
        required: ["name", "text"],
        properties: { name, text: { type: "string" } },
      }),
    },
    async ({ name: note, text }) => {
      await mkdir(folder, { recursive: true });
      await writeFile(file(note), text);
      return answer({ note });
    },
  );
  server.registerTool(
    "delete_note",
    { description: "Deletes a note.", inputSchema: named, annotations: { destructiveHint: true } },
    async ({ name: note }) => {
      await rm(file(note));
      return answer({ note });
    },
  );
  return server;
});
