import type { BusMessage } from "@mcp-flowgate/core";
import { startNats, startPostgres, startRedis, silentLog, type BusServer } from "@mcp-flowgate/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createBus, type LateBus } from "../../src/cluster/open-bus.ts";
import { systemClock } from "../../src/host/clock.ts";
import { systemIds } from "../../src/host/ids.ts";

const SERVERS = {
  redis: startRedis,
  nats: startNats,
  async postgres(): Promise<BusServer> {
    const server = await startPostgres();
    return {
      url: server.url(),
      halt: () => server.halt("immediate"),
      resume: () => server.resume(),
      stop: () => server.stop(),
    };
  },
} as const;

describe.each(Object.keys(SERVERS) as (keyof typeof SERVERS)[])("a bus over %s", (kind) => {
  let server: BusServer;
  let open: { readonly bus: LateBus; readonly heard: BusMessage[]; readonly said: string[] }[] = [];
  beforeAll(async () => {
    server = await SERVERS[kind]();
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    for (const { bus } of open) await bus.close();
    open = [];
  });

  const join = async (url = server.url) => {
    const said: string[] = [];
    const say = (text: string, fields: object = {}): void =>
      void said.push(`${text} ${JSON.stringify(fields)}`);
    const log = { ...silentLog, warn: say, info: say };
    const store = { kind: "memory" as const, poolSize: 1, statementTimeoutMs: 1, leaseMs: 1 };
    const plan = {
      cluster: { bus: kind, url },
      store: { ...store, retention: { terminalMs: 1, auditMs: 1 } },
    };
    const bus = createBus(plan, { clock: systemClock, ids: systemIds, log })!;
    const heard: BusMessage[] = [];
    bus.listen((message) => heard.push(message));
    await bus.open();
    open.push({ bus, heard, said });
    return { bus, heard, said };
  };
  const isUp = (bus: LateBus): Promise<void> =>
    vi.waitFor(() => expect(bus.status()).toEqual({ kind, up: true }), { timeout: 20_000 });

  test("carries messages to all others, each once, and none to its sender [R-BUS-1]", async () => {
    const [one, two, three] = await Promise.all([join(), join(), join()]);
    for (const { bus } of [one, two, three]) await isUp(bus);
    const sent: BusMessage[] = [
      { topic: "cancel", workflowId: "wf_'é\"\0\n" },
      { topic: "decided" },
      { topic: "tools", connection: "github" },
      ...Array.from({ length: 400 }, (_, n) => ({
        topic: "changed" as const,
        workflowId: `wf_${n}_${"x".repeat(60)}`,
      })),
    ];
    // What is said twice in a moment is told once.
    for (const message of [...sent, ...sent]) one.bus.publish(message);
    for (const { heard } of [two, three])
      await vi.waitFor(() => expect(heard).toEqual(sent), { timeout: 10_000 });
    two.bus.publish({ topic: "decided" });
    await vi.waitFor(() => expect(one.heard).toEqual([{ topic: "decided" }]));
    expect(two.heard).toHaveLength(sent.length);
  });

  test("says that it is away, throws nothing, and is back by itself [R-BUS-2]", async () => {
    const [one, two] = await Promise.all([join(), join()]);
    await Promise.all([isUp(one.bus), isUp(two.bus)]);
    await server.halt();
    try {
      await vi.waitFor(() => expect(one.bus.status()).toMatchObject({ kind, up: false }), {
        timeout: 20_000,
      });
      one.bus.publish({ topic: "cancel", workflowId: "wf_lost" });
    } finally {
      await server.resume();
    }
    await Promise.all([isUp(one.bus), isUp(two.bus)]);
    one.bus.publish({ topic: "cancel", workflowId: "wf_after" });
    await vi.waitFor(() => expect(two.heard).toEqual([{ topic: "cancel", workflowId: "wf_after" }]));
    expect(one.said).toHaveLength(2);
    expect(one.said.join()).toMatch(/the bus between replicas is away.*the bus between replicas is back/);
  });

  test("keeps its password and where it is out of what it says [R-BUS-2]", async () => {
    const url = new URL(server.url);
    url.password = "hunter2";
    const { bus, said } = await join(url.href);
    await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 10_000 });
    expect(bus.status()).toMatchObject({ up: false });
    const all = JSON.stringify([said, bus.status()]);
    expect(all).not.toContain("hunter2");
    expect(all).not.toContain(url.host);
  });
});
