import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connectClient, type TestClient } from "./clients.ts";
import { serverEntry } from "./configs.ts";
import {
  exitOf,
  runGateway,
  startHttpGateway,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "./gateway-process.ts";

export const AGENT = "agent-key-every-path";
export const OPERATOR = "operator-key-every-path";

/** Every kind of step, and every way in which one can end. `settings` are more top-level keys. */
export function everyPathConfig(folder: string, apiUrl: string, settings: string): string {
  return writeConfig(
    folder,
    `version: "1.0.0"
store: { kind: sqlite, path: data/flowgate.sqlite }
identity:
  providers:
    - kind: apiKeys
      keys:
        - { id: agent, key: "\${AGENT_KEY}", subject: agent-1, roles: [agent] }
        - { id: operator, key: "\${OPERATOR_KEY}", subject: operator-1, roles: [operator] }
  roles: { operator: [gateway.metrics] }
connections:
  node: { kind: cli, command: node, workingDirectory: . }
  api: { kind: http, baseUrl: "${apiUrl}" }
  everything: { kind: mcp, command: node, args: ["${serverEntry("everything")}", stdio] }
  dead: { kind: mcp, command: no-such-command-anywhere }
proxy:
  import:
    - { connection: everything, prefix: every, include: [echo] }
    - { connection: everything, prefix: every, include: [echo] }
    - { connection: dead, prefix: dead }
  expose:
    - name: retried
      executor: { kind: http, connection: api, path: /busy, effect: read }
      reliability: { retry: { maxAttempts: 2, backoff: none } }
    - name: falls.back
      executor: { kind: http, connection: api, path: /refuse }
      reliability: { fallback: { executors: [{ kind: noop }] } }
    - name: breaks
      executor: { kind: http, connection: api, path: /flaky, effect: read }
      reliability: { circuitBreaker: { failures: 1, openMs: 1 } }
    - { name: lost, executor: { kind: http, connection: api, path: /hang-up, method: POST } }
    - { name: parks, executor: { kind: http, connection: api, path: /ok, method: POST }, outputSchema: { type: object, required: [nothing] } }
    - { name: guarded, executor: { kind: noop }, guards: [{ kind: role, role: operator }] }
    - { name: limited, executor: { kind: noop }, guards: [{ kind: rateLimit, max: 1, perMs: 3600000 }] }
workflows:
  child:
    initialState: begin
    states:
      begin: { transitions: { end: { actor: deterministic, target: done } } }
      done: { terminal: true }
  child_fails:
    initialState: begin
    states:
      begin: { transitions: { end: { actor: deterministic, target: failed } } }
      failed: { terminal: true, outcome: failure }
  all:
    initialState: open
    states:
      open:
        transitions:
          branch:
            target: open
            guards: [{ kind: expr, expr: $.workflow.version < 500 }]
            executor: { kind: noop }
            branches: [{ when: { kind: expr, expr: $.output.far == true }, target: far }]
            inputSchema: { type: object, properties: { far: { type: boolean } } }
          chain: { target: first }
          broken_chain: { target: breaks }
          child: { target: open, executor: { kind: workflow, definitionId: child } }
          child_fails: { target: open, executor: { kind: workflow, definitionId: child_fails } }
          ask: { target: open, executor: { kind: human, queue: desk, title: Ask } }
          ask_briefly: { target: open, executor: { kind: human, queue: desk, title: Ask briefly, expiresMs: 300 } }
          wait: { target: waiting }
          slow:
            target: open
            executor: { kind: cli, connection: node, args: ["-e", "require('fs').existsSync('slow') || (require('fs').writeFileSync('slow', ''), setTimeout(() => {}, 20000))"], idempotent: true }
          end: { target: done }
          fail: { target: failed }
      far: { transitions: { back: { target: open } } }
      first: { transitions: { on: { actor: deterministic, target: open } } }
      breaks: { transitions: { on: { actor: deterministic, target: open, executor: { kind: http, connection: api, path: /refuse } } } }
      waiting: { timeoutMs: 100ms, onTimeout: { target: open }, transitions: { back: { target: open } } }
      done: { terminal: true }
      failed: { terminal: true, outcome: failure }
${settings}`,
  );
}

/** The other side of the connection `api`: busy once, refusing, flaky, or gone in the middle of a call. */
export async function startApi(): Promise<{ readonly url: string; readonly server: Server }> {
  const seen = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const count = (seen.get(path) ?? 0) + 1;
    seen.set(path, count);
    request.resume().on("end", () => {
      if (path === "/hang-up") return request.socket.destroy();
      const status =
        path === "/refuse" ? 400 : (path === "/busy" || path === "/flaky") && count === 1 ? 503 : 200;
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const HEADERS = { authorization: `Bearer ${AGENT}` };

/**
 * Goes every way once: the gateway is killed in the middle of a step and started again. Returns the second gateway,
 * running.
 */
export async function walkEveryPath(config: string, folder: string): Promise<GatewayProcess> {
  const env = { FLOWGATE_RUNTIME_DIR: folder, AGENT_KEY: AGENT, OPERATOR_KEY: OPERATOR };
  const first = await startHttpGateway(config, { env });
  const early = await connectClient({ url: first.url, headers: HEADERS }, "2026-07-28");
  const cut = await open(early);
  const running = submit(early, cut, "slow").catch(() => undefined);
  await waitFor(() => (existsSync(join(folder, "slow")) ? true : undefined));
  const ended = exitOf(first.child);
  first.child.kill("SIGKILL");
  await ended;
  await running;
  await early.close().catch(() => undefined);

  const gateway = await startHttpGateway(config, { env });
  await fetch(gateway.url, { method: "POST", body: "{}", headers: { authorization: "Bearer wrong" } });
  const client = await connectClient({ url: gateway.url, headers: HEADERS }, "2026-07-28");
  const start = (definitionId: string) => client.call("workflow.start", { definitionId });
  await start("retried");
  await start("falls.back");
  await start("breaks");
  await waitFor(async () => ((await start("breaks")).isError ? undefined : true));
  await start("parks");
  await start("guarded");
  await start("limited");
  await start("limited");
  await start("no.such.thing");
  const lost = (await start("lost")).body;
  const instance = await open(client);
  await submit(client, instance, "no_such_transition");
  let at = await submit(client, instance, "branch", { far: true });
  at = await submit(client, at, "back");
  at = await submit(client, at, "chain");
  at = await submit(client, at, "child");
  await submit(client, at, "child_fails");
  at = await fresh(client, at);
  at = await submit(client, at, "wait");
  at = await waitFor(async () => stateIs(await fresh(client, at), "open"));
  const asked = await submit(client, at, "ask");
  const decide = (id: string) =>
    runGateway(["approvals", "approve", id, "-c", config, "--as", "ann", "--json"], { env });
  await decide(asked.approvals[0].id);
  at = await waitFor(async () => {
    const body = await fresh(client, at);
    return body.workflow.version > at.workflow.version ? body : undefined;
  });
  await submit(client, at, "ask_briefly");
  at = await waitFor(async () => {
    const body = await fresh(client, at);
    return body.result.status === "pending" ? undefined : body;
  });
  await submit(client, at, "end");
  const contested = await open(client);
  await Promise.all(["chain", "wait", "fail"].map((transition) => submit(client, contested, transition)));
  await submit(client, await open(client), "fail");
  await submit(client, await open(client), "broken_chain");
  const left = await open(client);
  const cancel = ["workflows", "cancel", left.workflow.id, "-c", config, "--reason", "left", "--as", "ann"];
  await runGateway(cancel, { env });
  await submit(client, await open(client), "ask");
  const resolve = ["workflows", "resolve-unknown", lost.workflow.id, "-c", config, "--as", "ann"];
  await runGateway([...resolve, "--outcome", "not_executed", "--reason", "nothing there"], { env });
  await waitFor(async () => stateIs(await fresh(client, cut), "open", cut.workflow.version + 1));
  await client.call("gateway.search", { query: "echo" });
  await client.close();
  return gateway;
}

const open = async (client: TestClient) =>
  (await client.call("workflow.start", { definitionId: "all" })).body;

const fresh = async (client: TestClient, body: any) =>
  (await client.call("workflow.get", { workflowId: body.workflow.id })).body;

function stateIs(body: any, state: string, version = 0): any {
  return body.workflow.state === state && body.workflow.version >= version ? body : undefined;
}

async function submit(client: TestClient, body: any, transition: string, args = {}): Promise<any> {
  const answer = await client.call("workflow.submit", {
    workflowId: body.workflow.id,
    expectedVersion: body.workflow.version,
    transition,
    arguments: args,
  });
  return answer.body;
}
