import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPostgres } from "@mcp-flowgate/testkit";
import { buildReplica } from "./fleet.ts";
import { AHEAD, runChaos, type ChaosReport } from "./run.ts";
import type { StoreSpec } from "./stores.ts";

/** The long run: kills as many processes as asked, and writes its report into the documentation. */
const PAGE = new URL("../../docs/reliability.md", import.meta.url);

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "sqlite" },
    kills: { type: "string", default: "10000" },
    replicas: { type: "string", default: "3" },
    for: { type: "string", default: "1000h" },
    "no-report": { type: "boolean", default: false },
  },
});
if (values.store !== "sqlite" && values.store !== "postgres") {
  say("--store is one of: sqlite, postgres");
  process.exit(2);
}
const forMs = toMs(values.for);
if (forMs === undefined) {
  say("--for is a time such as 90s, 45m or 3h");
  process.exit(2);
}
const server = values.store === "postgres" ? await startPostgres() : undefined;
const program = await buildReplica(values.store, AHEAD);
const folder = mkdtempSync(join(tmpdir(), "flowgate-chaos-"));
try {
  const store: StoreSpec =
    server === undefined
      ? { kind: "sqlite", path: join(folder, "flowgate.db") }
      : { kind: "postgres", url: await server.createDatabase() };
  const report = await runChaos({
    program,
    forMs,
    store,
    kills: Number(values.kills),
    replicas: Number(values.replicas),
    onProgress: (kills) => {
      if (kills % 100 === 0) say(`${kills} kills`);
    },
  });
  const text = toMarkdown(store.kind, report);
  process.stdout.write(`${text}\n`);
  for (const violation of report.violations) say(`VIOLATION ${violation}`);
  if (report.evidence.length > 0) say(`what is known of them: ${keep(store.kind, report.evidence)}`);
  if (!values["no-report"]) writeReport(store.kind, text);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
} finally {
  await server?.stop();
  program.remove();
  rmSync(folder, { recursive: true, force: true });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A run ends with its store; of a violation, what there was to see must not. */
function keep(kind: string, evidence: ChaosReport["evidence"]): string {
  const file = join(mkdtempSync(join(tmpdir(), "flowgate-chaos-evidence-")), `${kind}.jsonl`);
  writeFileSync(file, evidence.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return file;
}

function toMs(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+)([smh])$/.exec(text) ?? [];
  return number === undefined
    ? undefined
    : Number(number) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 0);
}

function toMarkdown(kind: string, report: ChaosReport): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ["violations", report.violations.length],
    ["processes killed, of those asked for", `${report.kills}, ${values.kills}`],
    ["submits, and how many were acknowledged", `${report.calls}, ${report.acknowledged}`],
    ["equal submits repeated after their acknowledgement", report.replays],
    ["instances", report.instances],
    ["operations committed", report.committed],
    ["effects at the sink", report.effects],
    ["operations taken over from a dead process", report.takeovers],
    ["answers of probes", report.probes],
    ["instances moved to another definition by the operator", report.migrations],
    ["outcomes left open, outcomes resolved by the operator", `${report.uncertain}, ${report.resolved}`],
    ["`not_executed` refused during the quarantine", report.quarantined],
    ["audit records, each chain verified", report.records],
    [
      "killed at",
      Object.entries(report.killsAt)
        .toSorted()
        .map(([at, count]) => `${at} ${count}`)
        .join(", "),
    ],
  ];
  const head = `${new Date().toISOString().slice(0, 10)}, ${kind}, ${cpus().length} CPUs, Node ${process.versions.node}, ${Math.round(report.seconds)} s:`;
  return [head, "", "| | |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join(
    "\n",
  );
}

function writeReport(kind: string, text: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [begin, end] = [`<!-- chaos ${kind} -->`, "<!-- end -->"];
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf(end, from);
  writeFileSync(PAGE, `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`);
}
