import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { findPostgres } from "./postgres-binaries.ts";

/**
 * A Postgres of a test's own, which it may restart, freeze and kill.
 *
 * Owns a temporary folder and the server's processes. Both go with `stop`, and also when this process ends without
 * having called it: a shell between the two waits for the end of its input.
 */
export interface PostgresServer {
  /** The folder of its programs. */
  readonly programs: string;
  readonly port: number;
  /** Of the superuser. `database` is `postgres` unless told. */
  url(database?: string): string;
  /** A new, empty database. @returns its URL. */
  createDatabase(): Promise<string>;
  /** Ends the server as `how` says, and starts it again on the same data and port. */
  restart(how: "fast" | "immediate"): Promise<void>;
  /** Ends the server; its data stay. */
  halt(how: "fast" | "immediate"): Promise<void>;
  /** Starts it again after `halt`. */
  resume(): Promise<void>;
  /** Stops every process of the server where it is (SIGSTOP). */
  freeze(): void;
  thaw(): void;
  /** Ends every connection but its own, as an administrator does. @returns how many. */
  terminateConnections(): Promise<number>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Programs that have to be beside the server's own, for example `pg_dump`. */
  readonly tools?: readonly string[];
  /** Whether commits are flushed to the disk. Off by default: tests kill processes, not machines. */
  readonly durable?: boolean;
  /** Further settings of the server, `name: value`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Turns TLS on: a private key and its certificate, as PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Starts a Postgres in a temporary folder, as an unprivileged user, within seconds. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  if (process.platform === "win32") {
    throw new Error("On Windows the tests need a Postgres of yours: name it in TEST_DATABASE_URL.");
  }
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), "flowgate-postgres-"));
  try {
    const server = new TemporaryServer(scratch, options);
    await server.resume();
    return server;
  } catch (thrown) {
    rmSync(scratch, { recursive: true, force: true });
    throw thrown;
  }
}

/** Ends the server when its input ends: then nobody is left who would. What it is asked for last is to remove its folder. */
const KEEPER = `
  folder=$1; shift
  "$@" & server=$!
  echo $server
  cat >/dev/null
  kill -CONT $server 2>/dev/null; kill -INT $server 2>/dev/null
  wait $server
  [ -e "$folder/keep" ] || rm -rf "$folder"
`;

const START_MS = 60_000;

class TemporaryServer implements PostgresServer {
  readonly #scratch: string;
  readonly #folder: string;
  readonly #data: string;
  readonly #log: string;
  readonly #password = randomBytes(12).toString("hex");
  readonly #user: { readonly uid: number; readonly gid: number } | undefined;
  readonly #settings: readonly string[];
  #port = 0;
  #keeper: ChildProcess | undefined;
  #pid: number | undefined;
  #count = 0;

  constructor(scratch: string, { durable = false, settings = {}, tls, tools = [] }: PostgresServerOptions) {
    this.#scratch = scratch;
    chmodSync(scratch, 0o755);
    const { folder, user } = findPostgres(scratch, tools);
    this.#folder = folder;
    this.#user = user;
    this.#data = join(scratch, "data");
    this.#log = join(scratch, "log");
    const all = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: "300",
      shared_buffers: "64MB",
      fsync: durable ? "on" : "off",
      timezone: "UTC",
      ...(tls === undefined ? {} : { ssl: "on", ...this.#keep(tls) }),
      ...settings,
    };
    this.#settings = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#initialise();
  }

  get programs(): string {
    return this.#folder;
  }

  get port(): number {
    return this.#port;
  }

  url(database = "postgres"): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.#port}/${database}`;
  }

  async createDatabase(): Promise<string> {
    const name = `test_${process.pid}_${(this.#count += 1)}`;
    await createDatabaseAt(this.url(), name);
    return this.url(name);
  }

  async restart(how: "fast" | "immediate"): Promise<void> {
    await this.halt(how);
    await this.resume();
  }

  async halt(how: "fast" | "immediate"): Promise<void> {
    writeFileSync(join(this.#scratch, "keep"), "");
    await this.#end(how === "fast" ? "SIGINT" : "SIGQUIT");
  }

  async resume(): Promise<void> {
    rmSync(join(this.#scratch, "keep"), { force: true });
    for (let tries = 0; ; tries += 1) {
      const isFirst = this.#port === 0;
      if (isFirst) this.#port = await freePort();
      if (await this.#start()) return;
      // Somebody else was given the port in between.
      if (isFirst && tries < 3 && this.#readLog().includes("Address already in use")) this.#port = 0;
      else throw new Error(`The Postgres for the tests did not start:\n${this.#readLog()}`);
    }
  }

  freeze(): void {
    this.#signal("SIGSTOP");
  }

  thaw(): void {
    this.#signal("SIGCONT");
  }

  async terminateConnections(): Promise<number> {
    return await withClient(this.url(), async (client) => {
      const ended = await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
      return ended.rowCount ?? 0;
    });
  }

  async stop(): Promise<void> {
    if (this.#pid !== undefined) this.thaw();
    await this.#end("SIGINT");
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** Where the server finds key and certificate, which nobody else may read. */
  #keep({ key, cert }: { readonly key: string; readonly cert: string }): Record<string, string> {
    const [keyFile, certFile] = [join(this.#scratch, "server.key"), join(this.#scratch, "server.crt")];
    writeFileSync(keyFile, key, { mode: 0o600 });
    writeFileSync(certFile, cert);
    if (this.#user !== undefined) chownSync(keyFile, this.#user.uid, this.#user.gid);
    return { ssl_key_file: keyFile, ssl_cert_file: certFile };
  }

  #initialise(): void {
    const secret = join(this.#scratch, "secret");
    writeFileSync(secret, this.#password, { mode: 0o600 });
    if (this.#user !== undefined) {
      chownSync(this.#scratch, this.#user.uid, this.#user.gid);
      chownSync(secret, this.#user.uid, this.#user.gid);
    }
    const initdb = spawnSync(
      join(this.#folder, "initdb"),
      [
        ["--pgdata", this.#data],
        ["--username", "postgres", "--pwfile", secret, "--auth", "scram-sha-256"],
        ["--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"],
      ].flat(),
      { ...this.#spawnAs(), encoding: "utf8" },
    );
    if (initdb.status !== 0) {
      const said = initdb.error?.message ?? `${initdb.stdout}${initdb.stderr}`;
      throw new Error(`initdb of ${this.#folder} failed:\n${said}`);
    }
  }

  async #start(): Promise<boolean> {
    const log = openSync(this.#log, "a");
    const command = [
      join(this.#folder, "postgres"),
      "-D",
      this.#data,
      "-p",
      String(this.#port),
      ...this.#settings,
    ];
    const keeper = spawn("/bin/sh", ["-c", KEEPER, "keeper", this.#scratch, ...command], {
      ...this.#spawnAs(),
      stdio: ["pipe", "pipe", log],
      // What interrupts this process must not end the server under its tests: that is up to `stop`.
      detached: true,
    });
    closeSync(log);
    this.#keeper = keeper;
    const [said] = (await once(keeper.stdout!, "data")) as [Buffer];
    this.#pid = Number(String(said).trim());
    keeper.stdout!.destroy();
    // The server is no reason for this process to stay.
    keeper.unref();
    const until = performance.now() + START_MS;
    while (performance.now() < until) {
      if (await this.#answers()) return true;
      if (!isAlive(this.#pid)) break;
      await wait(25);
    }
    await this.#end("SIGQUIT");
    return false;
  }

  async #answers(): Promise<boolean> {
    return await withClient(this.url(), (client) => client.query("SELECT 1")).then(
      () => true,
      () => false,
    );
  }

  async #end(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    this.#keeper = undefined;
    const pid = this.#pid;
    this.#pid = undefined;
    if (pid !== undefined && isAlive(pid)) process.kill(pid, signal);
    const isOver = keeper.exitCode !== null || keeper.signalCode !== null;
    const ended = isOver ? undefined : once(keeper, "exit");
    keeper.ref();
    keeper.stdin?.end();
    await ended;
  }

  #signal(signal: "SIGSTOP" | "SIGCONT"): void {
    for (const pid of this.#processes()) {
      try {
        process.kill(pid, signal);
      } catch (thrown) {
        // One that served a connection ended since it was listed.
        if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
      }
    }
  }

  #processes(): readonly number[] {
    if (this.#pid === undefined) return [];
    const listed = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).stdout;
    const children = listed
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, parent]) => parent === this.#pid)
      .map(([child]) => child!);
    return [this.#pid, ...children];
  }

  #spawnAs(): { readonly cwd: string; readonly uid?: number; readonly gid?: number } {
    return { cwd: this.#scratch, ...this.#user };
  }

  #readLog(): string {
    return readFileSync(this.#log, "utf8").slice(-2000);
  }
}

/** Makes an empty database on a server. */
export async function createDatabaseAt(url: string, name: string): Promise<void> {
  await withClient(url, (client) => client.query(`CREATE DATABASE "${name}" TEMPLATE template0`));
}

/** Removes a database, whoever uses it. */
export async function dropDatabaseAt(url: string, name: string): Promise<void> {
  await withClient(url, (client) => client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // Without a listener the end of its connection would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
