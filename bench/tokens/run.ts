/**
 * What a model pays, in tokens of o200k, for finding and using one of 500 real tools: a real MCP server behind the real gateway, over
 * stdio. Prints the table, or JSON with `--json`, and ends with code 1 where a figure is over its ceiling.
 *
 *   node --conditions=@mcp-flowgate/source bench/tokens/run.ts
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { evalFolder, loadSet } from "../search/eval-sets.ts";
import { exampleOf, readTools } from "./tools.ts";

const TOOLS = 500;
const gateway = resolve(import.meta.dirname, "../../apps/gateway/bin/mcp-flowgate.mjs");
const sets = evalFolder();
const file = join(sets, "livemcp/tools.jsonl");
const tools = readTools(readFileSync(file, "utf8"), TOOLS);
/** `--every N`: only every Nth request, for a quick look. */
const every = Number(process.argv[process.argv.indexOf("--every") + 1] ?? 1) || 1;
const queries = loadSet(sets, "livemcp")
  .queries.filter(({ source }) => source !== "task")
  .filter((_, at) => at % every === 0);

/** One figure: its mean and largest over what was measured, and what the largest (or, where so said, the mean) must not exceed. */
interface Figure {
  readonly what: string;
  readonly mean: number;
  readonly most: number;
  readonly ceiling: number;
  readonly of: "mean" | "most";
}

const tokens = (value: unknown): number =>
  countTokens(typeof value === "string" ? value : JSON.stringify(value));

const folder = mkdtempSync(join(tmpdir(), "flowgate-tokens-"));
try {
  const figures = await measure();
  const plain = tokens(tools);
  if (process.argv.includes("--json")) console.log(JSON.stringify({ tools: tools.length, plain, figures }));
  else console.log(toTable(figures, plain));
  if (figures.some(({ of, ceiling, ...figure }) => figure[of] > ceiling)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<readonly Figure[]> {
  const config = join(folder, "gateway.yaml");
  const server = [join(import.meta.dirname, "tool-server.ts"), file, String(TOOLS)];
  writeFileSync(
    config,
    JSON.stringify({
      version: "1.0.0",
      connections: { many: { kind: "mcp", command: process.execPath, args: server } },
      proxy: { import: [{ connection: "many" }] },
    }),
  );
  const client = new Client({ name: "bench-tokens", version: "1.0.0" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [gateway, "serve", "-c", config, "--transport", "stdio"],
      stderr: "ignore",
    }),
  );
  try {
    return await measureCalls(client);
  } finally {
    await client.close();
  }
}

/** What is read of an answer. */
interface Body {
  readonly items: readonly { readonly id: string }[];
  readonly result: { readonly status: string };
  readonly workflow: { readonly id: string };
}

/** What a call costs: the arguments that the model writes and the answer's text that it reads. */
async function pay(client: Client, name: string, args: Record<string, unknown>) {
  const result = await client.callTool({ name, arguments: args });
  const [content] = result.content;
  const text = content?.type === "text" ? content.text : "";
  return { cost: tokens(args) + tokens(text), answer: tokens(text), body: JSON.parse(text) as Body };
}

async function measureCalls(client: Client): Promise<readonly Figure[]> {
  const hits: number[] = [];
  const searches: number[] = [];
  const short: number[] = [];
  const long: number[] = [];
  for (const { query } of queries) {
    const found = await pay(client, "gateway.search", { query });
    if (found.body.items.length === 5) {
      hits.push(tokens(found.body.items));
      searches.push(found.answer);
    }
    const [hit] = found.body.items;
    if (hit === undefined) continue;
    const schema = tools.find(({ name }) => name === hit.id)?.inputSchema;
    const ran = await pay(client, "workflow.start", { definitionId: hit.id, input: exampleOf(schema ?? {}) });
    if (ran.body.result.status !== "completed") continue;
    short.push(found.cost + ran.cost);
    const described = await pay(client, "gateway.describe", { id: hit.id });
    const read = await pay(client, "workflow.get", { workflowId: ran.body.workflow.id });
    long.push(found.cost + described.cost + ran.cost + read.cost);
  }
  if (short.length < queries.length / 2)
    throw new Error(`only ${short.length} of ${queries.length} requests came to a result`);
  const session = await pay(client, "workflow.start", {});
  const explained = await pay(client, "workflow.explain", { definitionId: "proxy_default" });
  const listed = await pay(client, "gateway.search", { query: "", limit: 50 });
  const home = await pay(client, "gateway.home", {});
  const definitions = tokens(
    (await client.listTools()).tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    })),
  );
  return [
    figure("the seven definitions", [definitions], 600),
    figure("gateway.home", [home.answer], 400),
    figure("five hits", hits, 500, "mean"),
    figure("gateway.search with five hits, whole", searches, 520, "mean"),
    figure("search, start and its result", short, 2_000),
    figure("search, describe, start and its result, get", long, 4_000),
    figure("search, describe, start and its result, get: mean", long, 2_000, "mean"),
    figure("workflow.start of proxy_default", [session.answer], 1_500),
    figure("workflow.explain of proxy_default", [explained.answer], 800),
    figure("gateway.search, a list of 50", [listed.answer], 8_000),
  ];
}

function figure(what: string, values: readonly number[], ceiling: number, of: Figure["of"] = "most"): Figure {
  const mean = Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
  return { what, mean, most: Math.max(...values), ceiling, of };
}

function toTable(figures: readonly Figure[], plain: number): string {
  return [
    `${tools.length} tools; their plain listing costs ${plain} tokens (o200k).`,
    "",
    "| what | mean | most | ceiling |",
    "|---|---|---|---|",
    ...figures.map(
      ({ what, mean, most, ceiling, of }) => `| ${what} | ${mean} | ${most} | ${ceiling} (${of}) |`,
    ),
  ].join("\n");
}
