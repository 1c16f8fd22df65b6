import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A server that carries messages, on a port that stays its own over stops. */
export interface BusServer {
  readonly url: string;
  /** Kills it. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Redis without persistence. @throws an error that says how to get one, where there is none. */
export async function startRedis(): Promise<BusServer> {
  const program = findProgram("redis-server", "redis-server");
  const make = (port: number, folder: string): readonly string[] =>
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].concat([
      "--dir",
      folder,
      "--requirepass",
      "let/me in",
    ]);
  return await start(
    program,
    make,
    (port) => `redis://:${encodeURIComponent("let/me in")}@127.0.0.1:${port}`,
  );
}

/** Starts a NATS. @throws an error that says how to get one, where there is none. */
export async function startNats(): Promise<BusServer> {
  const program = findProgram("nats-server", "nats-server");
  const make = (port: number): readonly string[] =>
    ["-a", "127.0.0.1", "-p", String(port)].concat(["--user", "ann", "--pass", "let/me in"]);
  return await start(
    program,
    make,
    (port) => `nats://ann:${encodeURIComponent("let/me in")}@127.0.0.1:${port}`,
  );
}

/** Where a program is; root installs the Debian package that has it. */
function findProgram(name: string, debianPackage: string): string {
  const runs = (command: string, args: readonly string[]): boolean =>
    spawnSync(command, args, { stdio: "ignore", timeout: 300_000 }).status === 0;
  const find = (): string | undefined =>
    [name, `/usr/bin/${name}`, `/usr/sbin/${name}`].find((path) => runs(path, ["--version"]));
  const installed = find();
  if (installed !== undefined) return installed;
  if (process.getuid?.() === 0) {
    const install = ["install", "-y", "--no-install-recommends", debianPackage];
    // What is installed for tests is not to run as a service beside them.
    const apt = (args: readonly string[]): boolean => runs("env", ["RUNLEVEL=1", "apt-get", ...args]);
    if (!apt(install) && apt(["update"])) apt(install);
    const found = find();
    if (found !== undefined) return found;
  }
  throw new Error(
    `There is no ${name} for the tests. Install one, for example with: apt-get install ${debianPackage}`,
  );
}

async function start(
  program: string,
  argsOf: (port: number, folder: string) => readonly string[],
  urlOf: (port: number) => string,
): Promise<BusServer> {
  const folder = mkdtempSync(join(tmpdir(), "flowgate-bus-"));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const resume = async (): Promise<void> => {
    const started = spawn(program, argsOf(port, folder), { stdio: "ignore" });
    child = started;
    while (!(await answers(port))) {
      if (started.exitCode !== null) throw new Error(`${program} ended with ${started.exitCode}`);
      await wait(20);
    }
  };
  const halt = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await ended;
  };
  await resume();
  return {
    url: urlOf(port),
    halt,
    resume,
    async stop() {
      await halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
