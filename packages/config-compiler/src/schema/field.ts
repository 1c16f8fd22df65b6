import type { Json } from "@mcp-flowgate/core";
import type { DiagnosticCode } from "../diagnostics/code-entry.ts";
import type { RewriteStep } from "../diagnostics/rewrite.ts";
import type { MapEntry, MapNode, Span } from "../source/config-node.ts";

/** What every field of the configuration says about itself. */
interface About {
  /** Markdown, in sentences: it is shown by editors, by `explain-config` and in the reference. */
  readonly about: string;
  readonly example?: Json;
  readonly default?: Json;
  /** What to write instead. The old form is accepted with a notice. */
  readonly deprecated?: string;
  /** How an entry with the older form is written today; undefined where it cannot be said. */
  readonly modern?: Modern;
}

/**
 * Who calls or decides sees the value. `masked`: it is there to be read, so what comes from outside is hidden in it.
 * `judged`: the same, while guards are judged by the value itself. `whole`: it is data that has to be what it is.
 */
export type Readers = "masked" | "judged" | "whole";

/** Takes the entry and the map that it stands in. */
export type Modern = (entry: MapEntry, owner: MapNode) => readonly RewriteStep<Span>[] | undefined;

export interface TextField extends About {
  readonly kind: "text";
  /** ECMA-262, and what it asks for in words. */
  readonly pattern?: { readonly source: string; readonly words: string };
  readonly format?: "url" | "timezone" | "address" | "destination";
  readonly mayBeEmpty?: boolean;
  readonly readers?: Readers;
}

export interface ChoiceField extends About {
  readonly kind: "choice";
  readonly values: readonly {
    readonly value: string;
    readonly about: string;
    readonly deprecated?: string;
  }[];
}

export interface NumberField extends About {
  readonly kind: "number";
  readonly whole: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface FlagField extends About {
  readonly kind: "flag";
}

/** Milliseconds, or a text such as `30s`. */
export interface DurationField extends About {
  readonly kind: "duration";
  readonly minimum?: number;
}

/** Bytes, or a text such as `4MiB`. */
export interface SizeField extends About {
  readonly kind: "size";
}

export interface ListField extends About {
  readonly kind: "list";
  readonly of: Field;
  readonly minItems?: number;
  /** What is said of a shorter list, where `FG204` says too little. */
  readonly tooFew?: { readonly code: DiagnosticCode; readonly message: string; readonly hint: string };
  /** A single value stands for a list of one. */
  readonly orOne?: boolean;
}

export interface MapField extends About {
  readonly kind: "map";
  readonly of: Field;
  /** What the keys are, for the reference: `name`, `state`. */
  readonly keys: string;
  readonly keyPattern?: { readonly source: string; readonly words: string };
  readonly minEntries?: number;
}

export interface ObjectField extends About {
  readonly kind: "object";
  readonly fields: { readonly [name: string]: Field };
  readonly required: readonly string[];
  /** Left out, it is not there, where it would be there with its members' defaults otherwise. */
  readonly staysAbsent?: boolean;
}

/** Any JSON value: templates, free-form data. */
export interface JsonField extends About {
  readonly kind: "json";
  /** Only an object. */
  readonly object?: boolean;
  readonly readers?: Readers;
}

/** A JSON Schema. */
export interface SchemaField extends About {
  readonly kind: "schema";
}

/** A named definition. */
export interface RefField extends About {
  readonly kind: "ref";
  readonly to: string;
}

/** The first alternative whose kind of value fits. */
export interface EitherField extends About {
  readonly kind: "either";
  readonly of: readonly Field[];
}

/** Objects told apart by a key. */
export interface VariantsField extends About {
  readonly kind: "variants";
  readonly key: string;
  readonly cases: { readonly [name: string]: ObjectField };
  /** Older names of cases. */
  readonly aliases: { readonly [alias: string]: string };
  /** The case when the key is left out, by the keys that are there. */
  readonly infer?: (keys: ReadonlySet<string>) => string | undefined;
}

export type Field =
  | TextField
  | ChoiceField
  | NumberField
  | FlagField
  | DurationField
  | SizeField
  | ListField
  | MapField
  | ObjectField
  | JsonField
  | SchemaField
  | RefField
  | EitherField
  | VariantsField;

type Extra<F extends Field> = Omit<Partial<F>, "kind" | "about" | "example">;

export function text(about: string, example: string, extra: Extra<TextField> = {}): TextField {
  return { kind: "text", about, example, ...extra };
}

export function choice(
  about: string,
  example: string,
  values: { readonly [value: string]: string },
  extra: Extra<ChoiceField> & { readonly deprecatedValues?: { readonly [value: string]: string } } = {},
): ChoiceField {
  const { deprecatedValues = {}, ...rest } = extra;
  return {
    kind: "choice",
    about,
    example,
    values: Object.entries(values).map(([value, about]) => {
      const deprecated = deprecatedValues[value];
      return deprecated === undefined ? { value, about } : { value, about, deprecated };
    }),
    ...rest,
  };
}

export function whole(
  about: string,
  example: number,
  extra: Omit<Extra<NumberField>, "whole"> = {},
): NumberField {
  return { kind: "number", whole: true, about, example, ...extra };
}

export function number(
  about: string,
  example: number,
  extra: Omit<Extra<NumberField>, "whole"> = {},
): NumberField {
  return { kind: "number", whole: false, about, example, ...extra };
}

export function flag(about: string, fallback: boolean | undefined, extra: Extra<FlagField> = {}): FlagField {
  return {
    kind: "flag",
    about,
    example: !(fallback ?? false),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...extra,
  };
}

export function duration(
  about: string,
  example: number | string,
  extra: Extra<DurationField> = {},
): DurationField {
  return { kind: "duration", about, example, ...extra };
}

export function size(about: string, example: number | string, extra: Extra<SizeField> = {}): SizeField {
  return { kind: "size", about, example, ...extra };
}

export function list(
  about: string,
  of: Field,
  example: Json,
  extra: Omit<Extra<ListField>, "of"> = {},
): ListField {
  return { kind: "list", about, of, example, ...extra };
}

/** A list of names, globs or the like. */
export function texts(
  about: string,
  example: readonly string[],
  extra: Omit<Extra<ListField>, "of"> & { readonly readers?: Readers } = {},
): ListField {
  const [first = ""] = example;
  const { readers, ...rest } = extra;
  const of = text("One of them.", first, readers === undefined ? {} : { readers });
  return { kind: "list", about, of, example: [...example], ...rest };
}

export function map(
  about: string,
  keys: string,
  of: Field,
  example: Json,
  extra: Omit<Extra<MapField>, "of" | "keys"> = {},
): MapField {
  return { kind: "map", about, keys, of, example, ...extra };
}

export function object(
  about: string,
  fields: { readonly [name: string]: Field },
  required: readonly string[] = [],
  extra: { readonly example?: Json; readonly default?: Json; readonly staysAbsent?: boolean } = {},
): ObjectField {
  return { kind: "object", about, fields, required, ...extra };
}

export function json(about: string, example: Json, extra: Extra<JsonField> = {}): JsonField {
  return { kind: "json", about, example, ...extra };
}

export function schema(about: string, example: Json): SchemaField {
  return { kind: "schema", about, example };
}

export function ref(to: string, about: string, example?: Json): RefField {
  return example === undefined ? { kind: "ref", to, about } : { kind: "ref", to, about, example };
}

export function either(
  about: string,
  of: readonly Field[],
  example: Json,
  extra: Extra<EitherField> = {},
): EitherField {
  return { kind: "either", about, of, example, ...extra };
}
