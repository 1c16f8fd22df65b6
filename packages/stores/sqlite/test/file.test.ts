import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../src/database.ts";
import { networkFileSystem } from "../src/network-file-system.ts";
import { MIGRATIONS } from "../src/migrations/all.ts";
import * as schema from "../src/schema.ts";
import { createBench, onEnd } from "./support/open.ts";
import { instanceOf, startOf, stepOf } from "@mcp-flowgate/store-testkit";

describe("the file", () => {
  test("is made with its folder, for its owner alone", async () => {
    const bench = createBench();
    const path = join(bench.folder, "a", "b", "flowgate.db");
    await bench.open({ path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(bench.folder, "a", "b")).mode & 0o777).toBe(0o700);
  });

  test("is flushed at every commit, which the driver does not do by itself", async () => {
    const { path } = createBench();
    const { sqlite } = await openDatabase(path, 1000);
    onEnd(() => void sqlite.close());
    expect(sqlite.pragma("synchronous", { simple: true })).toBe(2);
    expect(sqlite.pragma("journal_mode", { simple: true })).toBe("wal");
    const plain = new Database(path);
    onEnd(() => void plain.close());
    expect(plain.pragma("synchronous", { simple: true })).toBe(1);
  });

  test("has the tables and columns that the statements name", async () => {
    const { sqlite } = await openDatabase(createBench().path, 1000);
    onEnd(() => void sqlite.close());
    const inFile = sqlite
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
      .map(
        ({ name }) =>
          [
            name,
            sqlite.pragma(`table_info(${name})`) as { name: string; notnull: number; pk: number }[],
          ] as const,
      )
      .map(([name, columns]) => [
        name,
        columns.map((column) => `${column.name} ${column.notnull === 1 || column.pk > 0}`),
      ]);
    const inCode = Object.values(schema)
      .map((table) => getTableConfig(table))
      .map(({ name, columns }) => [
        name,
        columns.map((column) => `${column.name} ${column.notNull || column.primary}`),
      ]);
    expect(inCode.toSorted(([left], [right]) => (String(left) < String(right) ? -1 : 1))).toEqual(inFile);
  });

  test("is left as one small file when the last process closes it", async () => {
    const bench = createBench();
    const store = await bench.open();
    await store.apply(startOf("wf_1"));
    await store.close();
    expect(execFileSync("ls", [bench.folder], { encoding: "utf8" })).toBe("flowgate.db\n");
  });

  test("answers nothing more once it is closed", async () => {
    const store = await createBench().open();
    await store.close();
    await store.close();
    await expect(store.load("wf_1")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(store.apply(startOf("wf_1"))).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  test("is committed with everything that was handed in before it is closed", async () => {
    const bench = createBench();
    const store = await bench.open();
    const results = Array.from({ length: 20 }, (_, index) => store.apply(startOf(`wf_${index}`)));
    await store.close();
    expect(await Promise.all(results)).toHaveLength(20);
    expect((await (await bench.open()).instances({ limit: 100 })).items).toHaveLength(20);
  });
});

describe("a store does not open", () => {
  const refused = async (path: string): Promise<string> => {
    const opening = createBench().open({ path });
    await expect(opening).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    return await opening.then(
      () => "",
      (thrown: Error) => thrown.message,
    );
  };

  test("a file of a newer version", async () => {
    const bench = createBench();
    await (await bench.open()).close();
    const file = new Database(bench.path);
    file.pragma("user_version = 99");
    file.close();
    expect(await refused(bench.path)).toBe(
      `${bench.path} was written by a newer version (schema 99, this one knows ${MIGRATIONS.length}); run that version, or name another file`,
    );
  });

  test("the database of another program, which it leaves as it was", async () => {
    const { path } = createBench();
    const file = new Database(path);
    file.exec("CREATE TABLE theirs (a)");
    file.close();
    const before = readFileSync(path);
    expect(await refused(path)).toBe(`${path} is a database of another program; name another file`);
    expect(readFileSync(path)).toEqual(before);
  });

  test("a file that is no database", async () => {
    const { path } = createBench();
    writeFileSync(path, "version: 1.0.0\n".repeat(200));
    expect(await refused(path)).toBe(
      `${path} is not a database; name another file, or restore a backup in its place`,
    );
  });

  test("a file whose schema is damaged", async () => {
    const bench = createBench();
    await (await bench.open()).close();
    const file = openSync(bench.path, "r+");
    writeSync(file, Buffer.alloc(3000, 0x5a), 0, 3000, 100);
    closeSync(file);
    expect(await refused(bench.path)).toMatch(
      / is damaged; keep it and its -wal file, and restore a backup, or see what/,
    );
  });

  test("a folder, and no file at all", async () => {
    const bench = createBench();
    mkdirSync(join(bench.folder, "folder"));
    expect(await refused(join(bench.folder, "folder"))).toMatch(/ cannot be (opened|used)/);
    expect(await refused(":memory:")).toBe("the sqlite store needs the path of a file");
    expect(await refused("")).toBe("the sqlite store needs the path of a file");
  });
});

test("damage that is met later is an error of the one who meets it, and says what to do", async () => {
  const bench = createBench();
  const first = await bench.open();
  for (let index = 0; index < 50; index += 1) {
    await first.apply(startOf(`wf_${index}`, { context: { text: "x".repeat(4000) } }));
  }
  await first.close();
  const size = statSync(bench.path).size;
  const file = openSync(bench.path, "r+");
  for (let page = 40; page < size / 4096; page += 1)
    writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, page * 4096);
  closeSync(file);
  const store = await bench.open();
  await expect(store.instances({ limit: 100 })).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: "the file of the store is damaged; stop all gateways that use it and restore a backup",
  });
});

test("a lock that another program keeps is an error after a while, and nothing is left half done", async () => {
  const bench = createBench();
  const store = await bench.open({ busyMs: 100 });
  await store.apply(startOf("wf_1"));
  const other = new Database(bench.path);
  other.exec("BEGIN IMMEDIATE");
  const events = [{ type: "workflow.started", at: 1, correlationId: "c", payload: {} }] as const;
  const [batch, record] = await Promise.allSettled([store.apply(stepOf("wf_1", 0, 0)), store.record(events)]);
  expect(batch).toMatchObject({
    reason: { code: "STORE_UNAVAILABLE", message: expect.stringContaining("another process") },
  });
  expect(record).toMatchObject({ reason: { code: "AUDIT_UNAVAILABLE" } });
  expect((await store.load("wf_1"))?.instance).toEqual(instanceOf("wf_1"));
  other.exec("COMMIT");
  other.close();
  expect(await store.apply(stepOf("wf_1", 0, 0))).toEqual({ status: "applied" });
});

describe("a network file system", () => {
  const mounts = [
    "22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/vda rw",
    "30 22 0:40 / /mnt/share rw,relatime shared:2 - nfs4 server:/export rw",
    "31 30 0:41 / /mnt/share/local rw - xfs /dev/vdb rw",
    "32 22 0:42 / /home/ann/with\\040space rw - fuse.sshfs ann@host: rw",
  ].join("\n");

  test.each([
    ["/var/lib/flowgate.db", undefined],
    ["/mnt/share/flowgate.db", "nfs4"],
    ["/mnt/shared/flowgate.db", undefined],
    ["/mnt/share/local/flowgate.db", undefined],
    ["/home/ann/with space/flowgate.db", "fuse.sshfs"],
    ["\\\\server\\share\\flowgate.db", "smb"],
  ])("is known by its mount: %s is on %s", (path, type) => {
    expect(networkFileSystem(path, mounts)).toBe(type);
  });
});

test("a file that is removed or replaced while in use is an error with a code, and nothing is said to be kept", async () => {
  const bench = createBench();
  const store = await bench.open();
  await store.apply(startOf("wf_1"));
  renameSync(bench.path, `${bench.path}.away`);
  const refused = { code: "STORE_UNAVAILABLE", message: expect.stringContaining("removed or replaced") };
  await expect(store.apply(startOf("wf_2"))).rejects.toMatchObject(refused);
  writeFileSync(bench.path, "");
  await expect(store.apply(startOf("wf_2"))).rejects.toMatchObject(refused);
  rmSync(bench.path);
  renameSync(`${bench.path}.away`, bench.path);
  expect(await store.apply(startOf("wf_2"))).toEqual({ status: "applied" });
});
