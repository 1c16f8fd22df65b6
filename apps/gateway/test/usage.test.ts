import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Log, Principal } from "@mcp-flowgate/core";
import { afterAll, beforeEach, expect, test } from "vitest";
import { createUsage, type Usage } from "../src/discovery/usage.ts";

const folder = mkdtempSync(join(tmpdir(), "flowgate-usage-"));
const file = join(folder, "store/usage.json");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let now = 0;
const warnings: string[] = [];
const clock: Clock = { now: () => now, monotonic: () => now, schedule: () => () => undefined };
const log: Log = { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} };
const ann: Principal = {
  subject: "ann",
  tenant: "acme",
  roles: [],
  permissions: [],
  kind: "agent",
  via: "test",
};
const open = (path?: string): Usage => createUsage({ file: path, clock, log });

beforeEach(() => {
  rmSync(file, { force: true });
  warnings.length = 0;
});

test("a start counts for every word of the newest search that showed it, once, and for its tenant only", () => {
  const usage = open();
  usage.searched(ann, "Refunding the orders", ["pay.refund", "order.list"]);
  usage.searched(ann, "cash", ["pay.refund"]);
  usage.started(ann, "pay.refund");
  usage.started(ann, "pay.refund");
  usage.started(ann, "pay.refund");
  usage.started(ann, "never.shown");
  const { starts } = usage.learned("acme");
  expect(["refund", "order", "never", "cash"].map((term) => starts(term, "pay.refund"))).toEqual([
    1, 1, 0, 1,
  ]);
  expect(starts("order", "order.list")).toBe(0);
  expect(usage.learned("other").starts("refund", "pay.refund")).toBe(0);
});

test("what another caller was shown, or what was shown too long ago, counts for nothing", () => {
  const usage = open();
  usage.searched(ann, "refund", ["pay.refund"]);
  usage.started({ ...ann, subject: "bob" }, "pay.refund");
  now += 10 * 60_000 + 1;
  usage.started(ann, "pay.refund");
  expect(usage.learned("acme").starts("refund", "pay.refund")).toBe(0);
});

const use = (usage: Usage, query: string, id: string, who: Principal = ann): void => {
  usage.searched(who, query, [id]);
  usage.started(who, id);
};

test("counts outlive the process, two of them add up in one file, and a reset forgets all", async () => {
  const one = open(file);
  const other = open(file);
  // Both have read the file, which is not there yet.
  expect([await one.show(), await other.show()].map(({ items }) => items)).toEqual([[], []]);
  use(one, "refund", "pay.refund");
  use(other, "refund", "pay.refund");
  await one.close();
  await other.close();
  const later = open(file);
  expect(await later.show()).toEqual({
    file,
    format: "flowgate-usage/1",
    items: [{ tenant: "acme", term: "refund", id: "pay.refund", starts: 2 }],
  });
  expect(later.learned("acme").starts("refund", "pay.refund")).toBe(2);
  await later.reset();
  expect(existsSync(file)).toBe(false);
  expect((await later.show())["items"]).toEqual([]);
});

test("a file that cannot be read is said and begun anew", async () => {
  const first = open(file);
  use(first, "refund", "pay.refund");
  await first.close();
  writeFileSync(
    file,
    '{"format":"flowgate-usage/1","items":[{"tenant":"acme","term":"a","id":"b","starts":-1}]}',
  );
  const usage = open(file);
  use(usage, "order", "order.list");
  expect((await usage.show())["items"]).toEqual([
    { tenant: "acme", term: "order", id: "order.list", starts: 1 },
  ]);
  expect(warnings).toContain("the counts of discovery.learn cannot be read; they begin anew");
});

test("a flood of words leaves a tenant at most 5,000 pairs, and what was counted often stays", async () => {
  const usage = open();
  for (let at = 0; at < 40; at++) use(usage, "refund", "pay.refund");
  for (let at = 0; at < 6_000; at++) use(usage, `word${at}`, "flood", { ...ann, subject: `caller${at % 7}` });
  const items = (await usage.show())["items"] as readonly unknown[];
  expect(items.length).toBeLessThanOrEqual(5_000);
  expect(usage.learned("acme").starts("refund", "pay.refund")).toBe(20);
});
