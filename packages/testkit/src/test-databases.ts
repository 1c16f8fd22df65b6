import { parseJson } from "@mcp-flowgate/core";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Client } from "pg";
import { createDatabaseAt, dropDatabaseAt, startPostgres, type PostgresServer } from "./postgres-server.ts";

/** Where the tests of a run ask for databases. */
const ADDRESS = "FLOWGATE_TEST_DATABASES";

/**
 * A new, empty Postgres database for the file that asks. The server is TEST_DATABASE_URL where that is set, else one
 * that the first test of the run to ask starts; the database goes at the end of the run.
 * @returns its URL.
 */
export async function createTestDatabase(): Promise<string> {
  const address = process.env[ADDRESS];
  if (address === undefined) {
    throw new Error(
      "Test databases are made by the setup of a vitest run (vitest.config.ts); outside of one, use startPostgres.",
    );
  }
  const socket = createConnection(address);
  const answer = parseJson(await text(socket)) as { readonly url?: string; readonly error?: string };
  if (answer.url === undefined) throw new Error(answer.error);
  return answer.url;
}

/**
 * The setup of a vitest run: listens for tests that want a database and starts a server for the first of them, so
 * that a run without such tests starts none. Projects of a run share it.
 * @returns what ends it.
 */
export async function serveTestDatabases(): Promise<() => Promise<void>> {
  if (process.env[ADDRESS] !== undefined) return async () => undefined;
  const folder = mkdtempSync(join(tmpdir(), "flowgate-databases-"));
  const databases = new Databases();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    databases.create().then(
      (url) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    );
  });
  const address = join(folder, "socket");
  server.listen(address);
  await once(server, "listening");
  server.unref();
  process.env[ADDRESS] = address;
  return async () => {
    delete process.env[ADDRESS];
    server.close();
    await databases.end();
    rmSync(folder, { recursive: true, force: true });
  };
}

class Databases {
  readonly #given: string | undefined = process.env["TEST_DATABASE_URL"] || undefined;
  readonly #made: string[] = [];
  #server: Promise<PostgresServer> | undefined;
  #count = 0;

  async create(): Promise<string> {
    if (this.#given === undefined) {
      this.#server ??= startPostgres();
      return await (await this.#server).createDatabase();
    }
    const name = `flowgate_test_${process.pid}_${(this.#count += 1)}`;
    await createDatabaseAt(this.#given, name);
    this.#made.push(name);
    const url = new URL(this.#given);
    url.pathname = `/${name}`;
    return url.href;
  }

  async end(): Promise<void> {
    for (const name of this.#made) await dropDatabaseAt(this.#given!, name);
    const server = await this.#server?.catch(() => undefined);
    await server?.stop();
  }
}

/** A connection past every store, for what only tests do to a database. */
export interface TestConnection {
  ask(statement: string): Promise<void>;
  end(): Promise<void>;
}

export async function connectToDatabase(url: string): Promise<TestConnection> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    ask: async (statement) => void (await client.query(statement)),
    end: () => client.end(),
  };
}
