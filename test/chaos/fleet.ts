import { rolldown } from "rolldown";
import { fork, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Answer, CallBody, Caller, ReplicaSpec } from "./protocol.ts";

/** One process under test, spoken to by messages. */
export interface Replica {
  readonly name: string;
  readonly pid: number;
  /** Resolves once its engine runs; rejects where it ended before. */
  readonly ready: Promise<void>;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  /** `undefined`: it ended before it answered. */
  call(body: CallBody, as?: Caller): Promise<Answer | undefined>;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
}

/** What replicas are started from. */
export interface Program {
  readonly file: string;
  remove(): void;
}

/**
 * The program of a replica in few files, made of the built packages: a run starts hundreds of processes, and resolving
 * modules is most of what a start costs.
 */
export async function bundleReplica(): Promise<Program> {
  const input = fileURLToPath(new URL("replica.ts", import.meta.url));
  const dir = fileURLToPath(new URL(`node_modules/.chaos/${process.pid}-${Date.now()}`, import.meta.url));
  // A native addon cannot be part of it.
  const bundle = await rolldown({
    input,
    platform: "node",
    external: ["better-sqlite3", "pg"],
    logLevel: "silent",
  });
  await bundle.write({ dir, format: "esm", entryFileNames: "replica.mjs" });
  await bundle.close();
  return { file: join(dir, "replica.mjs"), remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** What it said on its error output goes to `onNoise`: a replica has nothing to say there. */
export function startReplica(program: Program, spec: ReplicaSpec, onNoise: (text: string) => void): Replica {
  const child: ChildProcess = fork(program.file, [], {
    execArgv: [],
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      NODE_COMPILE_CACHE: join(tmpdir(), "flowgate-chaos-compile-cache"),
      FLOWGATE_CHAOS_REPLICA: JSON.stringify(spec),
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const waiting = new Map<number, (answer: Answer | undefined) => void>();
  let calls = 0;
  let gone = false;
  let noise = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    noise += String(chunk);
    onNoise(`${spec.name}: ${String(chunk)}`);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      gone = true;
      resolve(signal ?? String(code));
      for (const answer of waiting.values()) answer(undefined);
      waiting.clear();
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on("message", (message: Answer | { readonly ready: true }) => {
      if ("ready" in message) {
        resolve();
        return;
      }
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    });
    void ended.then((how) =>
      reject(new Error(`${spec.name} ended with ${how} before it was ready: ${noise}`)),
    );
  });
  ready.catch(() => undefined);
  return {
    name: spec.name,
    pid: child.pid ?? 0,
    ready,
    ended,
    call: (body, as = "agent") =>
      new Promise((resolve) => {
        if (gone || !child.connected) {
          resolve(undefined);
          return;
        }
        const id = (calls += 1);
        waiting.set(id, resolve);
        child.send({ ...body, id, as }, () => undefined);
      }),
    signal: (name) => void child.kill(name),
  };
}
