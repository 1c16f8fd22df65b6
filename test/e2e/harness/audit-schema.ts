import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const schema = JSON.parse(
  readFileSync(new URL("../../../schemas/v1/audit-event.schema.json", import.meta.url), "utf8"),
) as object;

let validate: ReturnType<Ajv2020["compile"]> | undefined;

/** What the published schema has against an event; nothing where it is valid. */
export function checkEvent(event: unknown): readonly string[] {
  if (validate === undefined) {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    validate = ajv.compile(schema);
  }
  if (validate(event)) return [];
  const { eventType } = event as { readonly eventType?: string };
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${eventType ?? "?"} ${instancePath} ${message ?? ""}`,
  );
}

/** What is wrong with the events of all trails below a folder. Lines that tests have torn are passed over. */
export function checkTrailsBelow(folder: string): readonly string[] {
  const problems: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.jsonl(\.\d+)?$/.test(entry.name)) continue;
    for (const line of readFileSync(join(entry.parentPath, entry.name), "utf8").split("\n")) {
      if (!line.startsWith('{"correlationId":') || !line.endsWith('"}')) continue;
      problems.push(...checkEvent(JSON.parse(line)));
    }
  }
  return problems;
}
