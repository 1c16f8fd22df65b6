/**
 * `pnpm bench`: calls per second and latency of a no-op capability through the gateway, over stdio and HTTP and in
 * both protocol eras, beside the same call to a bare SDK server, all in one run on one machine.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const here = dirname(fileURLToPath(import.meta.url));
const gateway = resolve(here, "../../apps/gateway/bin/mcp-flowgate.mjs");
const calls = Number(process.argv[2] ?? 2000);
const CONFIG = `version: "1.0.0"
proxy:
  expose:
    - name: hello.echo
      inputSchema: { type: object, properties: { message: { type: string } } }
      executor: { kind: noop }
telemetry: { logs: { level: info } }
`;
const ERAS = ["2026-07-28", "2025-11-25"] as const;
const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));
const config = join(folder, "hello.yaml");
writeFileSync(config, CONFIG);

type Subject = {
  readonly name: string;
  readonly args: readonly string[];
  readonly tool: string;
  readonly input: Record<string, unknown>;
};
const subjects = (transport: "stdio" | "http"): readonly Subject[] => [
  {
    name: "bare SDK server",
    args: [join(here, "bare-server.ts"), transport],
    tool: "echo",
    input: { message: "hello" },
  },
  {
    name: "mcp-flowgate",
    args: [
      gateway,
      "serve",
      "-c",
      config,
      ...(transport === "http" ? ["--listen", "127.0.0.1:0"] : ["--transport", "stdio"]),
    ],
    tool: "workflow.start",
    input: { definitionId: "hello.echo", input: { message: "hello" } },
  },
];

try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}, ${calls} calls a row\n`,
  );
  console.log("| transport | era | concurrency | server | calls/s | p50 ms | p99 ms | ratio |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const transport of ["stdio", "http"] as const) {
    for (const era of ERAS) for (const concurrency of [1, 64]) await compare(transport, era, concurrency);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(
  transport: "stdio" | "http",
  era: (typeof ERAS)[number],
  concurrency: number,
): Promise<void> {
  let base: number | undefined;
  for (const subject of subjects(transport)) {
    const { client, stop } = await connect(transport, era, subject);
    try {
      await measure(client, subject, Math.ceil(calls / 5), concurrency);
      const { rate, p50, p99 } = await measure(client, subject, calls, concurrency);
      base ??= rate;
      console.log(
        `| ${transport} | ${era} | ${concurrency} | ${subject.name} | ${Math.round(rate)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${(rate / base).toFixed(2)} |`,
      );
    } finally {
      await stop();
    }
  }
}

async function connect(
  transport: "stdio" | "http",
  era: (typeof ERAS)[number],
  subject: Subject,
): Promise<{ client: Client; stop: () => Promise<void> }> {
  const client = new Client(
    { name: "bench", version: "1.0.0" },
    { versionNegotiation: { mode: era === "2026-07-28" ? { pin: era } : "legacy" } },
  );
  if (transport === "stdio") {
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [...subject.args], stderr: "ignore" }),
    );
    return { client, stop: () => client.close() };
  }
  const child = spawn(process.execPath, [...subject.args], { stdio: ["ignore", "ignore", "pipe"] });
  await client.connect(new StreamableHTTPClientTransport(new URL(await endpointOf(child))));
  return {
    client,
    async stop() {
      await client.close();
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let text = "";
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}: ${text}`)));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const match = /endpoint=(\S+)\s/.exec(text);
      if (match?.[1] !== undefined) found(match[1]);
    });
  });
}

async function measure(
  client: Client,
  subject: Subject,
  count: number,
  concurrency: number,
): Promise<{ rate: number; p50: number; p99: number }> {
  const times: number[] = [];
  let left = count;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const at = performance.now();
      const result = await client.callTool({ name: subject.tool, arguments: subject.input });
      if (result.isError === true) throw new Error(JSON.stringify(result.structuredContent));
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { rate: count / seconds, p50: at(0.5), p99: at(0.99) };
}
