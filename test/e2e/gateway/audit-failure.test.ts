import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import {
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const EFFECT = `version: "1.0.0"
connections:
  node: { kind: cli, command: node, workingDirectory: . }
proxy:
  expose:
    - { name: act, executor: { kind: cli, connection: node, args: ["-e", "require('fs').appendFileSync('effects', 'x')"] } }
`;

/** A sink that can be broken and mended. */
interface Breakable extends Disposable {
  readonly sink: string;
  break(): void;
  mend(): void;
}

/** A file on a disk of its own that is full, or not. */
function fileOnSmallDisk(folder: string): Breakable | undefined {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  const filler = join(disk, "filler");
  return {
    sink: "{ kind: file, path: disk/audit.jsonl, heads: false }",
    break() {
      try {
        for (let size = 262_144; ; size -= 512) writeFileSync(filler, Buffer.alloc(size), { flag: "a" });
      } catch {
        // Not a byte more.
      }
    },
    mend: () => rmSync(filler),
    [Symbol.dispose]: () => void execFileSync("umount", ["-l", disk]),
  };
}

async function receiver(kind: "webhook" | "otlp"): Promise<Breakable> {
  let status = 200;
  const server = createServer((request, response) =>
    request.resume().on("end", () => response.writeHead(status).end("{}")),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const more = kind === "webhook" ? ", secret: a-secret-of-the-test" : "";
  return {
    sink: `{ kind: ${kind}, url: "http://127.0.0.1:${port}", attempts: 1${more} }`,
    break: () => (status = 503),
    mend: () => (status = 200),
    [Symbol.dispose]: () => void server.close(),
  };
}

const KINDS = ["file", "file behind sqlite", "webhook", "otlp"] as const;

test.concurrent.each(KINDS)(
  "with fail_closed and a broken sink (%s) nothing runs, /ready says why, and both recover [R-AUDIT-4]",
  async (kind) => {
    using folder = temporaryFolder();
    using sink = kind === "webhook" || kind === "otlp" ? await receiver(kind) : fileOnSmallDisk(folder.path);
    if (sink === undefined) return refuseInCi();
    const store = kind === "file behind sqlite" ? "store: { kind: sqlite, path: flowgate.sqlite }\n" : "";
    const settings = `${store}audit: { sinks: [${sink.sink}], onFailure: fail_closed, maxUnsealed: 12 }\n`;
    const config = writeConfig(folder.path, `${EFFECT}${settings}`);
    const gateway = await startHttpGateway(config);
    const get = (path: string) => fetch(new URL(path, gateway.url));
    const client = await connectClient({ url: gateway.url }, "2026-07-28");
    const act = async () => (await client.call("workflow.start", { definitionId: "act" })).body;
    expect((await act()).result.status).toBe("completed");
    expect((await get("/ready")).status).toBe(200);

    sink.break();
    // A store keeps what the file misses, and refuses once that is too much.
    const refused = await waitFor(async () => {
      const body = await act();
      return body.error === undefined ? undefined : body;
    });
    const effects = readFileSync(join(folder.path, "effects"), "utf8");
    expect(refused.error.code).toBe("AUDIT_UNAVAILABLE");
    expect((await act()).error.code).toBe("AUDIT_UNAVAILABLE");
    expect(readFileSync(join(folder.path, "effects"), "utf8")).toBe(effects);
    const red = await get("/ready");
    expect(red.status).toBe(503);
    expect(await red.json()).toMatchObject({ failing: ["audit"] });
    // What a store keeps reaches the sink, and fails, a little later.
    const metrics = await waitFor(async () => {
      const text = await (await get("/metrics")).text();
      return /flowgate_audit_sink_up\{sink="\w+",index="0"\} 0/.test(text) ? text : undefined;
    });
    // What a store keeps for a sink is not refused, it waits.
    const counted =
      kind === "file behind sqlite"
        ? /flowgate_audit_pending_events\{sink="file",index="0"\} 1[3-9]/
        : /flowgate_audit_refused_total\{sink="\w+",index="0"\} [1-9]/;
    expect(metrics).toMatch(counted);
    expect(metrics).not.toMatch(/flowgate_audit_lost_total\{.*\} [1-9]/);
    expect(metrics).toMatch(/flowgate_store_errors_total\{operation="\w+",code="AUDIT_UNAVAILABLE"\} [1-9]/);

    sink.mend();
    await waitFor(async () => ((await get("/ready")).status === 200 ? true : undefined));
    expect((await act()).result.status).toBe("completed");
    await client.close();
    expect(await gateway.stop()).toBe(0);
    if (kind === "file") await checkTrail(folder.path, "refused");
    if (kind === "file behind sqlite") await checkNothingMissing(folder.path, config);
  },
);

test.concurrent.each(["file", "webhook"] as const)(
  "with fail_open and a broken sink (%s) work goes on, and what was lost is counted and said [R-AUDIT-4]",
  async (kind) => {
    using folder = temporaryFolder();
    using sink = kind === "file" ? fileOnSmallDisk(folder.path) : await receiver(kind);
    if (sink === undefined) return refuseInCi();
    const settings = `audit: { sinks: [${sink.sink.replace(" }", ", maxPending: 1 }")}], onFailure: fail_open }\n`;
    const config = writeConfig(folder.path, `${EFFECT}${settings}`);
    const gateway = await startHttpGateway(config);
    const client = await connectClient({ url: gateway.url }, "2026-07-28");
    const act = async () => (await client.call("workflow.start", { definitionId: "act" })).body;
    await act();
    sink.break();
    await act();
    expect((await act()).result.status).toBe("completed");
    expect(readFileSync(join(folder.path, "effects"), "utf8")).toBe("xxx");
    expect((await fetch(new URL("/ready", gateway.url))).status).toBe(200);
    const metrics = await (await fetch(new URL("/metrics", gateway.url))).text();
    expect(metrics).toMatch(/flowgate_audit_lost_total\{sink="\w+",index="0"\} [1-9]/);
    expect(gateway.stderr()).toContain("audit sink fails");
    sink.mend();
    await waitFor(() => gateway.stderr().includes("audit sink works again") || undefined);
    await client.close();
    expect(await gateway.stop()).toBe(0);
    if (kind === "file") await checkTrail(folder.path, "lost");
  },
);

async function checkTrail(folder: string, outcome: string): Promise<void> {
  const path = join(folder, "disk/audit.jsonl");
  expect(await runGateway(["audit", "verify", "--path", path])).toMatchObject({ code: 0 });
  const said = await runGateway(["audit", "query", "--path", path, "--type", "audit.lost", "--json"]);
  expect(JSON.parse(said.stdout).items[0].payload).toMatchObject({
    outcome,
    error: expect.stringMatching(/ENOSPC|is the disk full/),
  });
}

/** Every effect has its record in the store and in the file, once. */
async function checkNothingMissing(folder: string, config: string): Promise<void> {
  const effects = readFileSync(join(folder, "effects"), "utf8").length;
  for (const source of [
    ["--path", join(folder, "disk/audit.jsonl")],
    ["-c", config, "--store"],
  ]) {
    expect(await runGateway(["audit", "verify", ...source])).toMatchObject({ code: 0 });
    const query = ["audit", "query", ...source, "--limit", "1000", "--type", "executor.started", "--json"];
    const { items } = JSON.parse((await runGateway(query)).stdout);
    expect(new Set(items.map(({ id }: { id: string }) => id)).size).toBe(effects);
    expect(items).toHaveLength(effects);
  }
}

/** Where continuous integration may not mount, that has to be seen. */
function refuseInCi(): void {
  expect(process.env["CI"], "no file system can be mounted here").toBeUndefined();
}
