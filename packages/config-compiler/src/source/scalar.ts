import { err, ok, type Result } from "@mcp-flowgate/core";

type Scalar = string | number | boolean | null;

/** The value of a scalar by the core schema of YAML 1.2.2 (section 10.3), or why it has none that JSON can hold. */
export function resolveScalar(text: string, plain: boolean, tag: string | undefined): Result<Scalar, string> {
  if (tag === "!!str" || tag === "!") return ok(text);
  if (tag !== undefined && !CORE_TAGS.includes(tag)) {
    return err(`the tag ${JSON.stringify(tag)} is not known; only !replace is, on lists and maps`);
  }
  return plain || tag !== undefined ? resolvePlain(text) : ok(text);
}

const CORE_TAGS: readonly string[] = ["!!null", "!!bool", "!!int", "!!float"];
const NULL = /^(?:null|Null|NULL|~)?$/;
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/;
const DECIMAL = /^[-+]?\d+$/;
const OCTAL_OR_HEX = /^0(?:o[0-7]+|x[\da-fA-F]+)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const NOT_JSON = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** What a plain (unquoted) text means. */
export function resolvePlain(text: string): Result<Scalar, string> {
  const first = text.charCodeAt(0);
  // Most texts begin with a letter that no other kind begins with.
  if (first > 0x40 && !/^[nNtTfF~]/.test(text)) return ok(text);
  if (NULL.test(text)) return ok(null);
  if (BOOLEAN.test(text)) return ok(text[0] === "t" || text[0] === "T");
  if (NOT_JSON.test(text)) return err(`${text} has no JSON form; write a number, or put it in quotes`);
  const whole = DECIMAL.test(text) || OCTAL_OR_HEX.test(text);
  if (!whole && !FLOAT.test(text)) return ok(text);
  const value = Number(text.startsWith("+") ? text.slice(1) : text);
  if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
    return err(`the number ${text} cannot be held exactly; put it in quotes to keep its digits`);
  }
  return ok(value);
}
