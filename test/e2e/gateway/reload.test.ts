import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAlive } from "../harness/is-alive.ts";
import { createShifting } from "../harness/shifting.ts";
import { connectClient, ERAS, type TestClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const SERVER = join(import.meta.dirname, "../harness/pid-server.mjs");

/** A configuration of servers by name, each with a variable of its own, and whatever else. */
function configOf(folder: string, servers: { readonly [name: string]: string }, rest = ""): string {
  const names = Object.keys(servers);
  const connections = names.map(
    (name) =>
      `  ${name}: { kind: mcp, command: "${process.execPath}", args: ["${SERVER}"], env: { MARK: "${servers[name]}" } }`,
  );
  return [
    'version: "1.0.0"',
    `audit: { sink: file, path: "${join(folder, "audit.jsonl")}" }`,
    ...(names.length === 0 ? [] : ["connections:", ...connections]),
    "proxy:",
    ...(names.length === 0
      ? []
      : ["  import:", ...names.map((name) => `    - { connection: ${name}, prefix: ${name} }`)]),
    "  expose:",
    "    - { name: still.here, executor: { kind: noop } }",
    rest,
  ].join("\n");
}

function events(folder: string, type: string): readonly any[] {
  return readFileSync(join(folder, "audit.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter((event) => event.eventType === type);
}

interface Setup {
  readonly folder: string;
  readonly config: string;
  readonly gateway: GatewayProcess;
  readonly client: TestClient;
  write(yaml: string): void;
  /** By the command line. */
  reload(): ReturnType<typeof runGateway>;
  /** By the control socket, as the command line does it. */
  control(): Promise<{ readonly status: number; readonly body: any }>;
  start(definitionId: string, input?: object): Promise<any>;
}

async function withGateway(
  yaml: (folder: string) => string,
  use: (setup: Setup) => Promise<void>,
): Promise<void> {
  using folder = temporaryFolder();
  const config = writeConfig(folder.path, yaml(folder.path));
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  await using gateway = await startHttpGateway(config, { env });
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  try {
    await use({
      folder: folder.path,
      config,
      gateway,
      client,
      write: (text) => writeFileSync(config, text),
      reload: () => runGateway(["reload", "-c", config], { env }),
      control: () => postReload(folder.path),
      start: async (definitionId, input = {}) =>
        (await client.call("workflow.start", { definitionId, input: input as never })).body,
    });
  } finally {
    await client.close();
  }
}

function postReload(folder: string): Promise<{ readonly status: number; readonly body: any }> {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((name) =>
    name.endsWith(".sock"),
  );
  return new Promise((resolve, reject) => {
    const options = { socketPath: join(folder, String(found)), method: "POST", path: "/admin/reload" };
    const call = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    call.on("error", reject).end();
  });
}

const pidOf = (body: any): number => Number(body.result.output?.text ?? Number.NaN);

test("an unchanged server keeps its process, a changed one gets another, a removed one finishes its calls [R-RELOAD-1]", async () => {
  await withGateway(
    (folder) => configOf(folder, { kept: "1", changed: "1", gone: "1" }, chain(join(folder, "done"))),
    async ({ folder, write, reload, start, gateway }) => {
      const kept = pidOf(await start("kept.pid"));
      const changed = pidOf(await start("changed.pid"));
      const gone = pidOf(await start("gone.pid"));
      expect(kept).toBeGreaterThan(0);
      const until = join(folder, "done");
      const slow = [start("gone.slow", { until }), start("changed.slow", { until })];
      // Its second step begins after the reload, on a connection that the new configuration does not have.
      const chained = start("both");
      const inFlight = async (): Promise<true | undefined> => {
        const text = await (await fetch(gateway.url.replace("/mcp", "/metrics"))).text();
        return /flowgate_calls_in_flight(?:\{\})? 3\b/.test(text) || undefined;
      };
      await waitFor(inFlight);
      write(configOf(folder, { kept: "1", changed: "2", fresh: "1" }));
      const reloaded = await reload();
      expect(reloaded).toMatchObject({ code: 0 });
      expect(reloaded.stdout).toContain("connections: +fresh -gone ~changed");
      expect(pidOf(await start("kept.pid"))).toBe(kept);
      const next = pidOf(await start("changed.pid"));
      expect(next).toBeGreaterThan(0);
      expect(next).not.toBe(changed);
      expect(pidOf(await start("fresh.pid"))).toBeGreaterThan(0);
      expect((await start("gone.pid")).error.code).toBe("UNKNOWN_DEFINITION");
      process.kill(gone, 0);
      writeFileSync(until, "");
      expect((await Promise.all(slow)).map(pidOf)).toEqual([gone, changed]);
      const ended = await chained;
      expect(ended.workflow.state).toBe("end");
      expect(JSON.stringify(ended)).toContain(`"${gone}"`);
      for (const pid of [gone, changed]) await waitFor(() => (isAlive(pid) ? undefined : true));
      expect(events(folder, "config.reloaded")).toMatchObject([
        {
          payload: {
            trigger: "admin",
            changes: { connections: { added: ["fresh"], removed: ["gone"], changed: ["changed"] } },
          },
        },
      ]);
    },
  );
});

const chain = (until: string): string => `workflows:
  both:
    initialState: begin
    states:
      begin:
        transitions:
          first: { target: middle, actor: deterministic, executor: { kind: mcp, connection: kept, tool: slow, map: { until: "${until}" } } }
      middle:
        transitions:
          second: { target: end, actor: deterministic, executor: { kind: mcp, connection: gone, tool: pid } }
      end: { terminal: true }`;

test("a configuration that cannot be used changes nothing and says why (F19) [R-RELOAD-2]", async () => {
  await withGateway(
    (folder) => configOf(folder, { kept: "1" }),
    async ({ folder, config, write, reload, control, start, gateway }) => {
      const pid = pidOf(await start("kept.pid"));
      write("proxy: [");
      expect(await reload()).toMatchObject({ code: 1, stderr: expect.stringContaining(`${config}:1`) });
      write(configOf(folder, { kept: "1" }, "    - { name: more.here, executor: { kind: nothing } }"));
      const wrong = await control();
      expect(wrong.status).toBe(409);
      expect(JSON.stringify(wrong.body.diagnostics)).toContain("nothing");
      const elsewhere = `server: { http: { listen: "127.0.0.1:1" }, name: other }\nstore: { kind: sqlite, path: x.db }`;
      write(configOf(folder, {}, `    - { name: more.here, executor: { kind: noop } }\n${elsewhere}`));
      expect((await control()).body.needsRestart).toEqual(["server.http.listen", "server.name", "store"]);
      expect((await start("more.here")).error.code).toBe("UNKNOWN_DEFINITION");
      expect(pidOf(await start("kept.pid"))).toBe(pid);
      expect(gateway.stderr()).toContain("the configuration was not reloaded, nothing changed");
      expect(events(folder, "config.reloaded")).toEqual([]);
      const failed = events(folder, "config.reload_failed");
      expect(failed).toHaveLength(3);
      expect(failed[0].payload.diagnostics).toMatchObject([{ file: config, line: 1 }]);
      expect(failed[2].payload.needsRestart).toEqual(["server.http.listen", "server.name", "store"]);
    },
  );
});

test("no call fails while the configuration is replaced, in either era (F19) [R-RELOAD-3]", async () => {
  await withGateway(
    (folder) => configOf(folder, { kept: "1", changed: "0" }),
    async ({ folder, gateway, write, control }) => {
      const over = new AbortController();
      const bad: unknown[] = [];
      let calls = 0;
      const workers = ERAS.flatMap((era) =>
        ["kept.pid", "changed.pid", "still.here"].map(async (definitionId) => {
          const client = await connectClient({ url: gateway.url }, era);
          while (!over.signal.aborted) {
            const { body, isError } = await client.call("workflow.start", { definitionId, input: {} });
            calls += 1;
            if (isError || body.result.status !== "completed") bad.push(body);
          }
          await client.close();
        }),
      );
      for (let round = 1; round <= 3; round++) {
        write(configOf(folder, { kept: "1", changed: String(round) }));
        const before = calls;
        expect(await control()).toMatchObject({ status: 200 });
        await waitFor(() => (calls > before + 50 ? true : undefined));
      }
      over.abort();
      await Promise.all(workers);
      expect(bad).toEqual([]);
      expect(calls).toBeGreaterThan(150);
    },
  );
});

const FLOW = (label: string) => `workflows:
  order:
    initialState: open
    states:
      open:
        transitions:
          go: { target: ${label}, actor: agent }
      ${label}: { terminal: true }`;

test("an instance finishes as it began while new ones begin as it is now; SIGHUP reloads [R-RELOAD-4]", async () => {
  await withGateway(
    (folder) => configOf(folder, {}, FLOW("first")),
    async ({ folder, gateway, client, write, start }) => {
      const old = (await start("order")).workflow;
      write(configOf(folder, {}, FLOW("second")));
      gateway.child.kill("SIGHUP");
      await waitFor(() => (gateway.stderr().includes("was reloaded") ? true : undefined));
      const fresh = (await start("order")).workflow;
      const finish = async ({ id, version }: any) => {
        const args = { workflowId: id, expectedVersion: version, transition: "go" };
        return (await client.call("workflow.submit", args)).body.workflow.state;
      };
      expect(await finish(old)).toBe("first");
      expect(await finish(fresh)).toBe("second");
      expect(events(folder, "config.reloaded")).toMatchObject([
        { payload: { trigger: "signal", changes: { workflows: { changed: ["order"] } } } },
      ]);
    },
  );
});

test("with server.watch what is written is taken over: keys, roles, included files; a mistake is not [R-RELOAD-5]", async () => {
  using folder = temporaryFolder();
  const identity = (key: string, permissions: string): string => `
identity:
  roles: { helper: [${permissions}] }
  providers: [{ kind: apiKeys, keys: [{ id: one, key: ${key}, subject: ada, roles: [helper] }] }]`;
  const base = `version: "1.0.0"
include: [./more.yaml]
server: { watch: true }
audit: { sink: file, path: "${join(folder.path, "audit.jsonl")}" }`;
  const more = (id: string): string =>
    `proxy: { expose: [{ name: ${id}, guards: [{ kind: permission, permission: do.it }], executor: { kind: noop } }] }`;
  writeConfig(folder.path, more("first.thing"), "more.yaml");
  const config = writeConfig(folder.path, base + identity("a-key-that-is-old", "do.other"));
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  await using gateway = await startHttpGateway(config, { env });
  const start = async (key: string, definitionId: string): Promise<any> => {
    const client = await connectClient(
      { url: gateway.url, headers: { authorization: `Bearer ${key}` } },
      "2026-07-28",
    ).catch(() => undefined);
    if (client === undefined) return "refused";
    const { body } = await client.call("workflow.start", { definitionId, input: {} });
    await client.close();
    return body.error?.code ?? body.result.status;
  };
  const reloads = (count: number): Promise<true> =>
    waitFor(() => (events(folder.path, "config.reloaded").length >= count ? true : undefined));
  expect(await start("a-key-that-is-old", "first.thing")).toBe("GUARD_REJECTED");
  writeFileSync(config, base + identity("a-key-that-is-new", '"do.*"'));
  await reloads(1);
  expect(await start("a-key-that-is-old", "first.thing")).toBe("refused");
  expect(await start("a-key-that-is-new", "first.thing")).toBe("completed");
  writeFileSync(join(folder.path, "more.yaml"), "proxy: {");
  await waitFor(() => (events(folder.path, "config.reload_failed").length === 1 ? true : undefined));
  expect(await start("a-key-that-is-new", "first.thing")).toBe("completed");
  writeFileSync(join(folder.path, "more.yaml"), more("second.thing"));
  await reloads(2);
  expect(await start("a-key-that-is-new", "second.thing")).toBe("completed");
  expect(await start("a-key-that-is-new", "first.thing")).toBe("UNKNOWN_DEFINITION");
  const trail = readFileSync(join(folder.path, "audit.jsonl"), "utf8");
  expect(trail).not.toContain("a-key-that-is");
});

test("pinned servers stay pinned over reloads, and to the lock file as it is then [R-RELOAD-2] [R-PIN-2]", async () => {
  using folder = temporaryFolder();
  const bank = createShifting(folder.path, "bank", "new", { tools: [{ name: "pay", description: "Pays." }] });
  const yaml = (expose: string): string =>
    `version: "1.0.0"
connections: { bank: ${bank.connection} }
proxy:
  import: [{ connection: bank, prefix: bank, pin: block }]
  expose: [{ name: ${expose}, executor: { kind: noop } }]`;
  const config = writeConfig(folder.path, yaml("one.thing"));
  const env = { FLOWGATE_RUNTIME_DIR: folder.path };
  expect(await runGateway(["pin", "-c", config])).toMatchObject({ code: 0 });
  await using gateway = await startHttpGateway(config, { env });
  const client = await connectClient({ url: gateway.url }, "2026-07-28");
  const pay = async (): Promise<any> => {
    const { body } = await client.call("workflow.start", { definitionId: "bank.pay", input: {} });
    return body.error?.code ?? body.result.status;
  };
  expect(await pay()).toBe("completed");
  writeConfig(folder.path, yaml("another.thing"));
  expect(await postReload(folder.path)).toMatchObject({ status: 200 });
  expect(await pay()).toBe("completed");
  bank.become({ tools: [{ name: "pay", description: "Pays somebody else." }] });
  await waitFor(async () => ((await pay()) === "completed" ? undefined : true));
  expect(await postReload(folder.path)).toMatchObject({ status: 200 });
  expect(await pay()).toBe("UNKNOWN_DEFINITION");
  expect(await runGateway(["pin", "-c", config, "--update"])).toMatchObject({ code: 0 });
  expect(await postReload(folder.path)).toMatchObject({ status: 200 });
  expect(await pay()).toBe("completed");
  await client.close();
});
