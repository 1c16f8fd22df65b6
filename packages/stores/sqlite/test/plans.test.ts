import type { InstanceFilter } from "@mcp-flowgate/core";
import { expect, test } from "vitest";
import { openDatabase } from "../src/database.ts";
import { drizzle } from "../src/drizzle.ts";
import { createReader } from "../src/read.ts";
import { createBench, onEnd } from "./support/open.ts";

test("a listing goes along an index in its order, and along that of the open ones where it asks for no others", async () => {
  const opened = await openDatabase(createBench().path, 1000);
  onEnd(() => void opened.sqlite.close());
  const asked: { readonly text: string; readonly values: unknown[] }[] = [];
  const logger = { logQuery: (text: string, values: unknown[]) => void asked.push({ text, values }) };
  const reader = createReader({ ...opened, db: drizzle(opened.sqlite, { logger }) });
  const planOf = (filter: Partial<InstanceFilter>): unknown => {
    reader.instances({ tenant: "default", limit: 10, ...filter });
    const { text, values } = asked.pop() ?? { text: "", values: [] };
    return opened.sqlite
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
      .all(...values)
      .map(({ detail }) => detail);
  };
  const [definitionId, owner, cursor, statuses] = ["d", "ann", "5_6", ["idle", "waiting"] as const];
  expect(planOf({})).toEqual(["SEARCH wf USING INDEX wf_tenant (tenant=?)"]);
  expect(planOf({ cursor })).toEqual(["SEARCH wf USING INDEX wf_tenant (tenant=? AND created_at<?)"]);
  expect(planOf({ owner })).toEqual(["SEARCH wf USING INDEX wf_owner (tenant=? AND owner=?)"]);
  expect(planOf({ definitionId, cursor })).toEqual([
    "SEARCH wf USING INDEX wf_kind (tenant=? AND definition_id=? AND created_at<?)",
  ]);
  const active = ["SEARCH wf USING INDEX wf_active (tenant=?)"];
  for (const more of [{}, { owner }, { definitionId }, { owner, definitionId }])
    expect(planOf({ statuses, ...more })).toEqual(active);
});
