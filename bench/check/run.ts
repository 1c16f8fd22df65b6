// How long the checker takes and how much memory: a small file as a whole process, and generated configurations of
// growing size in one process. Run: node --conditions=@mcp-flowgate/source bench/check/run.ts [workflows…]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileConfig } from "@mcp-flowgate/config-compiler";
import { createNodeDigest, createNodeReader, TEMPLATES } from "flowgate-check";

const STATES = 20;
const folder = mkdtempSync(join(tmpdir(), "flowgate-bench-"));

try {
  wholeProcess();
  await slope(process.argv.slice(2).map(Number).filter(Boolean));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The best of several: the machine's own noise only ever adds. */
function wholeProcess(): void {
  const file = join(folder, "small.yaml");
  writeFileSync(file, TEMPLATES["production-sqlite"]?.text ?? "");
  const main = join(import.meta.dirname, "../../apps/checker/bin/flowgate-check.mjs");
  const times = Array.from({ length: 7 }, () => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [main, file], { encoding: "utf8" });
    if (status !== 0) throw new Error(`the checker ended with ${status}: ${stderr}`);
    return performance.now() - started;
  }).sort((a, b) => a - b);
  console.log(
    `a 100-line file as a whole process: best ${ms(times[0])}, median ${ms(times[3])} (target 300 ms)`,
  );
}

async function slope(sizes: readonly number[]): Promise<void> {
  const rows: {
    readonly workflows: number;
    readonly megabytes: number;
    readonly milliseconds: number;
    readonly cpu: number;
  }[] = [];
  for (const workflows of sizes.length > 0 ? sizes : [100, 300, 1000]) {
    const text = generate(workflows);
    const file = join(folder, `${workflows}.yaml`);
    writeFileSync(file, text);
    const before = process.cpuUsage();
    const started = performance.now();
    const { plan, diagnostics } = await compileConfig({
      files: [file],
      reader: createNodeReader(),
      env: () => undefined,
      digest: createNodeDigest(),
    });
    const milliseconds = performance.now() - started;
    if (plan === undefined) throw new Error(JSON.stringify(diagnostics.slice(0, 3)));
    const { user, system } = process.cpuUsage(before);
    const row = { workflows, megabytes: text.length / 1e6, milliseconds, cpu: (user + system) / 1000 };
    rows.push(row);
    const memory = process.memoryUsage.rss() / 1024 / 1024;
    console.log(
      `${workflows} workflows of ${STATES} states, ${row.megabytes.toFixed(1)} MB: ${ms(milliseconds)} (${ms(row.cpu)} of processor), resident ${memory.toFixed(0)} MiB`,
    );
  }
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined || first === last) return;
  const growth = Math.log(last.cpu / first.cpu) / Math.log(last.megabytes / first.megabytes);
  console.log(`processor time grows with size to the power of ${growth.toFixed(2)} (1 is linear)`);
}

function ms(value: number | undefined): string {
  return `${Math.round(value ?? 0)} ms`;
}

function generate(workflows: number): string {
  const lines = [
    'version: "1.0.0"',
    "identity: { kind: jwt, issuer: https://login.example.com, audience: bench }",
    "connections: { api: { kind: http, baseUrl: https://api.example.com } }",
    "workflows:",
  ];
  for (let workflow = 0; workflow < workflows; workflow += 1) {
    lines.push(
      `  wf_${workflow}:`,
      `    title: Workflow number ${workflow}`,
      "    description: Made to measure the compiler with something that looks like the real thing.",
      "    inputSchema:",
      "      type: object",
      "      required: [service]",
      "      properties: { service: { type: string }, count: { type: integer, default: 1 } }",
      "    initialState: s0",
      "    states:",
    );
    for (let state = 0; state < STATES - 1; state += 1) {
      lines.push(
        `      s${state}:`,
        "        goal: Reach the next state",
        "        guidance: Look at the context before going on, then submit one of the links below.",
        "        transitions:",
        "          next:",
        "            title: Go to the next state",
        `            target: s${state + 1}`,
        "            guards:",
        `              - { kind: expr, expr: "$.workflow.input.count > 0 && $.context.step != ${state}" }`,
        `              - { kind: permission, permission: bench.step.${state} }`,
        "            inputSchema:",
        "              type: object",
        "              properties:",
        "                note: { type: string }",
        "            executor:",
        "              kind: http",
        "              connection: api",
        `              path: "/services/{service}/steps/${state}"`,
        "            output:",
        '              step: "$.output.body.step"',
        "              seen: true",
        "          stop:",
        `            target: s${STATES - 1}`,
        "            actor: human",
      );
    }
    lines.push(`      s${STATES - 1}: { terminal: true }`);
  }
  return `${lines.join("\n")}\n`;
}
