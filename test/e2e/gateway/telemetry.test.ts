import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AUDIT_EVENT_TYPES } from "@mcp-flowgate/core";
import parsePrometheus from "parse-prometheus-text-format";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkEvent } from "../harness/audit-schema.ts";
import { AGENT, everyPathConfig, OPERATOR, startApi, walkEveryPath } from "../harness/every-path.ts";
import { repository, runGateway, temporaryFolder, type GatewayProcess } from "../harness/gateway-process.ts";

const folder = temporaryFolder();
let api: Awaited<ReturnType<typeof startApi>>;
let gateway: GatewayProcess;

beforeAll(async () => {
  api = await startApi();
  const settings =
    "audit: { sinks: [{ kind: file, path: audit.jsonl }, { kind: sqlite }], onFailure: fail_closed, rotate: { maxBytes: 16KiB } }\n";
  gateway = await walkEveryPath(everyPathConfig(folder.path, api.url, settings), folder.path);
  // As long as a test may take: it is one, of two gateways, four commands and fifty calls.
}, 120_000);

afterAll(async () => {
  await gateway?.stop();
  api?.server.close();
  folder[Symbol.dispose]();
});

const scrape = (key: string) =>
  fetch(new URL("/metrics", gateway.url), { headers: { authorization: `Bearer ${key}` } });

/** Seen only where something is broken: the store, the collector, or many callers at once. */
const RARE = [
  "flowgate_store_errors_total",
  "flowgate_store_conflicts_total",
  "flowgate_telemetry_dropped_total",
];

test("every documented metric is served, well formed, and counts what was done [R-METRICS-1]", async () => {
  const response = await scrape(OPERATOR);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const families = new Map(parsePrometheus(text).map((family) => [family.name, family]));
  expect([...families.keys(), ...RARE].sort()).toEqual(
    expect.arrayContaining(documentedMetrics().toSorted()),
  );
  for (const family of families.values()) {
    expect(family.help, family.name).toMatch(/\.$/);
    expect(documentedMetrics()).toContain(family.name);
  }
  const value = (line: string): number =>
    Number(
      text
        .split("\n")
        .find((one) => one.startsWith(`${line} `))
        ?.split(" ")[1],
    );
  expect(value('flowgate_workflows_ended_total{definition="child",outcome="success"}')).toBe(1);
  expect(value('flowgate_workflow_duration_seconds_count{definition="child",outcome="success"}')).toBe(1);
  expect(value('flowgate_guard_rejections_total{definition="guarded",transition="run"}')).toBe(1);
  expect(value('flowgate_rejections_total{tool="workflow.start",code="UNKNOWN_DEFINITION"}')).toBe(1);
  expect(value('flowgate_executor_attempts_total{kind="http",connection="api",outcome="unknown"}')).toBe(1);
  expect(value('flowgate_approvals_pending{queue="desk"}')).toBe(1);
  expect(
    value('flowgate_transitions_total{definition="all",transition="fail",outcome="committed"}'),
  ).toBeGreaterThan(0);
  expect(value("flowgate_child_processes")).toBe(1);
  expect(value("flowgate_auth_rejected_total")).toBe(1);
  // What a caller makes up is no label.
  expect(text).not.toMatch(/no_such_transition|no\.such\.thing/);
});

test("metrics are for those who may read them [R-METRICS-2]", async () => {
  expect((await scrape(AGENT)).status).toBe(404);
  expect((await scrape("wrong")).status).toBe(401);
});

test("alerts and the dashboard name metrics and labels that exist [R-METRICS-3]", () => {
  const observability = join(repository, "deploy/observability");
  const named = ["alerts.yaml", "dashboard.json"].flatMap((file) => [
    ...readFileSync(join(observability, file), "utf8").matchAll(/\bflowgate_[a-z_]+/g),
  ]);
  const known = new Set(
    documentedMetrics().flatMap((name) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]),
  );
  expect(named.length).toBeGreaterThan(60);
  expect(named.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
});

const promtool = spawnSync("promtool", ["--version"]).status === 0;

test.skipIf(!promtool)(
  "promtool has nothing against metrics, alerts and the dashboard's queries",
  async () => {
    const metrics = spawnSync("promtool", ["check", "metrics"], {
      input: await (await scrape(OPERATOR)).text(),
    });
    expect(`${metrics.stdout}${metrics.stderr}`).toBe("");
    const alerts = join(repository, "deploy/observability/alerts.yaml");
    expect(spawnSync("promtool", ["check", "rules", alerts]).status).toBe(0);
  },
);

test("every type of event is recorded, in files and in the store, as its schema says (F64) [R-AUDIT-3]", async () => {
  expect(await gateway.stop()).toBe(0);
  const config = join(folder.path, "gateway.yaml");
  const env = { AGENT_KEY: AGENT, OPERATOR_KEY: OPERATOR };
  const read = async (...flags: string[]) => {
    const { stdout, stderr } = await runGateway(["audit", "export", "-c", config, ...flags], { env });
    expect(stdout, stderr).not.toBe("");
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  };
  const [filed, stored] = await Promise.all([read(), read("--store")]);
  expect([...filed, ...stored].flatMap(checkEvent)).toEqual([]);
  const typesOf = (events: any[]) => [...new Set(events.map(({ eventType }) => eventType))].sort();
  const types = AUDIT_EVENT_TYPES.filter((type) => ELSEWHERE[type] === undefined).sort();
  expect(typesOf(filed)).toEqual(types);
  expect(typesOf(stored)).toEqual(types.filter((type) => !type.startsWith("audit.")));
  for (const event of filed.filter(({ workflowId }) => workflowId !== undefined)) {
    expect(event.definitionHash, event.eventType).toMatch(/^[0-9a-f]{64}$/);
    expect(event.correlationId, event.eventType).not.toBe("");
  }
  const said = (type: string) => filed.filter(({ eventType }) => eventType === type);
  for (const type of WITH_ARGUMENTS)
    for (const { payload } of said(type)) expect(payload.argumentsHash, type).toMatch(/^[0-9a-f]{64}$/);
  for (const { eventType, principal } of filed.filter(({ operationId }) => operationId !== undefined))
    expect(principal?.subject, eventType).toBeTypeOf("string");
  for (const flags of [[], ["--store"]]) {
    const verdict = await runGateway(["audit", "verify", "-c", config, ...flags], { env });
    expect(verdict, verdict.stdout).toMatchObject({ code: 0 });
  }
  const database = new DatabaseSync(join(folder.path, "data/flowgate.sqlite"));
  database.exec(`update audit set line = replace(line, '"agent-1"', '"agent-2"') where n = 40`);
  database.close();
  const changed = await runGateway(["audit", "verify", "-c", config, "--store"], { env });
  expect(changed).toMatchObject({ code: 1, stdout: expect.stringMatching(/: edited: /) });
});

test("a type that is not recorded above is asserted by the test that is named for it [R-AUDIT-3]", () => {
  for (const [type, file] of Object.entries(ELSEWHERE))
    expect(readFileSync(join(import.meta.dirname, file), "utf8"), type).toContain(`"${type}"`);
});

/** Types that this walk does not come by, and the test whose run comes by them. The trails of all tests are held against the schema. */
const ELSEWHERE: { readonly [type: string]: string } = {
  "config.reloaded": "audit-types.test.ts",
  "config.reload_failed": "audit-types.test.ts",
  "operation.probed": "audit-types.test.ts",
  "workflow.migrated": "audit-types.test.ts",
  "capability.changed": "pinning.test.ts",
  "connection.operated": "cluster.test.ts",
  "audit.lost": "audit-failure.test.ts",
  // A result that comes after its process lost the instance: only killed and paused replicas come by it.
  "operation.fenced": "../../chaos/oracle.ts",
};

const WITH_ARGUMENTS = [
  "guard.rejected",
  "transition.requested",
  "executor.started",
  "executor.succeeded",
  "executor.failed",
];

/** The names in the table of docs/telemetry.md. */
function documentedMetrics(): string[] {
  const page = readFileSync(join(repository, "docs/telemetry.md"), "utf8");
  return [...page.matchAll(/^\| `(flowgate_[a-z_]+)` \|/gm)].map(([, name]) => name as string);
}
