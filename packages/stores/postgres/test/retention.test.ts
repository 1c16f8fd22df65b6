import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { describeRetention, digest, startOf } from "@mcp-flowgate/store-testkit";
import { createBench } from "./support/open.ts";
import { createSharedBench } from "./support/shared.ts";

describe("what is past its time goes, with all that belongs to it (W21)", () => {
  describeRetention(createSharedBench);
});

const blobOf = (workflowId: string, text: string) => ({ workflowId, sha256: digest.sha256(text), text });

test("a blob goes with the last instance that has it, also where a version without blobs removed that (W21)", async () => {
  const bench = await createBench();
  const store = await bench.open();
  const ends = (purgeAfter: number) => ({ status: "terminal", terminalAt: 1, purgeAfter }) as const;
  const [text, own] = ['"of two"', '"of one"'];
  await store.apply({ ...startOf("wf_1", ends(1)), blobs: [blobOf("wf_1", text), blobOf("wf_1", own)] });
  const many = Array.from({ length: 45 }, (_, n) => blobOf("wf_2", JSON.stringify(n)));
  await store.apply({ ...startOf("wf_2"), blobs: [...many, blobOf("wf_2", text)] });
  expect(await store.gc()).toMatchObject({ instances: 1, blobs: 1 });
  expect(await store.blob("wf_2", digest.sha256(text))).toBe(text);
  await bench.ask("DELETE FROM mcp_flowgate.wf WHERE id = 'wf_2'");
  expect(await store.gc()).toMatchObject({ instances: 0, blobs: 46 });
  expect(await bench.ask("SELECT 1 FROM mcp_flowgate.blob_owner")).toEqual([]);
});

test("a blob that a step brings anew while it is collected is there after both (W21)", async () => {
  const bench = await createBench();
  const [one, two] = [await bench.open(), await bench.open()];
  const text = '"of both"';
  const sha256 = digest.sha256(text);
  const gone = { status: "terminal", terminalAt: 1, purgeAfter: 1 } as const;
  await one.apply({ ...startOf("wf_old", gone), blobs: [blobOf("wf_old", text)] });
  const client = new Client({ connectionString: bench.url });
  await client.connect();
  try {
    // The step has come to its blob's row, and waits for this one before it commits.
    await client.query("BEGIN");
    await client.query("INSERT INTO mcp_flowgate.blob_owner VALUES ('wf_young', $1)", [sha256]);
    const brought = two.apply({ ...startOf("wf_young"), blobs: [blobOf("wf_young", text)] });
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await bench.ask(waiting)).length).toBe(1);
    expect(await one.gc()).toMatchObject({ instances: 1, blobs: 0 });
    await client.query("ROLLBACK");
    expect(await brought).toEqual({ status: "applied" });
    expect(await two.blob("wf_young", sha256)).toBe(text);
  } finally {
    await client.end();
  }
});
