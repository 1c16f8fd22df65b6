import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive } from "../harness/is-alive.ts";
import { connectClient } from "../harness/clients.ts";
import {
  gatewayBin,
  repository,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const SERVER = join(import.meta.dirname, "../harness/pid-server.mjs");

let folder: ReturnType<typeof temporaryFolder>;
/** What the run made, as all tests of whole processes use it. */
const published = dirname(dirname(gatewayBin));

beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder[Symbol.dispose]());

const config = (store: string): string => `version: "1.0.0"
store: { kind: sqlite, path: ${store} }
audit: { sink: file, path: ${store}.jsonl }
connections:
  pid: { kind: mcp, command: ${process.execPath}, args: [${SERVER}] }
proxy:
  expose:
    - { name: echo, executor: { kind: noop } }
    - { name: pid.pid, executor: { kind: mcp, connection: pid, tool: pid } }
`;

test.for(["bundle", "one file"])(
  "[R-LEAN-2] as %s it serves stdio, both kinds of search words and a store that a second start finds again",
  async (form) => {
    const name = form.replace(" ", "-");
    const program = form === "bundle" ? gatewayBin : makeBundle(name, "--one-file");
    expect(existsSync(join(program, "../../lib"))).toBe(form === "bundle");
    const file = writeConfig(folder.path, config(join(folder.path, `${name}.db`)), `${name}.yaml`);
    const client = await connectClient({ config: file, program }, "2026-07-28");
    const found = await client.call("gateway.search", { query: "echo" });
    expect(found.body.items[0].id).toBe("echo");
    const started = await client.call("workflow.start", { definitionId: "echo", input: {} });
    expect(started.body.result.status).toBe("completed");
    await client.close();
    const again = await connectClient({ config: file, program }, "2025-11-25");
    const kept = await again.call("workflow.get", { workflowId: started.body.workflow.id });
    expect(kept.body.workflow).toEqual(started.body.workflow);
    await again.close();
  },
);

test("[R-LEAN-2] the bundle serves HTTP and metrics, and its children do not outlive it even when it is killed", async () => {
  const file = writeConfig(folder.path, config(join(folder.path, "http.db")), "http.yaml");
  const gateway = await startHttpGateway(file);
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const { body } = await client.call("workflow.start", { definitionId: "pid.pid", input: {} });
  const pid = Number(body.result.output.content?.[0]?.text ?? body.result.output);
  expect(existsSync(`/proc/${pid}`) || process.platform !== "linux").toBe(true);
  const metrics = await (await fetch(new URL("/metrics", gateway.url))).text();
  expect(metrics).toContain('flowgate_calls_total{tool="workflow.start",outcome="ok"} 1');
  await client.close();
  gateway.child.kill("SIGKILL");
  await waitFor(() => (isAlive(pid) ? undefined : true));
});

test("[R-LEAN-2] the bundle needs nothing but the database driver", () => {
  const { dependencies } = JSON.parse(readFileSync(join(published, "package.json"), "utf8"));
  expect(Object.keys(dependencies)).toEqual(["better-sqlite3"]);
});

test("[R-LEAN-2] whatever is in the bundle is named with its licence", () => {
  const notices = readFileSync(join(published, "THIRD-PARTY-NOTICES.txt"), "utf8");
  for (const name of ["undici", "zod", "commander", "@modelcontextprotocol/server", "drizzle-orm"])
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|Apache-2\\.0)\\)$`, "m"));
});

/** The command of a bundle below the folder, with what `npm install` would put beside it. */
function makeBundle(name: string, ...options: readonly string[]): string {
  const bundle = join(folder.path, name);
  execFileSync(process.execPath, [join(repository, "tools/bundle.mjs"), ...options, bundle], {
    stdio: "pipe",
  });
  const sqlite = createRequire(join(repository, "packages/stores/sqlite/package.json"));
  mkdirSync(join(bundle, "node_modules"));
  symlinkSync(
    dirname(sqlite.resolve("better-sqlite3/package.json")),
    join(bundle, "node_modules/better-sqlite3"),
  );
  return join(bundle, "bin/mcp-flowgate.mjs");
}
