import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkTrailsBelow } from "./audit-schema.ts";

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
/** The command of the checkout, which runs what was built last, module by module. */
export const checkoutBin = join(repository, "apps/gateway/bin/mcp-flowgate.mjs");
/** The published command: the bundle that the setup of the run made of the sources. Outside of a run, the checkout's. */
export const gatewayBin = join(
  process.env["FLOWGATE_TEST_GATEWAY"] ?? join(repository, "apps/gateway"),
  "bin/mcp-flowgate.mjs",
);
/** Where processes without a home keep their compiled code. */
export const compiled = join(repository, "node_modules/.flowgate-bundles/code");

/** A folder of its own for one test, gone after it. Every audit event that was written below it must be as published. */
export function temporaryFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "flowgate-e2e-"));
  return {
    path,
    [Symbol.dispose]() {
      const problems = checkTrailsBelow(path);
      rmSync(path, { recursive: true, force: true });
      if (problems.length > 0) throw new Error(`audit events are not as published:\n${problems.join("\n")}`);
    },
  };
}

/** Writes a configuration into a folder and returns its path. */
export function writeConfig(folder: string, yaml: string, name = "gateway.yaml"): string {
  const file = join(folder, name);
  writeFileSync(file, yaml);
  return file;
}

export interface GatewayProcess {
  readonly child: ChildProcess;
  /** The MCP endpoint. */
  readonly url: string;
  /** What it has written to standard error so far. */
  stderr(): string;
  stdout(): string;
  /** Ends it with SIGTERM and returns its exit code. */
  stop(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Runs the real gateway over HTTP on a free loopback port and waits until it is ready. */
export async function startHttpGateway(
  config: string,
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly args?: readonly string[];
    /** Another program than the built one. */
    readonly program?: string;
  } = {},
): Promise<GatewayProcess> {
  const child = spawn(
    process.execPath,
    [
      options.program ?? gatewayBin,
      "serve",
      "-c",
      config,
      "--listen",
      "127.0.0.1:0",
      ...(options.args ?? []),
    ],
    {
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const output = collect(child);
  const endpoint = await waitFor(
    () => /endpoint["=:]+([^\s"]+)/.exec(output.stderr())?.[1],
    () => child.exitCode !== null,
    () => `the gateway ended: ${output.stderr()}`,
  );
  return {
    child,
    url: endpoint,
    ...output,
    stop: () => stop(child),
    async [Symbol.asyncDispose]() {
      await stop(child);
    },
  };
}

/** Runs one command of the gateway that does not end by itself. */
export function followGateway(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv } = {},
): { stdout(): string; stderr(): string; [Symbol.dispose](): void } {
  const child = spawn(process.execPath, [gatewayBin, ...args], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { ...collect(child), [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

/** Runs one command of the gateway to its end. */
export async function runGateway(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly input?: string } = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [gatewayBin, ...args], {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const output = collect(child);
  child.stdin?.end(options.input ?? "");
  const code = await exitOf(child);
  return { code, stdout: output.stdout(), stderr: output.stderr() };
}

export function collect(child: ChildProcess): { stdout(): string; stderr(): string } {
  let out = "";
  let error = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (error += text));
  return { stdout: () => out, stderr: () => error };
}

/** The exit code once a process and its pipes have ended. */
export function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once("close", (code) => done(code)));
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = exitOf(child);
  child.kill("SIGTERM");
  return ended;
}

/** Looks again every few milliseconds until there is something. The test's own timeout bounds it. */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  failed: () => boolean = () => false,
  reason: () => string = () => "it did not happen",
): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (failed()) throw new Error(reason());
    await new Promise((done) => setTimeout(done, 10));
  }
}
