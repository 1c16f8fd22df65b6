export { inspectSchema } from "./inspect-schema.ts";
export type { SchemaBounds, SchemaProblem } from "./inspect-schema.ts";
export { compileLinearPattern } from "./linear-pattern.ts";
export type { LinearPattern } from "./linear-pattern.ts";
export { nearest } from "./nearest.ts";
export { createSchemas } from "./schemas.ts";
export type { Schemas, SchemasOptions, SchemaValidator } from "./schemas.ts";
export type { SchemaViolation } from "./violation.ts";
export { escapePointer } from "./walk-schema.ts";
