import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fork } from "node:child_process";
import { readTrail, verifyTrail } from "@mcp-flowgate/audit";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventOf, filesOf, openKeeper, openSql, type Keeper, type Place } from "./sealing/keep.ts";
import { snapshot, TAMPERINGS } from "./sealing/tamper.ts";

const LIMIT_MS = 120_000;

describe.each(["sqlite", "postgres"] as const)("records in %s", (kind) => {
  /** An empty store, and a folder for what is beside it. */
  async function createPlace(): Promise<{ readonly place: Place; readonly folder: string }> {
    const folder = mkdtempSync(join(tmpdir(), "flowgate-sealing-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    if (kind === "sqlite") return { folder, place: { kind, path: join(folder, "store.sqlite") } };
    return { folder, place: { kind, url: await createTestDatabase() } };
  }

  /** Everything that is unsealed is sealed. */
  async function sealed({ store }: Keeper): Promise<void> {
    await expect.poll(() => store.checkpoints.backlog(10), { timeout: 20_000 }).toEqual({ events: 0 });
  }

  const idsOf = async (folder: string): Promise<readonly string[]> => {
    const ids: string[] = [];
    for await (const record of readTrail({ path: filesOf(folder).trail })) {
      if (!record.eventType.startsWith("audit.")) ids.push(record.id);
    }
    return ids;
  };
  const idsInStore = async (keeper: Keeper): Promise<readonly string[]> =>
    (await keeper.store.audit({ limit: 10_000 })).map(({ line }) => (JSON.parse(line) as { id: string }).id);

  test(
    "every change to what a checkpoint or an exported head covers is found: W15 [R-AUDIT-5] (F63)",
    { timeout: LIMIT_MS },
    async () => {
      const { place, folder } = await createPlace();
      const keeper = await openKeeper(place, folder);
      for (let round = 0; round < 3; round += 1) {
        await keeper.record([0, 1, 2, 3, 4, 5].map((n) => eventOf([undefined, "wf_1", "wf_2"][n % 3], n)));
        await sealed(keeper);
      }
      const good = await keeper.verify();
      expect(good).toMatchObject({ ok: true, records: 18, checkpoints: 3 });
      expect(good.keyIds).toHaveLength(1);
      await keeper.close();
      const again = await openKeeper(place, folder);
      onTestFinished(() => again.close());
      await using sql = await openSql(place);
      const restore = await snapshot(sql);
      for (const [name, tamper] of Object.entries(TAMPERINGS)) {
        await tamper(sql);
        const { ok } = await again.verify();
        expect(ok, name).toBe(false);
        await restore();
        expect((await again.verify()).problem, `after ${name}`).toBeUndefined();
      }
      const trusted = readFileSync(`${filesOf(folder).key}.pub`, "utf8");
      expect((await again.verify([trusted])).problem).toBeUndefined();
      const other = generateKeyPairSync("ed25519")
        .publicKey.export({ type: "spki", format: "pem" })
        .toString();
      expect((await again.verify([other])).problem).toMatchObject({ kind: "forged_checkpoint" });
    },
  );

  test(
    "retention removes sealed records of what is over, and what is left verifies: W21 [R-AUDIT-5]",
    { timeout: LIMIT_MS },
    async () => {
      const { place, folder } = await createPlace();
      const keeper = await openKeeper(place, folder, { auditMs: 1 });
      onTestFinished(() => keeper.close());
      await keeper.record([eventOf("wf_1", 1), eventOf("wf_2", 2), eventOf("wf_1", 3)]);
      await sealed(keeper);
      await keeper.record([eventOf(undefined, 4), eventOf("wf_2", 5), eventOf(undefined, 6)]);
      await expect
        .poll(async () => (await keeper.store.gc()).auditRecords, { timeout: 20_000 })
        .toBeGreaterThan(0);
      await sealed(keeper);
      await keeper.store.gc();
      const left = (await keeper.store.audit({ limit: 100 })).map(
        ({ line }) => (JSON.parse(line) as { stream: string }).stream,
      );
      expect(new Set(left.map((stream) => stream.split(":")[0]))).toEqual(new Set(["replica"]));
      expect(await keeper.verify()).toMatchObject({ ok: true, records: 2 });
      // What went without a purge is still missed.
      await using sql = await openSql(place);
      await sql.ask("DELETE FROM audit");
      expect((await keeper.verify()).problem).toMatchObject({ kind: "missing" });
    },
  );

  test(
    "nothing is refused up to audit.maxUnsealed records, everything beyond it, and all of them arrive once the file can be written [R-AUDIT-4] (F60, F61)",
    { timeout: LIMIT_MS },
    async () => {
      const { place, folder } = await createPlace();
      const away = join(folder, "away");
      const trailFolder = join(folder, "disk");
      mkdirSync(trailFolder);
      const file = join(trailFolder, "audit.jsonl");
      const keeper = await openKeeper(place, folder, { maxUnsealed: 5, file });
      onTestFinished(() => keeper.close());
      await keeper.record([eventOf("wf_1", 0)]);
      await sealed(keeper);
      renameSync(trailFolder, away);
      writeFileSync(trailFolder, "in the way");
      await keeper.record([eventOf("wf_1", 1), eventOf("wf_1", 2)]);
      await expect
        .poll(() => keeper.trail.health().sinks, { timeout: 20_000 })
        .toMatchObject([{ kind: "file", ok: false, lost: 0, refused: 0, pending: 2 }]);
      await keeper.record([eventOf("wf_1", 3), eventOf("wf_1", 4), eventOf("wf_1", 5)]);
      await expect.poll(() => keeper.trail.health().sinks[0]?.pending, { timeout: 20_000 }).toBe(5);
      keeper.trail.requireRoom();
      expect(keeper.trail.health().ready).toBe(true);
      await keeper.record([eventOf(undefined, 6)]);
      expect(() => keeper.trail.requireRoom()).toThrow(
        expect.objectContaining({ code: "AUDIT_UNAVAILABLE" }),
      );
      expect(keeper.trail.health().ready).toBe(false);
      rmSync(trailFolder);
      renameSync(away, trailFolder);
      await sealed(keeper);
      await expect
        .poll(() => keeper.trail.health(), { timeout: 20_000 })
        .toMatchObject({ ready: true, sinks: [{ ok: true, pending: 0 }] });
      keeper.trail.requireRoom();
      const found: unknown[] = [];
      for await (const record of readTrail({ path: file }))
        if (record.eventType === "executor.started") found.push(record.payload["index"]);
      expect(found).toEqual([0, 1, 2, 3, 4, 5, 6]);
    },
  );

  test(
    "a process that is killed between its file and its checkpoint leaves nothing out and nothing twice",
    { timeout: LIMIT_MS },
    async () => {
      const { place, folder } = await createPlace();
      for (const when of ["before", "after", "before"]) {
        const child = fork(
          new URL("sealing/sealer.ts", import.meta.url),
          [JSON.stringify(place), folder, when],
          {
            execArgv: ["--conditions=@mcp-flowgate/source"],
            stdio: "inherit",
          },
        );
        const [, signal] = await new Promise<[number | null, string | null]>((done) =>
          child.once("exit", (code, by) => done([code, by])),
        );
        expect(signal).toBe("SIGKILL");
        expect((await verifyTrail({ path: filesOf(folder).trail })).problem).toBeUndefined();
      }
      const keeper = await openKeeper(place, folder);
      onTestFinished(() => keeper.close());
      await sealed(keeper);
      expect((await keeper.verify()).problem).toBeUndefined();
      expect((await verifyTrail({ path: filesOf(folder).trail })).problem).toBeUndefined();
      const inFile = await idsOf(folder);
      expect(new Set(inFile).size).toBe(inFile.length);
      expect(inFile.toSorted()).toEqual((await idsInStore(keeper)).toSorted());
      expect(inFile.length).toBeGreaterThan(20);
    },
  );

  test(
    "of several processes one seals, and another goes on when it ends",
    { timeout: LIMIT_MS },
    async () => {
      const { place, folder } = await createPlace();
      const one = await openKeeper(place, folder);
      const other = await openKeeper(place, folder);
      onTestFinished(() => other.close());
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(
          [one, other].map((keeper, n) =>
            keeper.record([eventOf(`wf_${n}`, round), eventOf(undefined, round)]),
          ),
        );
      }
      await sealed(one);
      expect(
        [await one.store.checkpoints.claim(), await other.store.checkpoints.claim()].filter(Boolean),
      ).toHaveLength(1);
      await one.close();
      await other.record([eventOf("wf_1", 9)]);
      await sealed(other);
      expect(await other.verify()).toMatchObject({ ok: true, records: 21 });
      expect((await idsOf(folder)).toSorted()).toEqual((await idsInStore(other)).toSorted());
    },
  );
});

test(
  "a record that is committed after others with later positions were sealed is sealed as well",
  { timeout: LIMIT_MS },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "flowgate-sealing-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const place = { kind: "postgres", url: await createTestDatabase() } as const;
    const keeper = await openKeeper(place, folder);
    onTestFinished(() => keeper.close());
    await keeper.record([eventOf("wf_1", 1)]);
    await using slow = await openSql(place);
    const [row] = await slow.ask<Record<string, unknown>>(
      "SELECT stream, stream_name, seq, id, type, at, hash, line FROM audit",
    );
    // As a transaction that took its position early: the same record, of a stream of its own.
    const body = String(row?.["line"])
      .replace(/,"prevHash".*$/, "")
      .replaceAll("wf_1", "wf_2")
      .replace(/"id":"[^"]+"/, '"id":"evt_late"');
    const none = "0".repeat(64);
    const hash = createHash("sha256").update(`${none}${body}}`).digest("hex");
    await slow.ask("BEGIN");
    await slow.ask(
      "INSERT INTO audit (stream, stream_name, seq, id, type, at, hash, line) VALUES ($1, $1, 1, 'evt_late', $2, $3, $4, $5)",
      ["wf:wf_2", row?.["type"], row?.["at"], hash, `${body},"prevHash":"${none}","hash":"${hash}"}`],
    );
    await keeper.record([eventOf("wf_1", 2)]);
    await expect.poll(() => keeper.store.checkpoints.backlog(10), { timeout: 20_000 }).toEqual({ events: 0 });
    await slow.ask("COMMIT");
    await expect
      .poll(async () => (await keeper.store.checkpoints.last())?.body, { timeout: 20_000 })
      .toContain('"positions":"2"');
    expect(await keeper.verify()).toMatchObject({ ok: true, records: 3 });
    const ids: string[] = [];
    for await (const record of readTrail({ path: filesOf(folder).trail })) ids.push(record.id);
    expect(ids).toContain("evt_late");
  },
);
