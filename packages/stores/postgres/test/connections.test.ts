import { createTestDatabase, startPostgres } from "@mcp-flowgate/testkit";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { benchOn, onEnd } from "./support/open.ts";
import { findPgbouncer, startPgbouncer, type Pgbouncer } from "./support/pgbouncer.ts";
import { eventOf, operationOf, readStreams, startOf, stepOf } from "@mcp-flowgate/store-testkit";

describe("over TLS, with a certificate of the server's own", () => {
  let folder: string;
  let pem: { readonly key: string; readonly cert: string };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "flowgate-tls-"));
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const files = ["-keyout", "server.key", "-out", "server.crt"];
    execFileSync("openssl", ["req", "-x509", ...made, ...subject, ...files], {
      cwd: folder,
      stdio: "ignore",
    });
    const read = (name: string): string => readFileSync(join(folder, name), "utf8");
    pem = { key: read("server.key"), cert: read("server.crt") };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("sslmode says what is encrypted and whom to trust, and errors say what is wrong", async () => {
    const server = await startPostgres({ tls: pem });
    onEnd(() => server.stop());
    const url = (await server.createDatabase()).replace("127.0.0.1", "localhost");
    const open = (query: string) => benchOn(`${url}${query}`).open();
    const root = encodeURIComponent(join(folder, "server.crt"));
    for (const query of [
      "?sslmode=require",
      "?sslmode=no-verify",
      `?sslmode=verify-full&sslrootcert=${root}`,
    ]) {
      const store = await open(query);
      await store.apply(startOf(`wf${query}`));
      expect((await store.load(`wf${query}`))?.instance.version).toBe(0);
    }
    const [encrypted] = await benchOn(url).ask<{ all: boolean }>(
      "SELECT bool_and(ssl) AS all FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'mcp-flowgate %'",
    );
    expect(encrypted).toEqual({ all: true });
    await expect(open("?sslmode=verify-full")).rejects.toThrow(/has a certificate that is not trusted/);
    const elsewhere = url.replace("localhost", "127.0.0.1");
    await expect(benchOn(`${elsewhere}?sslmode=verify-full&sslrootcert=${root}`).open()).rejects.toThrow(
      /has a certificate that is not trusted/,
    );
  });

  test("a server without TLS is refused by who asks for it", async () => {
    const url = await createTestDatabase();
    await expect(benchOn(`${url}?sslmode=require`).open()).rejects.toThrow("does not encrypt");
  });
});

describe("through PgBouncer in transaction mode", () => {
  let found: Pgbouncer;
  beforeAll(async () => {
    found = await findPgbouncer();
  }, 90_000);

  test("nothing is lost, nothing is done twice, and others hear of a change within 2 s though no hint arrives", async ({
    skip,
  }) => {
    if ("missing" in found) return skip(found.missing);
    const direct = benchOn(await createTestDatabase());
    const through = benchOn(await startPgbouncer(found, direct.url));
    const [one, two] = [await through.open(), await through.open()];
    const heard = new Map<string, number>();
    two.onChange((id) => void heard.set(id, performance.now()));
    const write = async (id: string): Promise<void> => {
      await one.apply(startOf(id, {}, [eventOf(id)]));
      for (let version = 0; version < 20; version += 1) {
        const operation = operationOf(`op_${id}_${version}`, id, {
          fromVersion: version,
          status: "committed",
        });
        const step = stepOf(id, version, version, { operations: [operation], audit: [eventOf(id)] });
        expect(await one.apply(step)).toEqual({ status: "applied" });
        expect((await two.load(id))?.instance.version).toBe(version + 1);
      }
    };
    const ids = Array.from({ length: 8 }, (_, index) => `wf_${index}`);
    await Promise.all(ids.map(write));
    heard.clear();
    const at = performance.now();
    await one.apply(stepOf("wf_0", 20, 20));
    await expect.poll(() => heard.get("wf_0"), { timeout: 10_000, interval: 10 }).toBeDefined();
    expect((heard.get("wf_0") ?? Infinity) - at).toBeLessThan(2_000);
    const streams = await readStreams(one);
    for (const id of ids) expect(streams.get(`wf:${id}`)).toHaveLength(21);
  });
});
