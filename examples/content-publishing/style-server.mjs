/** An MCP server over stdio that checks a text against a small house style. The same text always gets the same answer. */
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const text = { type: "string" };
const inputSchema = fromJsonSchema({
  type: "object",
  required: ["title", "body", "audience"],
  properties: { title: text, body: text, audience: text },
});

serveStdio(() => {
  const server = new McpServer({ name: "house-style", version: "1.0.0" });
  server.registerTool(
    "check_text",
    {
      title: "Check a text",
      description: "Finds what the house style does not allow.",
      inputSchema,
      annotations: { readOnlyHint: true },
    },
    ({ title, body, audience }) => {
      const result = check(title, body, audience);
      return { content: [{ type: "text", text: JSON.stringify(result) }], structuredContent: result };
    },
  );
  return server;
});

function check(title, body, audience) {
  const words = body.split(/\s+/).filter((word) => word !== "");
  const sentences = body.split(/[.?]\s/).filter((sentence) => sentence.trim() !== "");
  const long = sentences.filter((sentence) => sentence.split(/\s+/).length > 30);
  const problems = [
    ...(words.length < 40 ? [`${words.length} words are too few; write at least 40`] : []),
    ...(words.length > 400 ? [`${words.length} words are too many; write at most 400`] : []),
    ...(/!/.test(title + body) ? ["no exclamation marks"] : []),
    ...long.map((sentence) => `a sentence of more than 30 words: "${sentence.trim().slice(0, 40)}…"`),
    ...(audience === "customers" && /\b(?:API|SDK|refactor)\b/.test(body)
      ? ["customers are not developers: no API, SDK or refactor"]
      : []),
  ];
  return { problems, words: words.length, sentences: sentences.length };
}
