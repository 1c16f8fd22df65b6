import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createAuditSink, EXPORT_FORMATS, exportRecords, queryTrail, readTrail } from "@mcp-flowgate/audit";
import type { AuditRecord, TrailQuery } from "@mcp-flowgate/audit";
import { expect, test } from "vitest";
import { createDeps, draft, fileIr, temporaryFolder } from "./support/deps.ts";

const START = Date.UTC(2026, 0, 1);

/** 100 events of four instances and two people over three files, a minute apart. */
async function writeTrail(): Promise<string> {
  const path = join(temporaryFolder(), "audit.jsonl");
  const ir = fileIr(path, { rotate: { maxBytes: 20_000, maxAgeMs: 0, keep: 10 } });
  const trail = await createAuditSink(ir, createDeps());
  for (let index = 0; index < 100; index += 1) {
    await trail.append([
      draft({
        type: index % 3 === 0 ? "executor.started" : "transition.requested",
        at: START + index * 60_000,
        workflowId: `wf_${index % 4}`,
        principal: { subject: index % 2 === 0 ? "ann" : "bob", tenant: "default", kind: "human", via: "cli" },
        payload: { index, note: `about wf_${(index + 1) % 4}` },
      }),
    ]);
  }
  await trail.close();
  return path;
}

async function everyPage(query: TrailQuery): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryTrail({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    records.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return records;
}

function indexes(records: readonly AuditRecord[]): readonly unknown[] {
  return records.map((record) => record.payload["index"]);
}

test("queries find exactly the records of an instance, a person, a type and a time, in both orders and any page size", async () => {
  const path = await writeTrail();
  const all = Array.from({ length: 100 }, (_, index) => index);
  for (const limit of [1, 7, 1000]) {
    for (const order of ["newest", "oldest"] as const) {
      const sorted = order === "newest" ? all.toReversed() : all;
      const found = async (filter: Partial<TrailQuery>): Promise<readonly unknown[]> =>
        indexes(await everyPage({ path, limit, order, ...filter }));
      expect(await found({ workflowId: "wf_1" })).toEqual(sorted.filter((index) => index % 4 === 1));
      expect(await found({ subject: "ann", types: ["executor.*"] })).toEqual(
        sorted.filter((index) => index % 6 === 0),
      );
      expect(await found({ types: ["transition.*"], from: START + 600_000, to: START + 1_200_000 })).toEqual(
        sorted.filter((index) => index >= 10 && index < 20 && index % 3 !== 0),
      );
      expect(await found({ workflowId: "wf_9" })).toEqual([]);
    }
  }
});

test("a cursor stays good while the trail grows and rotates", async () => {
  const path = await writeTrail();
  const first = await queryTrail({ path, limit: 10, order: "oldest", types: ["transition.*", "executor.*"] });
  const ir = fileIr(path, { rotate: { maxBytes: 1, maxAgeMs: 0, keep: 10 } });
  const trail = await createAuditSink(ir, createDeps({ process: "later" }));
  await trail.append([draft({ payload: { index: 100 } })]);
  await trail.append([draft({ payload: { index: 101 } })]);
  await trail.close();
  const cursor = first.nextCursor ?? "";
  const rest = await everyPage({
    path,
    limit: 1000,
    order: "oldest",
    types: ["transition.*", "executor.*"],
    cursor,
  });
  expect(indexes([...first.items, ...rest])).toEqual(Array.from({ length: 102 }, (_, index) => index));
  await expect(queryTrail({ path, limit: 1, cursor: "nonsense" })).rejects.toThrow("cursor");
});

test("lines that are no records do not stop a query, and a record behind a torn write is found", async () => {
  const path = await writeTrail();
  const [last] = (await queryTrail({ path, limit: 1, types: ["executor.*"] })).items;
  appendFileSync(path, `{"correlationId":"cut off{"correlationId":${JSON.stringify(last).slice(17)}\n{"half`);
  expect(indexes(await everyPage({ path, limit: 5, types: ["executor.*"] })).slice(0, 3)).toEqual([
    99, 99, 96,
  ]);
});

test("JSON lines are lossless; CSV has a row of the same width for each record, and no formulas", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  const principal = { subject: '=HYPERLINK("x"),\n', tenant: "default", kind: "agent", via: "@cmd" } as const;
  await trail.append([draft({ principal, payload: { text: 'a,"b"\r\nc' } })]);
  await trail.close();
  const records: AuditRecord[] = [];
  for await (const record of readTrail({ path })) records.push(record);
  expect(
    (await textOf(records, "jsonl"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(records);
  const csv = await textOf(records, "csv");
  expect(csv).toContain(`"'=HYPERLINK(""x""),\n"`);
  expect(csv).toContain(",'@cmd,");
  const rows = parseCsv(csv);
  expect(rows).toHaveLength(1 + records.length);
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([18]));
});

test("CEF escapes what would end a field, and OCSF has what its class requires", async () => {
  const path = join(temporaryFolder(), "audit.jsonl");
  const trail = await createAuditSink(fileIr(path), createDeps());
  const principal = {
    subject: "a=b|c\\d\nmsg=forged",
    tenant: "default",
    kind: "agent",
    via: "anonymous",
  } as const;
  await trail.append([draft({ type: "guard.rejected", principal, payload: { code: "GUARD_REJECTED" } })]);
  await trail.close();
  const records = (await queryTrail({ path, limit: 1, types: ["guard.*"] })).items;
  const cef = await textOf(records, "cef");
  expect(cef).toMatch(
    /^CEF:0\|mcp-flowgate\|mcp-flowgate\|1\|guard\.rejected\|guard rejected\|6\|rt=1767225600000 /,
  );
  expect(cef).toContain("suser=a\\=b|c\\\\d\\nmsg\\=forged spriv=agent");
  expect(cef.trim().split("\n")).toHaveLength(1);
  const ocsf = JSON.parse(await textOf(records, "ocsf")) as object;
  expect(ocsf).toMatchObject({
    class_uid: 6003,
    category_uid: 6,
    activity_id: 2,
    type_uid: 600_302,
    severity_id: 3,
    status_id: 2,
    time: START,
    metadata: { version: "1.3.0", product: { name: "mcp-flowgate" }, uid: records[0]?.id },
    actor: { user: { uid: principal.subject } },
    api: { operation: "guard.rejected" },
    src_endpoint: { name: "anonymous" },
    unmapped: { payload: { code: "GUARD_REJECTED" } },
  });
});

test("every format has text for every record of a trail", async () => {
  const path = await writeTrail();
  for (const format of EXPORT_FORMATS) {
    let lines = 0;
    for await (const text of exportRecords(readTrail({ path }), format))
      lines += text.trimEnd().split("\n").length;
    expect(lines).toBeGreaterThan(100);
  }
});

async function textOf(
  records: readonly AuditRecord[],
  format: (typeof EXPORT_FORMATS)[number],
): Promise<string> {
  let text = "";
  for await (const piece of exportRecords(records, format)) text += piece;
  return text;
}

/** RFC 4180, as a reader has to understand it. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|$)/g;
  for (const match of text.trimEnd().concat("\r\n").matchAll(field)) {
    if (match[0] === "") break;
    rows.at(-1)?.push(match[1] ?? "");
    if (match[2] === "\r\n") rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}
