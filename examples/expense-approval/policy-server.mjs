/** An MCP server over stdio that knows the expense policy: a limit for every category. */
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const LIMITS = { travel: 20_000, training: 10_000, equipment: 8_000, meals: 200, gifts: 0 };
const inputSchema = fromJsonSchema({
  type: "object",
  required: ["amount", "category"],
  properties: { amount: { type: "number" }, category: { type: "string", enum: Object.keys(LIMITS) } },
});

serveStdio(() => {
  const server = new McpServer({ name: "expense-policy", version: "1.0.0" });
  server.registerTool(
    "judge_claim",
    {
      title: "Judge a claim",
      description: "Whether the policy allows a claim, and why.",
      inputSchema,
      annotations: { readOnlyHint: true },
    },
    ({ amount, category }) => {
      const limit = LIMITS[category];
      const allowed = amount <= limit;
      const reason = allowed
        ? `${category}: up to ${limit} may be claimed`
        : `${category}: at most ${limit} may be claimed`;
      const judged = { allowed, limit, reason };
      return { content: [{ type: "text", text: reason }], structuredContent: judged };
    },
  );
  return server;
});
