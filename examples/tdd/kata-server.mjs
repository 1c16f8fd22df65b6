/**
 * An MCP server over stdio for one small project: a copy of `kata/` in `.flowgate/kata`, which `start_over` makes anew.
 * Tests and sources are written by different tools, so that a workflow can allow one and not the other.
 */
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const here = dirname(fileURLToPath(import.meta.url));
const project = join(here, ".flowgate", "kata");
const answer = (value) => ({
  content: [{ type: "text", text: JSON.stringify(value) }],
  structuredContent: value,
});
const file = fromJsonSchema({
  type: "object",
  required: ["name", "content"],
  properties: { name: { type: "string", pattern: "^[a-z-]{1,40}$" }, content: { type: "string" } },
});

serveStdio(() => {
  const server = new McpServer({ name: "kata", version: "1.0.0" });
  server.registerTool(
    "start_over",
    { description: "Makes the copy anew.", annotations: { idempotentHint: true } },
    async () => {
      await rm(project, { recursive: true, force: true });
      await cp(join(here, "kata"), project, { recursive: true });
      return answer({ copied: "kata" });
    },
  );
  server.registerTool(
    "read_project",
    { description: "All sources and tests.", annotations: { readOnlyHint: true } },
    async () => {
      const files = [];
      for (const folder of ["src", "test"])
        for (const name of (await readdir(join(project, folder))).sort())
          files.push({
            path: `${folder}/${name}`,
            content: await readFile(join(project, folder, name), "utf8"),
          });
      return answer({ files });
    },
  );
  for (const [tool, folder, ending] of [
    ["write_test", "test", ".test.mjs"],
    ["write_source", "src", ".mjs"],
  ]) {
    server.registerTool(
      tool,
      {
        description: `Writes a file of ${folder}/.`,
        inputSchema: file,
        annotations: { idempotentHint: true },
      },
      async ({ name, content }) => {
        await writeFile(join(project, folder, `${name}${ending}`), content);
        return answer({ path: `${folder}/${name}${ending}`, bytes: Buffer.byteLength(content) });
      },
    );
  }
  return server;
});
