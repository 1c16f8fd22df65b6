import { rolldown } from "rolldown";
import { execFile, fork, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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
 * The program of a replica as a snapshot of its heap after all modules were loaded, made of the built packages: a run
 * starts hundreds of processes, and loading modules is most of what a start costs.
 */
export async function buildReplica(): Promise<Program> {
  const dir = fileURLToPath(new URL(`node_modules/.chaos/${process.pid}-${Date.now()}`, import.meta.url));
  const [source, file] = [join(dir, "replica.cjs"), join(dir, "replica.blob")];
  const bundle = await rolldown({
    input: fileURLToPath(new URL("replica.ts", import.meta.url)),
    platform: "node",
    plugins: [{ name: "snapshot", transform: toLoadable }],
    logLevel: "silent",
  });
  await bundle.write({ file: source, format: "cjs", codeSplitting: false });
  await bundle.close();
  const { PATH } = process.env;
  await promisify(execFile)(process.execPath, ["--snapshot-blob", file, "--build-snapshot", source], {
    env: { PATH },
  });
  return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
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

/** What it said on its error output goes to `onNoise`: a replica has nothing to say there. */
export function startReplica(program: Program, spec: ReplicaSpec, onNoise: (text: string) => void): Replica {
  const child: ChildProcess = fork("replica", [], {
    execArgv: ["--snapshot-blob", program.file],
    env: {
      ...process.env,
      NODE_OPTIONS: "",
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
