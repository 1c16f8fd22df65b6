import { createRequire } from "node:module";
import type * as Orm from "drizzle-orm";
import type * as Core from "drizzle-orm/pg-core";

/**
 * The query builder, from its CommonJS build: its ES modules are 130 files, at each of which Node looks up a manifest of
 * several thousand lines. That takes half a second of processor time at every start, and this a tenth of a second.
 */
const require = createRequire(import.meta.url);

export const { and, desc, eq, inArray, sql } = require("drizzle-orm") as typeof Orm;

export const { bigint, PgDialect, pgSchema, QueryBuilder, text } =
  require("drizzle-orm/pg-core") as typeof Core;
