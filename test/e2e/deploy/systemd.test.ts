import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectClient } from "../harness/clients.ts";
import { HELLO } from "../harness/configs.ts";
import { findProgram } from "../harness/debian.ts";
import {
  collect,
  exitOf,
  gatewayBin,
  repository,
  temporaryFolder,
  waitFor,
  writeConfig,
} from "../harness/gateway-process.ts";

const unit = readFileSync(join(repository, "deploy/systemd/mcp-flowgate.service"), "utf8");
const NONE = "there is no systemd here: the unit was not verified";
const analyze = (...args: string[]) => spawnSync("systemd-analyze", args, { encoding: "utf8" });
const hasSystemd = analyze("--version").status === 0;

/** What SQLite asks for where it is root, to give its files to the folder's owner; the service is not. */
const AS_ROOT = process.getuid?.() === 0 ? ["fchown"] : [];

test("systemd takes the unit, and finds little exposed", (context) => {
  if (!hasSystemd) return context.skip(NONE);
  using folder = temporaryFolder();
  const file = join(folder.path, "mcp-flowgate.service");
  // Everything but whether the gateway is installed here.
  writeFileSync(file, unit.replace("ExecStart=/usr/local/bin/mcp-flowgate", "ExecStart=/bin/true"));
  const { status, stderr } = analyze("verify", "--man=no", file);
  expect([status, stderr]).toEqual([0, ""]);
  const [, exposure] =
    /Overall exposure level for .*: ([\d.]+)/.exec(analyze("security", "--offline=true", file).stdout) ?? [];
  expect(Number(exposure)).toBeLessThan(2);
  const users = spawnSync(
    "systemd-sysusers",
    ["--dry-run", join(repository, "deploy/systemd/mcp-flowgate.sysusers")],
    { encoding: "utf8" },
  );
  expect([users.status, users.stderr]).toEqual([0, expect.stringContaining("mcp-flowgate")]);
});

test(
  "the gateway makes no system call that the unit denies [R-SYSTEMD-1]",
  { timeout: 120_000 },
  async (context) => {
    if (!hasSystemd) return context.skip(NONE);
    const strace = findProgram("strace", ["strace", "-o", "/dev/null", "true"]);
    if (strace === undefined) return context.skip("system calls cannot be traced here");
    using folder = temporaryFolder();
    const config = writeConfig(
      folder.path,
      `${HELLO}
store: { kind: sqlite, path: data/flowgate.sqlite }
audit: { sink: file, path: data/audit.jsonl }
connections: { uname: { kind: cli, command: uname, inheritEnv: [PATH] } }
capabilities: { machine: { description: The machine., executor: { kind: cli, connection: uname, args: [-s], effect: read } } }
`.replace("  expose:\n", "  expose:\n    - { capability: machine }\n"),
    );
    const trace = join(folder.path, "trace");
    const child = spawn(
      strace,
      [
        "-f",
        "-qq",
        "-o",
        trace,
        process.execPath,
        gatewayBin,
        "serve",
        "-c",
        config,
        "--listen",
        "127.0.0.1:0",
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, FLOWGATE_RUNTIME_DIR: folder.path } },
    );
    const { stderr } = collect(child);
    const url = await waitFor(
      () => /endpoint=(\S+)/.exec(stderr())?.[1],
      () => child.exitCode !== null,
      stderr,
    );
    const client = await connectClient({ url }, "2026-07-28");
    for (const [definitionId, input] of [
      ["hello.echo", { message: "a" }],
      ["machine", {}],
    ] as const)
      expect((await client.call("workflow.start", { definitionId, input })).body.result.status).toBe(
        "completed",
      );
    await client.close();
    const ended = exitOf(child);
    // strace itself takes no signals; the first process that it follows is the gateway.
    process.kill(Number.parseInt(readFileSync(trace, "utf8"), 10), "SIGTERM");
    await ended;
    const calls = new Set(
      [...readFileSync(trace, "utf8").matchAll(/^\d+ +(\w+)\(/gm)].map(([, call]) => call!),
    );
    expect(calls.size).toBeGreaterThan(30);
    const filters = [...unit.matchAll(/^SystemCallFilter=(~?)(.+)$/gm)];
    const allowed = new Set<string>();
    for (const [, not, sets] of filters)
      for (const call of expand(sets!.split(" "))) {
        if (not === "~") allowed.delete(call);
        else allowed.add(call);
      }
    expect([...calls].filter((call) => !allowed.has(call) && !AS_ROOT.includes(call)).toSorted()).toEqual([]);
  },
);

/** The system calls of filter sets, as this systemd has them. */
function expand(names: readonly string[]): readonly string[] {
  return names.flatMap((name) =>
    name.startsWith("@")
      ? expand(
          analyze("syscall-filter", name)
            .stdout.split("\n")
            .slice(1)
            .map((line) => line.trim())
            .filter((line) => line !== "" && !line.startsWith("#")),
        )
      : [name],
  );
}
