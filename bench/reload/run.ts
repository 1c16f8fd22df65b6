/**
 * `pnpm bench:reload`: how long a running gateway takes to read a configuration of 200 capabilities and 20 workflows again,
 * of which one differs each time, and how many calls fail while it does so again and again under load.
 *
 *   pnpm bench:reload 30 1000 10     reloads, calls a second, seconds
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const gateway = resolve(import.meta.dirname, "../../apps/gateway/bin/mcp-flowgate.mjs");
const [reloads, rate, seconds] = [30, 1000, 10].map((usual, at) => Number(process.argv[2 + at] ?? usual));
const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));
const file = join(folder, "gateway.yaml");
const KEY = "a-key-of-some-length";

const configOf = (turn: number): string => `version: "1.0.0"
server: { admin: { listen: "127.0.0.1:9", inline: true } }
limits: { concurrentCalls: 5000 }
identity: { kind: apiKeys, keys: [{ id: bench, key: "\${KEY}", subject: bench, permissions: ["gateway.*"] }] }
connections: { api: { kind: http, baseUrl: "http://127.0.0.1:1" } }
proxy:
  expose:
    - { name: hello.echo, executor: { kind: noop } }
${Array.from(
  { length: 199 },
  (_, n) => `    - name: orders.of_kind_${n}
      description: Lists the orders of kind ${n === 0 ? `0, edition ${turn}` : n} that a customer placed.
      inputSchema: { type: object, required: [customer], properties: { customer: { type: string, maxLength: 40 }, limit: { type: integer, minimum: 1, maximum: 100 } } }
      guards: [{ kind: expr, expr: "size($.arguments.customer) > 2" }]
      executor: { kind: http, connection: api, path: "/orders/${n}/{customer}", effect: read }`,
).join("\n")}
workflows:
${Array.from(
  { length: 20 },
  (_, n) =>
    `  flow_${n}: { initialState: a, states: { a: { transitions: { go: { target: b, executor: { kind: noop } } } }, b: { transitions: { on: { target: c } } }, c: { terminal: true } } }`,
).join("\n")}
`;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
let origin = "";

function ask(
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((done, failed) => {
    const headers = {
      authorization: `Bearer ${KEY}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const sent = request(`${origin}${path}`, { method, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => done({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", failed);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const cpuSeconds = async (): Promise<number> =>
  Number(/^flowgate_process_cpu_seconds_total\S* (\S+)/m.exec((await ask("GET", "/metrics")).text)?.[1]);

async function reload(turn: number): Promise<number> {
  writeFileSync(file, configOf(turn));
  const begin = performance.now();
  const { status, text } = await ask("POST", "/admin/reload");
  if (status !== 200 || !text.includes("orders.of_kind_0")) throw new Error(`reload: ${status} ${text}`);
  return performance.now() - begin;
}

const call = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "workflow.start", arguments: { definitionId: "hello.echo", input: { message: "hello" } } },
};

writeFileSync(file, configOf(0));
const child = spawn(process.execPath, [gateway, "serve", "-c", file, "--listen", "127.0.0.1:0"], {
  env: { ...process.env, KEY },
  stdio: ["ignore", "ignore", "pipe"],
});
try {
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  while (origin === "") {
    if (child.exitCode !== null) throw new Error(log);
    origin = /endpoint=(\S+)\/mcp/.exec(log)?.[1] ?? "";
    await new Promise((turn) => setTimeout(turn, 20));
  }
  const shown = (value: number): string => value.toFixed(1).padStart(8);
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
  );

  let turn = 0;
  for (let warm = 0; warm < 5; warm += 1) await reload((turn += 1));
  const before = await cpuSeconds();
  const times: number[] = [];
  for (let n = 0; n < reloads!; n += 1) times.push(await reload((turn += 1)));
  const cpu = ((await cpuSeconds()) - before) / reloads!;
  times.sort((left, right) => left - right);
  console.log(`reload of 200 capabilities, ${reloads} times`);
  console.log(`  median ${shown(times[times.length >> 1]!)} ms`);
  console.log(`  p95    ${shown(times[Math.floor(times.length * 0.95)]!)} ms`);
  console.log(`  cpu    ${shown(cpu * 1000)} ms each`);

  let [sent, failed, answered, loaded] = [0, 0, 0, 0];
  const begin = performance.now();
  const pending = new Set<Promise<void>>();
  let reloading: Promise<void> | undefined;
  while (performance.now() - begin < seconds! * 1000) {
    const due = Math.floor(((performance.now() - begin) / 1000) * rate!);
    for (; sent < due; sent += 1) {
      const one = ask("POST", "/mcp", call)
        .then(
          ({ status, text }) =>
            void (status === 200 && text.includes("hello") ? (answered += 1) : (failed += 1)),
        )
        .catch(() => void (failed += 1))
        .finally(() => pending.delete(one));
      pending.add(one);
    }
    reloading ??= reload((turn += 1)).then(() => {
      loaded += 1;
      reloading = undefined;
    });
    await new Promise((next) => setTimeout(next, 2));
  }
  await Promise.all(pending);
  await reloading;
  const took = (performance.now() - begin) / 1000;
  console.log(`${rate} calls a second for ${seconds} s, reloading without a pause`);
  console.log(
    `  ${sent} sent, ${answered} answered (${Math.round(answered / took)}/s), ${failed} failed, ${loaded} reloads`,
  );
} finally {
  child.kill("SIGTERM");
  agent.destroy();
  rmSync(folder, { recursive: true, force: true });
}
