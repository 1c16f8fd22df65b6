import { parseJson, type AuditRows } from "@mcp-flowgate/core";
import { digest } from "./environment.ts";

/** The records of every stream, in their order; throws where one is not what its chain says. */
export async function readStreams(store: AuditRows): Promise<Map<string, Record<string, unknown>[]>> {
  const streams = new Map<string, Record<string, unknown>[]>();
  for (let after = 0; ;) {
    const rows = await store.audit({ after, limit: 1000 });
    for (const { line } of rows) {
      const record = parseJson(line) as Record<string, unknown>;
      const stream = streams.get(String(record["stream"])) ?? [];
      stream.push(record);
      streams.set(String(record["stream"]), stream);
      const bodyEnd = line.lastIndexOf(',"prevHash":"');
      const hash = digest.sha256(`${String(record["prevHash"])}${line.slice(0, bodyEnd)}}`);
      if (hash !== record["hash"]) throw new Error(`the hash of ${line} is ${hash}`);
    }
    if (rows.length === 0) break;
    after = rows.at(-1)?.position ?? 0;
  }
  for (const [name, records] of streams) {
    let last = "0".repeat(64);
    for (const [index, record] of records.entries()) {
      if (record["seq"] !== index + 1)
        throw new Error(`${name} has ${String(record["seq"])} at ${index + 1}`);
      if (record["prevHash"] !== last) throw new Error(`${name} is not chained at ${index + 1}`);
      last = String(record["hash"]);
    }
  }
  return streams;
}
