import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { AUDIT_EVENT_TYPES } from "@mcp-flowgate/core";
import { createAuditSink, readTrail } from "@mcp-flowgate/audit";
import { expect, test } from "vitest";
import { EVENT_CATALOGUE } from "../generate/event-catalogue.ts";
import { auditIr, createDeps, draft } from "./support/deps.ts";
import { writeHonestTrail } from "./support/honest-trail.ts";
import { checkRecord } from "./support/record-schema.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../../schemas/v1/audit-event.schema.json", import.meta.url), "utf8"),
) as { readonly examples: readonly { readonly eventType: string }[] };

test("the published schema is what is generated", () => {
  const main = new URL("../generate/main.ts", import.meta.url).pathname;
  const run = (): string =>
    execFileSync(process.execPath, ["--conditions=@mcp-flowgate/source", main, "--check"], {
      encoding: "utf8",
    });
  expect(run).not.toThrow();
});

test("the schema has one valid example per type of event, and refuses what is not a record", () => {
  expect(schema.examples.map((example) => example.eventType).toSorted()).toEqual(
    AUDIT_EVENT_TYPES.toSorted(),
  );
  for (const example of schema.examples) expect(checkRecord(example), example.eventType).toEqual([]);
  const [first] = schema.examples;
  expect(checkRecord({ ...first, eventType: "made.up" })).not.toEqual([]);
  expect(checkRecord({ ...first, extra: 1 })).not.toEqual([]);
  expect(checkRecord({ ...first, hash: "0" })).not.toEqual([]);
});

test.each(["full", "arguments", "digest", "none"] as const)(
  "events of every type are valid by the schema with payloads: %s",
  async (payloads) => {
    const types = AUDIT_EVENT_TYPES.filter((type) => !type.startsWith("audit."));
    const trail = await createAuditSink(auditIr({ payloads }), createDeps());
    await trail.append(types.map((type) => draft({ type, payload: EVENT_CATALOGUE[type].payload })));
    for (const record of trail.records()) expect(checkRecord(record), record.eventType).toEqual([]);
    expect(trail.records().map((record) => record.eventType)).toEqual(types);
  },
);

test("every record of trails with crashes and rotations is valid by the schema", async () => {
  const seen = new Set<string>();
  for (const seed of [4, 5, 7]) {
    const trail = await writeHonestTrail(seed, 30);
    for await (const record of readTrail({ path: trail.path })) {
      expect(checkRecord(record), JSON.stringify(record)).toEqual([]);
      seen.add(record.eventType);
    }
    rmSync(dirname(trail.folder), { recursive: true });
  }
  expect([...seen]).toEqual(expect.arrayContaining(["audit.opened", "audit.checkpoint", "audit.rotated"]));
});
