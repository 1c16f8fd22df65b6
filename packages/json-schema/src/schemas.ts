import {
  canonicalJson,
  err,
  isJsonObject,
  ok,
  type Json,
  type JsonObject,
  type Result,
} from "@mcp-flowgate/core";
import type { Ajv, Options, ValidateFunction } from "ajv";
import { Ajv as Ajv7 } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { copyJson } from "./copy-json.ts";
import {
  DEFAULT_BOUNDS,
  dialectOf,
  everySubSchema,
  inspectSchema,
  localFragment,
  type Dialect,
  type SchemaBounds,
  type SchemaProblem,
} from "./inspect-schema.ts";
import { compileLinearPattern } from "./linear-pattern.ts";
import { toViolations, type SchemaViolation } from "./violation.ts";

/**
 * Owns the validators of one process. Protocol: `compile` a schema where it is first needed and keep the validator,
 * or call `compile` again: an equal schema costs a look-up.
 *
 * J1 Neither schemas nor values are changed.
 * J2 No schema reaches Ajv that `inspectSchema` has not passed: bounded, local, without loops, patterns linear.
 * J3 A validation takes a bounded number of steps: where a recursive schema would take more, the value is refused.
 * J4 The cache is bounded; the validators that were used last stay.
 */
export interface Schemas {
  /** Compiles `schema`; the first problem is the error. Never throws. */
  compile(schema: JsonObject): Result<SchemaValidator, SchemaProblem>;
}

export interface SchemaValidator {
  readonly schema: JsonObject;
  /**
   * Judges a copy of `value` and returns it with the schema's `default`s filled in, at any depth. Defaults inside
   * `anyOf`, `oneOf`, `not` and `if` are not applied: which alternative holds is only known afterwards.
   */
  validate(value: Json): Result<Json, readonly SchemaViolation[]>;
}

export interface SchemasOptions {
  readonly bounds?: SchemaBounds;
  /** Validators kept. Default 2000. */
  readonly cacheSize?: number;
}

/** An independent set of validators. */
export function createSchemas(options: SchemasOptions = {}): Schemas {
  return new AjvSchemas(options.bounds ?? DEFAULT_BOUNDS, options.cacheSize ?? 2000);
}

class AjvSchemas implements Schemas {
  readonly #bounds: SchemaBounds;
  readonly #cacheSize: number;
  readonly #byIdentity = new WeakMap<JsonObject, Result<SchemaValidator, SchemaProblem>>();
  readonly #byText = new Map<string, Result<SchemaValidator, SchemaProblem>>();
  readonly #engines = new Map<string, Ajv>();

  constructor(bounds: SchemaBounds, cacheSize: number) {
    this.#bounds = bounds;
    this.#cacheSize = cacheSize;
  }

  compile(schema: JsonObject): Result<SchemaValidator, SchemaProblem> {
    const known = Object.isFrozen(schema) ? this.#byIdentity.get(schema) : undefined;
    if (known !== undefined) return known;
    if (!isJsonObject(schema)) return err({ pointer: "", message: "a schema must be an object" });
    const [problem] = inspectSchema(schema, this.#bounds);
    if (problem !== undefined) return err(problem);
    const text = canonicalJson(schema);
    const cached = this.#byText.get(text);
    const result = cached ?? this.#compile(schema);
    this.#byText.delete(text);
    this.#byText.set(text, result);
    if (this.#byText.size > this.#cacheSize) {
      const oldest = this.#byText.keys().next().value;
      if (oldest !== undefined) this.#byText.delete(oldest);
    }
    this.#byIdentity.set(schema, result);
    return result;
  }

  #compile(schema: JsonObject): Result<SchemaValidator, SchemaProblem> {
    const engine = this.#engine(dialectOf(schema) ?? "2020-12");
    const prepared = prepare(schema);
    try {
      const run = engine.compile(prepared);
      return ok({ schema, validate: (value) => validate(run, value) });
    } catch (thrown) {
      return err({ pointer: "", message: thrown instanceof Error ? thrown.message : String(thrown) });
    } finally {
      engine.removeSchema(prepared);
    }
  }

  #engine(dialect: Dialect): Ajv {
    let engine = this.#engines.get(dialect);
    if (engine === undefined) {
      engine = new ENGINES[dialect](AJV_OPTIONS);
      ajvFormats.default(engine);
      addKeywords(engine);
      this.#engines.set(dialect, engine);
    }
    return engine;
  }
}

const ENGINES = { "draft-07": Ajv7, "2019-09": Ajv2019, "2020-12": Ajv2020 } as const;

function linearRegExp(pattern: string): { test(text: string): boolean } {
  const compiled = compileLinearPattern(pattern);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.value;
}
linearRegExp.code = "linearRegExp";

const AJV_OPTIONS: Options = {
  strict: false,
  useDefaults: true,
  allErrors: true,
  verbose: true,
  ownProperties: true,
  validateSchema: false,
  addUsedSchema: false,
  logger: false,
  code: { regExp: linearRegExp },
};

/** Marks the targets of references, so that recursion has a price (J3). */
const STEP = "x-flowgate-step";
/** Visits of referenced schemas in one validation: a megabyte of JSON against an honest recursive schema stays far below. */
const MAX_STEPS = 500_000;
let stepsLeft = 0;

class TooManySteps extends Error {}

function addKeywords(engine: Ajv): void {
  engine.addKeyword({
    keyword: STEP,
    schemaType: "boolean",
    errors: false,
    before: "$ref",
    validate: () => {
      stepsLeft -= 1;
      if (stepsLeft < 0) throw new TooManySteps();
      return true;
    },
  });
  // Ajv compares every pair of items; a caller can send enough of them to stop the process.
  engine.removeKeyword("uniqueItems");
  engine.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (unique: boolean, items: readonly Json[]) =>
      !unique || new Set(items.map((item) => canonicalJson(item))).size === items.length,
  });
}

function validate(run: ValidateFunction, value: Json): Result<Json, readonly SchemaViolation[]> {
  const copy = copyJson(value);
  if (copy === undefined) {
    return err([{ pointer: "", keyword: "depth", message: "the value is nested too deeply" }]);
  }
  stepsLeft = MAX_STEPS;
  try {
    return run(copy) ? ok(copy) : err(toViolations(run.errors ?? []));
  } catch (thrown) {
    if (!(thrown instanceof TooManySteps) && !(thrown instanceof RangeError)) throw thrown;
    return err([
      { pointer: "", keyword: "$ref", message: "the value takes too many steps to judge by this schema" },
    ]);
  } finally {
    run.errors = null;
  }
}

/** A copy for Ajv: no `$schema` and `$id` (nothing is registered globally), references made local, steps counted. */
function prepare(schema: JsonObject): JsonObject {
  const copy = copyJson(schema) as { [key: string]: Json };
  const referenced = new Set<string>();
  for (const { schema: sub } of everySubSchema(copy)) {
    if (!isJsonObject(sub)) continue;
    for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
      const reference = sub[keyword];
      if (typeof reference !== "string") continue;
      const fragment = localFragment(reference, schema) ?? "";
      referenced.add(fragment);
      if (!reference.startsWith("#")) (sub as { [key: string]: Json })[keyword] = `#${encodeURI(fragment)}`;
    }
  }
  const recursive = referenced.size > 0;
  for (const { schema: sub } of everySubSchema(copy)) {
    if (!isJsonObject(sub)) continue;
    const open = sub as { [key: string]: Json };
    const id = open["$id"];
    if (!(typeof id === "string" && id.startsWith("#"))) delete open["$id"];
    delete open["$schema"];
    // The `id` of older drafts is an annotation here; Ajv would refuse it.
    delete open["id"];
    if (recursive) open[STEP] = true;
  }
  return copy;
}
