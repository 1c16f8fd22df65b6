import type { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { FlowgateError, type Log } from "@mcp-flowgate/core";
import { Client, Pool, TypeOverrides, types, type PoolClient, type QueryResult } from "pg";
import { inOrder } from "./in-order.ts";
import { toServerAddress, type ServerAddress } from "./server-url.ts";
import { isConnectionLost, isPreparedElsewhere, sqlState } from "./store-error.ts";

/**
 * The connections to one database.
 *
 * Owns the pool. A connection can end at any moment, used or not: every client has a listener for that from its first
 * moment on, since an error event that nobody listens to ends the process. What is asked over a connection is bounded
 * twice, by the server (`statement_timeout` and its siblings) and, for a server that does not answer at all, by the
 * driver, which then gives the connection up.
 */
export interface Database {
  readonly address: ServerAddress;
  /** One statement of its own that changes nothing, or the same however often it is run. A broken connection is tried anew. */
  read<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
  /** Several of them in one round trip, each of its own moment. */
  readAll<Rows extends readonly object[]>(
    queries: readonly (readonly [statement: Statement, ...values: unknown[]])[],
  ): Promise<{ [Place in keyof Rows]: Rows[Place][] }>;
  /** One statement whose best plan depends on its values, as which filters are given. */
  list<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** A connection for several statements. Where `use` throws something else than the server's answer, it is given up. */
  session<T>(use: (session: Session) => Promise<T>): Promise<T>;
  /** A connection beside the pool, which the caller closes. */
  connectAlone(): Promise<Client>;
  close(): Promise<void>;
}

/** A statement that is prepared once per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface Session {
  /** Sends at once: several that are not waited for travel together and run in order. */
  query<Row extends object>(statement: Statement | string, values?: readonly unknown[]): Promise<Answer<Row>>;
}

export interface Answer<Row> {
  readonly rows: Row[];
  readonly count: number;
  /** What the server says that it did: `COMMIT`, `ROLLBACK`, … */
  readonly command: string;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  readonly name: string;
  readonly log: Log;
}

/** What the driver waits longer than the server's own limit before it gives a connection up. */
const ANSWER_GRACE_MS = 1_000;
const MAX_CONNECT_MS = 5_000;
/** For how long rows may be locked by others, of the time that a statement has. */
const LOCK_SHARE = 0.5;
const READ_TRIES = 3;
/** A pause between two tries, with the server possibly on its way up. */
const RETRY_MS = 50;
/** Without `xid8` (13) there is no way to ask what became of a transaction. */
const OLDEST_SERVER = 130_000;

/**
 * Connects.
 * @throws FlowgateError `STORE_UNAVAILABLE`, saying what is wrong and how to mend it, without the user and the password.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const database = new PooledDatabase(options);
  try {
    await database.check();
    return database;
  } catch (thrown) {
    await database.close();
    throw toOpenError(thrown, database.address.shown);
  }
}

class PooledDatabase implements Database {
  readonly address: ServerAddress;
  readonly #options: DatabaseOptions;
  readonly #pool: Pool;
  readonly #config: object;
  #prepares = true;

  constructor(options: DatabaseOptions) {
    this.address = toServerAddress(options.url);
    this.#options = options;
    const { statementTimeoutMs, name, log } = options;
    this.#config = {
      ...this.address.config,
      application_name: `mcp-flowgate ${name}`.slice(0, 63),
      connectionTimeoutMillis: Math.min(statementTimeoutMs, MAX_CONNECT_MS),
      query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
      keepAlive: true,
      pipeline: true,
      types: numbersOf(),
    };
    this.#pool = new Pool({
      ...this.#config,
      max: options.poolSize,
      idleTimeoutMillis: 60_000,
      // Connections that nobody uses keep no process alive.
      allowExitOnIdle: true,
      Client: HeardClient,
      onConnect: (client: PoolClient) => this.#prepare(client),
    } as object);
    this.#pool.on("error", (error) => log.debug("a connection to the store ended", { error: error.message }));
  }

  async check(): Promise<void> {
    const [server] = await this.read<Server>({ name: "", text: SERVER }, []);
    if (server === undefined) return;
    if (server.version < OLDEST_SERVER) {
      const message = `${this.address.shown} is PostgreSQL ${Math.floor(server.version / 10_000)}; the store needs 13 or later`;
      throw new FlowgateError("STORE_UNAVAILABLE", message);
    }
    if (server.fsync === "off") {
      this.#options.log.warn("the store's server runs with fsync = off: what is acknowledged can be lost");
    }
  }

  read<Row extends object>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#tryAgain(async (session) => (await session.query<Row>(statement, values)).rows);
  }

  async readAll<Rows extends readonly object[]>(
    queries: readonly (readonly [statement: Statement, ...values: unknown[]])[],
  ): Promise<{ [Place in keyof Rows]: Rows[Place][] }> {
    const answers = await this.#tryAgain((session) =>
      inOrder(queries.map(([statement, ...values]) => session.query(statement, values))),
    );
    return answers.map(({ rows }) => rows) as { [Place in keyof Rows]: Rows[Place][] };
  }

  list<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#tryAgain(async (session) => {
      const [, { rows }] = await inOrder([
        session.query("BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan"),
        session.query<Row>({ name: "", text }, values),
        session.query("COMMIT"),
      ]);
      return rows;
    });
  }

  async #tryAgain<T>(use: (session: Session) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const began = performance.now();
      try {
        return await this.session(use);
      } catch (thrown) {
        // Connections that were open before a restart are found dead one by one. A server that is silent is not asked again.
        const wasQuick = performance.now() - began < MAX_CONNECT_MS / 2;
        if (isPreparedElsewhere(thrown) && tries < READ_TRIES) continue;
        const isRefused = (thrown as NodeJS.ErrnoException).code === "ECONNREFUSED";
        if (!isConnectionLost(thrown) || !wasQuick || isRefused || tries >= READ_TRIES) throw thrown;
      }
      await wait(RETRY_MS);
    }
  }

  async session<T>(use: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    const gather = createGathering(client);
    let broken = false;
    const query: Session["query"] = async (statement, values = []) => {
      gather();
      try {
        return toAnswer(await client.query(toQuery(statement, values, this.#prepares)));
      } catch (thrown) {
        if (isPreparedElsewhere(thrown)) this.#prepareNoMore();
        broken ||= isConnectionLost(thrown);
        throw thrown;
      }
    };
    try {
      return await use({ query } as Session);
    } catch (thrown) {
      broken ||= sqlState(thrown) === undefined && !(thrown instanceof FlowgateError);
      throw thrown;
    } finally {
      client.release(broken);
    }
  }

  async connectAlone(): Promise<Client> {
    const client = new HeardClient(this.#config);
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** A pooler between does not carry prepared statements: from now on each is sent whole. */
  #prepareNoMore(): void {
    if (!this.#prepares) return;
    this.#prepares = false;
    this.#options.log.warn(
      "a pooler before the store's database carries no prepared statements (PgBouncer does from 1.21); statements are sent whole instead, which costs it more",
    );
  }

  /** What is set at the start of a connection. As statements: a pooler between may refuse start parameters. */
  async #prepare(client: PoolClient): Promise<void> {
    const { statementTimeoutMs } = this.#options;
    await client.query(PREPARE, [
      String(statementTimeoutMs),
      String(Math.ceil(statementTimeoutMs * LOCK_SHARE)),
      String(statementTimeoutMs),
    ]);
  }
}

/** What is sent in one turn goes out as one packet: a write to the socket costs more than most statements do here. */
function createGathering(client: PoolClient): () => void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
  let isGathering = false;
  return () => {
    if (isGathering) return;
    isGathering = true;
    stream.cork();
    process.nextTick(() => {
      isGathering = false;
      stream.uncork();
    });
  };
}

/** A client whose end nobody has to notice: who uses it hears of it by the answer. */
class HeardClient extends Client {
  constructor(config: object) {
    super(config);
    this.on("error", () => undefined);
  }
}

interface Server {
  readonly version: number;
  readonly fsync: string;
}

const SERVER =
  "SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync";

// Whoever turned `synchronous_commit` off for the database meant others: here an acknowledged write is a durable one.
// A statement is planned once for a connection: by itself the server plans some of them anew for each of their values,
// which takes longer than to carry them out.
const PREPARE = `
SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
  set_config('idle_in_transaction_session_timeout', $3, false),
  set_config('plan_cache_mode', 'force_generic_plan', false),
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, false)`;

/** Counts and times as numbers: none of them is beyond what a double holds exactly. */
function numbersOf(): TypeOverrides {
  const overrides = new TypeOverrides();
  overrides.setTypeParser(types.builtins.INT8, Number);
  return overrides;
}

function toQuery(
  statement: Statement | string,
  values: readonly unknown[],
  prepares: boolean,
): { text: string; name?: string; values?: unknown[] } {
  if (typeof statement === "string") return { text: statement };
  const { name, text } = statement;
  return { text, values: [...values], ...(name === "" || !prepares ? {} : { name }) };
}

function toAnswer<Row extends object>({ rows, rowCount, command }: QueryResult): Answer<Row> {
  return { rows: rows as Row[], count: rowCount ?? 0, command };
}

function toOpenError(thrown: unknown, shown: string): FlowgateError {
  if (thrown instanceof FlowgateError) return thrown;
  return new FlowgateError("STORE_UNAVAILABLE", `the store's database ${shown} ${whyNot(thrown)}`, {
    cause: thrown,
  });
}

function whyNot(thrown: unknown): string {
  const state = sqlState(thrown);
  const code = state ?? (thrown as NodeJS.ErrnoException).code ?? "";
  if (code === "28P01" || code === "28000")
    return "does not let this user in: check user, password and sslmode of store.url";
  if (code === "3D000") return "does not exist; create it, or name another in store.url";
  if (code === "57P03") return "is starting or stopping; try again";
  if (code === "53300") return "has no connection left; raise its max_connections, or lower store.poolSize";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "has a host name that cannot be resolved";
  if (code === "ECONNREFUSED") return "refuses connections: nothing listens there";
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  if (said.includes("does not support SSL"))
    return "does not encrypt; leave sslmode out of store.url, or turn ssl on in the server";
  if (/certificate|altnames/i.test(said)) return `has a certificate that is not trusted (${said})`;
  if (/timeout/i.test(said)) return "does not answer";
  return `cannot be used: ${said}`;
}
