/**
 * `pnpm bench:others`: one echo tool of an MCP server over stdio, called over HTTP through this gateway and through another
 * program that stands in front of such servers, beside the same tool served over HTTP itself, all in one run. The other one is
 * installed from the registry into a folder of its own, which is removed afterwards.
 *
 *   pnpm bench:others 4000          calls a row
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cpuMs, ERAS, load, residentMb, start, stop, type Call } from "../http/load.ts";

const OTHER = "mcp-proxy";
const calls = Number(process.argv[2] ?? 4000);
const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));
const echoServer = resolve(import.meta.dirname, "../gateway/bare-server.ts");
const published = join(folder, "package");
const config = join(folder, "gateway.yaml");
const CONFIG = `version: "1.0.0"
connections: { bare: { kind: mcp, command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(echoServer)}] } }
proxy: { expose: [{ name: hello.echo, executor: { kind: mcp, connection: bare, tool: echo, effect: read } }] }
telemetry: { logs: { level: info } }
`;

const input = { message: "hello" };
const asTool: Call = { tool: "echo", input };
const asCapability: Call = { tool: "workflow.start", input: { definitionId: "hello.echo", input } };

try {
  execFileSync(process.execPath, [resolve(import.meta.dirname, "../../tools/bundle.mjs"), published], {
    stdio: "ignore",
  });
  writeFileSync(config, CONFIG);
  writeFileSync(join(folder, "package.json"), "{}");
  execFileSync("npm", ["install", OTHER, "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: folder,
    stdio: "ignore",
  });
  const about = join(folder, "node_modules", OTHER, "package.json");
  const { version, bin } = JSON.parse(readFileSync(about, "utf8")) as {
    readonly version: string;
    readonly bin: string | { readonly [name: string]: string };
  };
  const program = join(folder, "node_modules", OTHER, typeof bin === "string" ? bin : (bin[OTHER] ?? ""));
  const port = await freePort();
  const front = ["--host", "127.0.0.1", "--port", String(port), "--server", "stream", "--stateless"];
  const subjects = [
    {
      name: "the tool itself, over HTTP",
      call: asTool,
      ...(await start([echoServer, "http"])),
    },
    {
      name: `${OTHER} ${version}`,
      call: asTool,
      ...(await start(
        [program, ...front, "--", process.execPath, echoServer],
        new URL(`http://127.0.0.1:${port}/mcp`),
      )),
    },
    {
      name: "mcp-flowgate",
      call: asCapability,
      ...(await start([
        join(published, "bin/mcp-flowgate.mjs"),
        "serve",
        "-c",
        config,
        "--listen",
        "127.0.0.1:0",
      ])),
    },
  ];
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}, ${calls} calls a row\n`,
  );
  console.log("| era | concurrency | called through | calls/s | p50 ms | p99 ms | CPU ms a call |");
  console.log("|---|---|---|---|---|---|---|");
  for (const era of ERAS)
    for (const concurrency of [1, 64])
      for (const { name, call, url, child } of subjects) {
        await load(url, era, call, Math.ceil(calls / 4), concurrency);
        const before = cpuMs(child);
        const { rate, p50, p99 } = await load(url, era, call, calls, concurrency);
        const cpu = ((cpuMs(child) - before) / calls).toFixed(2);
        console.log(
          `| ${era} | ${concurrency} | ${name} | ${Math.round(rate)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${cpu} |`,
        );
      }
  console.log("\n| called through | resident memory after the load |\n|---|---|");
  for (const { name, child } of subjects) console.log(`| ${name} | ${Math.round(residentMb(child))} MB |`);
  await Promise.all(subjects.map(({ child }) => stop(child)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
