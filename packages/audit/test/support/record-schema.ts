import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

const validate = ajv.compile(
  JSON.parse(
    readFileSync(new URL("../../../../schemas/v1/audit-event.schema.json", import.meta.url), "utf8"),
  ) as object,
);

/** What the published schema has against a record; nothing where it is valid. */
export function checkRecord(record: unknown): readonly string[] {
  if (validate(record)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
}
