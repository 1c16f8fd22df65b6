/** Servers as processes of their own, and a client of them that costs next to nothing. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

export const ERAS = ["2026-07-28", "2025-11-25"] as const;

/** The call that is made again and again. */
export interface Call {
  readonly tool: string;
  readonly input: object;
}

/** @param known where it listens; left out, the server says so itself. Resolves when it answers. */
export async function start(
  args: readonly string[],
  known?: URL,
): Promise<{ readonly child: ChildProcess; readonly url: URL }> {
  const child = spawn(process.execPath, [...args], { stdio: ["ignore", "ignore", "pipe"] });
  const said = new Promise<URL>((found, failed) => {
    let text = "";
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}: ${text}`)));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const match = /endpoint=(\S+)\s/.exec(text);
      if (match?.[1] !== undefined) found(new URL(match[1]));
    });
  });
  return { child, url: known === undefined ? await said : await Promise.race([said, answered(known)]) };
}

async function answered(url: URL): Promise<URL> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response !== undefined) {
      await response.body?.cancel();
      return url;
    }
    await new Promise((next) => setTimeout(next, 50));
  }
}

export async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await ended;
}

export async function load(
  url: URL,
  era: (typeof ERAS)[number],
  { tool, input }: Call,
  count: number,
  concurrency: number,
): Promise<{ readonly rate: number; readonly p50: number; readonly p99: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const isModern = era === "2026-07-28";
  const params = { name: tool, arguments: input, ...(isModern ? { _meta: envelope(era) } : {}) };
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": era,
    ...(isModern ? { "mcp-method": "tools/call", "mcp-name": tool } : {}),
  };
  const times: number[] = [];
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: ++sent, method: "tools/call", params });
      const at = performance.now();
      await post(agent, url, headers, body);
      times.push(performance.now() - at);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { rate: count / seconds, p50: at(0.5), p99: at(0.99) };
}

function post(agent: Agent, url: URL, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((done, failed) => {
    const call = request(
      url,
      { agent, method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.once("end", () =>
          response.statusCode === 200 && !text.includes('"isError":true') && !text.includes('"error":')
            ? done()
            : failed(new Error(`${response.statusCode}: ${text}`)),
        );
      },
    );
    call.once("error", failed);
    call.end(body);
  });
}

function envelope(era: string): object {
  return {
    "io.modelcontextprotocol/protocolVersion": era,
    "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1.0.0" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
}

/** User and system time of a process so far; the kernel counts in hundredths of a second. Linux only. */
export function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function residentMb({ pid }: ChildProcess): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1024;
}
