/**
 * `pnpm bench:http`: what the gateway as it is published costs over HTTP, without a client library in the way. A no-op
 * capability with and without one guard and an audit file, in both protocol eras, beside one echo tool on the bare SDK, all in
 * one run; the memory that is left after the load; idle connections, what each takes and that calls go on beside
 * them; and the time from the start of the process to an answer of `/health`, as published and from a checkout.
 *
 *   pnpm bench:http 4000          calls a row
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openIdle } from "./idle.ts";
import { cpuMs, ERAS, load, residentMb, start, stop, type Call } from "./load.ts";

const here = dirname(fileURLToPath(import.meta.url));
const checkout = resolve(here, "../../apps/gateway/bin/mcp-flowgate.mjs");
const calls = Number(process.argv[2] ?? 4000);
const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));
const published = join(folder, "package");
execFileSync(process.execPath, [resolve(here, "../../tools/bundle.mjs"), published], { stdio: "ignore" });
const gateway = join(published, "bin/mcp-flowgate.mjs");
const IDLE = 10_000;

const capability = (guards: string): string => `version: "1.0.0"
proxy:
  expose:
    - name: hello.echo
      inputSchema: { type: object, properties: { message: { type: string } } }
      executor: { kind: noop }${guards}
`;
const GUARDED = `${capability('\n      guards: [{ kind: expr, expr: "size($.arguments.message) > 0" }]')}audit: { sink: file, path: ${join(folder, "audit.jsonl")}, onFailure: fail_closed }
`;
const LAZY = `version: "1.0.0"
connections:
${Array.from({ length: 10 }, (_, index) => `  lazy${index}: { kind: mcp, command: node, args: [-e, "0"] }`).join("\n")}
proxy:
  expose:
${Array.from({ length: 10 }, (_, index) => `    - { name: tool${index}, executor: { kind: mcp, connection: lazy${index}, tool: t } }`).join("\n")}
`;

interface Subject extends Call {
  readonly name: string;
  readonly args: readonly string[];
}

const serve = (name: string, yaml: string, program = gateway): readonly string[] => {
  const file = join(folder, name);
  writeFileSync(file, `${yaml}telemetry: { logs: { level: info } }\n`);
  return [program, "serve", "-c", file, "--listen", "127.0.0.1:0"];
};
const echo = { definitionId: "hello.echo", input: { message: "hello" } };
const SUBJECTS: readonly Subject[] = [
  {
    name: "bare SDK server",
    args: [resolve(here, "../gateway/bare-server.ts"), "http"],
    tool: "echo",
    input: { message: "hello" },
  },
  { name: "mcp-flowgate", args: serve("plain.yaml", capability("")), tool: "workflow.start", input: echo },
  {
    name: "mcp-flowgate, guard and audit file",
    args: serve("guarded.yaml", GUARDED),
    tool: "workflow.start",
    input: echo,
  },
];

try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}, ${calls} calls a row\n`,
  );
  const running = await Promise.all(
    SUBJECTS.map(async (subject) => ({ subject, ...(await start(subject.args)) })),
  );
  console.log("| era | concurrency | server | calls/s | p50 ms | p99 ms | CPU ms a call | ratio |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const era of ERAS) {
    for (const concurrency of [1, 64]) {
      let base: number | undefined;
      for (const { subject, url, child } of running) {
        await load(url, era, subject, Math.ceil(calls / 4), concurrency);
        const before = cpuMs(child);
        const { rate, p50, p99 } = await load(url, era, subject, calls, concurrency);
        base ??= rate;
        const cpu = ((cpuMs(child) - before) / calls).toFixed(2);
        console.log(
          `| ${era} | ${concurrency} | ${subject.name} | ${Math.round(rate)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${cpu} | ${(rate / base).toFixed(2)} |`,
        );
      }
    }
  }
  console.log("\n| server | resident memory after the load |\n|---|---|");
  for (const { subject, child } of running)
    console.log(`| ${subject.name} | ${Math.round(residentMb(child))} MB |`);
  await Promise.all(running.map(({ child }) => stop(child)));
  await measureIdle();
  console.log("\n| start to /health with ten lazy connections, median of 7 | ms | CPU ms |\n|---|---|---|");
  const ways = [
    { name: "as published", args: serve("lazy.yaml", LAZY), taken: [] as Start[] },
    { name: "a checkout", args: serve("lazy.yaml", LAZY, checkout), taken: [] as Start[] },
  ];
  // The first of each fills the cache of compiled code.
  for (let turn = 0; turn < 8; turn += 1)
    for (const { args, taken } of ways) {
      const start = await timeToHealth(args);
      if (turn > 0) taken.push(start);
    }
  for (const { name, taken } of ways)
    console.log(
      `| ${name} | ${Math.round(median(taken.map(({ ms }) => ms)))} | ${median(taken.map(({ cpu }) => cpu))} |`,
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Node lets a process have as many files open as the system's hard limit says; fewer connections are opened where that is low. */
async function measureIdle(): Promise<void> {
  const subject = SUBJECTS[1] as Subject;
  const { child, url } = await start(subject.args);
  await load(url, "2025-11-25", subject, 500, 8);
  const before = residentMb(child);
  const idle = await openIdle(url, IDLE);
  const { rate, p50 } = await load(url, "2025-11-25", subject, Math.ceil(calls / 4), 8);
  const kb = ((residentMb(child) - before) * 1024) / IDLE;
  console.log(
    `\n${idle.held()} of ${IDLE} idle connections held while ${Math.ceil(calls / 4)} calls were made at 8 at once (${Math.round(rate)} calls/s, p50 ${p50.toFixed(2)} ms); ${await idle.ask()} answered again; ${kb.toFixed(1)} KB of resident memory each, ${Math.round(residentMb(child))} MB in all.`,
  );
  idle.close();
  await stop(child);
}

interface Start {
  readonly ms: number;
  readonly cpu: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function timeToHealth(args: readonly string[]): Promise<Start> {
  const began = performance.now();
  const { child, url } = await start(args);
  await new Promise<void>((done, failed) => {
    request(new URL("/health", url), (response) => {
      response.resume().once("end", done);
    })
      .once("error", failed)
      .end();
  });
  const taken = { ms: performance.now() - began, cpu: cpuMs(child) };
  await stop(child);
  return taken;
}
