/**
 * `pnpm bench:audit-gateway`: what recording and telemetry take of the gateway's calls per second, at 64 at once over HTTP.
 * Every variant is a process of its own; they run by turns, and the ratios are the medians over the rounds.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const bin = resolve(dirname(fileURLToPath(import.meta.url)), "../../apps/gateway/bin/mcp-flowgate.mjs");
const rounds = Number(process.argv[2] ?? 7);
const CALLS = 1000;
const AT_ONCE = 64;

const collector = createServer((request, response) =>
  request.resume().on("end", () => response.writeHead(200).end("{}")),
);
await new Promise<void>((done) => collector.listen(0, "127.0.0.1", done));
const otlp = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

const VARIANTS: readonly (readonly [name: string, settings: string])[] = [
  ["nothing", "telemetry: { metrics: { prometheus: false } }"],
  ["metrics", ""],
  ["metrics and traces of every call", `telemetry: { traces: { otlp: "${otlp}" } }`],
  [
    "audit file, fsync, fail_closed",
    "audit: { sinks: [{ kind: file, path: audit.jsonl }], onFailure: fail_closed }\ntelemetry: { metrics: { prometheus: false } }",
  ],
];

const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));
const running: { readonly name: string; readonly child: ChildProcess; readonly client: Client }[] = [];
try {
  for (const [index, [name, settings]] of VARIANTS.entries())
    running.push(await start(index, name, settings));
  for (const { client } of running) await run(client, CALLS);
  const rates = running.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, { client }] of running.entries()) rates[index]?.push(await run(client, CALLS));
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${rounds} rounds of ${CALLS} calls, ${AT_ONCE} at once\n`,
  );
  console.log("| variant | calls/s | of nothing |\n|---|---|---|");
  for (const [index, { name }] of running.entries()) {
    const mine = rates[index] ?? [];
    const ratios = mine.map((rate, round) => rate / (rates[0]?.[round] ?? rate));
    console.log(`| ${name} | ${Math.round(median(mine))} | ${(100 * median(ratios)).toFixed(0)} % |`);
  }
} finally {
  for (const { client, child } of running) {
    await client.close();
    child.kill("SIGTERM");
  }
  collector.close();
  rmSync(folder, { recursive: true, force: true });
}

async function start(index: number, name: string, settings: string): Promise<(typeof running)[number]> {
  const config = join(folder, `${index}.yaml`);
  writeFileSync(
    config,
    `version: "1.0.0"\nproxy: { expose: [{ name: hello.echo, executor: { kind: noop } }] }\n${settings}\n`,
  );
  const child = spawn(process.execPath, [bin, "serve", "-c", config, "--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const endpoint = await new Promise<string>((found, failed) => {
    let text = "";
    child.once("exit", () => failed(new Error(`the gateway ended: ${text}`)));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const match = /endpoint=(\S+)\s/.exec(text);
      if (match?.[1] !== undefined) found(match[1]);
    });
  });
  const client = new Client({ name: "bench", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint)));
  return { name, child, client };
}

/** Calls per second. */
async function run(client: Client, calls: number): Promise<number> {
  let left = calls;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const result = await client.callTool({
        name: "workflow.start",
        arguments: { definitionId: "hello.echo", input: { message: "x" } },
      });
      if (result.isError === true) throw new Error(JSON.stringify(result.structuredContent));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return calls / ((performance.now() - began) / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
