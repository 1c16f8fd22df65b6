import { execFile, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { onEnd } from "./open.ts";

const run = promisify(execFile);

/** The program of PgBouncer and the libraries that came with it, or why there is none. */
export type Pgbouncer =
  | { readonly command: string; readonly libraries: string }
  | { readonly missing: string };

/** Debian's packages, unpacked without being installed. */
const PACKAGES = ["pgbouncer", "libc-ares2"];

/** The machine's own PgBouncer, or Debian's, which is kept for the next time. */
export async function findPgbouncer(): Promise<Pgbouncer> {
  const own = await run("pgbouncer", ["--version"]).catch(() => undefined);
  if (own !== undefined) return { command: "pgbouncer", libraries: "" };
  const kept = join(tmpdir(), "flowgate-pgbouncer");
  const command = join(kept, "usr/sbin/pgbouncer");
  try {
    if (!existsSync(command)) await unpack(kept);
    const libraries = readdirSync(join(kept, "usr/lib"))
      .map((name) => join(kept, "usr/lib", name))
      .join(":");
    await run(command, ["--version"], { env: { LD_LIBRARY_PATH: libraries } });
    return { command, libraries };
  } catch (thrown) {
    const [why = ""] = String((thrown as Error).message).split("\n");
    return { missing: `there is no PgBouncer, and Debian's cannot be had: ${why}` };
  }
}

async function unpack(folder: string): Promise<void> {
  const scratch = mkdtempSync(`${folder}-`);
  chmodSync(scratch, 0o755);
  await run("apt-get", ["download", ...PACKAGES], { cwd: scratch, timeout: 60_000 });
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(scratch)) await run("dpkg", ["-x", join(scratch, file), folder]);
  rmSync(scratch, { recursive: true, force: true });
}

/** Puts a PgBouncer in transaction mode before a database. @returns the URL through it. */
export async function startPgbouncer(
  { command, libraries }: Extract<Pgbouncer, { command: string }>,
  url: string,
): Promise<string> {
  const target = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), "flowgate-bouncer-"));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const name = target.pathname.slice(1);
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(
    config,
    `[databases]
${name} = host=${target.hostname} port=${target.port} dbname=${name} user=${target.username} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
`,
  );
  // It does not run as root.
  const as = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const env = { ...process.env, LD_LIBRARY_PATH: libraries };
  const child = spawn(command, [config], { ...as, env, cwd: folder, stdio: "ignore" });
  const ended = once(child, "exit");
  onEnd(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  target.port = String(port);
  for (;;) {
    const client = new Client({ connectionString: target.href });
    client.on("error", () => undefined);
    const answers = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (answers) return target.href;
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}`);
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
