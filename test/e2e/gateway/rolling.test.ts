import { createTestDatabase } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { CLIENTS, type TestClient } from "../harness/clients.ts";
import {
  exitOf,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";
import { findNginx, freePort } from "../harness/load-balancer.ts";
import { startNginxPool } from "../harness/nginx-pool.ts";
import { openOrderDesk, type OrderDesk } from "../harness/order-desk.ts";

/** Longer than a lease and the start of a process, on a machine with much else to do. */
const PATIENCE_MS = 60_000;

/** An order is placed, which may be repeated with its key, and paid, which may not. */
const configOf = (desk: OrderDesk): string => `version: "1.0.0"
store: { kind: postgres, url: "\${DATABASE_URL}", leaseMs: 8000, poolSize: 4 }
audit: { sinks: [{ kind: postgres }], onFailure: fail_closed }
connections:
  desk: { kind: http, baseUrl: "${desk.url}", headers: { x-replica: "\${REPLICA}" } }
workflows:
  order:
    initialState: open
    inputSchema: { type: object, required: [order], properties: { order: { type: string } } }
    states:
      open:
        transitions:
          place:
            target: placed
            executor: { kind: http, connection: desk, method: POST, path: "/place/{$.workflow.input.order}", idempotencyKey: true }
      placed:
        transitions:
          pay:
            target: paid
            executor: { kind: http, connection: desk, method: POST, path: "/pay/{$.workflow.input.order}", effect: once }
      paid: { terminal: true }
`;

const STEPS: { readonly [state: string]: string } = { open: "place", placed: "pay" };

/** What the agents came to. */
interface Books {
  /** Instance by order. */
  readonly orders: Map<string, string>;
  readonly paid: Set<string>;
  /** Whether their payment was made is for somebody to find out. */
  readonly open: Set<string>;
  /** What an agent was answered that was no result, and how often. */
  readonly refusals: Map<string, number>;
}

/** Brings one order to its end, asking again where it is told to. */
async function bring(client: TestClient, order: string, books: Books): Promise<void> {
  const call = async (name: string, args: Parameters<TestClient["call"]>[1]) => {
    for (;;) {
      // An answer of nginx's own has its status in an error of the client.
      const { body } = await client.call(name, args).catch((thrown: unknown) => {
        const code = /<title>(5\d\d [\w -]+)/.exec(String(thrown))?.[1];
        if (code === undefined) throw thrown;
        return { body: { error: { code } } };
      });
      const code: string | undefined = body.error?.code;
      if (code !== undefined) books.refusals.set(code, (books.refusals.get(code) ?? 0) + 1);
      if (code !== "TRANSITION_IN_PROGRESS" && !code?.startsWith("5")) return body;
    }
  };
  let body = await call("workflow.start", {
    definitionId: "order",
    input: { order },
    idempotencyKey: `order-${order}`,
  });
  books.orders.set(order, body.workflow.id);
  for (let step = STEPS[body.workflow.state]; step !== undefined; step = STEPS[body.workflow.state]) {
    const { id, version } = body.workflow;
    body = await call("workflow.submit", { workflowId: id, expectedVersion: version, transition: step });
    if (body.error?.code === "OUTCOME_UNKNOWN") {
      books.open.add(order);
      return;
    }
    // A replica whose lease has passed breaks off what it has begun. Where that can do no harm, it may be asked for again.
    if (body.error?.errorClass === "timeout" && body.links.some(({ rel }: any) => rel === step)) continue;
    expect(body.error, JSON.stringify(body)).toBeUndefined();
  }
  expect(body.workflow.state).toBe("paid");
  books.paid.add(order);
}

test(
  "gateways behind nginx are killed, paused, added and upgraded under load, and no order is lost or made twice [R-REPLICAS-10]",
  { timeout: 300_000 },
  async (context) => {
    if (process.env["FLOWGATE_ROLLING"] === undefined)
      return context.skip("FLOWGATE_ROLLING is not set: it wants a machine with little else to do");
    const nginx = findNginx();
    if (nginx === undefined) return context.skip("there is no nginx here, and none could be installed");
    const desk = await openOrderDesk();
    const folders = Array.from({ length: 5 }, temporaryFolder);
    const env = (at: number) => ({
      DATABASE_URL: url,
      REPLICA: `replica-${at}`,
      FLOWGATE_RUNTIME_DIR: folders[at]!.path,
    });
    const url = await createTestDatabase();
    const ports = await Promise.all(folders.slice(1).map(freePort));
    const origins = ports.map((port) => `http://127.0.0.1:${port}`);
    const replicas: GatewayProcess[] = [];
    /** Replicas have a folder and a port each; an upgrade and a restart keep them. */
    const start = async (at: number): Promise<void> => {
      const config = writeConfig(folders[at]!.path, configOf(desk));
      const args = ["--listen", `127.0.0.1:${ports[at - 1]}`];
      replicas[at] = await startHttpGateway(config, { env: env(at), args });
    };
    context.onTestFinished(async () => {
      for (const replica of replicas.filter(Boolean)) replica.child.kill("SIGKILL");
      await desk.close();
    });
    await Promise.all([start(1), start(2), start(3)]);
    const pool = await startNginxPool(nginx, folders[0]!.path, origins.slice(0, 3));
    context.onTestFinished(() => pool[Symbol.asyncDispose]());

    const books: Books = { orders: new Map(), paid: new Set(), open: new Set(), refusals: new Map() };
    const clients = await Promise.all(CLIENTS.map(([, connect]) => connect({ url: `${pool.url}/mcp` })));
    const closing = new AbortController();
    const agents = clients.map(async (client, agent) => {
      for (let turn = 0; !closing.signal.aborted; turn += 1) await bring(client, `${agent}-${turn}`, books);
    });
    const working = Promise.all(agents);
    // A failure of an agent ends the test at once and not at its deadline.
    const until = (what: string, condition: () => boolean | Promise<boolean>): Promise<unknown> => {
      const deadline = performance.now() + PATIENCE_MS;
      return Promise.race([
        working,
        waitFor(
          async () => ((await condition()) ? true : undefined),
          () => performance.now() > deadline,
          () =>
            `in ${PATIENCE_MS} ms it did not come to this: ${what}; ${JSON.stringify([...books.refusals])}`,
        ),
      ]);
    };
    const goesOn = async (): Promise<void> => {
      const before = books.paid.size;
      await until("nine more orders are paid", () => books.paid.size >= before + 9);
    };
    const reaches = (replica: string): Promise<unknown> => {
      const before = desk.arrivals.length;
      return until(`${replica} is given work`, () =>
        desk.arrivals.slice(before).some((arrival) => arrival.replica === replica),
      );
    };
    /** An order whose placing at this replica has reached the desk and is not answered. */
    const holdAt = async (at: number, order: string) => {
      const held = desk.hold(order);
      const client = await CLIENTS[0]![1]({ url: replicas[at]!.url });
      const brought = bring(client, order, books).catch(() => "its replica is gone");
      await until(`${order} is placed at replica ${at}`, () => held.arrived() > 0);
      return { ...held, brought: brought.finally(() => client.close()) };
    };

    await goesOn();

    // Killed: what it had begun is taken over, with the same key.
    const killed = await holdAt(1, "killed");
    const gone = exitOf(replicas[1]!.child);
    replicas[1]!.child.kill("SIGKILL");
    await gone;
    await until("the killed replica's order is taken over", () => killed.arrived() === 2);
    await killed.brought;
    await goesOn();
    await start(1);
    await reaches("replica-1");

    // Paused past its lease: when it goes on, another has done what it had begun.
    const paused = await holdAt(2, "paused");
    replicas[2]!.child.kill("SIGSTOP");
    await until("the paused replica's order is taken over", () => paused.arrived() === 2);
    paused.release();
    replicas[2]!.child.kill("SIGCONT");
    await paused.brought;
    await reaches("replica-2");

    // One more.
    await start(4);
    pool.spreadOver(origins);
    await reaches("replica-4");

    // Upgraded, one after the other: each finishes what it has begun.
    for (const at of [1, 2, 3, 4]) {
      const order = `upgraded-${at}`;
      const drained = await holdAt(at, order);
      const stopped = replicas[at]!.stop();
      await until(
        `replica ${at} drains`,
        async () => (await fetch(new URL("/ready", replicas[at]!.url))).status === 503,
      );
      drained.release();
      expect(await stopped, replicas[at]!.stderr()).toBe(0);
      expect(drained.arrived()).toBe(1);
      await drained.brought;
      await start(at);
      await reaches(`replica-${at}`);
    }
    closing.abort();
    await working;

    // Whoever got no answer asks again, elsewhere.
    for (const order of ["killed", "paused", "upgraded-1", "upgraded-2", "upgraded-3", "upgraded-4"])
      if (!books.paid.has(order)) await bring(clients[0]!, order, books);
    const made = (order: string, step: string) =>
      desk.arrivals.filter((arrival) => arrival.order === order && arrival.step === step);
    const cli = async (...args: string[]): Promise<string> => {
      const config = ["-c", `${folders[1]!.path}/gateway.yaml`];
      const { code, stdout, stderr } = await runGateway([...args, ...config], { env: env(1) });
      expect(code, stdout + stderr).toBe(0);
      return stdout;
    };
    // An operator looks a payment up where it happened. One that was not made is asked for again after a minute.
    for (const order of books.open) {
      if (made(order, "pay").length === 0) continue;
      const said = ["--outcome", "executed", "--reason", "paid"];
      await cli("workflows", "resolve-unknown", books.orders.get(order)!, ...said);
      books.paid.add(order);
      books.open.delete(order);
    }
    const ends = new Map<string, string>();
    for (const [order, workflowId] of books.orders) {
      const { body } = await clients[0]!.call("workflow.get", { workflowId });
      ends.set(order, books.open.has(order) ? body.result.status : body.workflow.state);
    }
    await Promise.all(clients.map((client) => client.close()));
    for (const at of [1, 2, 3, 4]) expect(await replicas[at]!.stop(), replicas[at]!.stderr()).toBe(0);
    await cli("audit", "verify");
    const listed = JSON.parse(await cli("workflows", "list", "--json")) as readonly { readonly id: string }[];

    const faults = [...books.orders.keys()].filter((order) => {
      const keys = new Set(made(order, "place").map(({ key }) => key));
      const payments = made(order, "pay").length;
      return books.paid.has(order)
        ? keys.size !== 1 || payments !== 1 || ends.get(order) !== "paid"
        : keys.size !== 1 || payments !== 0 || ends.get(order) !== "outcome_unknown";
    });
    expect(faults).toEqual([]);
    expect(books.paid.size + books.open.size).toBe(books.orders.size);
    expect(listed.map(({ id }) => id).toSorted()).toEqual([...books.orders.values()].toSorted());
    // Every effect belongs to an order that somebody asked for.
    expect([...new Set(desk.arrivals.map(({ order }) => order))].toSorted()).toEqual(
      [...books.orders.keys()].toSorted(),
    );
    expect([...books.refusals.keys()].filter((code) => !PROMISED.has(code))).toEqual([]);
    for (const folder of folders) folder[Symbol.dispose]();
  },
);

/** What a caller may meet while replicas go (docs/running.md); anything else, an HTTP error too, has ended its agent. */
const PROMISED: ReadonlySet<string> = new Set([
  "TRANSITION_IN_PROGRESS",
  "OUTCOME_UNKNOWN",
  "EXECUTOR_FAILED",
  "504 Gateway Time-out",
]);
