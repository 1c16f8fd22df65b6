import { rolldown } from "rolldown";
import { execFile, fork, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Answer, CallBody, Caller, Note, ReplicaSpec } from "./protocol.ts";
import type { StoreSpec } from "./stores.ts";

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

/** What replicas on one kind of store are started from. */
export interface Program {
  /** A process that waits for its spec. Some are started ahead, once there was one. */
  take(): ChildProcess;
  /** Ends those that were started ahead. */
  remove(): void;
}

/**
 * The program of a replica as a snapshot of its heap after all modules were loaded, made of the built packages: a run
 * starts hundreds of processes, and loading modules is most of what a start costs.
 */
export async function buildReplica(kind: StoreSpec["kind"], ahead = 0): Promise<Program> {
  const dir = fileURLToPath(new URL(`node_modules/.chaos/${process.pid}-${Date.now()}`, import.meta.url));
  const [source, file] = [join(dir, "replica.cjs"), join(dir, "replica.blob")];
  const bundle = await rolldown({
    input: fileURLToPath(new URL("replica.ts", import.meta.url)),
    platform: "node",
    plugins: [{ name: "snapshot", transform: toLoadable }],
    logLevel: "silent",
  });
  await bundle.write({ file: source, format: "cjs", codeSplitting: false, minify: true });
  await bundle.close();
  const { PATH } = process.env;
  // What was compiled once stays compiled.
  const flags = ["--no-flush-bytecode", "--snapshot-blob", file, "--build-snapshot", source];
  await promisify(execFile)(process.execPath, flags, { env: { PATH, FLOWGATE_CHAOS_STORE: kind } });
  const waiting: ChildProcess[] = [];
  const start = (): ChildProcess =>
    fork("replica", [], {
      execArgv: ["--snapshot-blob", file],
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
  return {
    take() {
      const taken = waiting.shift() ?? start();
      while (waiting.length < ahead) waiting.push(start());
      return taken;
    },
    remove() {
      for (const child of waiting) child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What a snapshot cannot hold: a native addon is loaded in the process itself, and nothing is required from files. */
function toLoadable(code: string, id: string): string | undefined {
  if (/better-sqlite3.lib.binding\.js$/.test(id)) {
    const load = `process.getBuiltinModule("node:module").createRequire(${JSON.stringify(id)})(${JSON.stringify(id)})`;
    return `exports.getBinding = (...named) => ${load}.getBinding(...named);`;
  }
  return code.includes(REQUIRES) ? code.replace(REQUIRES, "") : undefined;
}

/** How the stores load the query builder. Without it the bundle holds that, too. */
const REQUIRES = "const require = createRequire(import.meta.url);";

type Message = Answer | { readonly ready: true } | { readonly note: Note };

/** What it said on its error output goes to `onNoise`: a replica has nothing to say there. */
export function startReplica(
  program: Program,
  spec: ReplicaSpec,
  onNoise: (text: string) => void,
  onNote?: (note: Note) => void,
): Replica {
  const child = program.take();
  child.send(spec, () => undefined);
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
    child.on("message", (message: Message) => {
      if ("ready" in message) {
        resolve();
        return;
      }
      if ("note" in message) {
        onNote?.(message.note);
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
