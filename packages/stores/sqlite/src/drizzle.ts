import { createRequire } from "node:module";
import type * as Orm from "drizzle-orm";
import type * as Driver from "drizzle-orm/better-sqlite3";
import type * as Core from "drizzle-orm/sqlite-core";

/**
 * The query builder, from its CommonJS build: its ES modules are 130 files, at each of which Node looks up a manifest of
 * several thousand lines. That takes half a second of processor time at every start, and this a tenth of a second.
 */
const require = createRequire(import.meta.url);

export const {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  gte,
  inArray,
  is,
  isNull,
  lt,
  lte,
  max,
  min,
  ne,
  notExists,
  or,
  Param,
  Placeholder,
  sql,
} = require("drizzle-orm") as typeof Orm;

export const { blob, integer, sqliteTable, text } = require("drizzle-orm/sqlite-core") as typeof Core;

export const { drizzle } = require("drizzle-orm/better-sqlite3") as typeof Driver;
