import { createHash } from "node:crypto";
import type { Sql } from "./keep.ts";

/** A row of a table, with numbers as numbers. */
type Row = Record<string, unknown>;

/**
 * Ways to change what a store keeps that have to be found, each on rows that checkpoints cover. Every one is as careful
 * as somebody can be who has the database and no key.
 */
export const TAMPERINGS: { readonly [name: string]: (sql: Sql) => Promise<void> } = {
  async "flip a byte of a record"(sql) {
    const row = await rowAt(sql, 4);
    await set(sql, row, "line", String(row["line"]).replace('"index":', '"indexz":'));
  },
  async "change a record and its hash"(sql) {
    const row = await rowAt(sql, 4);
    await rewrite(sql, row, (line) => line.replace("executor.started", "executor.succeeded"));
  },
  async "change the end of a stream and its hash"(sql) {
    await rewrite(sql, await lastOfStream(sql), (line) => line.replace(/"index":\d+/, '"index":999'));
  },
  async "flip the type that queries go by"(sql) {
    await set(sql, await rowAt(sql, 4), "type", "guard.rejected");
  },
  async "flip the time that retention goes by"(sql) {
    await set(sql, await rowAt(sql, 4), "at", 1);
  },
  async "flip the hash that the next record would build on"(sql) {
    await set(sql, await lastOfStream(sql), "hash", "0".repeat(64));
  },
  async "hide a record in another stream"(sql) {
    await set(sql, await rowAt(sql, 4), "stream", "wf:elsewhere");
    await set(sql, await rowAt(sql, 4), "stream_name", "wf:elsewhere").catch(() => undefined);
  },
  async "drop a record"(sql) {
    await drop(sql, "n = $1", [(await rowAt(sql, 4))["n"]]);
  },
  async "drop the end of a stream"(sql) {
    await drop(sql, "n = $1", [(await lastOfStream(sql))["n"]]);
  },
  async "drop a whole stream"(sql) {
    await drop(sql, "stream = $1", ["wf:wf_2"]);
  },
  async "insert a record behind a stream"(sql) {
    const row = await lastOfStream(sql);
    const line = place(String(row["line"]), Number(row["seq"]) + 1, String(row["hash"]));
    await insert(sql, { ...row, seq: Number(row["seq"]) + 1, line, hash: line.slice(-66, -2) });
    await sql.ask("DELETE FROM unsealed");
  },
  async "duplicate a record"(sql) {
    const row = await rowAt(sql, 4);
    await insert(sql, { ...row, stream: "wf:copy" });
    await sql.ask("DELETE FROM unsealed");
  },
  async "swap two records of one stream"(sql) {
    const rows = (await rowsOf(sql)).filter((row) => row["stream"] === "wf:wf_1");
    await swap(sql, rows[0] as Row, rows[1] as Row);
  },
  async "swap two records of two streams"(sql) {
    const all = await rowsOf(sql);
    const one = all.find((row) => row["stream"] === "wf:wf_1") as Row;
    const other = all.find((row) => row["stream"] === "wf:wf_2") as Row;
    await swap(sql, one, other);
  },
  async "splice a stream: rewrite it from a record on, with good hashes"(sql) {
    const rows = (await rowsOf(sql)).filter((row) => row["stream"] === "wf:wf_1");
    let before = "0".repeat(64);
    for (const row of rows) {
      const line = place(
        String(row["line"]).replace("executor.started", "executor.failed"),
        Number(row["seq"]),
        before,
      );
      before = line.slice(-66, -2);
      await set(sql, row, "line", line);
      await set(sql, row, "hash", before);
      await set(sql, row, "type", "executor.failed");
    }
  },
  async "cut everything behind the first checkpoint, which an exported head contradicts"(sql) {
    const [first] = await sql.ask<Row>("SELECT body FROM checkpoint WHERE n = 1");
    const last = /"positions":"1-(\d+)"/.exec(String(first?.["body"]))?.[1];
    await drop(sql, "n > $1", [Number(last)]);
    await sql.ask("DELETE FROM checkpoint WHERE n > 1");
    await sql.ask("DELETE FROM unsealed");
  },
  async "cut everything"(sql) {
    await drop(sql, "n > $1", [0]);
    await sql.ask("DELETE FROM checkpoint");
    await sql.ask("DELETE FROM unsealed");
  },
  async "drop a checkpoint"(sql) {
    await sql.ask("DELETE FROM checkpoint WHERE n = 1");
  },
  async "forge a checkpoint"(sql) {
    const [row] = await sql.ask<Row>("SELECT n, body FROM checkpoint ORDER BY n DESC LIMIT 1");
    const body = String(row?.["body"]).replace(/"root":"[0-9a-f]{8}/, '"root":"00000000');
    await sql.ask("UPDATE checkpoint SET body = $1, hash = $2 WHERE n = $3", [
      body,
      sha256(body),
      row?.["n"],
    ]);
  },
  async "flip a signature"(sql) {
    await sql.ask("UPDATE checkpoint SET signature = $1 WHERE n = 2", [
      Buffer.alloc(64, 7).toString("base64"),
    ]);
  },
  async "take a signature away"(sql) {
    await sql.ask("UPDATE checkpoint SET signature = '' WHERE n = 2");
  },
  async "flip a leaf"(sql) {
    await sql.ask("UPDATE checkpoint SET leaves = $1 WHERE n = 2", [Buffer.alloc(32, 7)]);
  },
  async "excuse a dropped stream with a purge of one's own"(sql) {
    const gone = (await rowsOf(sql)).filter((row) => row["stream"] === "wf:wf_2").map((row) => row["n"]);
    await drop(sql, "stream = $1", ["wf:wf_2"]);
    const [last] = await sql.ask<Row>("SELECT n, body, hash FROM checkpoint ORDER BY n DESC LIMIT 1");
    const { root: _root, ...seal } = JSON.parse(String(last?.["body"])) as Row;
    const number = Number(last?.["n"]) + 1;
    const purge = {
      ...seal,
      kind: "purge",
      number,
      prevHash: last?.["hash"],
      positions: gone.join(","),
    };
    const body = JSON.stringify(
      Object.fromEntries(Object.entries(purge).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    );
    await sql.ask("INSERT INTO checkpoint (n, body, hash, signature, leaves) VALUES ($1, $2, $3, $4, $5)", [
      number,
      body,
      sha256(body),
      Buffer.alloc(64, 1).toString("base64"),
      Buffer.alloc(0),
    ]);
  },
  async "excuse it with a purge that nobody signed"(sql) {
    await (TAMPERINGS["excuse a dropped stream with a purge of one's own"] as (sql: Sql) => Promise<void>)(
      sql,
    );
    const [row] = await sql.ask<Row>("SELECT n, body FROM checkpoint ORDER BY n DESC LIMIT 1");
    const body = String(row?.["body"]).replace(/"keyId":"[0-9a-f]+",/, "");
    await sql.ask("UPDATE checkpoint SET body = $1, hash = $2, signature = '' WHERE n = $3", [
      body,
      sha256(body),
      row?.["n"],
    ]);
  },
};

const TABLES = ["audit", "unsealed", "checkpoint"];

/** Keeps what the tables hold now, so that it can be put back. */
export async function snapshot(sql: Sql): Promise<() => Promise<void>> {
  for (const table of TABLES) await sql.ask(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
  const [audit] = await sql.ask<Row>("SELECT * FROM audit LIMIT 1");
  const columns = Object.keys(audit ?? {}).join(", ");
  return async () => {
    for (const table of TABLES) await sql.ask(`DELETE FROM ${table}`);
    const identity = "stream_name" in (audit ?? {}) ? "OVERRIDING SYSTEM VALUE" : "";
    await sql.ask(`INSERT INTO audit (${columns}) ${identity} SELECT ${columns} FROM kept_audit`);
    await sql.ask("DELETE FROM unsealed");
    await sql.ask("INSERT INTO unsealed SELECT * FROM kept_unsealed");
    await sql.ask("INSERT INTO checkpoint SELECT * FROM kept_checkpoint");
  };
}

async function rowsOf(sql: Sql): Promise<readonly Row[]> {
  const rows = await sql.ask<Row>("SELECT * FROM audit ORDER BY n");
  return rows.map((row) => ({ ...row, n: Number(row["n"]), seq: Number(row["seq"]), at: Number(row["at"]) }));
}

async function rowAt(sql: Sql, index: number): Promise<Row> {
  return (await rowsOf(sql))[index] as Row;
}

async function lastOfStream(sql: Sql): Promise<Row> {
  return (await rowsOf(sql)).findLast((row) => row["stream"] === "wf:wf_2") as Row;
}

async function set(sql: Sql, row: Row, column: string, value: unknown): Promise<void> {
  await sql.ask(`UPDATE audit SET ${column} = $1 WHERE n = $2`, [value, row["n"]]);
}

async function drop(sql: Sql, where: string, values: readonly unknown[]): Promise<void> {
  await sql.ask(`DELETE FROM audit WHERE ${where}`, values);
}

async function insert(sql: Sql, { n: _n, ...row }: Row): Promise<void> {
  const names = Object.keys(row);
  const places = names.map((_, index) => `$${index + 1}`).join(", ");
  await sql.ask(`INSERT INTO audit (${names.join(", ")}) VALUES (${places})`, Object.values(row));
}

/** Everything but the positions changes places. */
async function swap(sql: Sql, one: Row, other: Row): Promise<void> {
  await drop(sql, "n IN ($1, $2)", [one["n"], other["n"]]);
  const identity = "stream_name" in one ? "OVERRIDING SYSTEM VALUE " : "";
  for (const row of [
    { ...one, n: other["n"] },
    { ...other, n: one["n"] },
  ]) {
    const names = Object.keys(row);
    const places = names.map((_, index) => `$${index + 1}`).join(", ");
    await sql.ask(
      `INSERT INTO audit (${names.join(", ")}) ${identity}VALUES (${places})`,
      Object.values(row),
    );
  }
  await sql.ask("DELETE FROM unsealed");
}

/** The record with the hash that it has to have after a change. */
async function rewrite(sql: Sql, row: Row, change: (line: string) => string): Promise<void> {
  const changed = change(String(row["line"]));
  const line = place(changed, Number(row["seq"]), /"prevHash":"([0-9a-f]{64})/.exec(changed)?.[1] ?? "");
  await set(sql, row, "line", line);
  await set(sql, row, "hash", line.slice(-66, -2));
  await set(sql, row, "type", /"eventType":"([^"]+)/.exec(line)?.[1]);
}

/** The record at another place, with a good hash. */
function place(line: string, seq: number, prevHash: string): string {
  const body = line.slice(0, line.lastIndexOf(',"prevHash":"')).replace(/"seq":\d+/, `"seq":${seq}`);
  return `${body},"prevHash":"${prevHash}","hash":"${sha256(`${prevHash}${body}}`)}"}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
