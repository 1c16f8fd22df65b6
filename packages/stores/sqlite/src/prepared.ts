import type Database from "better-sqlite3";
import type { Query } from "drizzle-orm";
import { is, Param, Placeholder } from "./drizzle.ts";

/**
 * Statements that the query builder wrote once and the driver runs ever after. The builder's own prepared statements
 * look at every parameter and column anew at each run, which costs as much again as SQLite itself.
 */
export interface Prepare {
  /** Of a selection, or of what a change returns; `columns` are its names in order. */
  rows<Row extends object>(query: Built<Row>, columns: Columns<Row>): PreparedRows<Row>;
  run(query: { toSQL(): Query }): PreparedRun;
}

export interface PreparedRows<Row> {
  get(values?: Values): Row | undefined;
  all(values?: Values): Row[];
}

export interface PreparedRun {
  /** @returns how many rows it changed. */
  run(values: Values): number;
}

type Values = Readonly<Record<string, unknown>>;
type Columns<Row> = readonly (keyof Row & string)[];

interface Built<Row> {
  all(): Row[];
  toSQL(): Query;
}

export function createPrepare(sqlite: Database.Database): Prepare {
  const prepare = (query: { toSQL(): Query }): [Database.Statement<unknown[], unknown[]>, Bind] => {
    const { sql, params } = query.toSQL();
    return [sqlite.prepare<unknown[], unknown[]>(plannedOnce(sql)), createBind(params)];
  };
  return {
    rows<Row extends object>(query: Built<Row>, columns: Columns<Row>) {
      const [statement, bind] = prepare(query);
      statement.raw();
      const toRow = (values: readonly unknown[]): Row => {
        const row: Record<string, unknown> = {};
        for (let index = 0; index < columns.length; index += 1) row[columns[index]!] = values[index];
        return row as Row;
      };
      return {
        get(values) {
          const found = statement.get(bind(values));
          return found && toRow(found);
        },
        all: (values) => statement.all(bind(values)).map(toRow),
      };
    },
    run(query) {
      const [statement, bind] = prepare(query);
      return { run: (values) => statement.run(bind(values)).changes };
    },
  };
}

/**
 * SQLite plans a statement that sorts or ends anew whenever it is given another value, in case a better plan fits that:
 * ten microseconds, many times what it then does. What is an expression, it does not look into.
 */
function plannedOnce(sql: string): string {
  return /\b(?:order by|limit)\b/.test(sql) ? sql.replaceAll("?", "+?") : sql;
}

type Bind = (values: Values | undefined) => unknown[];

/** Parameters are names, to be looked up, or values that never change. */
function createBind(params: readonly unknown[]): Bind {
  const slots = params.map((param) => {
    const value = is(param, Param) ? (param.value as unknown) : param;
    return is(value, Placeholder) ? { name: String(value.name) } : { value };
  });
  return (values = {}) =>
    slots.map((slot) => {
      if (slot.name === undefined) return slot.value;
      const value = values[slot.name];
      if (value === undefined) throw new TypeError(`no value for ${slot.name}`);
      return value;
    });
}
